//! What an error may show of a value out of a file of credentials.

/// A value in quotes, with a space, if it looks like the name of something; nothing if it could be a secret
/// that has slipped into the wrong place.
pub(super) fn quote_name(value: &str) -> String {
    let is_name = value.len() <= LONGEST_NAME && value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    if is_name { format!("{value:?} ") } else { String::new() }
}

/// The names that there are in place of a missing one, to follow "has no …".
pub(super) fn other_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { " and no other".to_owned() } else { format!(", only {}", names.join(", ")) }
}

/// The longest name of a mode or type has 22 letters, the shortest secret 30 characters.
const LONGEST_NAME: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_is_not_shown_as_one() {
        assert_eq!(other_names(["a", "b"].into_iter()), ", only a, b");
        assert_eq!(other_names([].into_iter()), " and no other");
    }

    #[test]
    fn a_value_that_could_be_a_secret_is_not_shown() {
        assert_eq!(quote_name("RamRoleArn"), "\"RamRoleArn\" ");
        assert_eq!(quote_name("LTAI5tKnownToNobody"), "", "it has a digit");
        assert_eq!(quote_name(&"x".repeat(LONGEST_NAME + 1)), "");
    }
}
