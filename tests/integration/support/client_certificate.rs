//! A client certificate of the shape that Terraform makes: a P-521 key, its own authority, for
//! `localhost`.
//!
//! Built byte by byte, because ring, and with it rcgen and rustls, has no P-521.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use p521::ecdsa::{DerSignature, SigningKey, signature::Signer as _};
use rustls::{
    SignatureAlgorithm, SignatureScheme,
    pki_types::CertificateDer,
    sign::{CertifiedKey, Signer, SigningKey as RustlsSigningKey, SingleCertAndKey},
};

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    der: CertificateDer<'static>,
    key: SigningKey,
}

impl ClientCertificate {
    /// Makes a new one.
    pub fn generate() -> Self {
        let key = random_key();
        let der = self_signed(&key);
        Self { der: der.into(), key }
    }

    /// As Terraform puts it into the environment.
    pub fn pem(&self) -> String {
        let body = STANDARD.encode(&self.der);
        let lines: Vec<&str> =
            body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Shows this certificate to every server that asks.
    pub fn resolver(&self) -> Arc<SingleCertAndKey> {
        let key = Arc::new(P521Key(self.key.clone()));
        let certified = CertifiedKey::new(vec![self.der.clone()], key);
        Arc::new(SingleCertAndKey::from(certified))
    }
}

fn random_key() -> SigningKey {
    let mut bytes = [0; 66];
    fastrand::fill(&mut bytes);
    // The order of the curve has 521 bits: with the top byte zero the number is below it.
    bytes[0] = 0;
    SigningKey::from_slice(&bytes).unwrap()
}

/// Signs TLS handshakes.
#[derive(Debug, Clone)]
struct P521Key(SigningKey);

impl RustlsSigningKey for P521Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
            .then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for P521Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: DerSignature = self.0.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

fn self_signed(key: &SigningKey) -> Vec<u8> {
    let body = to_be_signed(key);
    let signature: DerSignature = key.sign(&body);
    sequence(&[&body, &sequence(&[ECDSA_WITH_SHA512]), &bit_string(0, signature.as_bytes())])
}

fn to_be_signed(key: &SigningKey) -> Vec<u8> {
    let point = key.verifying_key().to_sec1_point(false);
    let name = sequence(&[&name_part(ORGANIZATION, b"HashiCorp"), &name_part(COMMON_NAME, b"localhost")]);
    sequence(&[
        &der(EXPLICIT_0, &[&der(INTEGER, &[&[2]])]),
        &der(INTEGER, &[&[1]]),
        &sequence(&[ECDSA_WITH_SHA512]),
        &name,
        &sequence(&[&der(UTC_TIME, &[b"200101000000Z"]), &der(UTC_TIME, &[b"491231235959Z"])]),
        &name,
        &sequence(&[&sequence(&[EC_PUBLIC_KEY, SECP521R1]), &bit_string(0, point.as_bytes())]),
        &der(EXPLICIT_3, &[&extensions()]),
    ])
}

fn extensions() -> Vec<u8> {
    let usages = bit_string(2, &[SIGN_ENCIPHER_AGREE_CERTIFY]);
    let purposes = sequence(&[CLIENT_AUTH, SERVER_AUTH]);
    let authority = sequence(&[TRUE]);
    let names = sequence(&[&der(DNS_NAME, &[b"localhost"])]);
    sequence(&[
        &sequence(&[KEY_USAGE, TRUE, &der(OCTET_STRING, &[&usages])]),
        &sequence(&[EXTENDED_KEY_USAGE, &der(OCTET_STRING, &[&purposes])]),
        &sequence(&[BASIC_CONSTRAINTS, TRUE, &der(OCTET_STRING, &[&authority])]),
        &sequence(&[SUBJECT_ALTERNATIVE_NAME, &der(OCTET_STRING, &[&names])]),
    ])
}

fn name_part(kind: &[u8], text: &[u8]) -> Vec<u8> {
    der(SET, &[&sequence(&[kind, &der(PRINTABLE_STRING, &[text])])])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(SEQUENCE, parts)
}

fn bit_string(unused_bits: u8, bits: &[u8]) -> Vec<u8> {
    der(BIT_STRING, &[&[unused_bits], bits])
}

/// Tag, length, contents. The length takes as few bytes as it can.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u16::try_from(contents.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let mut bytes = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    bytes.extend(contents);
    bytes
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const PRINTABLE_STRING: u8 = 0x13;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const DNS_NAME: u8 = 0x82;
const EXPLICIT_0: u8 = 0xa0;
const EXPLICIT_3: u8 = 0xa3;

const TRUE: &[u8] = &[0x01, 0x01, 0xff];
/// Digital signature, key encipherment, key agreement, certificate signing.
const SIGN_ENCIPHER_AGREE_CERTIFY: u8 = 0b1010_1100;

// Object identifiers, with tag and length.
const ECDSA_WITH_SHA512: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const SECP521R1: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x0a];
const KEY_USAGE: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x0f];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x25];
const SERVER_AUTH: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
