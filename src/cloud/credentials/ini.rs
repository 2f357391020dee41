//! The ini form of the official SDKs' file: sections, `key = value`, comments.
//!
//! A comment takes a line of its own, or follows a section or a value, as in the example of the libraries' own
//! README. Keys are in any case. A value may be in quotes, as for the libraries for Go and Node. A key that is
//! given twice counts as it was given last. `%(key)s` refers to another value of the section. The name of a section
//! is the text between the brackets, spaces too.

use std::collections::BTreeMap;

/// Sections by name, and the values in each by key, in lower case.
pub(super) type Ini = BTreeMap<String, BTreeMap<String, String>>;

/// Values as they are written, each with the number of its line.
type Written = BTreeMap<String, (usize, String)>;

/// Reads a text.
///
/// # Errors
/// The number of the first line that is none of these, or refers to a key that is not there; never the line, which
/// can hold a secret.
pub(super) fn parse(text: &str) -> Result<Ini, usize> {
    let mut sections: BTreeMap<String, Written> = BTreeMap::new();
    let mut section: Option<String> = None;
    for (number, line) in (1usize..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let (name, _) = header.split_once(']').ok_or(number)?;
            sections.entry(name.to_owned()).or_default();
            section = Some(name.to_owned());
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).ok_or(number)?;
        let values = section.as_ref().and_then(|section| sections.get_mut(section)).ok_or(number)?;
        values.insert(key.trim().to_ascii_lowercase(), (number, plain(value.trim()).to_owned()));
    }
    sections.into_iter().map(|(name, written)| Ok((name, interpolated(&written)?))).collect()
}

/// The values with each `%(key)s` replaced by that key of the section, as the libraries for Python and Go do it.
fn interpolated(written: &Written) -> Result<BTreeMap<String, String>, usize> {
    let value = |(key, (number, text)): (&String, &(usize, String))| {
        Ok((key.clone(), interpolate(written, text, DEEPEST).ok_or(*number)?))
    };
    written.iter().map(value).collect()
}

/// `None` if a key is missing, or keys refer to each other for ever.
fn interpolate(written: &Written, text: &str, depth: u8) -> Option<String> {
    let Some((before, rest)) = text.split_once("%(") else { return Some(text.to_owned()) };
    let Some((key, after)) = rest.split_once(")s") else { return Some(text.to_owned()) };
    let (_, referred) = written.get(&key.to_ascii_lowercase())?;
    let referred = interpolate(written, referred, depth.checked_sub(1)?)?;
    Some(format!("{before}{referred}{}", interpolate(written, after, depth)?))
}

/// References to references, as Python's library has it.
const DEEPEST: u8 = 10;

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
    fn a_value_can_refer_to_others_of_its_section() {
        let text = "[s]\nID = LTAI%(base)s-%(BASE)s\nbase = b%(end)s\nend = e\nsecret = 5%(\n";
        let ini = parse(text).unwrap();
        assert_eq!((ini["s"]["id"].as_str(), ini["s"]["secret"].as_str()), ("LTAIbe-be", "5%("));
        assert_eq!(parse("[a]\nbase = x\n[s]\nid = %(base)s"), Err(4));
        assert_eq!(parse("[s]\na = %(b)s\nb = %(a)s"), Err(2));
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
