//! Schemas, examples and templates → the Markdown pages that registries show.
//!
//! The pages have the layout and the sections of HashiCorp's generator, so that people find what they
//! know. Their sources are what the provider lists, the files under `examples/` and, for the guides and
//! the front page, `templates/`. A page never holds configuration of its own: it is taken from a file
//! under `examples/`, which a test runs.
//!
//! | Page | Sources |
//! |---|---|
//! | `docs/index.md` | `templates/index.md`, the provider's schema |
//! | `docs/resources/*.md` | the schema, `examples/resources/<type>/` |
//! | `docs/data-sources/*.md` | the schema, `examples/data-sources/<type>/data-source.tf` |
//! | `docs/list-resources/*.md` | the schema, `examples/list-resources/<type>/list-resource.tfquery.hcl` |
//! | `docs/functions/*.md` | the definition, `examples/functions/<name>/function.tf` |
//! | `docs/guides/*.md` | `templates/guides/*.md` |
//!
//! `docs/benchmarks.*` is not among them: `cargo bench` writes it.
//!
//! `templates/<kind>/<name>.md`, where there is one, adds prose below a page's description. Must not know
//! the protocol or the cloud.

mod error;
mod page;
mod schema;
mod sources;
mod template;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

pub use error::Error;

use self::sources::{Sources, entries};
use crate::framework::provider::Provider;

/// What `cargo bench` writes there: figures of one machine cannot be generated on another.
const MEASURED: [&str; 2] = ["benchmarks.md", "benchmarks.svg"];

/// The pages by path below the documentation's folder.
pub type Pages = BTreeMap<PathBuf, String>;

/// Makes every page of a provider; `name` is how configuration calls it, `root` the folder with
/// `examples/` and `templates/`.
///
/// # Errors
/// [`Error::File`] for an example or a template that is not there, [`Error::Template`] for one that asks
/// for what cannot be given.
pub fn generate(name: &str, provider: &dyn Provider, root: &Path) -> Result<Pages, Error> {
    let sources = Sources { root };
    let mut pages = Pages::new();
    let mut add = |kind: &str, page_name: &str, text: String| {
        let file = page_name.strip_prefix(&format!("{name}_")).unwrap_or(page_name);
        pages.insert(Path::new(kind).join(format!("{file}.md")), text);
    };
    add("", "index", page::index(&provider.schema(), &sources)?);
    for resource in provider.resources() {
        add("resources", resource.type_name(), page::resource(name, resource.as_ref(), &sources)?);
    }
    for data_source in provider.data_sources() {
        add(
            "data-sources",
            data_source.type_name(),
            page::data_source(name, data_source.as_ref(), &sources)?,
        );
    }
    for list_resource in provider.list_resources() {
        let text = page::list_resource(name, list_resource.as_ref(), &sources)?;
        add("list-resources", list_resource.type_name(), text);
    }
    for function in provider.functions() {
        let definition = function.definition();
        add("functions", definition.name, page::function(name, &definition, &sources)?);
    }
    for guide in sources.names("templates/guides")? {
        let path = format!("templates/guides/{guide}");
        let text = template::fill(&path, &sources.read(&path)?, &sources, None)?;
        add("guides", guide.trim_end_matches(".md"), text);
    }
    Ok(pages)
}

/// What is in a folder of documentation and differs from the pages, in words; empty if nothing does.
///
/// # Errors
/// [`Error::File`] for what cannot be read.
pub fn differences(pages: &Pages, folder: &Path) -> Result<Vec<String>, Error> {
    let mut differences = Vec::new();
    for (path, text) in pages {
        match fs::read_to_string(folder.join(path)) {
            Ok(kept) if kept == *text => {}
            Ok(_) => differences.push(format!("{} is out of date", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                differences.push(format!("{} is missing", path.display()));
            }
            Err(error) => return Err(Error::File(folder.join(path), error)),
        }
    }
    let left_over = files(folder)?.into_iter().filter(|path| !pages.contains_key(path));
    differences.extend(left_over.map(|path| format!("{} is left over", path.display())));
    Ok(differences)
}

/// Writes the pages into a folder of documentation, and removes what is left over there.
///
/// # Errors
/// [`Error::File`] for what cannot be written.
pub fn write(pages: &Pages, folder: &Path) -> Result<(), Error> {
    for (path, text) in pages {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Error::File(parent.to_owned(), error))?;
        fs::write(&path, text).map_err(|error| Error::File(path, error))?;
    }
    for path in files(folder)?.into_iter().filter(|path| !pages.contains_key(path)) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| Error::File(path, error))?;
    }
    Ok(())
}

/// Every generated file below a folder; none if there is no folder.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        for entry in entries(&folder.join(&below))? {
            let path = below.join(entry.file_name());
            match entry.file_type() {
                Ok(of) if of.is_dir() => waiting.push(path),
                _ if MEASURED.iter().any(|measured| path == Path::new(measured)) => {}
                _ => drop(found.insert(path)),
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let pages = Pages::from([
            (PathBuf::from("index.md"), "one".to_owned()),
            (PathBuf::from("guides/a.md"), "two".to_owned()),
        ]);
        let missing = differences(&pages, &folder.path().join("nowhere")).unwrap();
        assert_eq!(missing, ["guides/a.md is missing", "index.md is missing"]);
        fs::write(folder.path().join("index.md"), "zero").unwrap();
        fs::write(folder.path().join("old.md"), "old").unwrap();
        let found = differences(&pages, folder.path()).unwrap();
        assert_eq!(found, ["guides/a.md is missing", "index.md is out of date", "old.md is left over"]);
        fs::write(folder.path().join("benchmarks.md"), "measured").unwrap();
        write(&pages, folder.path()).unwrap();
        assert_eq!(differences(&pages, folder.path()).unwrap(), Vec::<String>::new());
        assert!(folder.path().join("benchmarks.md").exists());
    }
}
