//! The documentation is what the generator makes of the schema, the examples and the templates.

use std::path::Path;

use terraform_provider_mss::{
    docgen,
    provider::{Environment, Mss},
};

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
        for field in ["page_title: \"", "subcategory: \"", "description: |-\n  "] {
            assert!(head.contains(field), "{}: no {field}", path.display());
        }
        assert!(text.len() < 500_000, "{} is too long for a registry", path.display());
    }
}

fn pages() -> docgen::Pages {
    docgen::generate("mss", &Mss::new(Environment::default()), Path::new(ROOT)).unwrap()
}
