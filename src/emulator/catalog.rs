//! The service-linked roles that RAM can create here: those of MSS, and one of another product so
//! that "not an MSS role" can be seen.

/// What a service name stands for.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) service_name: &'static str,
    pub(super) role_name: &'static str,
    pub(super) policy_name: &'static str,
    /// The product in the preset description. The text for MSS is inferred from other products'.
    pub(super) product: &'static str,
    /// Whether an active MSS subscription counts as a use of the role. Documented for two of the
    /// roles, inferred for the third.
    pub(super) used_by_mss: bool,
}

pub(super) const TEMPLATES: [Template; 4] = [
    Template {
        service_name: "mssp.aliyuncs.com", // Inferred.
        role_name: "AliyunServiceRoleForMssp",
        policy_name: "AliyunServiceRolePolicyForMssp",
        product: "Managed Security Service",
        used_by_mss: true,
    },
    Template {
        service_name: "esa.mssp.aliyuncs.com",
        role_name: "AliyunServiceRoleForESAMssp",
        policy_name: "AliyunServiceRolePolicyForESAMssp",
        product: "Managed Security Service for ESA",
        used_by_mss: true,
    },
    Template {
        service_name: "antiransomware.mssp.aliyuncs.com",
        role_name: "AliyunServiceRoleForAntiRansomwareMssp",
        policy_name: "AliyunServiceRolePolicyForAntiRansomwareMssp",
        product: "Managed Security Service Anti-Ransomware",
        used_by_mss: true,
    },
    Template {
        service_name: "ons.aliyuncs.com",
        role_name: "AliyunServiceRoleForOns",
        policy_name: "AliyunServiceRolePolicyForOns",
        product: "Message Queue",
        used_by_mss: false,
    },
];

pub(super) fn by_service_name(service_name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.service_name == service_name)
}

pub(super) fn by_role_name(role_name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.role_name == role_name)
}
