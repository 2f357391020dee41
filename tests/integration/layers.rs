//! The import rules of ARCHITECTURE.md, read off the source: who may use whom.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Each layer and what of ours it may use besides itself. `cloud::api` is a part of `cloud`.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("plugin", &["text"]),
    ("protocol", &["framework"]),
    ("framework", &["text"]),
    ("provider", &["framework", "cloud", "text"]),
    ("cloud", &["text"]),
    ("emulator", &["cloud::api"]),
    ("docgen", &["framework"]),
];

#[test]
fn imports_point_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (layer, allowed) in ALLOWED {
        let files = rust_files(&source.join(layer));
        assert!(!files.is_empty(), "{layer} has files");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for used in crate_paths(&text) {
                let allowed = used.starts_with(layer)
                    || allowed
                        .iter()
                        .any(|allowed| used == *allowed || used.starts_with(&format!("{allowed}::")));
                assert!(allowed, "{} uses crate::{used}", file.display());
            }
        }
    }
}

#[test]
fn generated_types_stay_in_protocol() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let offenders: Vec<PathBuf> = rust_files(&source)
        .into_iter()
        .filter(|file| !file.starts_with(source.join("protocol")) && !file.ends_with("main.rs"))
        .filter(|file| fs::read_to_string(file).unwrap().contains("protocol::generated"))
        .collect();
    assert_eq!(offenders, Vec::<PathBuf>::new());
}

#[test]
fn every_file_says_what_it_is_for() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&source) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} has no module documentation", file.display());
    }
}

#[test]
fn the_reader_of_paths_sees_nested_imports() {
    let text = "use crate::{\n    a::{b, c::d},\n    e,\n};\nuse crate::f::g;\nlet x = crate::h::i();";
    let found: Vec<_> = crate_paths(text);
    assert_eq!(found, ["a::b", "a::c::d", "e", "f::g", "h::i"]);
}

/// Every path that a text takes from the crate's root, with nested imports spread out.
fn crate_paths(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut paths = Vec::new();
    for (position, _) in code.match_indices("crate::") {
        let rest = &code[position + "crate::".len()..];
        spread(rest, String::new(), &mut paths);
    }
    paths
}

/// Reads one path, or one brace of paths, below a prefix; gives back what follows it.
fn spread<'a>(text: &'a str, prefix: String, paths: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            match rest.strip_prefix('}') {
                Some(after) => return after,
                None if rest.is_empty() => return rest,
                None => rest = spread(rest, prefix.clone(), paths),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && !"_#*".contains(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end.max(1).min(text.len()));
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    if let Some(below) = rest.strip_prefix("::") {
        return spread(below, path, paths);
    }
    paths.push(path);
    match rest.trim_start().strip_prefix("as ") {
        Some(renamed) => renamed.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'),
        None => rest,
    }
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path).into_iter().map(|file| (file, ())));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path, ());
        }
    }
    files.into_keys().collect()
}
