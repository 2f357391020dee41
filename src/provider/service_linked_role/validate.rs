//! Checks the arguments of a role against each other, before anything is asked.

use super::{MssRole, model::Model};
use crate::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    value::{Object, Path},
};

/// Refuses a service that creates another of our roles: RAM would create that one.
pub(super) fn validate(config: &Object) -> Diagnostics {
    let config = Model::from_object(config);
    let role = config.role_name.known().and_then(|name| MssRole::by_role_name(&name));
    let service_name = config.service_name.known();
    let (Some(role), Some(service_name)) = (role, service_name) else { return Diagnostics::new() };
    match super::MSS_ROLES.into_iter().find(|other| other.service_name == service_name) {
        Some(other) if other != role => service_of_another_role(role, other).into(),
        _ => Diagnostics::new(),
    }
}

fn service_of_another_role(role: MssRole, other: MssRole) -> Diagnostic {
    Diagnostic::error(
        "Service of another role",
        format!(
            "The service \"{}\" creates the role \"{}\", not \"{}\".\n\nRemove `service_name`: by default it is the \
             service of the role, \"{}\".",
            other.service_name, other.role_name, role.role_name, role.service_name
        ),
    )
    .at(Path::of("service_name"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let [basic, esa, _] = super::super::MSS_ROLES;
        vec![("service_of_another_role", service_of_another_role(basic, esa))]
    }

    #[test]
    fn each_role_has_its_own_service() {
        let check = |role_name: &str, service_name: Option<&str>| {
            let mut config = Object::empty();
            config.set("role_name", role_name);
            config.set("service_name", service_name);
            validate(&config).has_error()
        };
        let role = "AliyunServiceRoleForMssp";
        assert!(check(role, Some("esa.mssp.aliyuncs.com")));
        assert!(!check(role, Some("mssp.aliyuncs.com")));
        assert!(
            !check(role, Some("other.aliyuncs.com")),
            "its service name is inferred: another may be right"
        );
        assert!(!check(role, None));
        assert!(!check("no such role", Some("esa.mssp.aliyuncs.com")), "the role's own check reports that");
    }
}
