//! The file in which the state survives the emulator.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tempfile::{NamedTempFile, TempPath};

use super::{
    Error,
    state::{FORMAT_VERSION, LONGEST_FILE, State, StoredState},
};
use crate::file;

/// A state file, and what this process has last written to it.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// What the file holds, if this process wrote it: a look need not be written again.
    written: Mutex<Vec<u8>>,
}

impl Store {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, written: Mutex::default() }
    }

    /// The state that was kept; `None` if there is no file yet.
    pub(super) fn load(&self) -> Result<Option<State>, Error> {
        let problem = |problem: String| Error::State(self.path.clone(), problem);
        let text = match file::read(&self.path, LONGEST_FILE) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem(error.to_string())),
        };
        let version: Version = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        if version.version != FORMAT_VERSION {
            let found = version.version;
            return Err(problem(format!("has format {found}, this emulator writes {FORMAT_VERSION}")));
        }
        let stored: StoredState =
            serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        Ok(Some(State::restored(stored)))
    }

    /// Writes the state that an emulator starts with.
    pub(super) fn begin(&self, stored: &StoredState) -> Result<(), Error> {
        self.save(stored)
            .map_err(|error| Error::State(self.path.clone(), format!("cannot be written: {error}")))
    }

    /// Replaces the file as a whole: whoever reads it, also after a kill, finds one state or the next.
    pub(super) fn save(&self, stored: &StoredState) -> io::Result<()> {
        let text = serde_json::to_vec(stored)?;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written == text {
            return Ok(());
        }
        let next = self.next_path();
        let new = NamedTempFile::from_parts(File::create(&next)?, TempPath::try_from_path(next)?);
        file::replace(&self.path, new, &text)?;
        *written = text;
        Ok(())
    }

    /// Where the next state is written: always the same place, so that kills leave one file at most.
    fn next_path(&self) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".next");
        self.path.parent().unwrap_or(Path::new("")).join(name)
    }

    pub(super) fn describe(&self, error: &io::Error) -> String {
        format!("the state file {} cannot be written: {error}", self.path.display())
    }
}

#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::seed::Seed, *};

    fn state() -> State {
        State::new(&Seed::default()).unwrap()
    }

    #[test]
    fn state_comes_back_and_strange_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("state.json"));
        assert!(store.load().unwrap().is_none());
        let mut state = state();
        state.stored.roles_made = 7;
        store.save(&state.stored).unwrap();
        let loaded = store.load().unwrap().unwrap();
        assert_eq!((loaded.stored.roles_made, loaded.first_key()), (7, state.first_key()));

        state.stored.version = 99;
        store.save(&state.stored).unwrap();
        assert!(store.load().unwrap_err().to_string().contains("has format 99"));
        fs::write(&store.path, "{").unwrap();
        assert!(store.load().is_err());
        let others: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(others.len(), 1, "nothing is left beside the file");
    }

    /// A kill between writing and renaming leaves the next state; however many, it is one file.
    #[test]
    fn what_a_kill_leaves_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("state.json"));
        fs::write(store.next_path(), "half of a sta").unwrap();
        store.save(&state().stored).unwrap();
        assert!(store.load().unwrap().is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("gone").join("state.json"));
        let error = store.save(&state().stored).unwrap_err();
        assert!(store.describe(&error).contains("state.json cannot be written"));
    }
}
