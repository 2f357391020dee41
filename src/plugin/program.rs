//! Which program this is, as it calls itself before Terraform and before people.

/// Which program this is. `main` fills it in; every text that names the program takes it from here.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// Name of the program: `terraform-provider-mss`.
    pub name: &'static str,
    /// Source address without a host: `mss-iac/mss`. Its last part is the provider's type.
    pub source: &'static str,
    /// Version without `v`, from `Cargo.toml`: `0.1.0`.
    pub version: &'static str,
    /// Commit, target and plugin protocol of this build, in words: for `-version` and bug reports.
    pub build: &'static str,
}
