//! What an error may show of a value out of a file of credentials.

/// A value in quotes, with a space, if it looks like the name of something; nothing if it could be a secret
/// that has slipped into the wrong place.
pub(super) fn shown(value: &str) -> String {
    let is_name = value.len() <= LONGEST_NAME && value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    if is_name { format!("{value:?} ") } else { String::new() }
}

/// The longest name of a mode or type has 22 letters, the shortest secret 30 characters.
const LONGEST_NAME: usize = 24;
