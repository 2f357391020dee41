//! Files that a person or the environment names: read whole, in bounded size; replaced as a whole.
//!
//! A pipe, a device or a huge file is refused where it would hang the process or fill its memory.
//!
//! Below all layers: must not know any of them.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Reads a whole file.
///
/// # Errors
/// No regular file, which could be read without end or never; one that is longer than `limit` MiB; and what the
/// system reports.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let refuse = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let file = open(path)?;
    // Asked of what is open: a name can lead elsewhere a moment later.
    if !file.metadata()?.is_file() {
        return Err(refuse("it is not a regular file".to_owned()));
    }
    let limit_in_bytes = limit * 1024 * 1024;
    let mut bytes = Vec::new();
    file.take(limit_in_bytes + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= limit_in_bytes {
        true => Ok(bytes),
        false => Err(refuse(format!("it is longer than {limit} MiB"))),
    }
}

/// Opens a file without waiting, which a pipe would make us do for whoever writes into it.
///
/// # Errors
/// What the system reports.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NONBLOCK);
    options.open(path)
}

/// Makes a new file take the place of another as a whole: whoever reads that, also after a kill, finds the old content
/// or the new one. If it cannot, the new file goes.
///
/// # Errors
/// What the system reports.
pub fn replace(target: &Path, mut new: NamedTempFile, content: &[u8]) -> io::Result<File> {
    new.write_all(content)?;
    // A name that is on the disk before its content would lead to half a file.
    new.as_file().sync_all()?;
    Ok(new.persist(target)?)
}

#[cfg(unix)]
#[expect(clippy::cast_possible_wrap, reason = "a flag, not a number")]
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_for_ever_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(1 << 40).unwrap();
        for (path, problem) in [
            (huge.as_path(), "longer than 2 MiB"),
            (folder.path(), "not a regular file"),
            (Path::new("/dev/zero"), "not a regular file"),
        ] {
            let error = read(path, 2).unwrap_err().to_string();
            assert!(error.contains(problem) || cfg!(windows), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read(&pipe, 1).unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn what_cannot_take_the_place_goes() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("folder");
        fs::create_dir(&target).unwrap();
        let new = NamedTempFile::new_in(folder.path()).unwrap();
        assert!(replace(&target, new, b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
