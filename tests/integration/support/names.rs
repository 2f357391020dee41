//! The accounts and roles of the tests.

/// The account of the emulator's first key.
pub const ACCOUNT: &str = "1234567890123456";
/// A member of its resource directory.
pub const MEMBER: &str = "2222222222222222";

/// The role of MSS's basic features.
pub const ROLE: &str = "AliyunServiceRoleForMssp";
/// The role for Edge Security Acceleration.
pub const ESA: &str = "AliyunServiceRoleForESAMssp";
/// The role that no subscription holds.
pub const RANSOMWARE: &str = "AliyunServiceRoleForAntiRansomwareMssp";

/// `id` of [`ROLE`] in [`ACCOUNT`].
pub const ID: &str = "1234567890123456:AliyunServiceRoleForMssp";
