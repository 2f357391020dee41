//! The roles of MSS: their names, services and policies, and which one a text means.
//!
//! The three roles, their policies and most service names are documented by Alibaba Cloud. The service name of
//! `AliyunServiceRoleForMssp` is inferred from its siblings; a configuration can override it, and
//! GetServiceLinkedRoleTemplate checks it before anything is created.

/// One of the roles that this provider manages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MssRole {
    /// The name, fixed by Alibaba Cloud; upper and lower case count.
    pub role_name: &'static str,
    /// The service that the role trusts, RAM's "cloud service identity".
    pub service_name: &'static str,
    /// The system policy attached to it.
    pub policy_name: &'static str,
    /// Whether Alibaba Cloud documents that the role cannot be deleted while the MSS subscription
    /// is active.
    pub bound_to_subscription: bool,
}

/// Every role of MSS, in documentation order.
pub const MSS_ROLES: [MssRole; 3] = [
    MssRole {
        role_name: "AliyunServiceRoleForMssp",
        service_name: "mssp.aliyuncs.com", // Inferred.
        policy_name: "AliyunServiceRolePolicyForMssp",
        bound_to_subscription: true,
    },
    MssRole {
        role_name: "AliyunServiceRoleForESAMssp",
        service_name: "esa.mssp.aliyuncs.com",
        policy_name: "AliyunServiceRolePolicyForESAMssp",
        bound_to_subscription: true,
    },
    MssRole {
        role_name: "AliyunServiceRoleForAntiRansomwareMssp",
        service_name: "antiransomware.mssp.aliyuncs.com",
        policy_name: "AliyunServiceRolePolicyForAntiRansomwareMssp",
        // RAM itself refuses a deletion while the role is in use; only the document is silent.
        bound_to_subscription: false,
    },
];

impl MssRole {
    /// The role of a name; case counts.
    pub fn by_role_name(role_name: &str) -> Option<Self> {
        MSS_ROLES.into_iter().find(|role| role.role_name == role_name)
    }

    /// The role that was probably meant: a service name or policy name, another case, a typo.
    pub fn meant_by(text: &str) -> Option<Self> {
        // Nothing so long is a typo, and comparing takes the square of the length.
        let text = Some(text.trim()).filter(|text| text.len() <= LONGEST_TYPO)?.to_ascii_lowercase();
        let names = |role: &MssRole| [role.role_name, role.service_name, role.policy_name];
        let exact = |role: &MssRole| names(role).iter().any(|name| name.to_ascii_lowercase() == text);
        MSS_ROLES.into_iter().find(exact).or_else(|| {
            let similarity = |role: &MssRole| {
                let similar =
                    |name: &str| strsim::normalized_damerau_levenshtein(&name.to_ascii_lowercase(), &text);
                names(role).into_iter().map(similar).fold(0.0, f64::max)
            };
            let best = MSS_ROLES
                .into_iter()
                .map(|role| (similarity(&role), role))
                .max_by(|(left, _), (right, _)| left.total_cmp(right));
            best.filter(|(similarity, _)| *similarity > SIMILAR_ENOUGH).map(|(_, role)| role)
        })
    }
}

/// In bytes: twice what a role's name can have.
const LONGEST_TYPO: usize = 128;
/// Share of equal characters above which a name is worth suggesting. Names of roles share a long prefix:
/// those of other services must stay below.
const SIMILAR_ENOUGH: f64 = 0.88;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant() {
        for (typed, meant) in [
            ("aliyunserviceroleformssp", "AliyunServiceRoleForMssp"),
            ("AliyunServiceRoleForMss", "AliyunServiceRoleForMssp"),
            (" AliyunServiceRoleForMssp ", "AliyunServiceRoleForMssp"),
            ("AliyunServiceRoleForEsaMssp", "AliyunServiceRoleForESAMssp"),
            ("AliyunServiceRoleForAntiRansomware", "AliyunServiceRoleForAntiRansomwareMssp"),
            ("esa.mssp.aliyuncs.com", "AliyunServiceRoleForESAMssp"),
            ("AliyunServiceRolePolicyForAntiRansomwareMssp", "AliyunServiceRoleForAntiRansomwareMssp"),
        ] {
            assert_eq!(MssRole::meant_by(typed).map(|role| role.role_name), Some(meant), "{typed}");
        }
        assert_eq!(MssRole::meant_by(&"AliyunServiceRoleForMssp".repeat(40_000)), None);
        for typed in ["", "admin", "my-role", "ecs.aliyuncs.com", "AliyunServiceRoleForECS"] {
            assert_eq!(MssRole::meant_by(typed), None, "{typed}");
        }
    }

    #[test]
    fn names_are_exact() {
        assert!(MssRole::by_role_name("AliyunServiceRoleForMssp").is_some());
        assert_eq!(MssRole::by_role_name("aliyunserviceroleformssp"), None);
    }
}
