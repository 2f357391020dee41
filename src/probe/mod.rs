//! Looks at the real cloud, read-only, and compares each response with what the emulator says: fields, types,
//! codes and texts, and every fact that the provider infers.
//!
//! The report is made to be shown to others: it holds no ID, name, key, date or request ID, only the names of
//! fields, the forms of their values, codes, and words of this module.
//!
//! Must not know how calls are signed and sent, and changes nothing anywhere.

mod command;
mod compare;
mod fact;
mod question;
mod report;
mod shape;

pub use command::Probe;
pub use report::Report;
