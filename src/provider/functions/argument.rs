//! Arguments of functions, as texts and by their form.

use crate::framework::value::Value;

/// The text of an argument; the framework has checked its type.
pub(super) fn text(arguments: &[Value], index: usize) -> &str {
    match arguments.get(index) {
        Some(Value::String(text)) => text,
        _ => "",
    }
}

/// Role names have 1 to 64 letters, digits, dots, hyphens and, before a custom suffix, an
/// underscore (documented).
pub(super) fn is_role_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
