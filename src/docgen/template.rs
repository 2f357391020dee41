//! Templates of the front page and the guides.
//!
//! A line that consists of one directive is replaced by what it asks for:
//!
//! | Directive | Becomes |
//! |---|---|
//! | `{{tffile "examples/…"}}` | the file, as a code block in Terraform's language |
//! | `{{codefile "json" "examples/…"}}` | the file, as a code block in that language |
//! | `{{schema}}` | the provider's schema (front page alone) |
//!
//! Configuration cannot be written into a template itself: what a test does not run goes stale.

use super::{Error, schema, sources::Sources};
use crate::framework::schema::Schema;

/// Fills in a template; `path` names it in errors.
pub(super) fn fill(
    path: &str,
    text: &str,
    sources: &Sources<'_>,
    provider: Option<&Schema>,
) -> Result<String, Error> {
    let wrong =
        |line: usize, problem: &str| Error::Template(format!("{path}:{}", line + 1), problem.to_owned());
    let mut filled = String::new();
    for (number, line) in text.lines().enumerate() {
        let directive = line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let Some(directive) = directive else {
            if CONFIGURATION_FENCES.contains(&line.trim()) {
                return Err(wrong(number, "put this configuration into a file under examples/"));
            }
            filled += &format!("{line}\n");
            continue;
        };
        // Arguments are in quotes: every second part.
        let parts: Vec<_> = directive.split('"').collect();
        filled += &match (parts.as_slice(), provider) {
            (["tffile ", file, ""], _) => block("terraform", &sources.read(file)?),
            (["codefile ", language, " ", file, ""], _) => block(language, &sources.read(file)?),
            (["schema"], Some(provider)) => schema::section(provider),
            _ => return Err(wrong(number, "unknown directive")),
        };
    }
    Ok(filled)
}

/// A Markdown code block, of a language that highlighters know.
pub(super) fn block(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

const CONFIGURATION_FENCES: [&str; 3] = ["```terraform", "```hcl", "```tf"];

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn directives() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tf"), "a {}\n").unwrap();
        fs::write(folder.path().join("a.json"), "{}").unwrap();
        let sources = Sources { root: folder.path() };
        let fill =
            |text: &str, provider| fill("t.md", text, &sources, provider).map_err(|error| error.to_string());
        let text = "# T\n\n{{tffile \"a.tf\"}}\n{{codefile \"json\" \"a.json\"}}\nend\n";
        let filled = "# T\n\n```terraform\na {}\n```\n```json\n{}\n```\nend\n";
        assert_eq!(fill(text, None), Ok(filled.to_owned()));
        let schema = Schema { version: 0, description: "", attributes: Vec::new() };
        assert_eq!(fill("{{schema}}", Some(&schema)), Ok("## Schema\n".to_owned()));
        for (text, problem) in [
            ("{{schema}}", "t.md:1: unknown directive"),
            ("x\n{{include \"a.tf\"}}", "t.md:2: unknown directive"),
            ("```terraform\n```", "t.md:1: put this configuration into a file under examples/"),
        ] {
            assert_eq!(fill(text, None), Err(problem.to_owned()));
        }
        assert!(fill("{{tffile \"b.tf\"}}", None).unwrap_err().starts_with("b.tf: "));
    }
}
