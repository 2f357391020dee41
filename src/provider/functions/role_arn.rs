//! `role_arn(account_id, role_name)`: the ARN of a role.

use super::argument::text;
use crate::{
    cloud::api::{
        arn,
        form::{is_account_id, is_role_name},
    },
    framework::{
        function::{Definition, Error, Function, Parameter},
        value::{Type, Value},
    },
};

/// The function `role_arn`: the ARN of a RAM role.
pub struct RoleArn;

impl Function for RoleArn {
    fn definition(&self) -> Definition {
        Definition {
            name: "role_arn",
            summary: "ARN of a RAM role",
            description: "Builds the ARN of a RAM role, `acs:ram::<account_id>:role/<role_name>`. RAM shows the \
                          names of service-linked roles in lower case in their ARNs, and so does this function \
                          for names that begin with `AliyunServiceRoleFor`.",
            parameters: vec![
                Parameter {
                    name: "account_id",
                    description: "ID of the account that holds the role, digits only.",
                    value_type: Type::String,
                },
                Parameter {
                    name: "role_name",
                    description: "Name of the role, such as `AliyunServiceRoleForMssp`.",
                    value_type: Type::String,
                },
            ],
            result: Type::String,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let (account_id, role_name) = (text(arguments, 0), text(arguments, 1));
        if !is_account_id(account_id) {
            return Err(Error::at(
                0,
                format!("{account_id:?} is not an account ID, which consists of digits."),
            ));
        }
        if !is_role_name(role_name) {
            let rule = "which has 1 to 64 letters, digits, dots, hyphens and underscores";
            return Err(Error::at(1, format!("{role_name:?} is not the name of a role, {rule}.")));
        }
        let is_service_linked = role_name.starts_with("AliyunServiceRoleFor");
        Ok(match is_service_linked {
            true => arn::RoleArn::of_service_linked(account_id, role_name),
            false => arn::RoleArn { account_id, role_name }.to_string(),
        }
        .into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(account_id: &str, role_name: &str) -> Result<Value, Option<usize>> {
        RoleArn.call(&[account_id.into(), role_name.into()]).map_err(|error| error.argument)
    }

    #[test]
    fn builds_arns_as_ram_shows_them() {
        let role = "acs:ram::1234567890123456:role/aliyunserviceroleformssp";
        assert_eq!(call("1234567890123456", "AliyunServiceRoleForMssp"), Ok(role.into()));
        assert_eq!(call("1", "Deploy.Role-1"), Ok("acs:ram::1:role/Deploy.Role-1".into()));
    }

    #[test]
    fn errors_name_the_argument() {
        for account_id in ["", "alias", "12 3", "acs:1"] {
            assert_eq!(call(account_id, "x"), Err(Some(0)), "{account_id}");
        }
        for role_name in ["", "a/b", "a b", &"x".repeat(65)] {
            assert_eq!(call("1", role_name), Err(Some(1)), "{role_name}");
        }
    }
}
