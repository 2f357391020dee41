//! The emulator under any request: raw bytes, any control call, and signed calls with any parameters.
//! It lives on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use terraform_provider_mss::{
    cloud::signature::{Request, authorization, canonical_query, sha256_hex},
    emulator::Emulator,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
};

thread_local! {
    static SETTING: (Runtime, Emulator) = {
        let runtime = terraform_provider_mss_fuzz::runtime();
        let emulator = terraform_provider_mss_fuzz::emulator(&runtime);
        (runtime, emulator)
    };
}

const ACTIONS: [(&str, &str); 18] = [
    ("2020-03-31", "GetRole"),
    ("2020-03-31", "CreateServiceLinkedRole"),
    ("2020-03-31", "DeleteServiceLinkedRole"),
    ("2020-03-31", "GetServiceLinkedRoleDeletionStatus"),
    ("2020-03-31", "ListRoles"),
    ("2015-05-01", "GetServiceLinkedRoleTemplate"),
    ("2015-05-01", "GetRole"),
    ("2015-05-01", "ListPoliciesForRole"),
    ("2015-05-01", "GetPolicy"),
    ("2015-04-01", "GetCallerIdentity"),
    ("2015-04-01", "AssumeRole"),
    ("2016-12-28", "GetUserStatus"),
    ("2022-04-19", "ListAccounts"),
    ("2022-04-19", "ListAncestors"),
    ("2015-05-01", "CreateRole"),
    ("2015-05-01", "UpdateRole"),
    ("2015-05-01", "DecodeDiagnosticMessage"),
    ("2018-12-03", "CreateServiceLinkedRole"),
];

fuzz_target!(|data: &[u8]| {
    let [choice, action, rest @ ..] = data else { return };
    SETTING.with(|(runtime, emulator)| {
        let host = emulator.endpoint().trim_start_matches("http://").to_owned();
        let bytes = match choice % 4 {
            0 => rest.to_vec(),
            1 => control(&host, *action, rest),
            2 => unsigned(*action, rest),
            _ => signed(emulator, &host, *action, rest),
        };
        runtime.block_on(async {
            let mut stream = TcpStream::connect(&host).await.expect("the emulator accepts");
            let _ = stream.write_all(&bytes).await;
            if choice % 4 != 3 {
                // What is not a whole request must end too.
                let _ = stream.shutdown().await;
            }
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            if choice % 4 == 3 {
                let text = String::from_utf8_lossy(&answer);
                // The control call's answer comes first.
                let rest = text.split_once("\r\n\r\n{}").map_or("", |(_, rest)| rest);
                assert!(rest.starts_with("HTTP/1.1 "), "a sound request is answered: {text}");
                let refused = "\"Code\":\"SignatureDoesNotMatch\"";
                assert!(!rest.contains(refused), "a sound signature is accepted: {text}");
            }
        });
    });
});

fn control(host: &str, call: u8, body: &[u8]) -> Vec<u8> {
    let (method, path) = [
        ("GET", "state"),
        ("POST", "reset"),
        ("PUT", "accounts/1234567890123456/subscription"),
        ("PUT", "accounts/1234567890123456/denied"),
        ("POST", "accounts/1234567890123456/roles"),
        ("DELETE", "accounts/1234567890123456/roles/AliyunServiceRoleForMssp"),
        ("POST", "clock"),
        ("DELETE", "faults"),
        ("POST", "faults"),
    ][usize::from(call % 9)];
    // A delay would only cost time.
    let sleeps =
        String::from_utf8_lossy(body).contains("delay") || body.windows(4).any(|part| part == b"hold");
    let body = if sleeps { b"{}" } else { body };
    let length = body.len();
    let mut bytes = format!("{method} /_emulator/{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn unsigned(action: u8, rest: &[u8]) -> Vec<u8> {
    let (version, action) = ACTIONS[usize::from(action) % ACTIONS.len()];
    let text: String = String::from_utf8_lossy(rest).chars().filter(|c| !c.is_control()).collect();
    let (authorization, query) = text.split_at(
        text.len() / 2 - (0..4).find(|back| text.is_char_boundary(text.len() / 2 - back)).unwrap_or(0),
    );
    let query = query.replace(' ', "+");
    format!(
        "POST /?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-acs-action: {action}\r\nx-acs-version: {version}\r\n\
         x-acs-date: {}\r\nx-acs-signature-nonce: {}\r\nx-acs-content-sha256: {}\r\nauthorization: {authorization}\r\n\r\n",
        now(),
        uuid::Uuid::new_v4(),
        sha256_hex(b""),
    )
    .into_bytes()
}

/// Parameters as `name=value` lines.
fn signed(emulator: &Emulator, host: &str, action: u8, rest: &[u8]) -> Vec<u8> {
    let (version, action) = ACTIONS[usize::from(action) % ACTIONS.len()];
    let text = String::from_utf8_lossy(rest);
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        (name.to_owned(), value.to_owned())
    };
    let query: Vec<_> = text.lines().map(pair).collect();
    let body_sha256 = sha256_hex(b"");
    let mut headers: Vec<(String, String)> = [
        ("host", host.to_owned()),
        ("x-acs-action", action.to_owned()),
        ("x-acs-content-sha256", body_sha256.clone()),
        ("x-acs-date", now()),
        ("x-acs-signature-nonce", uuid::Uuid::new_v4().to_string()),
        ("x-acs-version", version.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let request = Request { method: "POST", query: &query, headers: &headers, body_sha256: &body_sha256 };
    let secret = SecretString::from(emulator.access_key_secret());
    headers.push(("authorization".to_owned(), authorization(&request, emulator.access_key_id(), &secret)));
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let query = canonical_query(&query);
    // On the same connection, so that no fault from before is in the way.
    format!(
        "DELETE /_emulator/faults HTTP/1.1\r\nhost: {host}\r\n\r\nPOST /?{query} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"
    )
    .into_bytes()
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
