//! The service-linked roles that RAM can create here, and the system policies: those of MSS, one of
//! another product so that "not an MSS role" can be seen, and what a seed adds.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// What a service name stands for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    pub(super) service_name: String,
    pub(super) role_name: String,
    pub(super) policy_name: String,
    /// The product in the preset descriptions. The texts for MSS are inferred from other products'.
    pub(super) product: String,
    /// Whether the role takes a custom suffix and a description.
    #[serde(default)]
    pub(super) multiple_roles_allowed: bool,
    /// Whether an active MSS subscription counts as a use of the role. Documented for two of the
    /// roles, inferred for the third.
    #[serde(default)]
    pub(super) used_by_mss: bool,
}

impl Template {
    /// The preset description in each language (documented: whole sentences in these three).
    pub(super) fn descriptions(&self) -> [(&'static str, String); 3] {
        let product = &self.product;
        [
            ("zh-CN", format!("{product}的服务关联角色，{product}使用此角色来访问您在其他云产品中的资源。")),
            (
                "en",
                format!(
                    "Service Linked Role for {product}. {product} will use this role to access your resources in \
                     other services."
                ),
            ),
            (
                "ja",
                format!(
                    "{product} のサービスリンクロール。{product} はこのロールを使用して、他のサービスのリソースにアクセスします。"
                ),
            ),
        ]
    }

    /// In one language; in English, if it is not given.
    pub(super) fn description(&self, language: Option<&str>) -> String {
        let [zh, en, ja] = self.descriptions();
        match language {
            Some("zh-CN") => zh.1,
            Some("ja") => ja.1,
            _ => en.1,
        }
    }

    /// Each version of its policy: ID, date and document, the oldest first. Dates and numbers are
    /// documented for ESA and Anti-Ransomware, inferred for the others; of the documents, the statement
    /// that lets the service delete its role is (documented), and the prefixes of what it reads.
    pub(super) fn policy_versions(&self) -> Vec<(&'static str, &'static str, Json)> {
        let (dates, reads): (&[_], &[_]) = match self.role_name.as_str() {
            "AliyunServiceRoleForAntiRansomwareMssp" => (
                &["2024-02-22T00:00:00Z"],
                &["yundun-aegis:Get*", "yundun-aegis:Describe*", "yundun-sas:Get*", "yundun-sas:Describe*"],
            ),
            "AliyunServiceRoleForESAMssp" => (
                &["2025-07-14T00:00:00Z", "2025-10-31T00:00:00Z"],
                &["esa:Get*", "esa:List*", "esa:Describe*"],
            ),
            _ => (&["2024-02-22T00:00:00Z"], &[]),
        };
        let ids = ["v1", "v2"];
        ids.into_iter().zip(dates).map(|(id, date)| (id, *date, self.policy_document(reads))).collect()
    }

    fn policy_document(&self, reads: &[&str]) -> Json {
        let deletes = json!({
            "Effect": "Allow",
            "Action": "ram:DeleteServiceLinkedRole",
            "Resource": "*",
            "Condition": { "StringEquals": { "ram:ServiceName": self.service_name } },
        });
        let mut statements = vec![deletes];
        if !reads.is_empty() {
            statements.insert(0, json!({ "Effect": "Allow", "Action": reads, "Resource": "*" }));
        }
        json!({ "Version": "1", "Statement": statements })
    }
}

/// The services that are always there.
pub(super) fn templates() -> Vec<Template> {
    let template = |service_name: &str, role: &str, product: &str, used_by_mss| Template {
        service_name: service_name.to_owned(),
        role_name: format!("AliyunServiceRoleFor{role}"),
        policy_name: format!("AliyunServiceRolePolicyFor{role}"),
        product: product.to_owned(),
        multiple_roles_allowed: false,
        used_by_mss,
    };
    vec![
        // The service name is inferred.
        template("mssp.aliyuncs.com", "Mssp", "Managed Security Service", true),
        template("esa.mssp.aliyuncs.com", "ESAMssp", "Managed Security Service for ESA", true),
        template(
            "antiransomware.mssp.aliyuncs.com",
            "AntiRansomwareMssp",
            "Managed Security Service Anti-Ransomware",
            true,
        ),
        template("ons.aliyuncs.com", "Ons", "Message Queue", false),
    ]
}

/// System policies that an ordinary role may be given: name, description, actions that they allow.
pub(super) const SYSTEM_POLICIES: [(&str, &str, &[&str]); 4] = [
    ("AdministratorAccess", "Provides full access to Alibaba Cloud services and resources.", &["*"]),
    (
        "ReadOnlyAccess",
        "Provides read-only access to Alibaba Cloud services.",
        &["*:Get*", "*:List*", "*:Describe*"],
    ),
    ("AliyunRAMFullAccess", "Provides full access to Resource Access Management (RAM).", &["ram:*"]),
    (
        "AliyunSTSAssumeRoleAccess",
        "Provides access to the AssumeRole operation of Security Token Service.",
        &["sts:AssumeRole"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_whole() {
        for template in templates() {
            assert!(template.role_name.starts_with("AliyunServiceRoleFor"));
            assert!(template.descriptions().iter().all(|(_, text)| text.contains(&template.product)));
            let versions = template.policy_versions();
            assert!(
                versions.iter().all(|(_, _, document)| document.to_string().contains(&template.service_name))
            );
            assert_eq!(template.description(None), template.description(Some("en")));
        }
    }

    #[test]
    fn the_policy_of_esa_has_two_versions() {
        let esa = templates().into_iter().find(|template| template.role_name.contains("ESA")).unwrap();
        let ids: Vec<_> = esa.policy_versions().into_iter().map(|(id, date, _)| (id, date)).collect();
        assert_eq!(ids, [("v1", "2025-07-14T00:00:00Z"), ("v2", "2025-10-31T00:00:00Z")]);
    }
}
