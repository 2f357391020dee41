//! The actions of the products that the provider uses, one short function each, and who may ask them: the
//! caller, or a session in a member account.
//!
//! Must not know how a request is signed, sent or repeated.

pub mod account;
pub mod caller;
mod directory;
mod mssp;
mod ram;
mod resource_manager;
pub mod session;
mod sts;
