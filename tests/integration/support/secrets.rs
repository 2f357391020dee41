//! No secret of a test may be in what a provider or a Terraform produces: each helper searches all of
//! it when it ends, and fails the test that leaked.
//!
//! | What is searched | By |
//! |---|---|
//! | output of each command; TRACE log, state, plans and all other files of a working folder | `Workspace` |
//! | output and TRACE log of a provider alone, each byte that it sends to its client | `ProviderProcess` |
//! | what the emulator tells of its state and its calls | `Cloud` |
//!
//! Searched for is every secret that the tests know by then, whichever test it belongs to: what emulators
//! begin with and issue, the values of variables and attributes that hold secrets, and private keys of the
//! kind that a provider makes for its run. A text that has ended cannot hold a secret that came later.
//!
//! A secret is known by its first [`HEAD`] bytes: one that was cut short is found too, and the thousands of
//! emulated sessions, which begin alike, are few to search for.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use terraform_provider_mss::emulator;

/// The bytes by which a secret is known. Shorter ones are refused: they would be found everywhere.
pub const HEAD: usize = 20;

/// The variables that hold a secret.
const VARIABLES: [&str; 7] = [
    "ALICLOUD_SECRET_KEY",
    "ALICLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_OIDC_TOKEN",
];

/// What is searched for, with what it is and the form it has.
struct Known {
    needles: BTreeMap<Vec<u8>, String>,
    /// Made again after each addition.
    automaton: Option<Arc<(AhoCorasick, Vec<String>)>>,
}

fn known() -> &'static Mutex<Known> {
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = Known { needles: BTreeMap::new(), automaton: None };
        for (kind, beginning) in emulator::SECRETS {
            known.add(kind, beginning.as_bytes());
        }
        let key = rcgen::KeyPair::generate().unwrap().serialize_der();
        known.add("private key", &key);
        known.needles.insert(b"PRIVATE KEY-----".to_vec(), "private key (PEM)".to_owned());
        Mutex::new(known)
    })
}

impl Known {
    fn add(&mut self, kind: &str, secret: &[u8]) {
        let head = secret.get(..HEAD).unwrap_or_else(|| panic!("{kind}: a secret in tests has {HEAD} bytes"));
        for (form, needle) in forms(head) {
            self.needles.entry(needle).or_insert_with(|| {
                self.automaton = None;
                format!("{kind} ({form})")
            });
        }
    }

    fn automaton(&mut self) -> Arc<(AhoCorasick, Vec<String>)> {
        let make = || {
            let automaton = AhoCorasick::new(self.needles.keys()).unwrap();
            Arc::new((automaton, self.needles.values().cloned().collect()))
        };
        Arc::clone(self.automaton.get_or_insert_with(make))
    }
}

/// Each form in which a text may hold these bytes.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<_> = secret.iter().map(u8::to_string).collect();
    let mut forms = vec![
        ("as it is", secret.to_vec()),
        ("hexadecimal", hex.clone().into_bytes()),
        ("hexadecimal", hex.to_uppercase().into_bytes()),
        ("numbers", numbers.join(", ").into_bytes()),
        ("numbers", numbers.join(" ").into_bytes()),
    ];
    // The text before it in the encoded text shifts it by none, one or two bytes.
    for before in 0..3 {
        for engine in [STANDARD, URL_SAFE] {
            let text = engine.encode([&vec![0; before], secret].concat());
            // The letters that no other byte has a part in.
            let letters = (before * 8).div_ceil(6)..(before + secret.len()) * 8 / 6;
            forms.push(("base64", text.as_bytes()[letters].to_vec()));
        }
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::to_string(text).unwrap();
        let json = json.trim_matches('"').to_owned();
        let of_go = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        let form: String = url::form_urlencoded::byte_serialize(secret).collect();
        forms.extend([
            ("JSON", json.into_bytes()),
            ("JSON", of_go.into_bytes()),
            ("percent-encoded", utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().into_bytes()),
            ("percent-encoded", form.into_bytes()),
        ]);
    }
    forms
}

/// A secret that from now on may be nowhere.
pub fn add(kind: &str, secret: &str) {
    known().lock().unwrap().add(kind, secret.as_bytes());
}

/// The same for the value of a variable, if it is one that holds a secret.
pub fn add_variable(name: &str, value: &str) {
    if VARIABLES.contains(&name) && !value.is_empty() {
        add(name, value);
    }
}

/// Whether a secret is among those that are searched for.
pub fn is_known(secret: &str) -> bool {
    let head = secret.as_bytes().get(..HEAD);
    head.is_some_and(|head| known().lock().unwrap().needles.contains_key(head))
}

/// The lines of a text that hold a secret: place, number, the text before it, and which one it is.
pub fn leaks(place: &str, text: &[u8]) -> Vec<String> {
    let automaton = known().lock().unwrap().automaton();
    let (automaton, names) = &*automaton;
    let mut leaks = BTreeMap::new();
    for found in automaton.find_iter(text) {
        let before = &text[..found.start()];
        let number = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown = String::from_utf8_lossy(&line[line.len().saturating_sub(SHOWN)..]).into_owned();
        // Before a second one in the same line is the first, which is not shown.
        let name = &names[found.pattern().as_usize()];
        leaks.entry(number).or_insert_with(|| format!("{place}, line {number}: …{shown}<{name}>"));
        if leaks.len() == MOST_LEAKS {
            break;
        }
    }
    leaks.into_values().collect()
}

/// A text without the lines in which `mss-emulator serve` tells where it is and which key it takes: that is
/// what they are for.
pub fn without_announcements(text: &str) -> String {
    let is_one = |line: &&str| {
        let fields: Option<BTreeMap<String, String>> = serde_json::from_str(line).ok();
        let names = fields.unwrap_or_default().into_keys().collect::<Vec<_>>();
        names == ["access_key_id", "access_key_secret", "account_id", "endpoint"]
    };
    text.split_inclusive('\n').filter(|line| !is_one(line)).collect()
}

/// What a file holds; a plan of Terraform is an archive with several names.
pub fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    match fs::read(path) {
        Ok(bytes) if bytes.starts_with(b"PK\x03\x04") => archived(path),
        Ok(bytes) => vec![(String::new(), bytes)],
        // Whoever wrote it has taken it away.
        Err(_) => Vec::new(),
    }
}

/// The files in an archive.
fn archived(path: &Path) -> Vec<(String, Vec<u8>)> {
    let script = "import sys, zipfile\n\
                  for name in (archive := zipfile.ZipFile(sys.argv[1])).namelist():\n\
                  \x20   print(name, archive.read(name).hex())";
    let run = Command::new("python3").args(["-c", script]).arg(path).stdin(Stdio::null()).output().unwrap();
    assert!(run.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&run.stderr));
    let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    let file = |line: &str| {
        let (name, digits) = line.rsplit_once(' ').unwrap();
        (format!(": {name}"), digits.as_bytes().chunks(2).map(byte).collect())
    };
    String::from_utf8(run.stdout).unwrap().lines().map(file).collect()
}

/// Fails the test that leaked; if it fails already, tells it beside.
#[track_caller]
pub fn report(leaks: &[String]) {
    let text = format!("secrets are where none may be:\n{}", leaks.join("\n"));
    match leaks {
        [] => {}
        _ if std::thread::panicking() => eprintln!("{text}"),
        _ => panic!("{text}"),
    }
}

/// How much of a line is shown before a secret, in bytes.
const SHOWN: usize = 100;
/// In one text; more tell nothing new.
const MOST_LEAKS: usize = 5;
