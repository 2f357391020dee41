//! The rule of ARCHITECTURE.md on visibility, read off the source: a name reaches as far as its farthest user.
//!
//! Functions, constants and statics are looked at; a type can be needed by a signature in which nobody writes its
//! name. Names are compared as words, so one that two things share counts as used by both.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How far a name reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    File,
    /// The folder of the file, and what is below it.
    Folder,
    /// The layer: the topmost folder.
    Layer,
    Crate,
    /// Binaries, tests and benchmarks; and the emulator, which providers are built without.
    Outside,
}

/// A file of the library: its path in `src`, its text, and the words of its code.
struct Source {
    path: PathBuf,
    text: String,
    words: BTreeSet<String>,
}

impl Source {
    fn new(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), words: words(&text), text }
    }
}

#[test]
fn no_name_reaches_farther_than_its_users() {
    let sources = library();
    let outside = words_outside();
    let mut names = 0;
    let mut too_wide = Vec::new();
    for source in &sources {
        for (line, name, reach) in declared(&source.text) {
            names += 1;
            let needed = needed(source, name, &sources, &outside);
            // The framework is a library: what it offers to a provider need not be used by ours.
            let offered = reach == Reach::Outside && source.path.starts_with("framework");
            if needed < reach && !offered {
                let path = source.path.display();
                too_wide.push(format!("src/{path}:{line}: {name} is for {reach:?}, used in {needed:?}"));
            }
        }
    }
    assert!(names > 200, "only {names} names are seen");
    assert!(too_wide.is_empty(), "{}", too_wide.join("\n"));
}

#[test]
fn a_name_that_reaches_too_far_is_seen() {
    let file = |path: &str, text: &str| Source::new(Path::new(path), text.to_owned());
    let sources = [
        file(
            "a/x.rs",
            "pub(crate) fn own() { own() }\npub fn near() {}\npub(super) const FAR: u8 = 1;\npub const fn seen() {}",
        ),
        file("a/y.rs", "use super::x::near;"),
        file("b/mod.rs", "use crate::a::x::FAR;\n// own"),
        file("probe/z.rs", "use crate::a::x::seen;"),
    ];
    let found: Vec<_> = declared(&sources[0].text)
        .map(|(_, name, reach)| (name, reach, needed(&sources[0], name, &sources, &BTreeSet::new())))
        .collect();
    let expected = [
        ("own", Reach::Crate, Reach::File),
        ("near", Reach::Outside, Reach::Folder),
        ("FAR", Reach::Folder, Reach::Crate),
        ("seen", Reach::Outside, Reach::Outside),
    ];
    assert_eq!(found, expected);
}

fn library() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_of_the_library = |file: &PathBuf| {
        let path = file.strip_prefix(&root).unwrap();
        !path.starts_with("bin") && path != Path::new("main.rs") && path != Path::new("lib.rs")
    };
    let files = rust_files(&root).into_iter().filter(is_of_the_library);
    let read =
        |file: PathBuf| Source::new(file.strip_prefix(&root).unwrap(), fs::read_to_string(&file).unwrap());
    files.map(read).collect()
}

/// The words of everything that uses the library from outside.
fn words_outside() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests", "benches", "src/bin"];
    let files = folders.iter().flat_map(|folder| rust_files(&root.join(folder)));
    let files = files.chain([root.join("src/main.rs")]);
    files.flat_map(|file| words(&fs::read_to_string(file).unwrap())).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The functions, constants and statics outside of types that are not private: line, name and reach.
fn declared(text: &str) -> impl Iterator<Item = (usize, &str, Reach)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let rest = line.strip_prefix("pub")?;
        let (within, rest) = match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(')')?,
            None => ("", rest),
        };
        let reach = match within {
            "" => Reach::Outside,
            "crate" => Reach::Crate,
            "super" => Reach::Folder,
            _ => Reach::Layer,
        };
        let mut parts = rest.split_whitespace().filter(|part| !["async", "unsafe"].contains(part)).peekable();
        let mut kind = parts.next()?;
        if kind == "const" && parts.peek() == Some(&"fn") {
            kind = parts.next()?;
        }
        if !["fn", "const", "static"].contains(&kind) {
            return None;
        }
        let name = parts.next()?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        Some((index + 1, &name[..end], reach))
    })
}

/// How far a name of a file must reach for those that use it.
fn needed(source: &Source, name: &str, sources: &[Source], outside: &BTreeSet<String>) -> Reach {
    if outside.contains(name) {
        return Reach::Outside;
    }
    let layer = source.path.components().next().unwrap();
    let folder = parent_module(&source.path);
    let users = sources.iter().filter(|other| other.path != source.path && other.words.contains(name));
    let reach = users.map(|user| {
        let is_of_the_emulator = |path: &Path| path.starts_with("emulator") || path.starts_with("probe");
        if is_of_the_emulator(&user.path) && !is_of_the_emulator(&source.path) {
            Reach::Outside
        } else if user.path.starts_with(&folder) && folder != Path::new("") {
            Reach::Folder
        } else if user.path.components().next() == Some(layer) {
            Reach::Layer
        } else {
            Reach::Crate
        }
    });
    reach.max().unwrap_or(Reach::File)
}

/// The folder whose module `super` is in a file.
fn parent_module(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap();
    let is_folder_itself = path.file_name().is_some_and(|name| name == "mod.rs");
    if is_folder_itself { folder.parent().unwrap().to_owned() } else { folder.to_owned() }
}

/// The words of the code, without those of comments on lines of their own.
fn words(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
