//! The import rules of ARCHITECTURE.md, read off the source: who may use whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each layer and what of ours it may use besides itself. `cloud::api` is a part of `cloud`.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("plugin", &["text"]),
    ("protocol", &["framework"]),
    ("framework", &["text"]),
    ("provider", &["framework", "cloud", "text"]),
    ("cloud", &["text"]),
    ("emulator", &["cloud::api"]),
    ("docgen", &["framework"]),
    ("probe", &["cloud", "emulator", "framework", "provider"]),
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

/// The circles that exist today, each by its files; to break one, remove its line.
const CIRCLES: &[&[&str]] =
    &[&["provider::service_linked_role::diagnostics", "provider::service_linked_role::judgement"]];

/// A file can be read once those that it uses are understood: no two use each other, however far around.
#[test]
fn files_do_not_use_each_other_in_circles() {
    let modules = Modules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(modules.uses("framework::server::plan").contains("framework::resource"), "imports are seen");
    assert!(modules.uses("plugin::run").contains("plugin::handshake"), "so are those of neighbours");
    let circles = modules.circles();
    let is_within =
        |circle: &[String], known: &[&str]| circle.iter().all(|file| known.contains(&file.as_str()));
    for circle in &circles {
        assert!(CIRCLES.iter().any(|known| is_within(circle, known)), "{circle:?} use each other");
    }
    for known in CIRCLES {
        let stands = circles.iter().any(|circle| is_within(circle, known));
        assert!(stands, "{known:?} is open now: take its line away");
    }
}

#[test]
fn circles_are_seen() {
    let circles = |files: &[(&str, &str)]| {
        let modules = files.iter().map(|(path, text)| ((*path).to_owned(), Module::of(path, text)));
        Modules(modules.collect()).circles()
    };
    let through_the_crate =
        [("a", "use crate::b::X;"), ("b", "fn f() { crate::c::g() }"), ("c", "use crate::a::Y;")];
    assert_eq!(circles(&through_the_crate), [["a", "b", "c"]]);
    let neighbours =
        [("a", "pub use x::X;\nmod x;\nmod y;"), ("a::x", "use super::y::Y;"), ("a::y", "use super::X;")];
    assert_eq!(circles(&neighbours), [["a::x", "a::y"]], "a name is where it is declared");
    let with_the_folder = [("a", "use self::x::X;\npub struct Z;"), ("a::x", "use super::Z;")];
    assert_eq!(circles(&with_the_folder), [["a", "a::x"]]);
    let in_tests_alone =
        [("a", "use crate::b::X;"), ("b", "struct X;\n#[cfg(test)]\nmod tests { use crate::a::Y; }")];
    assert_eq!(circles(&in_tests_alone), Vec::<Vec<String>>::new());
}

/// Absence is a type where Terraform's requests come in: nothing there stands for something that is not there.
#[test]
fn no_default_stands_for_a_request() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["framework/server", "protocol/rpc"] {
        for file in rust_files(&source.join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!own_code(&text).contains("unwrap_or_default"), "{}", file.display());
        }
    }
}

/// Each RPC of the protocol goes through the one frame, which logs it and catches its panics.
#[test]
fn every_rpc_goes_through_the_frame() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("tests/vectors/tfplugin6.txt")).unwrap();
    let rpcs = table.lines().filter(|line| line.starts_with("rpc ")).count();
    assert!(rpcs > 30, "the table has its RPCs");
    let service = fs::read_to_string(root.join("src/protocol/v6.rs")).unwrap();
    let (_, methods) = own_code(&service).split_once("impl Provider for ProviderService").unwrap();
    let bodies: Vec<_> =
        methods.split("async fn ").skip(1).filter_map(|method| method.split_once("> {")).collect();
    assert_eq!(bodies.len(), rpcs);
    for (signature, body) in bodies {
        let body = body.split('}').next().unwrap().trim();
        let served = body.starts_with("self.serve(") && body.ends_with(").await") && !body.contains(';');
        assert!(served, "{signature}: {body}");
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

/// The cloud client is built in floors: whoever reads a file needs only those below it.
#[test]
fn no_two_files_of_cloud_know_each_other() {
    let modules = modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "cloud");
    assert!(modules.len() > 30, "{} files", modules.len());
    let graph: BTreeMap<_, _> =
        modules.iter().map(|(path, text)| (path.clone(), neighbours(path, text, &modules))).collect();
    assert!(graph["cloud::client"].contains("cloud::send::sender"), "the reader of imports sees none");
    let circles: Vec<_> = graph.keys().filter_map(|start| circle(start, &graph)).collect();
    assert!(circles.is_empty(), "these files know each other: {circles:#?}");
}

#[test]
fn a_circle_of_files_is_found() {
    let text = |text: &str| text.to_owned();
    let modules = BTreeMap::from([
        (text("c"), text("mod a;\npub use a::X;\n")),
        (text("c::a"), text("use super::{b::Y, d::Z};\n")),
        (text("c::b"), text("fn f(_: crate::c::a::Thing) {}\n")),
        (text("c::d"), text("//! use super::a;\n#[cfg(test)]\nmod tests { use super::super::a::X; }\n")),
        (text("c::e"), text("use super::X;\n")),
    ]);
    let graph: BTreeMap<_, _> =
        modules.iter().map(|(path, text)| (path.clone(), neighbours(path, text, &modules))).collect();
    assert_eq!(circle("c::a", &graph).unwrap(), ["c::a", "c::b", "c::a"]);
    assert_eq!(circle("c::d", &graph), None);
    assert_eq!(circle("c::e", &graph), None);
    assert!(graph["c::e"].contains("c") && graph["c"].contains("c::a"));
}

/// What comes from outside comes in at one place, and is a value from there on.
#[test]
fn cloud_meets_the_machine_in_named_files() {
    let modules = modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "cloud");
    for (what, files) in [
        ("fs::", &["cloud::credentials::files", "cloud::credentials::process"][..]),
        (".exists()", &[]),
        ("Command", &["cloud::credentials::process"]),
        ("fastrand", &["cloud::chance"]),
        ("Uuid", &["cloud::chance"]),
        ("Timestamp::now", &["cloud::transport::clock"]),
        ("SystemTime", &[]),
        ("std::env", &[]),
        ("spawn_blocking", &["cloud::credentials::files"]),
    ] {
        let found: Vec<_> =
            modules.iter().filter(|(_, text)| code(text).contains(what)).map(|(path, _)| path).collect();
        assert_eq!(found, files, "{what}");
    }
}

/// The text of each file below a folder, by the path of its module.
fn modules(source: &Path, folder: &str) -> BTreeMap<String, String> {
    let path = |file: &Path| {
        let module = file.strip_prefix(source).unwrap().with_extension("");
        let module = if module.ends_with("mod") { module.parent().unwrap() } else { &module };
        module.components().map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("::")
    };
    let files = rust_files(&source.join(folder));
    let is_test = |file: &PathBuf| file.ends_with("scenarios.rs");
    files
        .iter()
        .filter(|file| !is_test(file))
        .map(|file| (path(file), fs::read_to_string(file).unwrap()))
        .collect()
}

/// What is compiled into the product: without comments and tests.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.flat_map(|line| [line, "\n"]).collect();
    // Who may see a thing is not whom it knows.
    code.replace("pub(in crate::cloud)", "pub")
}

/// The modules that a module's text names.
fn neighbours(module: &str, text: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let code = code(text);
    let mut paths = crate_paths(&code);
    for (position, _) in code.match_indices("super::") {
        if code[..position].ends_with("super::") || code[..position].ends_with(|c: char| c.is_alphanumeric())
        {
            continue;
        }
        let mut above = module;
        let mut rest = &code[position..];
        while let Some(after) = rest.strip_prefix("super::") {
            above = above.rsplit_once("::").map_or("", |(above, _)| above);
            rest = after;
        }
        spread(rest, above.to_owned(), &mut paths);
    }
    for (position, found) in code.match_indices("use ") {
        spread(&code[position + found.len()..], module.to_owned(), &mut paths);
    }
    let named = paths.iter().filter_map(|path| longest_module(path, modules));
    named.filter(|named| named != module).collect()
}

fn longest_module(path: &str, modules: &BTreeMap<String, String>) -> Option<String> {
    let mut path = path;
    while !modules.contains_key(path) {
        (path, _) = path.rsplit_once("::")?;
    }
    Some(path.to_owned())
}

/// A way from a module back to itself.
fn circle(start: &str, graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in &graph[&way[way.len() - 1]] {
            let way: Vec<_> = way.iter().chain([next]).cloned().collect();
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push(way);
            }
        }
    }
    None
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

/// The files of a crate, by the paths of their modules.
struct Modules(BTreeMap<String, Module>);

struct Module {
    /// Every path that its code takes.
    paths: Vec<String>,
    /// What it gives on from the files below it, by name.
    exports: BTreeMap<String, String>,
}

impl Module {
    fn of(path: &str, text: &str) -> Self {
        let code = own_code(text);
        let mut used = code.to_owned();
        let mut exports = BTreeMap::new();
        for export in code.split('\n').filter(|line| line.starts_with("pub") && line.contains(" use ")) {
            let start = code.find(export).unwrap();
            let statement = code[start..].split(';').next().unwrap();
            used = used.replacen(statement, "", 1);
            let (_, tree) = statement.split_once(" use ").unwrap();
            if !tree.starts_with("crate::") && !tree.starts_with("super::") {
                let mut paths = Vec::new();
                spread(tree.trim_start_matches("self::"), path.to_owned(), &mut paths);
                let named = |path: String| (path.rsplit("::").next().unwrap().to_owned(), normalised(&path));
                exports.extend(paths.into_iter().map(named));
            }
        }
        Self { paths: relative_paths(path, &used), exports }
    }
}

impl Modules {
    fn read(source: &Path) -> Self {
        let module = |file: PathBuf| {
            let path = module_path(file.strip_prefix(source).unwrap());
            let text = fs::read_to_string(&file).unwrap();
            let module = Module::of(&path, &text);
            (path, module)
        };
        let files = rust_files(source).into_iter().filter(|file| !file.ends_with("main.rs"));
        Self(files.map(module).collect())
    }

    /// The files that one uses, the nearest known to each path that it takes.
    fn uses(&self, module: &str) -> BTreeSet<String> {
        let used = self.0[module].paths.iter().filter_map(|path| self.file_of(path));
        used.filter(|used| used != module).collect()
    }

    fn file_of(&self, path: &str) -> Option<String> {
        let names: Vec<_> = path.split("::").collect();
        let prefixes = (0..=names.len()).rev().map(|length| (names[..length].join("::"), &names[length..]));
        let (file, below) = prefixes.into_iter().find(|(prefix, _)| self.0.contains_key(prefix))?;
        match below.first().and_then(|name| self.0[&file].exports.get(*name)) {
            Some(given_on) if given_on != path => self.file_of(given_on),
            _ => Some(file),
        }
    }

    fn circles(&self) -> Vec<Vec<String>> {
        let reached: BTreeMap<_, _> =
            self.0.keys().map(|module| (module, self.reached_from(module))).collect();
        let circle = |module: &String| {
            let back = |other: &&String| reached[module].contains(*other) && reached[other].contains(module);
            self.0.keys().filter(back).cloned().collect::<Vec<_>>()
        };
        let circles: BTreeSet<_> = self.0.keys().map(circle).filter(|circle| circle.len() > 1).collect();
        circles.into_iter().collect()
    }

    fn reached_from(&self, module: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![module.to_owned()];
        while let Some(next) = open.pop() {
            open.extend(self.uses(&next).into_iter().filter(|used| reached.insert(used.clone())));
        }
        reached
    }
}

fn module_path(file: &Path) -> String {
    let path = file.with_extension("").to_str().unwrap().replace('/', "::");
    let path = path.strip_suffix("::mod").unwrap_or(&path);
    if path == "lib" { String::new() } else { path.to_owned() }
}

/// A file without its tests.
fn own_code(text: &str) -> &str {
    let starts = ["mod ", "pub(super) mod ", "pub(crate) mod ", "#[cfg(unix)]\nmod "];
    let tests = starts.iter().filter_map(|start| text.find(&format!("#[cfg(test)]\n{start}")));
    &text[..tests.min().unwrap_or(text.len())]
}

/// Every path that code takes from the crate's root, its own module or the one above.
fn relative_paths(module: &str, code: &str) -> Vec<String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut paths = Vec::new();
    for (root, prefix) in
        [("crate::", String::new()), ("self::", module.to_owned()), ("super::", format!("{module}::super"))]
    {
        let starts = code.match_indices(root).filter(|(at, _)| {
            let before = code[..*at].chars().next_back();
            before.is_none_or(|before| !before.is_alphanumeric() && !"_:".contains(before))
        });
        for (at, _) in starts {
            spread(&code[at + root.len()..], prefix.clone(), &mut paths);
        }
    }
    paths.iter().map(|path| normalised(path)).collect()
}

fn normalised(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split("::") {
        match name {
            "super" => drop(names.pop()),
            "self" | "" => {}
            name => names.push(name.trim_start_matches("r#")),
        }
    }
    names.join("::")
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
