//! The import rules of ARCHITECTURE.md, read off the source: who may use whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

#[test]
fn imports_point_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layers = code_map();
    assert!(layers.len() > 10, "{layers:?}");
    for (layer, allowed) in layers {
        let files = files_of(&source, layer);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for used in crate_paths(&text) {
                let is_of = |module: &&str| used == **module || used.starts_with(&format!("{module}::"));
                assert!(allowed.iter().chain([&layer]).any(is_of), "{} uses crate::{used}", file.display());
            }
        }
    }
}

/// The code map of ARCHITECTURE.md: each layer, and what of ours it may use besides itself.
fn code_map() -> Vec<(&'static str, Vec<&'static str>)> {
    let rows = section("## Code map").lines().filter(|line| line.starts_with("| `"));
    let columns = |row: &'static str| {
        let mut columns = row.split('|').skip(1);
        let layer = quoted(columns.next().unwrap()).next().unwrap();
        (layer, quoted(columns.nth(1).unwrap()).collect())
    };
    rows.map(columns).collect()
}

/// A layer is a folder, or one file.
fn files_of(source: &Path, layer: &str) -> Vec<PathBuf> {
    let file = source.join(layer).with_extension("rs");
    let files = if file.is_file() { vec![file] } else { rust_files(&source.join(layer)) };
    assert!(!files.is_empty(), "{layer} has files");
    files
}

#[test]
fn the_files_of_the_symptoms_exist() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = 0;
    for row in section("## From a symptom to the file").lines().filter(|line| line.starts_with('|')) {
        // A file without a folder is beside the one before it.
        let mut folder = source.clone();
        for path in
            quoted(row).filter(|path| path.ends_with(".rs") || path.ends_with('/') && *path != "docs/")
        {
            let path = path.replace("role/", "provider/service_linked_role/");
            let full = if path.contains('/') || source.join(&path).exists() {
                source.join(&path)
            } else {
                folder.join(&path)
            };
            assert!(full.exists(), "{path} in {row}");
            folder = full.parent().unwrap().to_owned();
            paths += 1;
        }
    }
    assert!(paths > 50, "only {paths} paths are seen");
}

/// A section of ARCHITECTURE.md, from its title to the next one.
fn section(title: &str) -> &'static str {
    let text = include_str!("../../ARCHITECTURE.md").split_once(&format!("{title}\n")).unwrap().1;
    text.split("\n## ").next().unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A file can be read once those that it uses are understood: no two use each other, however far around. What a
/// folder's `mod.rs` gives on counts as used by it.
#[test]
fn files_do_not_use_each_other_in_circles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let product = Modules::read(&root.join("src"));
    for (file, used) in [
        ("framework::server::plan", "framework::resource"),
        ("plugin::run", "plugin::handshake"),
        ("cloud::client", "cloud::send::sender"),
        ("provider::service_linked_role::plan", "provider::service_linked_role::mss_role"),
        ("provider::service_linked_role", "provider::service_linked_role::resource"),
        ("framework::server::call", "framework::server::server"),
        ("provider", "provider::config::schema"),
    ] {
        assert!(product.uses(file).contains(used), "{file} uses {used}: {:?}", product.uses(file));
    }
    let benchmark = Modules::read(&root.join("benches/compare"));
    assert!(benchmark.uses("rpc").contains("process"));
    for modules in [product, benchmark] {
        assert_eq!(modules.circles(), Vec::<Vec<String>>::new(), "these use each other");
    }
}

#[test]
fn circles_are_seen() {
    let circles = |files: &[(&str, &str)]| {
        let modules = files.iter().map(|(path, text)| ((*path).to_owned(), Module::of(path, text)));
        Modules(modules.collect()).circles()
    };
    let none = Vec::<Vec<String>>::new();
    let through_the_crate =
        [("a", "use crate::b::X;"), ("b", "fn f() { crate::c::g() }"), ("c", "use crate::a::Y;")];
    assert_eq!(circles(&through_the_crate), [["a", "b", "c"]]);
    let neighbours =
        [("a", "pub use x::X;\nmod x;\nmod y;"), ("a::x", "use super::y::Y;"), ("a::y", "use super::X;")];
    assert_eq!(circles(&neighbours), [["a::x", "a::y"]], "a name is where it is declared");
    let above = "use super::{super::c::Z, y::Y};";
    assert_eq!(
        circles(&[("a", ""), ("a::x", above), ("a::y", ""), ("c", "use crate::a::x::X;")]),
        [["a::x", "c"]]
    );
    let with_the_folder = [("a", "use self::x::X;\npub struct Z;"), ("a::x", "use super::Z;")];
    assert_eq!(circles(&with_the_folder), [["a", "a::x"]]);
    let a_path_to_a_child = [("a", "mod x;\npub struct Z;\nfn f() { x::g() }"), ("a::x", "use super::Z;")];
    assert_eq!(circles(&a_path_to_a_child), [["a", "a::x"]]);
    let given_on = [("a", "mod x;\npub use x::X;\npub struct Z;"), ("a::x", "use super::Z;")];
    assert_eq!(circles(&given_on), [["a", "a::x"]], "what is given on is used");
    let given_on_from_beside =
        [("a", "pub(super) use super::b::Y;"), ("b", "use crate::c::Z;"), ("c", "use crate::a::Y;")];
    assert_eq!(circles(&given_on_from_beside), [["b", "c"]], "not the file that gives it on");
    let in_tests_alone = "struct X;\n#[cfg(test)]\nmod tests {\nuse crate::a::Y;\n}";
    assert_eq!(circles(&[("a", "use crate::b::X;"), ("b", in_tests_alone)]), none);
    let after_a_module_of_tests = "#[cfg(test)]\nmod cases;\nuse crate::a::Y;";
    assert_eq!(circles(&[("a", "use crate::b::X;"), ("b", after_a_module_of_tests)]), [["a", "b"]]);
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
    let service = own_code(&service);
    let (_, methods) = service.split_once("impl Provider for ProviderService").unwrap();
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

/// What comes from outside comes in at one place, and is a value from there on.
#[test]
fn cloud_meets_the_machine_in_named_files() {
    let cloud = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud");
    let files = rust_files(&cloud);
    let product: Vec<_> = files.iter().filter(|file| !file.ends_with("scenarios.rs")).collect();
    for (what, named) in [
        ("fs::", &["credentials/files.rs", "credentials/process.rs"][..]),
        (".exists()", &[]),
        ("Command", &["credentials/process.rs"]),
        ("fastrand", &["chance.rs"]),
        ("Uuid", &["chance.rs"]),
        ("Timestamp::now", &["transport/clock.rs"]),
        ("SystemTime", &[]),
        ("std::env", &["transport/proxy.rs"]),
        ("spawn_blocking", &["credentials/files.rs"]),
    ] {
        let has = |file: &&&PathBuf| own_code(&fs::read_to_string(file).unwrap()).contains(what);
        let found: Vec<_> =
            product.iter().filter(has).map(|file| file.strip_prefix(&cloud).unwrap()).collect();
        assert_eq!(found, named.iter().map(Path::new).collect::<Vec<_>>(), "{what}");
    }
}

/// What CONTRIBUTING shows: an attribute without behaviour of its own is in one file of the provider. Beside that it is in
/// the API's answer, and in what is generated.
#[test]
fn an_attribute_is_in_one_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = "assume_role_policy_document";
    assert!(fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap().contains(shown));
    let is_there = |file: &PathBuf| own_code(&fs::read_to_string(file).unwrap()).contains(shown);
    let source = root.join("src");
    let found: Vec<_> = rust_files(&source).into_iter().filter(is_there).collect();
    let api = source.join("cloud/api/resource_manager.rs");
    assert_eq!(found, [api, source.join("provider/service_linked_role/model.rs")]);
}

/// Each attribute of the role is declared once, and read and written through that declaration alone.
#[test]
fn attributes_of_the_role_are_declared_in_the_model_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/provider/service_linked_role");
    let model = own_code(&fs::read_to_string(folder.join("model.rs")).unwrap());
    let declarations = model.lines().filter_map(|line| line.split_once(" = ")?.0.trim().split_once(": "));
    let names: Vec<_> = declarations.filter(|(name, _)| !name.contains(' ')).map(|(name, _)| name).collect();
    assert_eq!((names.len(), names[0]), (15, "role_name"), "{names:?}");
    for file in rust_files(&folder) {
        // An identity is another object.
        let code = own_code(&fs::read_to_string(&file).unwrap()).replace("identity.string(", "");
        for name in &names {
            for read in ["string", "bool", "object"].map(|kind| format!(".{kind}(\"{name}\")")) {
                assert!(!code.contains(&read), "{}: {read}", file.display());
            }
        }
    }
}

/// The accounts and roles of the tests have one name each, in one file.
#[test]
fn names_of_the_tests_are_declared_once() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration");
    let text = fs::read_to_string(tests.join("support/names.rs")).unwrap();
    let values = text.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(" = "));
    let values: Vec<_> = values.map(|(_, value)| format!("&str = {value}")).collect();
    assert!(values.len() > 5, "{values:?}");
    for file in rust_files(&tests).iter().filter(|file| !file.ends_with("names.rs")) {
        let text = fs::read_to_string(file).unwrap();
        let again = values.iter().find(|value| text.contains(*value));
        assert_eq!(again, None, "{}", file.display());
    }
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
    /// What it gives on from other files, by name.
    exports: BTreeMap<String, String>,
    /// The files below it that only tests have.
    of_tests: Vec<String>,
}

impl Module {
    fn of(path: &str, text: &str) -> Self {
        let code = own_code(text);
        let mut exports = BTreeMap::new();
        for (start, _) in code.match_indices("\npub") {
            let statement = code[start + 1..].split(';').next().unwrap();
            let Some((visible, tree)) = statement.split_once(" use ") else { continue };
            let is_visibility = visible == "pub"
                || visible.starts_with("pub(") && visible.find(')') == Some(visible.len() - 1);
            if !is_visibility {
                continue;
            }
            let named = |path: String| (path.rsplit("::").next().unwrap().to_owned(), path);
            exports.extend(absolute_paths(path, tree).into_iter().map(named));
        }
        let below = |(_, name): (String, String)| absolute(&format!("{path}::{name}"));
        let of_tests = declared(text).into_iter().filter(|(above, _)| above == "#[cfg(test)]").map(below);
        Self { paths: used_paths(path, &code), exports, of_tests: of_tests.collect() }
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
        // Nobody can use what a program begins with.
        let files = rust_files(source).into_iter().filter(|file| !file.ends_with("main.rs"));
        let mut modules: BTreeMap<_, _> = files.map(module).collect();
        // Modules of tests are not of the product.
        let of_tests: Vec<_> = modules.values().flat_map(|module| module.of_tests.clone()).collect();
        modules.retain(|path, _| !of_tests.contains(path));
        Self(modules)
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

/// What is compiled into the product: a file without its comments and its tests.
fn own_code(text: &str) -> String {
    let mut code = String::from("\n");
    let mut is_of_tests = false;
    for line in text.lines() {
        if is_of_tests && line.contains("mod ") && line.ends_with('{') {
            break;
        }
        let is_comment = line.trim_start().starts_with("//");
        let is_module_of_tests = is_of_tests && line.contains("mod ");
        if !is_comment && !is_module_of_tests {
            // Who may see a thing is not whom it knows.
            code += &line.replace("pub(in crate::", "pub(in ");
            code.push('\n');
        }
        let is_test_attribute = line.starts_with("#[cfg(") && line.contains("test");
        is_of_tests = is_test_attribute || is_of_tests && line.starts_with("#[");
    }
    code
}

/// The modules that a file declares, each with the line above it.
fn declared(text: &str) -> Vec<(String, String)> {
    let lines = [""].into_iter().chain(text.lines()).zip(text.lines());
    let name = |line: &str| {
        let name = line.strip_suffix(';')?.rsplit_once("mod ")?.1;
        name.chars().all(|c| c.is_alphanumeric() || "_#".contains(c)).then(|| name.to_owned())
    };
    lines.filter_map(|(above, line)| Some((above.to_owned(), name(line)?))).collect()
}

/// Every path that code takes within the crate: from its root, its own module, the one above or one below.
fn used_paths(module: &str, code: &str) -> Vec<String> {
    let below = declared(code).into_iter().map(|(_, name)| format!("{name}::"));
    let roots = ["crate::", "self::", "super::"].map(str::to_owned).into_iter().chain(below);
    let paths = roots.flat_map(|root| {
        let starts = code.match_indices(&root).filter(|(at, _)| {
            let before = code[..*at].chars().next_back();
            let begins = before.is_none_or(|before| !before.is_alphanumeric() && !"_:#".contains(before));
            begins && !is_within_tree(&code[..*at])
        });
        starts.flat_map(|(at, _)| absolute_paths(module, &code[at..])).collect::<Vec<_>>()
    });
    paths.collect()
}

/// Whether code ends within the braces of a `use`: what follows is read with its root.
fn is_within_tree(code: &str) -> bool {
    let Some(start) = code.rfind("use ") else { return false };
    let line = code[..start].rsplit('\n').next().unwrap().trim();
    let is_use = line.is_empty() || line.starts_with("pub");
    is_use && code[start..].contains('{') && !code[start..].contains(';')
}

/// The paths of a tree as in `use`, from the crate's root.
fn absolute_paths(module: &str, tree: &str) -> Vec<String> {
    let mut paths = Vec::new();
    match tree.trim_start().strip_prefix("crate::") {
        Some(below) => spread(below, String::new(), &mut paths),
        None => spread(tree, module.to_owned(), &mut paths),
    };
    paths.iter().map(|path| absolute(path)).collect()
}

fn absolute(path: &str) -> String {
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
