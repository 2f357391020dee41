//! How the detail of a diagnostic is laid out.
//!
//! Terraform wraps a line that begins with a letter, and prints a line that begins with a space as it is. So a
//! command to paste has an indented line of its own, where nothing breaks it, and the items of a list are wrapped
//! here.
//!
//! Must not know what a diagnostic is about.

/// Joins the parts of a detail that are not empty.
pub(super) fn paragraphs(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// Lines to paste, such as commands or a block.
pub(super) fn verbatim(lines: &[&str]) -> String {
    indented("    ", lines.iter().flat_map(|line| line.lines()))
}

/// A heading and its items. The first line of an item is prose; the others are lines to paste.
pub(super) fn list(heading: &str, items: &[impl AsRef<str>]) -> String {
    let items: Vec<_> = items.iter().map(|item| self::item(item.as_ref())).collect();
    format!("{heading}\n{}", items.join("\n"))
}

fn item(text: &str) -> String {
    let (prose, pasted) = text.split_once('\n').unwrap_or((text, ""));
    let prose = wrapped(prose, "  - ", "    ");
    if pasted.is_empty() { prose } else { format!("{prose}\n{}", indented("      ", pasted.lines())) }
}

fn indented<'a>(by: &str, lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| format!("{by}{line}")).collect::<Vec<_>>().join("\n")
}

/// Prose in lines of at most [`DETAIL_WIDTH`] characters; a word, or a text between backticks, stays whole.
fn wrapped(prose: &str, first: &str, rest: &str) -> String {
    let mut lines = vec![first.to_owned()];
    let mut is_empty = true;
    for word in words(prose) {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if !is_empty && length + 1 + word.chars().count() > DETAIL_WIDTH {
            lines.push(rest.to_owned());
            is_empty = true;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(if is_empty { "" } else { " " });
            line.push_str(&word);
        }
        is_empty = false;
    }
    lines.join("\n")
}

/// The words of a text; what backticks enclose is not divided.
fn words(prose: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_quoted = false;
    for part in prose.split_whitespace() {
        match words.last_mut().filter(|_| is_quoted) {
            Some(word) => *word = format!("{word} {part}"),
            None => words.push(part.to_owned()),
        }
        is_quoted ^= part.matches('`').count() % 2 == 1;
    }
    words
}

/// In columns: a terminal of 80, less the bar that Terraform draws.
pub(crate) const DETAIL_WIDTH: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_commands_are_not() {
        let prose =
            "Let Terraform forget the role, which stays in the account, or set `deletion_policy = \"x\"`:";
        let command = format!("terraform import 'ADDRESS' {}", "7".repeat(80));
        let text = list("Ways out:", &[format!("{prose}\n{command}").as_str(), "Wait."]);
        let expected = format!(
            "Ways out:\n  - Let Terraform forget the role, which stays in the account, or set\n    `deletion_policy = \
             \"x\"`:\n      {command}\n  - Wait."
        );
        assert_eq!(text, expected);
        assert_eq!(verbatim(&["a {\n  b\n}", "c"]), "    a {\n      b\n    }\n    c");
    }

    #[test]
    fn a_line_is_filled_to_the_last_column() {
        let (before, word) = ("x".repeat(DETAIL_WIDTH - 8), "yyy");
        assert_eq!(wrapped(&format!("{before} {word}"), "  - ", "    "), format!("  - {before} {word}"));
        let longer = wrapped(&format!("{before} {word}y"), "  - ", "    ");
        assert_eq!(longer, format!("  - {before}\n    {word}y"));
        let alone = "z".repeat(DETAIL_WIDTH + 1);
        assert_eq!(wrapped(&alone, "  - ", "    "), format!("  - {alone}"), "a word is not divided");
    }
}
