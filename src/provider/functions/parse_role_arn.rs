//! `parse_role_arn(arn)`: account and role name of an ARN.

use super::argument::text;
use crate::{
    cloud::api::arn::RoleArn,
    framework::{
        function::{Definition, Error, Function, Parameter},
        value::{Object, Type, Value},
    },
    provider::service_linked_role::MSS_ROLES,
};

/// The function `parse_role_arn`: account and name of a RAM role.
pub(in crate::provider) struct ParseRoleArn;

impl Function for ParseRoleArn {
    fn definition(&self) -> Definition {
        Definition {
            name: "parse_role_arn",
            summary: "Account and name of a RAM role from its ARN",
            description: "Splits the ARN of a RAM role into an object with `account_id` and `role_name`. The name \
                          of an MSS role is given as RAM spells it, although its ARN shows it in lower case.",
            parameters: vec![Parameter {
                name: "arn",
                description: "ARN of the role, `acs:ram::<account_id>:role/<role_name>`.",
                value_type: Type::String,
            }],
            result: Type::Object(
                [("account_id".to_owned(), Type::String), ("role_name".to_owned(), Type::String)].into(),
            ),
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let arn = text(arguments, 0);
        let Some(RoleArn { account_id, role_name }) = RoleArn::read(arn) else {
            let form = "`acs:ram::<account_id>:role/<role_name>`";
            return Err(Error::at(0, format!("{arn:?} is not the ARN of a RAM role, {form}.")));
        };
        let mss = MSS_ROLES.into_iter().find(|role| role.role_name.eq_ignore_ascii_case(role_name));
        let mut parsed = Object::empty();
        parsed.set("account_id", account_id);
        parsed.set("role_name", mss.map_or(role_name, |role| role.role_name));
        Ok(parsed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(account_id: &str, role_name: &str) -> Value {
        let parts = [("account_id", account_id), ("role_name", role_name)];
        Value::Map(parts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect())
    }

    #[test]
    fn splits_and_restores_the_spelling() {
        for (arn, role_name) in [
            ("acs:ram::1234567890123456:role/aliyunserviceroleforesamssp", "AliyunServiceRoleForESAMssp"),
            ("acs:ram::1234567890123456:role/Deploy.Role", "Deploy.Role"),
        ] {
            let parsed = ParseRoleArn.call(&[arn.into()]).unwrap();
            assert_eq!(parsed, parts("1234567890123456", role_name));
        }
    }

    #[test]
    fn refuses_other_text() {
        for arn in [
            "",
            "acs:ram::1:user/x",
            "acs:ram:cn-shanghai:1:role/x",
            "acs:ram::alias:role/x",
            "acs:ram::1:role/",
            "arn:aws:iam::1:role/x",
            "acs:ram::1:role/a/b",
        ] {
            assert_eq!(ParseRoleArn.call(&[arn.into()]).unwrap_err().argument, Some(0), "{arn}");
        }
    }

    proptest::proptest! {
        #[test]
        fn undoes_role_arn(account_id in "[0-9]{1,20}", role_name in "[A-Za-z0-9.-]{1,64}") {
            let arguments = [account_id.as_str().into(), role_name.as_str().into()];
            let arn = super::super::RoleArn.call(&arguments).unwrap();
            let parsed = ParseRoleArn.call(&[arn]).unwrap();
            proptest::prop_assert_eq!(parsed, parts(&account_id, &role_name));
        }
    }
}
