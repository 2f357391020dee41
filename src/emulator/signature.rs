//! Checks the signature of a request: V3 (`ACS3-HMAC-SHA256`) in headers, and V1 (`HMAC-SHA1`) in
//! parameters, as older clients send it. Written from the documents alone and tested with vectors: it
//! shares nothing with the client that it checks.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::request::{Refusal, Request};

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header of a request.
    pub(super) fn of(request: &'a Request) -> Result<Self, Refusal> {
        let header = request.header("authorization").ok_or_else(|| {
            Refusal::new(400, "MissingParameter", "The Authorization header is mandatory for this action.")
        })?;
        Self::read(header).ok_or_else(|| {
            Refusal::new(
                400,
                "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.",
            )
        })
    }

    fn read(header: &'a str) -> Option<Self> {
        let (algorithm, parts) = header.split_once(' ')?;
        let mut parts = parts.split(',').map(|part| part.trim().split_once('='));
        let mut part = |name: &str| parts.next()?.filter(|(found, _)| *found == name).map(|(_, value)| value);
        let read = Self {
            access_key_id: part("Credential")?,
            signed_headers: part("SignedHeaders")?.split(';').collect(),
            signature: part("Signature")?,
        };
        (algorithm == "ACS3-HMAC-SHA256" && parts.next().is_none()).then_some(read)
    }

    /// Checks the signature with the key's secret, and that everything that matters is signed.
    pub(super) fn verify(&self, request: &Request, secret: &str) -> Result<(), Refusal> {
        let unsigned = MUST_BE_SIGNED.iter().find(|name| !self.signed_headers.contains(name));
        if let Some(unsigned) = unsigned {
            let message = format!("The header {unsigned} is not signed.");
            return Err(Refusal::new(400, "IncompleteSignature", &message));
        }
        let body = hex(&Sha256::digest(&request.body));
        if request.header("x-acs-content-sha256") != Some(&body) {
            let message = "The x-acs-content-sha256 header is not the hash of the body.";
            return Err(Refusal::new(400, "InvalidParameter", message));
        }
        let canonical = canonical_request(request, &self.signed_headers, &body);
        let to_sign = string_to_sign(&canonical);
        let matches = unhex(self.signature).is_some_and(|signature| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
            mac.is_ok_and(|mac| mac.chain_update(to_sign.as_bytes()).verify_slice(&signature).is_ok())
        });
        if matches {
            return Ok(());
        }
        // V3 echoes what it signed, the security token in it too (SDK).
        let message = format!(
            "Specified signature does not match our calculation. server StringToSign is [{to_sign}] server \
             CanonicalRequest is [{canonical}]"
        );
        Err(Refusal::new(400, "SignatureDoesNotMatch", &message))
    }
}

/// Checks a V1 signature: base64 of HMAC-SHA1 with the secret and `&`, over all parameters but the
/// signature itself.
pub(super) fn verify_v1(request: &Request, secret: &str) -> Result<(), Refusal> {
    let signature = request.required("Signature")?;
    let known = (request.parameter("SignatureMethod"), request.parameter("SignatureVersion"));
    if known != (Some("HMAC-SHA1"), Some("1.0")) {
        let message = "The request signature does not conform to Aliyun standards.";
        return Err(Refusal::new(400, "IncompleteSignature", message));
    }
    let to_sign = string_to_sign_v1(request);
    let matches = STANDARD.decode(signature).is_ok_and(|signature| {
        let mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes());
        mac.is_ok_and(|mac| mac.chain_update(to_sign.as_bytes()).verify_slice(&signature).is_ok())
    });
    if matches {
        return Ok(());
    }
    // Older SDKs look for the server's string in this message (SDK).
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{to_sign}"
    );
    Err(Refusal::new(400, "SignatureDoesNotMatch", &message))
}

fn string_to_sign_v1(request: &Request) -> String {
    let signed = request.parameters.iter().filter(|(name, _)| *name != "Signature");
    let pairs: Vec<_> = signed.map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    format!("{}&%2F&{}", request.method, escape(&pairs.join("&")))
}

fn canonical_request(request: &Request, signed_headers: &[&str], body_sha256: &str) -> String {
    let mut query = request.query.clone();
    query.sort();
    let query: Vec<_> =
        query.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    let headers: String = signed_headers
        .iter()
        .map(|name| format!("{name}:{}\n", request.header(name).unwrap_or_default().trim()))
        .collect();
    let names = signed_headers.join(";");
    format!("{}\n/\n{}\n{headers}\n{names}\n{body_sha256}", request.method, query.join("&"))
}

fn string_to_sign(canonical_request: &str) -> String {
    format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical_request)))
}

/// Everything but letters, digits and `-_.~`, byte by byte.
fn escape(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escaped).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower case only: one text for each signature, so that a changed letter is a changed signature.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .map(|digit| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

const MUST_BE_SIGNED: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of `tests/vectors/acs3`, as a server sees them.
    fn vectors() -> Vec<(Request, String, Vec<String>)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/acs3");
        let mut vectors = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let folder = entry.unwrap().path();
            // A server sees a repeated header once.
            if folder.ends_with("header-repeated") {
                continue;
            }
            let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
            let case: serde_json::Value = serde_json::from_str(&read("request.json").unwrap()).unwrap();
            let pairs =
                |name: &str| -> Vec<(String, String)> { serde_json::from_value(case[name].clone()).unwrap() };
            let headers = pairs("headers");
            let mut names: Vec<_> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
            names.sort();
            let signature = read("signature").unwrap();
            let authorization = format!(
                "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}",
                case["access_key_id"].as_str().unwrap(),
                names.join(";"),
                signature.trim()
            );
            let mut request = Request {
                method: case["method"].as_str().unwrap().to_owned(),
                query: pairs("query"),
                headers: headers
                    .into_iter()
                    .map(|(name, value)| (name.to_ascii_lowercase(), value))
                    .collect(),
                body: case["body"].as_str().unwrap().to_owned().into(),
                ..Request::default()
            };
            request.headers.insert("authorization".to_owned(), authorization);
            let steps =
                ["canonical", "string-to-sign"].map(|name| read(name).unwrap_or_default().trim().to_owned());
            vectors.push((request, case["access_key_secret"].as_str().unwrap().to_owned(), steps.into()));
        }
        assert!(vectors.len() >= 24, "{} vectors", vectors.len());
        vectors
    }

    #[test]
    fn accepts_the_vectors_step_by_step() {
        for (request, secret, steps) in vectors() {
            let authorization = Authorization::of(&request).unwrap();
            let body = hex(&Sha256::digest(&request.body));
            let canonical = canonical_request(&request, &authorization.signed_headers, &body);
            if !steps[0].is_empty() {
                assert_eq!(canonical, steps[0]);
            }
            assert_eq!(string_to_sign(&canonical), steps[1]);
            assert_eq!(authorization.verify(&request, &secret), Ok(()));
        }
    }

    #[test]
    fn refuses_every_changed_character_of_a_signature() {
        let (request, secret, _) = vectors().remove(0);
        let header = request.header("authorization").unwrap().to_owned();
        let start = header.find("Signature=").unwrap() + "Signature=".len();
        for position in start..header.len() {
            for replacement in [b'0', b'1', b'f', b'F', b'g', b' ', b'='] {
                let mut changed = header.clone().into_bytes();
                if changed[position] == replacement {
                    continue;
                }
                changed[position] = replacement;
                let mut request = request.clone();
                request.headers.insert("authorization".to_owned(), String::from_utf8(changed).unwrap());
                let outcome = Authorization::of(&request).and_then(|found| found.verify(&request, &secret));
                assert!(outcome.is_err(), "{position} {replacement}");
            }
        }
        for length in start..header.len() {
            let mut request = request.clone();
            request.headers.insert("authorization".to_owned(), header[..length].to_owned());
            let outcome = Authorization::of(&request).and_then(|found| found.verify(&request, &secret));
            assert!(outcome.is_err(), "cut at {length}");
        }
    }

    #[test]
    fn refuses_whatever_else_was_changed() {
        for (request, secret, _) in vectors() {
            let outcome = |request: &Request| {
                Authorization::of(request)
                    .and_then(|found| found.verify(request, &secret))
                    .map_err(|found| found.code)
            };
            let mismatch = Err("SignatureDoesNotMatch".to_owned());
            if !request.query.is_empty() {
                let mut changed = request.clone();
                changed.query[0].1.push('x');
                assert_eq!(outcome(&changed), mismatch);
            }
            let mut changed = request.clone();
            changed.query.push(("Extra".to_owned(), String::new()));
            assert_eq!(outcome(&changed), mismatch);
            for name in ["host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"] {
                let mut changed = request.clone();
                changed.headers.get_mut(name).unwrap().push('x');
                assert_eq!(outcome(&changed), mismatch, "{name}");
            }
            let mut changed = request.clone();
            changed.body = b"x".to_vec();
            assert_eq!(outcome(&changed), Err("InvalidParameter".to_owned()));
            let mut changed = request.clone();
            let header = changed.headers.get_mut("authorization").unwrap();
            *header = header.replace("x-acs-date;", "");
            assert_eq!(outcome(&changed), Err("IncompleteSignature".to_owned()));
        }
    }

    /// Computed with the signing functions of two official SDKs, which agree.
    #[test]
    fn accepts_the_vector_of_version_1_and_nothing_near_it() {
        let sound: Vec<(&str, &str)> = vec![
            ("AccessKeyId", "LTAI5tEXAMPLEKEY00000001"),
            ("Action", "GetRole"),
            ("Format", "json"),
            ("RoleName", "AliyunServiceRoleForMssp"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "0123456789abcdef0123456789abcdef"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2026-01-02T03:04:05Z"),
            ("Version", "2015-05-01"),
            ("Signature", "384FxFHJpryWb7OkvtdCRQGKZB8="),
        ];
        let verify = |pairs: &[(&str, &str)]| {
            let parameters =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let request = Request { method: "POST".to_owned(), parameters, ..Request::default() };
            verify_v1(&request, "EXAMPLEsecretEXAMPLEsecret0001").map_err(|refusal| refusal.code)
        };
        assert_eq!(verify(&sound), Ok(()));
        for index in 0..sound.len() {
            let mut changed = sound.clone();
            changed[index].1 = "x";
            assert!(verify(&changed).is_err(), "{}", sound[index].0);
        }
        let mut extended = sound.clone();
        extended.push(("Extra", ""));
        assert_eq!(verify(&extended), Err("SignatureDoesNotMatch".to_owned()));
    }

    #[test]
    fn refuses_malformed_headers() {
        for header in [
            "",
            "Bearer x",
            "ACS3-HMAC-SHA256 ",
            "ACS3-HMAC-SM3 Credential=a,SignedHeaders=b,Signature=c",
            "ACS3-HMAC-SHA256 SignedHeaders=b,Credential=a,Signature=c",
            "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b,Signature=c,More=d",
        ] {
            assert_eq!(Authorization::read(header), None, "{header}");
        }
    }
}
