//! ARNs of RAM roles.

use std::fmt;

use super::form::{is_account_id, is_role_name};

/// The ARN of a RAM role: `acs:ram::<account_id>:role/<role_name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleArn<'a> {
    /// The account that holds the role.
    pub account_id: &'a str,
    /// Of service-linked roles in lower case, else as the role is called.
    pub role_name: &'a str,
}

impl<'a> RoleArn<'a> {
    /// Splits a text in which both parts are as they should be.
    pub fn read(text: &'a str) -> Option<Self> {
        Self::split(text).filter(|arn| is_account_id(arn.account_id) && is_role_name(arn.role_name))
    }

    /// Splits a text of that form, whatever the parts are: for who has a word to say on each.
    pub fn split(text: &'a str) -> Option<Self> {
        let (account_id, role_name) = text.strip_prefix("acs:ram::")?.split_once(":role/")?;
        Some(Self { account_id, role_name })
    }

    /// The ARN of a service-linked role, in which RAM shows the name in lower case (documented examples).
    pub fn of_service_linked(account_id: &str, role_name: &str) -> String {
        RoleArn { account_id, role_name: &role_name.to_ascii_lowercase() }.to_string()
    }
}

impl fmt::Display for RoleArn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acs:ram::{}:role/{}", self.account_id, self.role_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let text = "acs:ram::1234567890123456:role/Deploy.Role";
        let arn = RoleArn { account_id: "1234567890123456", role_name: "Deploy.Role" };
        assert_eq!((RoleArn::read(text), arn.to_string().as_str()), (Some(arn), text));
        assert_eq!(
            RoleArn::of_service_linked("1", "AliyunServiceRoleForX"),
            "acs:ram::1:role/aliyunserviceroleforx"
        );
    }

    #[test]
    fn only_a_whole_one_is_read() {
        for text in [
            "",
            "acs:ram::1:user/x",
            "acs:ram:cn:1:role/x",
            "acs:ram::me:role/x",
            "acs:ram::1:role/",
            "acs:ram::1:role/a/b",
        ] {
            assert_eq!(RoleArn::read(text), None, "{text}");
        }
        let parts = RoleArn::split("acs:ram::me:role/a/b").map(|arn| (arn.account_id, arn.role_name));
        assert_eq!(parts, Some(("me", "a/b")));
    }
}
