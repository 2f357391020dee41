//! The facts that samples of diagnostics are made of.

use std::time::Duration;

use super::super::{find::ExpectedRole, model::Difference, role_reference::RoleReference};
use crate::{
    cloud::{
        self,
        api::{
            mssp::UserStatus,
            resource_manager::{DeletionReason, DeletionStatus, DeletionTask, Role, RoleUsage},
        },
        error::{AccessDenied, ApiError},
    },
    provider::subscription::Subscription,
};

pub(super) const ROLE: &str = "AliyunServiceRoleForMssp";
pub(super) const ACCOUNT: Option<&str> = Some("1234567890123456");
pub(super) const NAMED: RoleReference = RoleReference { role_name: ROLE, account_id: ACCOUNT };
pub(super) const TASK: &str = "task/acs-service-role/mssp.aliyuncs.com/AliyunServiceRoleForMssp/64c4f9cc";
pub(super) const AFTER: Duration = Duration::from_secs(300);

pub(super) fn denied() -> cloud::Error {
    cloud::Error::Denied(Box::new(ApiError {
        action: "CreateServiceLinkedRole",
        http_status: 403,
        code: "NoPermission".to_owned(),
        message: "You are not authorized to do this action.".to_owned(),
        request_id: Some("0C2A5D0E-7B1C-5E1F-9B0D-3F6A2C1D4E5F".to_owned()),
        denied: Some(AccessDenied {
            auth_action: Some("ram:CreateServiceLinkedRole".to_owned()),
            ..AccessDenied::default()
        }),
    }))
}

pub(super) fn throttled(action: &'static str) -> cloud::Error {
    cloud::Error::Throttled(Box::new(ApiError {
        action,
        http_status: 400,
        code: "Throttling.User".to_owned(),
        message: "Request was denied due to user flow control.".to_owned(),
        request_id: Some("0C2A5D0E-7B1C-5E1F-9B0D-3F6A2C1D4E5F".to_owned()),
        denied: None,
    }))
}

pub(super) fn without_credentials() -> cloud::Error {
    let reasons = ["AccessKey: none in the environment", "ECS metadata: no answer"];
    cloud::Error::Credentials(cloud::credentials::Error::NoSource(reasons.map(str::to_owned).into()))
}

pub(super) fn another_account() -> cloud::Error {
    let place = cloud::place::Place::Variable("ALIBABA_CLOUD_ACCESS_KEY_ID");
    cloud::Error::AccountChanged {
        began_with: "1234567890123456".to_owned(),
        now: "2222222222222222".to_owned(),
        key: Box::new(place),
    }
}

pub(super) fn unreachable() -> cloud::Error {
    cloud::Error::Unreachable {
        action: "CreateServiceLinkedRole",
        host: "resourcemanager.aliyuncs.com".to_owned(),
        sent: true,
        source: "connection closed before message completed".into(),
    }
}

pub(super) fn not_assumed() -> cloud::Error {
    cloud::Error::AssumeRole {
        account_id: "2222222222222222".to_owned(),
        role_arn: "acs:ram::2222222222222222:role/ResourceDirectoryAccountAccessRole".to_owned(),
        source: Box::new(denied()),
    }
}

pub(super) fn role() -> Role {
    Role {
        role_name: ROLE.to_owned(),
        role_id: "7".to_owned(),
        arn: "acs:ram::1234567890123456:role/aliyunserviceroleformssp".to_owned(),
        ..Role::default()
    }
}

pub(super) fn subscription() -> Subscription {
    let status = UserStatus {
        status: Some("Enabled".to_owned()),
        version: Some("mdrgaoji".to_owned()),
        instance_id: Some("1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22".to_owned()),
        end_date: Some("2027-01-01 00:00:00".to_owned()),
        ..UserStatus::default()
    };
    Subscription::from_status(status, jiff::Timestamp::UNIX_EPOCH)
}

pub(super) fn task(status: DeletionStatus) -> DeletionTask {
    let usage = RoleUsage {
        region: Some("global".to_owned()),
        resources: vec![
            "acs:yundun-mss::1234567890123456:instance/1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22".to_owned(),
        ],
    };
    DeletionTask {
        status,
        reason: Some(DeletionReason {
            message: Some("The role cannot be deleted as it is in use by mssp.aliyuncs.com.".to_owned()),
            role_usages: vec![usage],
        }),
        request_id: Some("5B1E0F52-33C1-5D0A-8D57-6E0C6B6C9A10".to_owned()),
    }
}

pub(super) fn expected() -> ExpectedRole {
    ExpectedRole { role_name: ROLE.to_owned(), account_id: ACCOUNT.map(str::to_owned), role_id: None }
}

pub(super) fn differences(attribute: &'static str) -> [Difference; 1] {
    [Difference { attribute, planned: "planned".to_owned(), found: "found".to_owned() }]
}
