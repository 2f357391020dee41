//! The documentation is what the generator makes of the schema, the examples and the templates.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use terraform_provider_mss::{
    docgen,
    provider::{Mss, ProviderEnvironment},
};

use crate::layers::rust_files;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn is_up_to_date() {
    let pages = pages();
    let differences = docgen::differences(&pages, &Path::new(ROOT).join("docs")).unwrap();
    assert_eq!(differences, Vec::<String>::new(), "run `cargo run --bin mss-docs`");
}

/// What registries demand of a page.
#[test]
fn every_page_has_a_title_and_a_description() {
    for (path, text) in pages() {
        let (head, _) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap();
        // The front page is outside the navigation's groups.
        let grouped = path != Path::new("index.md");
        for (field, wanted) in
            [("page_title: \"", true), ("subcategory: \"", grouped), ("description: |-\n  ", true)]
        {
            assert_eq!(head.contains(field), wanted, "{}: {field}", path.display());
        }
        assert!(text.len() < 500_000, "{} is too long for a registry", path.display());
    }
}

/// Links between pages lead somewhere, also to headings.
#[test]
fn links_lead_somewhere() {
    let pages = pages();
    for (path, text) in &pages {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { joined(path.parent().unwrap(), file) };
            let page = pages.get(&target).unwrap_or_else(|| panic!("{}: {link}", path.display()));
            let headings = page.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            let named = page.contains(&format!("<a id=\"{anchor}\">"));
            let found = anchor.is_empty() || named || headings.into_iter().any(|heading| heading == anchor);
            assert!(found, "{}: {link}", path.display());
        }
    }
}

/// Whoever begins at the first page finds every guide.
#[test]
fn the_index_names_every_guide() {
    let pages = pages();
    let index = &pages[Path::new("index.md")];
    let guides: Vec<_> = pages.keys().filter_map(|path| path.strip_prefix("guides").ok()).collect();
    assert!(guides.len() > 8, "{guides:?}");
    for guide in guides {
        assert!(index.contains(&format!("](guides/{})", guide.display())), "{}", guide.display());
    }
}

/// A page in Chinese has the code of the page in English, byte for byte, and each links to the other.
#[test]
fn both_languages_have_the_same_code() {
    let pages = pages();
    let mut pairs = vec![("README.md".to_owned(), root_file("README.md"), root_file("README-CN.md"))];
    for (path, chinese) in &pages {
        let Some(name) = path.to_str().unwrap().strip_suffix("-zh.md") else { continue };
        let english = &pages[Path::new(&format!("{name}.md"))];
        let file = name.rsplit('/').next().unwrap();
        assert!(english.contains(&format!("]({file}-zh.md)")), "{name} links to its translation");
        assert!(chinese.contains(&format!("]({file}.md)")), "{name}-zh links to its original");
        pairs.push((name.to_owned(), english.clone(), chinese.clone()));
    }
    assert!(pairs.len() > 2, "there are translations");
    assert!(pairs[0].1.contains("](README-CN.md)") && pairs[0].2.contains("](README.md)"));
    for (name, english, chinese) in pairs {
        let code = code_blocks(&english);
        assert!(code.len() > 3, "{name} has code");
        assert_eq!(code, code_blocks(&chinese), "{name}");
    }
}

/// The blocks between fences, with their fences.
fn code_blocks(text: &str) -> Vec<String> {
    let parts: Vec<_> = text.split("\n```").collect();
    parts.chunks(2).filter(|chunk| chunk.len() == 2).map(|chunk| chunk[1].to_owned()).collect()
}

#[test]
fn code_blocks_are_seen() {
    assert_eq!(code_blocks("a\n```sh\nx\n```\nb\n```\ny\n```\n"), ["sh\nx", "\ny"]);
}

/// What README shows of a refused destroy, as text and as a picture, comes out of a run.
#[test]
fn the_refused_destroy_is_a_real_one() {
    let told = root_file("examples/guides/destroy-refused/subscription-active.txt");
    assert!(root_file("README.md").contains(&format!("```text\n{}\n```", told.trim_end())));
    let picture = root_file("assets/refused-destroy.svg");
    let rows = picture.lines().filter_map(|line| line.strip_suffix("</text>")?.split_once("\">"));
    let shown: Vec<_> = rows.map(|(_, text)| unescaped(text)).skip(1).collect();
    let told: Vec<_> = told.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, told, "the picture");
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The links of the pages at the root lead to files that are there.
#[test]
fn links_of_the_root_lead_somewhere() {
    for page in
        ["README.md", "README-CN.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"]
    {
        let text = root_file(page);
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            let is_there = link.starts_with("https://") || Path::new(ROOT).join(file).exists();
            assert!(is_there, "{page}: {link}");
        }
    }
}

fn root_file(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn security_names_tests_that_exist() {
    let text = fs::read_to_string(Path::new(ROOT).join("SECURITY.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    let named: BTreeSet<_> = quoted.filter_map(|quoted| quoted.split_once("::")).collect();
    assert!(named.len() > 20, "{named:?}");
    let folders = ["src", "tests/integration"].map(|folder| Path::new(ROOT).join(folder));
    let files: Vec<_> = folders.iter().flat_map(|folder| rust_files(folder)).collect();
    for (module, test) in named {
        let holds = |file: &PathBuf| {
            let text = fs::read_to_string(file).unwrap();
            let here = file.file_stem().unwrap() == module || text.contains(&format!("mod {module} {{"));
            let Some(at) = text.find(&format!("fn {test}(")) else { return false };
            // Its attributes are between it and what ended before.
            let attributes = &text[text[..at].rfind('}').unwrap_or_default()..at];
            here && attributes.contains("test]")
        };
        assert!(files.iter().any(holds), "there is no test {module}::{test}");
    }
}

fn joined(folder: &Path, link: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in link.split('/') {
        match part {
            ".." => assert!(path.pop(), "{link} leaves the documentation"),
            part => path.push(part),
        }
    }
    path
}

/// As registries and GitHub name a heading.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
}

fn pages() -> docgen::Pages {
    docgen::generate("mss", &Mss::new(ProviderEnvironment::default()), Path::new(ROOT)).unwrap()
}
