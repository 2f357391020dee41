//! File descriptors: libraries panic where they get none for what they need at the start.

use std::{fs::File, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::error::Error;

/// Raises the limit of this process as far as it may, and makes sure that some descriptors are free.
///
/// # Errors
/// [`Error::Descriptors`].
pub(super) fn make_room() -> Result<(), Error> {
    let limit = raised();
    take(NEEDED).map_err(|source| Error::Descriptors { limit, source })
}

/// The limit, raised to [`ENOUGH`] if it was lower and that is allowed; `None` means no limit.
fn raised() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = current.map(|current| current.max(maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH))));
    match setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum }) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}

/// Takes as many descriptors as this at a time, and gives them back.
fn take(number: usize) -> io::Result<()> {
    let first = File::open("/")?;
    (1..number).map(|_| first.try_clone()).collect::<io::Result<Vec<_>>>().map(drop)
}

/// The event loop, the socket, a connection and the first requests to the cloud take about half of it.
const NEEDED: usize = 32;
/// What most systems begin with; far more than we have seen used.
const ENOUGH: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_and_no_room_without_end() {
        assert!(make_room().is_ok());
        let limit = usize::try_from(raised().unwrap()).unwrap();
        assert!(limit >= NEEDED && take(limit).is_err());
    }
}
