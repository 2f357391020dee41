//! Randomness, as a value: waits are spread, and each request has a number of its own.

/// Where random values come from: the system, or a test that knows them.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// A number from 0 to 1.
    pub fraction: fn() -> f64,
    /// 32 hexadecimal digits, never the same twice.
    pub nonce: fn() -> String,
}

impl Chance {
    /// Random values of this system, not for secrets.
    pub fn system() -> Self {
        Self { fraction: fastrand::f64, nonce }
    }
}

#[expect(clippy::disallowed_methods, reason = "randomness comes in here: each attempt has a nonce")]
fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
