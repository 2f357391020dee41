//! `service_name(role_name)`: the service that an MSS role trusts.

use super::argument::text;
use crate::{
    framework::{
        function::{Definition, Error, Function, Parameter},
        value::{Type, Value},
    },
    provider::service_linked_role::{MSS_ROLES, MssRole},
};

/// The function `service_name`: the service that an MSS role trusts.
pub struct ServiceName;

impl Function for ServiceName {
    fn definition(&self) -> Definition {
        Definition {
            name: "service_name",
            summary: "Service that an MSS role trusts",
            description: "Gives the name of the service that a service-linked role of MSS trusts, such as \
                          `esa.mssp.aliyuncs.com`: the value of the condition key `ram:ServiceName` in a policy \
                          that allows to create or delete the role.",
            parameters: vec![Parameter {
                name: "role_name",
                description: "Name of the role, such as `AliyunServiceRoleForESAMssp`.",
                value_type: Type::String,
            }],
            result: Type::String,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Error> {
        let role_name = text(arguments, 0);
        if let Some(role) = MssRole::by_role_name(role_name) {
            return Ok(role.service_name.into());
        }
        let names = MSS_ROLES.map(|role| format!("{:?}", role.role_name)).join(", ");
        let meant = MssRole::meant_by(role_name)
            .map_or_else(String::new, |role| format!(" Did you mean {:?}?", role.role_name));
        Err(Error::at(0, format!("MSS has no role {role_name:?}; its roles are {names}.{meant}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_role_and_helps_with_typos() {
        for role in MSS_ROLES {
            assert_eq!(ServiceName.call(&[role.role_name.into()]), Ok(role.service_name.into()));
        }
        let error = ServiceName.call(&["AliyunServiceRoleForMss".into()]).unwrap_err();
        assert_eq!(error.argument, Some(0));
        assert!(error.text.ends_with("Did you mean \"AliyunServiceRoleForMssp\"?"), "{}", error.text);
    }

    #[test]
    fn a_generic_text_gets_no_guess() {
        assert!(!ServiceName.call(&["admin".into()]).unwrap_err().text.contains("Did you mean"));
    }
}
