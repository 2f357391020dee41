//! Where Terraform finds us: a Unix socket in a folder of its own, or loopback TCP on systems without.
//!
//! The folder is readable by its owner alone and goes when the listener goes. A process that is killed
//! leaves it behind; the next one removes it ([`Listener::remove_stale_folders`]).

#[cfg(unix)]
use std::{ffi::OsStr, fs::File, os::fd::OwnedFd, path::Path};
use std::{io, path::PathBuf};

#[cfg(unix)]
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use tokio::io::{AsyncRead, AsyncWrite};
#[cfg(any(not(unix), test))]
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::{environment::PluginEnvironment, error::Error};

/// A way to the client and back.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An address as go-plugin writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`, as the handshake line and `TF_REATTACH_PROVIDERS` have it.
    pub network: &'static str,
    /// Path of the socket, or `127.0.0.1:<port>`.
    pub text: String,
}

/// An open socket. Dropping it closes the socket and removes its folder.
pub(super) struct Listener {
    socket: Socket,
    address: Address,
}

enum Socket {
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        /// Removes the folder, with the socket in it, when it is dropped.
        folder: tempfile::TempDir,
        /// The folder, locked for as long as this process lives.
        _lock: File,
    },
    #[cfg(any(not(unix), test))]
    Tcp(TcpListener),
}

impl Listener {
    /// Opens the socket that suits the system and the client's wishes. Needs a running event loop.
    ///
    /// # Errors
    /// [`Error::Listen`] if the system refuses; [`Error::Environment`] if a setting cannot be parsed.
    #[cfg(unix)]
    pub async fn open(environment: &PluginEnvironment) -> Result<Self, Error> {
        Self::open_unix(environment)
    }

    /// Opens the socket that suits the system and the client's wishes. Needs a running event loop.
    ///
    /// # Errors
    /// [`Error::Listen`] if the system refuses; [`Error::Environment`] if a setting cannot be parsed.
    #[cfg(not(unix))]
    pub async fn open(environment: &PluginEnvironment) -> Result<Self, Error> {
        Self::open_tcp(environment).await
    }

    /// Where a client connects; known as soon as the socket is open.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The folder of the socket, if it has one.
    #[cfg(unix)]
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.socket {
            Socket::Unix { folder, .. } => Some(folder.path().to_owned()),
            #[cfg(test)]
            Socket::Tcp(_) => None,
        }
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// What the system says; the next call may succeed.
    pub async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match &self.socket {
            #[cfg(unix)]
            Socket::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
            #[cfg(any(not(unix), test))]
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Calls are small and wait for each other: without this each one may wait 40 ms.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }

    /// Removes, in a thread of its own, the folders that killed providers have left beside ours. What
    /// cannot be removed is left.
    pub fn remove_stale_folders(&self) {
        #[cfg(unix)]
        #[cfg_attr(not(test), expect(irrefutable_let_patterns, reason = "tests have another variant"))]
        if let Socket::Unix { folder, .. } = &self.socket {
            let own = folder.path().to_owned();
            tokio::task::spawn_blocking(move || remove_stale_folders(&own));
        }
    }

    #[cfg(unix)]
    fn open_unix(environment: &PluginEnvironment) -> Result<Self, Error> {
        let parent = socket_parent(environment);
        let failed = |source| Error::Listen { place: parent.clone(), source };
        let folder = private_folder(&parent).map_err(failed)?;
        let lock = File::open(folder.path()).map_err(failed)?;
        // Without locks, as on some network file systems, nothing is ever taken for stale.
        let _ = lock.try_lock();
        let path = folder.path().join(SOCKET_NAME);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        if let Some(group) = &environment.socket_group {
            let group = group_id(group)?;
            share_with_group(folder.path(), &path, group).map_err(failed)?;
        }
        Ok(Self {
            socket: Socket::Unix { listener, folder, _lock: lock },
            address: Address { network: "unix", text: path.to_string_lossy().into_owned() },
        })
    }

    #[cfg(any(not(unix), test))]
    async fn open_tcp(environment: &PluginEnvironment) -> Result<Self, Error> {
        let ports = PortRange::wished(environment)?;
        let listener = ports.bind().await.map_err(|source| Error::Listen {
            place: PathBuf::from(format!("127.0.0.1:{}-{}", ports.first, ports.last)),
            source,
        })?;
        let text = listener
            .local_addr()
            .map_err(|source| Error::Listen { place: PathBuf::from("127.0.0.1"), source })?
            .to_string();
        Ok(Self { socket: Socket::Tcp(listener), address: Address { network: "tcp", text } })
    }
}

/// The folder in which we make ours. A temporary folder with a long name, as macOS and build systems
/// have it, gives way to `/tmp`: the system cuts the path of a socket short.
#[cfg(unix)]
fn socket_parent(environment: &PluginEnvironment) -> PathBuf {
    if let Some(folder) = &environment.socket_folder {
        return folder.clone();
    }
    let temporary = &environment.temporary_folder;
    if temporary.as_os_str().len() <= LONGEST_PARENT { temporary.clone() } else { PathBuf::from("/tmp") }
}

#[cfg(unix)]
fn private_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    tempfile::Builder::new()
        .prefix(FOLDER_PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
}

/// Removes the folders beside `own` that are ours, old, and locked by no process.
#[cfg(unix)]
fn remove_stale_folders(own: &Path) {
    let beside = own.parent().and_then(|parent| Some((parent, Beside::open(parent, own)?)));
    let Some((parent, beside)) = beside else { return };
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name.to_string_lossy().starts_with(FOLDER_PREFIX) && Some(&*name) != own.file_name();
        if is_ours && let Some(stale) = beside.lock_stale(&name) {
            let removed = beside.remove(&name, &stale);
            tracing::debug!(folder = %entry.path().display(), ?removed, "removed what a killed provider left");
        }
    }
}

/// The folder in which ours lies, open, so that nobody can put another in its place.
#[cfg(unix)]
struct Beside {
    parent: OwnedFd,
    own: Stat,
}

#[cfg(unix)]
impl Beside {
    /// `None` where someone else may rename what is ours, so that a name says nothing: a folder in which others
    /// may write, without the sticky bit.
    fn open(parent: &Path, own: &Path) -> Option<Self> {
        let folder = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent = rustix::fs::open(parent, folder, Mode::empty()).ok()?;
        let own = rustix::fs::lstat(own).ok()?;
        let found = rustix::fs::fstat(&parent).ok()?;
        let mode = Mode::from_raw_mode(found.st_mode);
        let others_write = mode.intersects(Mode::WGRP | Mode::WOTH);
        let others_own = found.st_uid != own.st_uid && found.st_uid != 0;
        let is_sticky = mode.contains(Mode::SVTX);
        ((!others_write || is_sticky) && !others_own).then_some(Self { parent, own })
    }

    /// Locks a folder that a killed provider has left; `None` for every other. All that is looked at is the
    /// open folder, whatever its name leads to by now. A young folder may belong to a process that has not
    /// locked it yet.
    fn lock_stale(&self, name: &OsStr) -> Option<File> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = File::from(rustix::fs::openat(&self.parent, name, flags, Mode::empty()).ok()?);
        let found = rustix::fs::fstat(&folder).ok()?;
        let socket = rustix::fs::statat(&folder, SOCKET_NAME, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_private = Mode::from_raw_mode(found.st_mode).intersection(Mode::RWXO | Mode::WGRP).is_empty();
        let is_ours = [found.st_uid, socket.st_uid].iter().all(|owner| *owner == self.own.st_uid);
        let is_old = self.own.st_mtime.saturating_sub(found.st_mtime) >= STALE_AGE_SECONDS;
        let is_socket = FileType::from_raw_mode(socket.st_mode) == FileType::Socket;
        if !(is_private && is_ours && is_old && is_socket) {
            return None;
        }
        folder.try_lock().ok().map(|()| folder)
    }

    /// Removes the socket in the open folder, and the folder if it is empty then.
    fn remove(&self, name: &OsStr, folder: &File) -> rustix::io::Result<()> {
        rustix::fs::unlinkat(folder, SOCKET_NAME, AtFlags::empty())?;
        rustix::fs::unlinkat(&self.parent, name, AtFlags::REMOVEDIR)
    }
}

/// The number of a group that is given by name or number.
#[cfg(unix)]
fn group_id(group: &str) -> Result<u32, Error> {
    group.parse().ok().or_else(|| find_group(&std::fs::read_to_string("/etc/group").ok()?, group)).ok_or_else(
        || Error::Environment {
            name: "PLUGIN_UNIX_SOCKET_GROUP",
            expected: "the name or number of a group",
            value: group.to_owned(),
        },
    )
}

/// Looks a name up in the text of `/etc/group`.
#[cfg(unix)]
fn find_group(groups: &str, name: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// Lets the group connect; it can enter the folder but not list it.
#[cfg(unix)]
fn share_with_group(folder: &Path, socket: &Path, group: u32) -> io::Result<()> {
    use std::{
        fs::{Permissions, set_permissions},
        os::unix::fs::{PermissionsExt, chown},
    };

    chown(socket, None, Some(group))?;
    set_permissions(socket, Permissions::from_mode(0o660))?;
    chown(folder, None, Some(group))?;
    set_permissions(folder, Permissions::from_mode(0o710))
}

/// The ports that the client allows, both ends included.
#[cfg(any(not(unix), test))]
struct PortRange {
    first: u16,
    last: u16,
}

#[cfg(any(not(unix), test))]
impl PortRange {
    /// By default, port 0: the system chooses.
    fn wished(environment: &PluginEnvironment) -> Result<Self, Error> {
        let first = port("PLUGIN_MIN_PORT", environment.min_port.as_deref())?.unwrap_or(0);
        let last = port("PLUGIN_MAX_PORT", environment.max_port.as_deref())?.unwrap_or(first);
        Ok(Self { first, last })
    }

    /// Takes the first free port of the range, from the lowest.
    async fn bind(&self) -> io::Result<TcpListener> {
        let mut refusal = io::Error::other("the range of ports is empty");
        for port in self.first..=self.last {
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => return Ok(listener),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }
}

#[cfg(any(not(unix), test))]
fn port(name: &'static str, value: Option<&str>) -> Result<Option<u16>, Error> {
    value
        .map(|value| {
            value.parse().map_err(|_| Error::Environment {
                name,
                expected: "a port number",
                value: value.to_owned(),
            })
        })
        .transpose()
}

#[cfg(unix)]
const FOLDER_PREFIX: &str = "mss-plugin-";

/// Far longer than a process takes from making its folder to locking it.
#[cfg(unix)]
const STALE_AGE_SECONDS: i64 = 60;

#[cfg(unix)]
const SOCKET_NAME: &str = "socket";

/// macOS has room for 104 bytes with the final NUL, Linux for 108. tempfile adds six letters.
#[cfg(unix)]
const LONGEST_PARENT: usize = 103 - "/".len() - FOLDER_PREFIX.len() - 6 - "/".len() - SOCKET_NAME.len();

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::PermissionsExt;

        use super::*;

        fn in_folder(folder: &Path) -> PluginEnvironment {
            PluginEnvironment { temporary_folder: folder.to_owned(), ..PluginEnvironment::default() }
        }

        fn mode(path: &Path) -> u32 {
            path.metadata().unwrap().permissions().mode() & 0o777
        }

        #[tokio::test]
        async fn socket_lies_in_a_private_folder_that_goes_with_it() {
            let home = tempfile::tempdir().unwrap();
            let listener = Listener::open(&in_folder(home.path())).await.unwrap();

            assert_eq!(listener.address().network, "unix");
            let path = PathBuf::from(&listener.address().text);
            let folder = path.parent().unwrap();
            assert_eq!(mode(folder), 0o700);
            assert!(path.exists());

            drop(listener);
            assert!(!folder.exists());
        }

        #[tokio::test]
        async fn accepts_a_connection() {
            let home = tempfile::tempdir().unwrap();
            let listener = Listener::open(&in_folder(home.path())).await.unwrap();
            let mut client = tokio::net::UnixStream::connect(&listener.address().text).await.unwrap();
            let mut server = listener.accept().await.unwrap();

            client.write_all(b"x").await.unwrap();
            assert_eq!(server.read_u8().await.unwrap(), b'x');
        }

        #[tokio::test]
        async fn own_folder_for_sockets_wins() {
            let home = tempfile::tempdir().unwrap();
            let sockets = tempfile::tempdir().unwrap();
            let environment = PluginEnvironment {
                socket_folder: Some(sockets.path().to_owned()),
                ..in_folder(home.path())
            };
            let listener = Listener::open(&environment).await.unwrap();
            assert!(Path::new(&listener.address().text).starts_with(sockets.path()));
        }

        #[tokio::test]
        async fn group_may_connect_but_not_list() {
            let home = tempfile::tempdir().unwrap();
            let own_group = std::os::unix::fs::MetadataExt::gid(&home.path().metadata().unwrap());
            let environment =
                PluginEnvironment { socket_group: Some(own_group.to_string()), ..in_folder(home.path()) };
            let listener = Listener::open(&environment).await.unwrap();
            let path = Path::new(&listener.address().text);
            assert_eq!(mode(path), 0o660);
            assert_eq!(mode(path.parent().unwrap()), 0o710);
        }

        #[tokio::test]
        async fn unknown_group_and_missing_folder_are_errors() {
            let home = tempfile::tempdir().unwrap();
            let group = PluginEnvironment {
                socket_group: Some("no such group".to_owned()),
                ..in_folder(home.path())
            };
            assert!(matches!(
                Listener::open(&group).await,
                Err(Error::Environment { name: "PLUGIN_UNIX_SOCKET_GROUP", .. })
            ));
            let missing = in_folder(&home.path().join("missing"));
            assert!(matches!(Listener::open(&missing).await, Err(Error::Listen { .. })));
        }

        /// A folder as a provider makes it, as old as this, with a socket in it.
        fn left_behind(parent: &Path, name: &str, age: std::time::Duration) -> PathBuf {
            let folder = parent.join(name);
            std::fs::create_dir(&folder).unwrap();
            set_mode(&folder, 0o700);
            drop(std::os::unix::net::UnixListener::bind(folder.join(SOCKET_NAME)).unwrap());
            make_older(&folder, age);
            folder
        }

        fn set_mode(path: &Path, mode: u32) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        fn make_older(folder: &Path, age: std::time::Duration) {
            let modified = folder.metadata().unwrap().modified().unwrap();
            std::fs::File::open(folder).unwrap().set_modified(modified - age).unwrap();
        }

        #[tokio::test]
        async fn only_folders_of_dead_providers_are_removed() {
            let home = tempfile::tempdir().unwrap();
            let hour = std::time::Duration::from_secs(3600);
            let dead = left_behind(home.path(), "mss-plugin-dead00", hour);
            let young = left_behind(home.path(), "mss-plugin-young0", std::time::Duration::ZERO);
            let other = left_behind(home.path(), "plugin-other0", hour);
            let without_socket = home.path().join("mss-plugin-empty0");
            std::fs::create_dir(&without_socket).unwrap();
            make_older(&without_socket, hour);
            let link = home.path().join("mss-plugin-link00");
            std::os::unix::fs::symlink(&other, &link).unwrap();
            let alive = Listener::open(&in_folder(home.path())).await.unwrap();
            let alive_folder = Path::new(&alive.address().text).parent().unwrap().to_owned();
            make_older(&alive_folder, hour);

            let listener = Listener::open(&in_folder(home.path())).await.unwrap();
            remove_stale_folders(Path::new(&listener.address().text).parent().unwrap());

            assert!(!dead.exists());
            for kept in [young, other, without_socket, link, alive_folder] {
                assert!(kept.exists(), "{}", kept.display());
            }
        }

        /// What a provider that starts in this folder removes.
        async fn is_removed(home: &Path, stale: &Path) -> bool {
            let listener = Listener::open(&in_folder(home)).await.unwrap();
            remove_stale_folders(Path::new(&listener.address().text).parent().unwrap());
            !stale.exists()
        }

        #[tokio::test]
        async fn nothing_is_removed_where_others_may_rename() {
            let hour = std::time::Duration::from_secs(3600);
            for (mode, removed) in [(0o777, false), (0o770, false), (0o1777, true), (0o755, true)] {
                let home = tempfile::tempdir().unwrap();
                set_mode(home.path(), mode);
                let stale = left_behind(home.path(), "mss-plugin-dead00", hour);
                assert_eq!(is_removed(home.path(), &stale).await, removed, "{mode:o}");
            }
        }

        #[tokio::test]
        async fn folders_that_are_not_private_or_hold_more_are_not_ours() {
            let home = tempfile::tempdir().unwrap();
            let hour = std::time::Duration::from_secs(3600);
            let public = left_behind(home.path(), "mss-plugin-public", hour);
            set_mode(&public, 0o755);
            assert!(!is_removed(home.path(), &public).await);

            let fuller = left_behind(home.path(), "mss-plugin-fuller", hour);
            std::fs::write(fuller.join("more"), "").unwrap();
            make_older(&fuller, hour);
            assert!(!is_removed(home.path(), &fuller).await);
            assert!(fuller.join("more").exists());
        }

        /// Between the look and the removal another folder takes the place of ours.
        #[test]
        fn what_took_the_place_of_a_stale_folder_stays() {
            let home = tempfile::tempdir().unwrap();
            let hour = std::time::Duration::from_secs(3600);
            let own = home.path().join("mss-plugin-own");
            std::fs::create_dir(&own).unwrap();
            let stale = left_behind(home.path(), "mss-plugin-dead00", hour);
            let beside = Beside::open(home.path(), &own).unwrap();
            let locked = beside.lock_stale(stale.file_name().unwrap()).unwrap();

            let moved = home.path().join("moved");
            std::fs::rename(&stale, &moved).unwrap();
            let victim = home.path().join("victim");
            std::fs::create_dir(&victim).unwrap();
            std::fs::write(victim.join(SOCKET_NAME), "precious").unwrap();
            std::os::unix::fs::symlink(&victim, &stale).unwrap();
            let _ = beside.remove(stale.file_name().unwrap(), &locked);

            assert_eq!(std::fs::read_to_string(victim.join(SOCKET_NAME)).unwrap(), "precious");
            assert!(stale.is_symlink() && !moved.join(SOCKET_NAME).exists());
        }

        #[test]
        fn long_temporary_folder_gives_way() {
            let longest = PathBuf::from("x".repeat(LONGEST_PARENT));
            assert_eq!(socket_parent(&in_folder(&longest)), longest);
            let longer = PathBuf::from("x".repeat(LONGEST_PARENT + 1));
            assert_eq!(socket_parent(&in_folder(&longer)), Path::new("/tmp"));
        }

        #[test]
        fn groups_are_found_by_their_whole_name() {
            let groups = "root:x:0:\ndocker:x:998:me\ndock:x:7:\nbroken\nodd:x:no:\n";
            let cases =
                [("docker", Some(998)), ("dock", Some(7)), ("doc", None), ("broken", None), ("odd", None)];
            for (name, expected) in cases {
                assert_eq!(find_group(groups, name), expected, "{name}");
            }
        }
    }

    fn with_ports(first: &str, last: &str) -> PluginEnvironment {
        PluginEnvironment {
            min_port: Some(first.to_owned()),
            max_port: Some(last.to_owned()),
            ..PluginEnvironment::default()
        }
    }

    #[tokio::test]
    async fn tcp_listens_on_loopback_alone() {
        let listener = Listener::open_tcp(&PluginEnvironment::default()).await.unwrap();
        let address = listener.address().clone();
        assert_eq!(address.network, "tcp");
        assert!(address.text.starts_with("127.0.0.1:"), "{address:?}");

        let mut client = tokio::net::TcpStream::connect(&address.text).await.unwrap();
        let mut server = listener.accept().await.unwrap();
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'x');
    }

    #[tokio::test]
    async fn tcp_skips_taken_ports_and_fails_when_all_are_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        assert!(matches!(Listener::open_tcp(&with_ports(&port, &port)).await, Err(Error::Listen { .. })));
        let open = Listener::open_tcp(&with_ports(&port, "65535")).await.unwrap();
        assert_ne!(open.address().text, format!("127.0.0.1:{port}"));
    }

    #[tokio::test]
    async fn broken_ports_are_errors() {
        for (first, last) in [("x", "1"), ("1", "70000"), ("-1", "5")] {
            assert!(
                matches!(Listener::open_tcp(&with_ports(first, last)).await, Err(Error::Environment { .. })),
                "{first} {last}"
            );
        }
    }
}
