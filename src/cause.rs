//! An error's text together with the texts of what caused it: how everybody prints an error.
//!
//! Below all layers: must not know any of them.

/// An error's text and those of all its sources.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let of_source = source.to_string();
        // Some libraries repeat their source's text in their own.
        if !text.ends_with(&of_source) {
            text = format!("{text}: {of_source}");
        }
        next = source.source();
    }
    text
}
