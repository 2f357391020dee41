//! A PostgreSQL of the machine, on a Unix socket of its own: what Terraform's `pg` backend keeps state
//! and locks in.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command as Program, Stdio},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::within;

/// A server that is running. Killed when dropped.
pub struct Postgres {
    folder: TempDir,
    _server: Child,
}

impl Postgres {
    /// Starts one with an empty database; `None` if the machine has no PostgreSQL.
    pub async fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let user = Unprivileged::find(folder.path());
        let initdb =
            user.program(&programs.join("initdb")).arg("-D").arg(&data).args(INITDB).output().unwrap();
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));

        let mut server = user.program(&programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "", "-F", "-N", "100"]);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Command::from(server).kill_on_drop(true).spawn().unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        let ready = async {
            while let Some(line) = log.next_line().await.unwrap() {
                if line.contains("ready to accept connections") {
                    return;
                }
                seen.push(line);
            }
            panic!("PostgreSQL does not start:\n{}", seen.join("\n"));
        };
        within("PostgreSQL", ready).await;
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Some(Self { folder, _server: server })
    }

    /// What the backend's `conn_str` says.
    pub fn connection(&self) -> String {
        format!("host={} user=terraform dbname=postgres sslmode=disable", self.folder.path().display())
    }
}

/// The folder of `initdb` and `postgres`: the one on `PATH`, else Debian's newest.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let has_both = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).exists());
    on_path.into_iter().chain(versions.into_iter().rev()).find(has_both)
}

/// Who runs the server: PostgreSQL refuses to be root.
struct Unprivileged {
    user: Option<(u32, u32)>,
    home: PathBuf,
}

impl Unprivileged {
    /// `nobody` if we are root, else ourselves. The folder becomes theirs.
    fn find(folder: &Path) -> Self {
        let id = |arguments: &[&str]| -> u32 {
            let output = Program::new("id").args(arguments).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
        };
        let user = (id(&["-u"]) == 0).then(|| (id(&["-u", "nobody"]), id(&["-g", "nobody"])));
        if let Some((user, group)) = user {
            chown(folder, Some(user), Some(group)).unwrap();
        }
        Self { user, home: folder.to_owned() }
    }

    fn program(&self, path: &Path) -> Program {
        let mut program = Program::new(path);
        program.current_dir(&self.home).env("HOME", &self.home).env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            program.uid(user).gid(group);
        }
        program
    }
}

/// Nothing here outlives a test.
const INITDB: [&str; 5] = ["-U", "terraform", "--auth=trust", "--no-sync", "--encoding=UTF8"];
