//! Functions on names and ARNs of service-linked roles: pure, and callable without credentials.
//!
//! Must not know the cloud client: they compute with text alone.

mod parse_role_arn;
mod role_arn;
mod service_name;

pub use parse_role_arn::ParseRoleArn;
pub use role_arn::RoleArn;
pub use service_name::ServiceName;

use crate::framework::value::Value;

/// The text of an argument; the framework has checked its type.
fn text(arguments: &[Value], index: usize) -> &str {
    match arguments.get(index) {
        Some(Value::String(text)) => text,
        _ => "",
    }
}

/// Role names have 1 to 64 letters, digits, dots, hyphens and, before a custom suffix, an
/// underscore (documented).
fn is_role_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
