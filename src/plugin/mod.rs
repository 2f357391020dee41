//! How Terraform starts, trusts and stops a provider process.

pub mod generated;
