//! What the emulator offers, as the guide shows it: taken from the tables that it works by.

use std::fmt::Write;

use super::{control, fault, metadata, products::PRODUCTS};

/// The reference part of the guide, in Markdown.
pub fn reference() -> String {
    [actions(), credentials(), controls(), faults()].join("\n")
}

fn actions() -> String {
    let mut text = String::from(
        "### Actions\n\n\"documented\": a page of Alibaba Cloud describes it; \"SDK\": the official SDKs have it; \
         \"inferred\": it is in neither, and what the emulator does is deduced from related actions. This is about \
         the action, not about the name of its permission: for that, see [Permissions](permissions.md#how-we-know).\n\n\
         | Product | Action | Permission | Known from |\n|---|---|---|---|\n",
    );
    for product in PRODUCTS {
        for action in product.actions {
            let permission =
                action.permission.map_or("none".to_owned(), |permission| format!("`{permission}`"));
            let (code, version, strength) = (product.code, product.version, action.strength.name());
            // Writing to a text cannot fail.
            let _ = writeln!(text, "| {code} {version} | {} | {permission} | {strength} |", action.name);
        }
    }
    text
}

fn credentials() -> String {
    table(
        "### Sources of credentials\n\nAll are known from the official SDKs. To make one of these calls fail, give its name \
         as the `action` of a fault.",
        ["Call", "Name", "Gives"],
        &metadata::CALLS.map(|[call, name, what]| [format!("`{call}`"), name.to_owned(), what.to_owned()]),
    )
}

fn controls() -> String {
    table(
        "### Control calls\n\nUnder `/_emulator/`, JSON in and out. A refusal is `{\"error\": \"…\"}` with status 400 \
         (the request makes no sense), 403 (sent by a page of another origin, or with another host name than the \
         emulator's own), 404, 405, or 500 (the state file cannot be written; nothing was changed).",
        ["Call", "Body", "What"],
        &control::CALLS.map(|[method, path, body, what]| {
            [format!("`{method} {path}`"), body.to_owned(), what.to_owned()]
        }),
    )
}

fn faults() -> String {
    let rows =
        fault::KINDS.map(|[kind, fields, what]| [format!("`{kind}`"), fields.to_owned(), what.to_owned()]);
    table(
        "### Kinds of faults\n\nEvery fault also takes `action` (which calls; required if the kind has no default \
         action), `nth` (the first of these calls to fail, counted from now on; default 1), \
         `count` (how many in a row; default 1; 0 for all) and `account` (only calls in this account, and those \
         that enter it).",
        ["Kind", "Fields", "What happens"],
        &rows,
    )
}

/// The kinds of faults as the help shows them, with examples below.
pub fn fault_help(examples: &str) -> String {
    let width = fault::KINDS.iter().map(|[kind, ..]| kind.len()).max().unwrap_or_default();
    let mut text = String::from(
        "Fields of every kind:\n  action   which calls fail, such as GetRole; required if the kind has no \
         default action\n  nth      the first of these calls to fail, counted from now on; default 1\n  \
         count    how many in a row; default 1, 0 for all\n  \
         account  only calls in this account, and those that enter it\n\nKinds, and their own fields:\n",
    );
    for [kind, fields, what] in fault::KINDS {
        let fields =
            if fields.is_empty() { String::new() } else { format!(" [fields: {}]", fields.replace('`', "")) };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {kind:width$}  {what}{fields}");
    }
    format!("{text}\n{examples}")
}

fn table<const ROWS: usize>(head: &str, columns: [&str; 3], rows: &[[String; 3]; ROWS]) -> String {
    let [first, second, third] = columns;
    let mut text = format!("{head}\n\n| {first} | {second} | {third} |\n|---|---|---|\n");
    for [first, second, third] in rows {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "| {first} | {second} | {third} |");
    }
    text
}
