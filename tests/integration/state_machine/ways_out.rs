//! The ways out that a diagnostic prints, read as a person would and carried out to the letter.
//!
//! Each line (a paragraph, or an item of a list) is one way out, of one or several things to do in their order. A
//! line that begins with "if" holds only in that situation.

use super::observe::Diagnostic;

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    /// When it is meant; `None` for always.
    pub only: Option<Situation>,
    pub acts: Vec<Act>,
}

/// What a line's condition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The resource has `create_before_destroy`.
    CreateBeforeDestroy,
    /// The object is tainted.
    Tainted,
    /// The role is held at an address that the configuration no longer has.
    Renamed,
    /// The resource is in the configuration.
    Configured,
    /// Something that the machine does not act on.
    Other,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Add this block.
    Block(String),
    /// Run Terraform with these arguments.
    Command(Vec<String>),
    /// Run `terraform untaint` with this address, if it is tainted.
    Untaint(String),
    /// Set an argument of the resource, and apply where the text says so.
    Set {
        attribute: String,
        value: String,
        apply: bool,
    },
    /// Take back the change that replaces the resource.
    TakeBack,
    /// Take the resource out of the configuration; first out of state, if it is there.
    TakeOut,
    /// Add a `moved` block from the address that holds the role.
    Move,
    NoCreateBeforeDestroy,
    /// Take the limit on accounts away.
    Allow,
    /// Wait until the subscription has ended.
    Wait,
    /// Wait for two minutes.
    WaitTwoMinutes,
    /// Destroy everything with these options.
    Destroy,
    /// Give the same command again.
    Again,
}

impl Act {
    fn only_if_tainted(self) -> Self {
        match self {
            Self::Command(mut arguments) if arguments[0] == "untaint" && arguments.len() > 1 => {
                Self::Untaint(arguments.remove(1))
            }
            act => act,
        }
    }

    /// For the tally.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Block(_) => "ways out: block",
            Self::Command(_) | Self::Untaint(_) => "ways out: command",
            Self::Set { .. } => "ways out: argument",
            Self::TakeBack => "ways out: take back",
            Self::TakeOut => "ways out: take out",
            Self::Move => "ways out: move",
            Self::NoCreateBeforeDestroy => "ways out: no create_before_destroy",
            Self::Allow => "ways out: allow",
            Self::Wait | Self::WaitTwoMinutes => "ways out: wait",
            Self::Destroy => "ways out: destroy",
            Self::Again => "ways out: again",
        }
    }
}

/// The command that shows the address, where a diagnostic names one.
pub fn how_to_find_address(found: &Diagnostic) -> Option<Vec<String>> {
    let lists = |quoted: &String| quoted.starts_with("terraform state list -id=");
    let quoted = in_backticks(&found.lines).find(lists)?;
    quoted.strip_prefix("terraform ").and_then(shlex::split)
}

/// Every way out in a diagnostic, at the address that Terraform shows.
pub fn ways_out(found: &Diagnostic) -> Vec<WayOut> {
    let text = found.lines.replace(PLACEHOLDER, &found.address).replace("ADDRESS", &found.address);
    let block = import_block(&text).map(|block| WayOut { only: None, acts: vec![Act::Block(block)] });
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut ways = Vec::new();
    for way in block.into_iter().chain(lines.filter_map(read_line)) {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

fn read_line(line: &str) -> Option<WayOut> {
    let acts = acts(line);
    let only = situation(line);
    (!acts.is_empty()).then_some(WayOut { only, acts })
}

fn situation(line: &str) -> Option<Situation> {
    let line = line.trim_start_matches("- ").to_lowercase();
    let of = |words: &str, situation: Situation| line.starts_with(words).then_some(situation);
    of("if this happens while a resource with `create_before_destroy`", Situation::CreateBeforeDestroy)
        .or_else(|| {
            of("if terraform shows the one that is destroyed as deposed", Situation::CreateBeforeDestroy)
        })
        .or_else(|| of("if the resource is tainted", Situation::Tainted))
        .or_else(|| of("if the resource was renamed", Situation::Renamed))
        .or_else(|| of("if it was renamed", Situation::Renamed))
        .or_else(|| {
            line.contains("while the resource is in the configuration").then_some(Situation::Configured)
        })
        .or_else(|| of("if ", Situation::Other).filter(|_| !is_wish(&line)))
        .or_else(|| of("otherwise ", Situation::Other))
}

/// Whether a condition is one that the reader is free to choose.
fn is_wish(line: &str) -> bool {
    ["if the role should go", "if it should stay", "if you want to"].iter().any(|wish| line.starts_with(wish))
}

fn acts(line: &str) -> Vec<Act> {
    let says = |words: &[&str]| words.iter().any(|words| line.contains(words));
    if says(&["remove one of the two", "remove this one"]) {
        return vec![Act::TakeOut];
    }
    if says(&["add a `moved` block"]) {
        return vec![Act::Move];
    }
    if says(&["-refresh=false"]) {
        return vec![Act::Destroy];
    }
    let without = says(&["Remove `create_before_destroy`", "without `create_before_destroy`"]);
    let mut acts: Vec<_> = without.then_some(Act::NoCreateBeforeDestroy).into_iter().collect();
    acts.extend(says(&["leave out every other change"]).then_some(Act::TakeBack));
    let apply = line.contains("terraform apply");
    acts.extend(in_backticks(line).filter_map(|quoted| read_quoted(&quoted, apply)));
    if says(&["if it is tainted"]) {
        acts = acts.into_iter().map(Act::only_if_tainted).collect();
    }
    if says(&["to `allowed_account_ids`"]) {
        acts.push(Act::Allow);
    }
    if says(&["ait until the subscription has ended", "ait until the MSS subscription"]) {
        acts.push(Act::Wait);
    }
    if acts.is_empty() && says(&["same command again in two minutes"]) {
        acts.push(Act::WaitTwoMinutes);
    }
    if acts.is_empty() && says(&["same command again", "Plan again"]) {
        acts.push(Act::Again);
    }
    acts
}

/// The `import` block of a text.
fn import_block(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("import {\n")?;
    let (body, _) = rest.split_once('}')?;
    Some(format!("import {{\n{body}}}\n"))
}

/// What stands between backticks, with single spaces.
fn in_backticks(text: &str) -> impl Iterator<Item = String> {
    let odd = text.split('`').enumerate().filter(|(index, _)| index % 2 == 1);
    odd.map(|(_, part)| part.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn read_quoted(quoted: &str, apply: bool) -> Option<Act> {
    let command = quoted.strip_prefix("terraform ").map(shlex::split);
    if let Some(arguments) = command.flatten() {
        let leads_on = ["import", "state", "untaint"].contains(&arguments[0].as_str());
        // "terraform state rm" alone names no address, and "terraform state list" only shows one.
        let leads_on = leads_on && arguments.len() > 2 && arguments[1] != "list";
        return (leads_on || arguments[0] == "untaint").then_some(Act::Command(arguments));
    }
    let (attribute, value) = quoted.split_once(" = ")?;
    let known = ["adopt_existing", "deletion_policy", "service_name"].contains(&attribute);
    known.then(|| Act::Set {
        attribute: attribute.to_owned(),
        value: value.trim_matches('"').to_owned(),
        apply,
    })
}

/// The address that stands for the reader's own.
const PLACEHOLDER: &str = "mss_service_linked_role.example";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Vec<WayOut> {
        let found = Diagnostic {
            is_error: true,
            summary: String::new(),
            detail: String::new(),
            lines: lines.to_owned(),
            address: "mss_service_linked_role.a[\"k\"]".to_owned(),
        };
        ways_out(&found)
    }

    #[test]
    fn a_line_is_one_way() {
        let ways = read(
            "Add:\n\n    import {\n      to = mss_service_linked_role.example\n      id = \"1:R\"\n    }\n\n\
             Ways out:\n  - if the resource is tainted, run `terraform untaint 'ADDRESS'`;\n  - while the resource \
             is in the configuration, set `deletion_policy = \"abandon\"`, run `terraform apply`, then destroy",
        );
        let block = "import {\n      to = mss_service_linked_role.a[\"k\"]\n      id = \"1:R\"\n    }\n";
        let set =
            Act::Set { attribute: "deletion_policy".to_owned(), value: "abandon".to_owned(), apply: true };
        let untaint = ["untaint", "mss_service_linked_role.a[\"k\"]"].map(str::to_owned).to_vec();
        assert_eq!(
            ways,
            [
                WayOut { only: None, acts: vec![Act::Block(block.to_owned())] },
                WayOut { only: Some(Situation::Tainted), acts: vec![Act::Command(untaint)] },
                WayOut { only: Some(Situation::Configured), acts: vec![set] },
            ]
        );
    }
}
