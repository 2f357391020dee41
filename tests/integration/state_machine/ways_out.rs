//! The ways out that a diagnostic prints, read as a person would and followed to the letter.
//!
//! Each passage (a paragraph, or an item of a list, with the indented lines to paste that follow it) is one way out,
//! of one or several things to do in their order. A passage that begins with "if" holds only in that situation.

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
    /// Another address of the state holds the role.
    HeldElsewhere,
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
    let (_, below) = found.lines.split_once("prints the address in state:")?;
    let commands = below.lines().filter_map(|line| line.trim().strip_prefix("terraform "));
    commands.filter(|command| command.starts_with("state list -id=")).find_map(shlex::split)
}

/// Every way out in a diagnostic, at the address that Terraform shows.
pub fn ways_out(found: &Diagnostic) -> Vec<WayOut> {
    let here = format!("'{}'", found.address);
    let text = found.lines.replace(PLACEHOLDER, &found.address).replace("'ADDRESS'", &here);
    let block = import_block(&text).map(|block| WayOut { only: None, acts: vec![Act::Block(block)] });
    let mut ways = Vec::new();
    for way in block.into_iter().chain(passages(&text).iter().filter_map(Passage::read)) {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// A paragraph or an item of a list.
#[derive(Default)]
struct Passage {
    /// On one line.
    prose: String,
    /// The commands below it.
    commands: Vec<String>,
}

fn passages(text: &str) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match passages.last_mut() {
            Some(passage) if line.starts_with("    ") => passage.add(line.trim()),
            _ => passages.push(Passage { prose: line.trim().to_owned(), commands: Vec::new() }),
        }
    }
    passages
}

impl Passage {
    fn add(&mut self, line: &str) {
        let is_command = ["terraform ", "aliyun "].iter().any(|program| line.starts_with(program));
        if is_command {
            self.commands.push(line.to_owned());
        } else {
            self.prose = format!("{} {line}", self.prose);
        }
    }

    fn read(&self) -> Option<WayOut> {
        let acts = acts(self);
        let only = situation(&self.prose);
        (!acts.is_empty()).then_some(WayOut { only, acts })
    }
}

fn situation(line: &str) -> Option<Situation> {
    let line = line.trim_start_matches("- ").to_lowercase();
    let of = |words: &str, situation: Situation| line.starts_with(words).then_some(situation);
    of(
        "if this happens while terraform replaces a resource with `create_before_destroy`",
        Situation::CreateBeforeDestroy,
    )
    .or_else(|| of("if terraform shows the destroyed object as deposed", Situation::CreateBeforeDestroy))
    .or_else(|| of("if the resource is tainted", Situation::Tainted))
    .or_else(|| of("if the resource was renamed", Situation::Renamed))
    .or_else(|| of("if another resource holds the role", Situation::HeldElsewhere))
    .or_else(|| line.contains("the resource must be in the configuration").then_some(Situation::Configured))
    .or_else(|| of("if ", Situation::Other).filter(|_| !is_wish(&line)))
    .or_else(|| of("otherwise ", Situation::Other))
}

/// Whether a condition is one that the reader is free to choose.
fn is_wish(line: &str) -> bool {
    ["if the role should go", "if the role should stay"].iter().any(|wish| line.starts_with(wish))
}

fn acts(passage: &Passage) -> Vec<Act> {
    let says = |words: &[&str]| words.iter().any(|words| passage.prose.contains(words));
    if says(&["Remove one of the two", "remove this one"]) {
        return vec![Act::TakeOut];
    }
    if says(&["add a `moved` block"]) {
        return vec![Act::Move];
    }
    if passage.commands.iter().any(|command| command.contains("-refresh=false")) {
        return vec![Act::Destroy];
    }
    let without = says(&["emove `create_before_destroy`", "Remove that argument"]);
    let mut acts: Vec<_> = without.then_some(Act::NoCreateBeforeDestroy).into_iter().collect();
    acts.extend(says(&["change nothing else"]).then_some(Act::TakeBack));
    let apply = says(&["terraform apply"]);
    acts.extend(in_backticks(&passage.prose).filter_map(|quoted| read_argument(&quoted, apply)));
    acts.extend(passage.commands.iter().filter_map(|command| read_command(command)));
    if says(&["f the resource is tainted, run `terraform untaint"]) {
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

/// The text between backticks, with single spaces.
fn in_backticks(text: &str) -> impl Iterator<Item = String> {
    let odd = text.split('`').enumerate().filter(|(index, _)| index % 2 == 1);
    odd.map(|(_, part)| part.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn read_command(command: &str) -> Option<Act> {
    let arguments = shlex::split(command.strip_prefix("terraform ")?)?;
    // "terraform state list" only shows an address.
    let leads_on = ["import", "state", "untaint"].contains(&arguments[0].as_str()) && arguments[1] != "list";
    leads_on.then_some(Act::Command(arguments))
}

fn read_argument(quoted: &str, apply: bool) -> Option<Act> {
    if quoted.starts_with("terraform untaint ") {
        return read_command(quoted);
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
    fn a_passage_is_one_way() {
        let ways = read(
            "Add:\n\n    import {\n      to = mss_service_linked_role.example\n      id = \"1:R\"\n    }\n\n\
             Ways out:\n  - If the resource is tainted, run:\n      terraform untaint 'ADDRESS'\n  - For this, the \
             resource must be in the\n    configuration. Set `deletion_policy = \"abandon\"`. Run `terraform apply`, then \
             destroy.",
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
