//! Where time and randomness come into the emulator.

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "the clock of the emulator comes in here")]
pub(super) fn real_now() -> Timestamp {
    Timestamp::now()
}

/// An upper-case UUID, as every response has one.
#[expect(clippy::disallowed_methods, reason = "the randomness of the emulator comes in here")]
pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}
