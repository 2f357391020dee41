//! Whether a service name is that of a role: RAM says which role it would create for a service.
//!
//! Must not know whether it is asked for a plan or for a create.

use super::diagnostics as text;
use crate::{
    cloud::{self, api::ram::ServiceLinkedRoleTemplate},
    framework::diagnostics::Diagnostic,
};

/// What a response of GetServiceLinkedRoleTemplate means for a create.
#[derive(Debug)]
pub(super) enum ServiceCheck {
    /// Nothing speaks against it: the role is that of the service, or the caller may not ask, or the action does not
    /// exist there. The create itself answers the same question.
    Passed,
    /// The service does not exist, or belongs to another role.
    Refused(Diagnostic),
    /// A failure that says nothing of the service.
    Failed(cloud::Error),
}

impl ServiceCheck {
    pub(super) fn of(
        role_name: &str,
        service_name: &str,
        response: Result<ServiceLinkedRoleTemplate, cloud::Error>,
    ) -> Self {
        match response {
            Ok(template) => match template.role_name_prefix {
                Some(belongs_to) if belongs_to != role_name => {
                    Self::Refused(text::other_role_of_service(role_name, service_name, &belongs_to))
                }
                _ => Self::Passed,
            },
            Err(error) if error.is_code(SERVICE_DOES_NOT_EXIST) => {
                Self::Refused(text::unknown_service(role_name, service_name, &error))
            }
            Err(cloud::Error::Denied(_)) => Self::Passed,
            Err(error) if error.is_unsupported_action() => Self::Passed,
            Err(error) => Self::Failed(error),
        }
    }
}

/// RAM's code for a service that does not exist (documented).
pub(super) const SERVICE_DOES_NOT_EXIST: &str = "EntityNotExist.Service";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::service_linked_role::ram::script::refusal;

    const ROLE: &str = "AliyunServiceRoleForMssp";

    fn template(prefix: Option<&str>) -> ServiceLinkedRoleTemplate {
        ServiceLinkedRoleTemplate { role_name_prefix: prefix.map(str::to_owned), ..Default::default() }
    }

    fn refused(http_status: u16, code: &str) -> Result<ServiceLinkedRoleTemplate, cloud::Error> {
        Err(refusal(http_status, code))
    }

    #[test]
    fn only_what_ram_says_of_the_service_refuses() {
        let table = [
            (Ok(template(Some(ROLE))), "passed"),
            (Ok(template(None)), "passed"),
            (Ok(template(Some("AliyunServiceRoleForESAMssp"))), "Service name belongs to another role"),
            (refused(404, SERVICE_DOES_NOT_EXIST), "Unknown service name"),
            (refused(403, "NoPermission"), "passed"),
            (refused(500, "InternalError"), "failed"),
        ];
        for (response, expected) in table {
            let found = match ServiceCheck::of(ROLE, "x.aliyuncs.com", response) {
                ServiceCheck::Passed => "passed".to_owned(),
                ServiceCheck::Refused(diagnostic) => diagnostic.summary.to_string(),
                ServiceCheck::Failed(_) => "failed".to_owned(),
            };
            assert_eq!(found, expected);
        }
    }
}
