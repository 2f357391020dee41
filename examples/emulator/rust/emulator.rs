//! An emulated Alibaba Cloud for each test. Copy it beside your tests; it needs the standard library alone.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A running mss-emulator; it stops when it is dropped, or when this process ends, however it ends.
pub struct Emulator {
    process: Child,
    line: String,
}

impl Emulator {
    /// Starts one; arguments are those of `mss-emulator serve`.
    pub fn start(arguments: &[&str]) -> Self {
        let program = env::var("MSS_EMULATOR").unwrap_or("mss-emulator".to_owned());
        let mut process = Command::new(program)
            .args(["serve", "--exit-with-parent"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("mss-emulator is installed");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("mss-emulator starts");
        Self { process, line }
    }

    /// What it said: `endpoint`, `account_id`, `access_key_id`, `access_key_secret`.
    pub fn get(&self, name: &str) -> &str {
        let after = self.line.split_once(&format!("\"{name}\":\"")).expect("mss-emulator says it").1;
        after.split_once('"').expect("texts end").0
    }

    /// Lets a command use the cloud.
    pub fn apply_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("MSS_ENDPOINT_URL", self.get("endpoint"))
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", self.get("access_key_id"))
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", self.get("access_key_secret"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The emulator stops when its standard input ends.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    use super::*;

    const ROLE: &str = "AliyunServiceRoleForMssp";

    fn control(cloud: &Emulator, method: &str, path: &str, body: &str) -> String {
        let host = cloud.get("endpoint").trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        let head = format!("{method} /_emulator/{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n");
        stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    // Each has a cloud of its own, so both find it empty.
    fn makes_the_role() {
        let cloud = Emulator::start(&[]);
        let named = format!("\"role_name\":\"{ROLE}\"");
        assert!(!control(&cloud, "GET", "state", "").contains(&format!("\"{ROLE}\":{{")));
        let path = format!("accounts/{}/roles", cloud.get("account_id"));
        control(&cloud, "POST", &path, &format!("{{{named}}}"));
        assert!(control(&cloud, "GET", "state", "").contains(&format!("\"{ROLE}\":{{")));
        let mut command = Command::new("env");
        let seen = cloud.apply_to(&mut command).output().unwrap();
        assert!(String::from_utf8_lossy(&seen.stdout).contains(cloud.get("endpoint")));
    }

    #[test]
    fn one() {
        makes_the_role();
    }

    #[test]
    fn another() {
        makes_the_role();
    }
}
