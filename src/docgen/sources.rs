//! The files that pages are made of.

use std::{collections::BTreeSet, fs, io, path::Path};

use super::Error;

/// The folder with `examples/` and `templates/`.
pub(super) struct Sources<'a> {
    pub(super) root: &'a Path,
}

impl Sources<'_> {
    /// A file that must be there.
    pub(super) fn read(&self, path: &str) -> Result<String, Error> {
        fs::read_to_string(self.root.join(path)).map_err(|error| Error::File(path.into(), error))
    }

    /// A file that may be there.
    pub(super) fn find(&self, path: &str) -> Result<Option<String>, Error> {
        match self.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(Error::File(_, error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The names of the files in a folder, in order.
    pub(super) fn names(&self, folder: &str) -> Result<BTreeSet<String>, Error> {
        let entries = entries(&self.root.join(folder))?;
        Ok(entries.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    }
}

/// What is in a folder; nothing if there is none.
pub(super) fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, Error> {
    let failed = |error| Error::File(folder.to_owned(), error);
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}
