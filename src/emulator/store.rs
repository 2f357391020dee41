//! The file in which the state survives the emulator.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{
    Error,
    state::{FORMAT_VERSION, Kept, State},
};

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
    use super::{
        super::seed::{RoleSettings, Seed},
        *,
    };

    #[test]
    fn state_comes_back_and_strange_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("state.json"));
        assert!(store.load().unwrap().is_none());
        let mut state = State::new(&Seed::default()).unwrap();
        let account = state.kept.management_account_id.clone();
        let role = RoleSettings {
            role_name: Some("AliyunServiceRoleForMssp".to_owned()),
            ..RoleSettings::default()
        };
        state.make_role(&account, role).unwrap();
        store.save(&state.kept).unwrap();
        let loaded = store.load().unwrap().unwrap();
        assert!(loaded.role(&account, "aliyunserviceroleformssp").is_some());
        assert_eq!(loaded.first_key(), state.first_key());

        state.kept.version = 99;
        store.save(&state.kept).unwrap();
        assert!(store.load().unwrap_err().to_string().contains("has format 99"));
        fs::write(&store.path, "{").unwrap();
        assert!(store.load().is_err());
        let others: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(others.len(), 1, "nothing is left beside the file");
    }
}
