//! The ini form of the official SDKs' file: sections, `key = value`, comments.
//!
//! A comment takes a line of its own, or follows a section or a value, as in the example of the libraries' own
//! README. Keys are in any case. A value may stand in quotes, as for the libraries for Go and Node. A key that is
//! given twice counts as it was given last. The name of a section is what stands between the brackets, spaces too.

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
            ini.entry(name.to_owned()).or_default();
            section = Some(name.to_owned());
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).ok_or(number)?;
        let values = section.as_ref().and_then(|section| ini.get_mut(section)).ok_or(number)?;
        values.insert(key.trim().to_ascii_lowercase(), plain(value.trim()).to_owned());
    }
    Ok(ini)
}

/// A value without its quotes, or without the comment after it.
fn plain(value: &str) -> &str {
    let quoted = |quote| value.strip_prefix(quote)?.split_once(quote).map(|(quoted, _)| quoted);
    quoted('"').or_else(|| quoted('\'')).unwrap_or_else(|| without_comment(value))
}

/// A number sign begins a comment anywhere, a semicolon after a space.
fn without_comment(value: &str) -> &str {
    let is_after_space = |before: &str| before.is_empty() || before.ends_with(char::is_whitespace);
    let before = value.match_indices(['#', ';']).filter_map(|(at, sign)| Some((value.get(..at)?, sign)));
    let mut ends = before.filter(|(before, sign)| *sign == "#" || is_after_space(before));
    ends.next().map_or(value, |(before, _)| before.trim_end())
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
    fn a_value_is_without_quotes_and_comments() {
        for (value, plain) in [
            ("a # b", "a"),
            ("a#b", "a"),
            ("a ; b", "a"),
            ("a;b", "a;b"),
            ("; b", ""),
            ("#b", ""),
            ("\"a # b\" # c", "a # b"),
            ("'a;b'", "a;b"),
            ("\"a", "\"a"),
            ("a\"b\"", "a\"b\""),
            ("", ""),
            ("ä ; ö", "ä"),
        ] {
            assert_eq!(parse(&format!("[s]\nk = {value}")).unwrap()["s"]["k"], plain, "{value}");
        }
    }

    #[test]
    fn spaces_belong_to_the_name_of_a_section() {
        assert!(parse("[ a ]").unwrap().contains_key(" a "));
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
