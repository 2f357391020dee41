//! Files of credentials and tokens: their text, and who may replace it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::error::Error;
use crate::{cloud::place::Place, file};

/// The text of a file, without a byte order mark; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::wrong(Place::File(path.to_owned()), format!("cannot be read: {error}"))),
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let not_utf8 = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    let text = String::from_utf8(file::read(path, LONGEST)?).map_err(not_utf8)?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Whether there is nothing of that name.
pub(super) fn is_missing(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Reads on a thread of its own, as long as a slow file system may take.
///
/// # Errors
/// What reading reports; or that it takes too long.
pub(super) async fn reading<T: Send + 'static>(
    what: Place,
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let next = "Check the file system that it is on.";
    match tokio::time::timeout(LONGEST_READ, tokio::task::spawn_blocking(read)).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err(Error::failed(what, "reading failed", next)),
        Err(_) => Err(Error::failed(what, format!("could not be read within {LONGEST_READ:?}"), next)),
    }
}

/// A file that will take the place of another as a whole. It is made before anything is spent whose result it
/// must hold.
pub(super) struct Replacement {
    new: tempfile::NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Beside the file, or beside what it links to.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path)?;
        let permissions = fs::metadata(&target)?.permissions();
        let new = tempfile::NamedTempFile::new_in(target.parent().unwrap_or(Path::new(".")))?;
        new.as_file().set_permissions(permissions)?;
        Ok(Self { new, target })
    }

    /// Takes the place of the other. The new file is locked before it has a name, so that whoever holds the lock on
    /// the other keeps holding it; without locks of the file system there is none.
    pub(super) fn fill(self, content: &[u8]) -> io::Result<Option<Lock>> {
        let is_locked = cfg!(unix) && self.new.as_file().try_lock().is_ok();
        let held = file::replace(&self.target, self.new, content)?;
        Ok(is_locked.then_some(Lock { _held: held }))
    }
}

/// A lock that programs which rewrite a file of credentials hold, the official libraries too.
pub(super) struct Lock {
    _held: File,
}

impl Lock {
    /// Takes the lock on a file; `None` if another holds it, or has just replaced the file.
    ///
    /// # Errors
    /// A file system without locks, and Windows, where a locked file can be neither read nor replaced.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        if cfg!(not(unix)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let file = file::open(path)?;
        match file.try_lock() {
            Ok(()) if is_still_at(&file, path)? => Ok(Some(Self { _held: file })),
            Ok(()) | Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (file.metadata()?, fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// In MiB: a thousand times what a file of credentials takes.
const LONGEST: u64 = 1;
const LONGEST_READ: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_text_without_its_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(&path, "\u{feff}{}").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("{}"));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("not UTF-8"));
    }

    #[test]
    fn what_is_no_regular_file_of_bounded_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_err());
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&huge).unwrap_err().to_string().contains("longer than 1 MiB"));
    }

    #[cfg(unix)]
    #[test]
    fn a_replacement_keeps_permissions_and_the_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&target, &link).unwrap();
        Replacement::of(&link).unwrap().fill(b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn one_holds_the_lock_also_over_a_replacement() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        fs::write(&path, "old").unwrap();
        let held = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        let held_on = Replacement::of(&path).unwrap().fill(b"new").unwrap();
        drop(held);
        assert!(Lock::take(&path).unwrap().is_none(), "whoever replaces a file keeps holding its lock");
        drop(held_on);
        assert!(Lock::take(&path).unwrap().is_some());
    }
}
