//! Files that a person names: seeds and states.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Reads a whole file.
///
/// # Errors
/// No regular file, which could be read without end or never, or one that is longer than any state.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut content)?;
    match u64::try_from(content.len()) {
        Ok(length) if length <= LONGEST => Ok(content),
        _ => Err(io::Error::other(format!("it is longer than {LONGEST} bytes"))),
    }
}

/// In bytes: a thousand times the state of a hundred accounts.
const LONGEST: u64 = 256 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_for_ever_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("huge");
        File::create(&file).unwrap().set_len(LONGEST + 1).unwrap();
        for (path, problem) in [
            (file.as_path(), "longer than"),
            (folder.path(), "not a regular file"),
            (Path::new("/dev/zero"), "not a regular file"),
        ] {
            let error = read_file(path).unwrap_err().to_string();
            assert!(error.contains(problem) || cfg!(windows), "{error}");
        }
    }
}
