//! Arguments of functions.

use crate::framework::value::Value;

/// The text of an argument; the framework has checked its type.
pub(super) fn text(arguments: &[Value], index: usize) -> &str {
    match arguments.get(index) {
        Some(Value::String(text)) => text,
        _ => "",
    }
}
