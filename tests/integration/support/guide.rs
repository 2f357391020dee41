//! Texts that a guide shows: each comes out of a run, and is kept beside the guide's examples.

use std::{fs, path::Path};

/// Compares a text with its file in `examples/guides`. What differs from run to run has a fixed form there:
/// `varying` (of equal length, so that lines break as they do), request IDs and task IDs.
/// `UPDATE_GUIDES=1` writes the file again.
#[track_caller]
pub fn assert_shown(file: &str, text: &str, varying: &[(&str, &str)]) {
    let mut shown = text.trim_end().to_owned();
    for (found, fixed) in varying {
        assert_eq!(found.len(), fixed.len(), "lines must break as they do");
        shown = shown.replace(found, fixed);
    }
    let shown: Vec<_> = shown.split(' ').map(fixed_id).collect();
    let shown = shown.join(" ") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guides").join(file);
    if std::env::var_os("UPDATE_GUIDES").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, shown, "{file}; UPDATE_GUIDES=1 writes it again");
}

/// Task and request IDs, with the same form each time.
fn fixed_id(word: &str) -> String {
    let is_id = |part: &str| {
        part.len() == 36 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && part.contains('-')
    };
    let parts = word.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let fixed = parts.map(|part| {
        let bare = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit() && c != '-');
        if is_id(bare) { part.replace(bare, "0c2a5d0e-7b1c-5e1f-9b0d-3f6a2c1d4e5f") } else { part.to_owned() }
    });
    fixed.collect()
}
