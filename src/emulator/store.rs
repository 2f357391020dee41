//! Files: the seed that an emulator begins with, and the state that survives it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    Error,
    account::Subscription,
    policy::Policy,
    state::{FORMAT_VERSION, Kept, State},
};

/// What an emulator begins with; the format is told at [`Error::Seed`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    pub(super) accounts: BTreeMap<String, SeededAccount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SeededAccount {
    pub(super) access_keys: BTreeMap<String, String>,
    pub(super) subscription: Option<Subscription>,
    pub(super) roles: Vec<String>,
    pub(super) denied: BTreeSet<String>,
    pub(super) policy: Option<Policy>,
}

impl Seed {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let problem = |problem: String| Error::Seed(path.to_owned(), problem);
        let text = fs::read(path).map_err(|error| problem(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))
    }
}

/// A state file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
}

impl Store {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The state that was kept; `None` if there is no file yet.
    pub(super) fn load(&self) -> Result<Option<State>, Error> {
        let problem = |problem: String| Error::State(self.path.clone(), problem);
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem(error.to_string())),
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        if kept.version != FORMAT_VERSION {
            return Err(problem(format!(
                "has format {}, this emulator writes {FORMAT_VERSION}",
                kept.version
            )));
        }
        Ok(Some(State::restored(kept)))
    }

    /// Replaces the file as a whole: whoever reads it, also after a kill, finds one state or the next.
    pub(super) fn save(&self, kept: &Kept) -> io::Result<()> {
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, kept)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_comes_back_and_strange_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("state.json"));
        assert!(store.load().unwrap().is_none());
        let mut state = State::new(Seed::default());
        state.add_role("1", "AliyunServiceRoleForMssp", None);
        store.save(&state.kept).unwrap();
        let loaded = store.load().unwrap().unwrap();
        assert!(loaded.role("1", "aliyunserviceroleformssp").is_some());
        assert_eq!(loaded.first_key(), state.first_key());

        state.kept.version = 99;
        store.save(&state.kept).unwrap();
        assert!(store.load().unwrap_err().to_string().contains("has format 99"));
        fs::write(&store.path, "{").unwrap();
        assert!(store.load().is_err());
        let others: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(others.len(), 1, "nothing is left beside the file");
    }

    #[test]
    fn seeds_are_strict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.json");
        fs::write(
            &path,
            r#"{"accounts":{"1":{"roles":["AliyunServiceRoleForMssp"],"access_keys":{"a":"b"}}}}"#,
        )
        .unwrap();
        let state = State::new(Seed::read(&path).unwrap());
        assert!(state.role("1", "AliyunServiceRoleForMssp").is_some());
        assert_eq!(state.first_key(), ("1".to_owned(), "a".to_owned(), "b".to_owned()));
        fs::write(&path, r#"{"accounts":{"1":{"rolls":[]}}}"#).unwrap();
        assert!(Seed::read(&path).unwrap_err().to_string().contains("rolls"));
        assert!(Seed::read(&folder.path().join("missing")).is_err());
    }
}
