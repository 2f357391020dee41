//! Which program this is, as it calls itself before Terraform and before people.

/// Who we are.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// Name of the program.
    pub name: &'static str,
    /// Source address without a host: `mss-iac/mss`.
    pub source: &'static str,
    /// Version without `v`.
    pub version: &'static str,
    /// What this build was made from and for, in words.
    pub build: &'static str,
}
