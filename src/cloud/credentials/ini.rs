//! The ini form of the official SDKs' file: sections, `key = value`, comments.
//!
//! A comment takes a line of its own, or follows a section or a value after a space, as in the example of the
//! libraries' own README. Keys are in any case. A key that is given twice counts as it was given last.

use std::collections::BTreeMap;

/// Sections by name, and the values in each by key, in lower case.
pub(super) type Ini = BTreeMap<String, BTreeMap<String, String>>;

/// Reads a text.
///
/// # Errors
/// The number of the first line that is none of these; never the line, which can hold a secret.
pub(super) fn parse(text: &str) -> Result<Ini, usize> {
    let mut ini = Ini::new();
    let mut section: Option<String> = None;
    for (number, line) in (1usize..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let (name, _) = header.split_once(']').ok_or(number)?;
            ini.entry(name.trim().to_owned()).or_default();
            section = Some(name.trim().to_owned());
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).ok_or(number)?;
        let values = section.as_ref().and_then(|section| ini.get_mut(section)).ok_or(number)?;
        values.insert(key.trim().to_ascii_lowercase(), without_comment(value).to_owned());
    }
    Ok(ini)
}

fn without_comment(value: &str) -> &str {
    value.split('#').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_anywhere() {
        let text = "# first\n[default]   # default [really]\n; second\nenable = true  # on\nType=access_key#x\n\n[b]\nk:v";
        let ini = parse(text).unwrap();
        assert_eq!(ini["default"]["enable"], "true");
        assert_eq!(ini["default"]["type"], "access_key");
        assert_eq!(ini["b"]["k"], "v");
    }

    #[test]
    fn what_is_no_ini_is_named_by_its_line() {
        for (text, line) in [("[a]\nhush", 2), ("k = v", 1), ("[a", 1), ("{}", 1)] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
    }

    #[test]
    fn the_last_value_of_a_key_counts() {
        assert_eq!(parse("[a]\nk=1\nk=2\n[a]\nk=3").unwrap()["a"]["k"], "3");
    }
}
