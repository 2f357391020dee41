//! What creating and deleting ask of RAM about one role in one account.
//!
//! A trait, so that both can be tested event by event on a paused clock; the other user is the cloud.

use std::future::Future;

use jiff::Timestamp;

use super::find::{ExpectedRole, LookResult};
use crate::cloud::{
    self, AccountClient, CallProgress, Client,
    api::{
        ram::ServiceLinkedRoleTemplate,
        resource_manager::{DeletionTask, Role},
    },
};

/// The actions on one role. The errors are those of the actions.
pub(super) trait Ram: Sync {
    /// The time by the cloud's clock.
    fn now(&self) -> Timestamp;
    /// GetRole: what RAM shows of the role now, which may be behind.
    fn get_role(&self) -> impl Future<Output = Result<Role, cloud::Error>> + Send;
    /// GetServiceLinkedRoleTemplate: which role RAM would create for a service.
    fn template(
        &self,
        service_name: &str,
    ) -> impl Future<Output = Result<ServiceLinkedRoleTemplate, cloud::Error>> + Send;
    /// CreateServiceLinkedRole. Not idempotent, so the client does not repeat it on its own.
    fn create(&self, service_name: &str) -> impl Future<Output = Result<Role, cloud::Error>> + Send;
    /// DeleteServiceLinkedRole; returns the ID of the deletion task. The role still exists then.
    fn delete(&self) -> impl Future<Output = Result<String, cloud::Error>> + Send;
    /// How far the last request came, once its caller has stopped waiting.
    fn last_call(&self) -> CallProgress;
    /// GetServiceLinkedRoleDeletionStatus: how far a deletion task has come.
    fn deletion_task(&self, task_id: &str)
    -> impl Future<Output = Result<DeletionTask, cloud::Error>> + Send;

    /// One look at the role, judged by what is expected.
    fn look(&self, expected: &ExpectedRole) -> impl Future<Output = LookResult> + Send {
        async { expected.judge(self.get_role().await) }
    }
}

/// A role in an account of the cloud.
pub(super) struct RoleInAccount<'a> {
    pub(super) client: &'a Client,
    pub(super) account: AccountClient,
    pub(super) role_name: &'a str,
}

impl Ram for RoleInAccount<'_> {
    fn now(&self) -> Timestamp {
        self.client.server_now()
    }

    async fn get_role(&self) -> Result<Role, cloud::Error> {
        self.account.get_role(self.role_name).await
    }

    async fn template(&self, service_name: &str) -> Result<ServiceLinkedRoleTemplate, cloud::Error> {
        self.account.get_service_linked_role_template(service_name).await
    }

    async fn create(&self, service_name: &str) -> Result<Role, cloud::Error> {
        self.account.create_service_linked_role(service_name).await
    }

    async fn delete(&self) -> Result<String, cloud::Error> {
        self.account.delete_service_linked_role(self.role_name).await
    }

    fn last_call(&self) -> CallProgress {
        self.account.last_call()
    }

    async fn deletion_task(&self, task_id: &str) -> Result<DeletionTask, cloud::Error> {
        self.account.get_service_linked_role_deletion_status(task_id).await
    }
}

/// A RAM that answers as a test has written down.
#[cfg(test)]
pub(super) mod script {
    use std::{
        collections::VecDeque,
        sync::{Mutex, PoisonError},
    };

    use jiff::SignedDuration;
    use tokio::time::Instant;

    use super::*;
    use crate::cloud::{api::resource_manager::DeletionStatus, error::ApiError};

    pub(crate) const ROLE: &str = "AliyunServiceRoleForMssp";
    pub(crate) const ACCOUNT: &str = "1234567890123456";
    pub(crate) const SERVICE: &str = "mssp.aliyuncs.com";

    /// How far a create or delete has come that never ends.
    pub(crate) type StuckAt = fn() -> CallProgress;

    /// One scripted response; `None` for one that never comes.
    pub(crate) type ScriptedResponse<T> = fn() -> Option<Result<T, cloud::Error>>;

    /// Answers of one action in order; the last one stays.
    struct Answers<T>(Mutex<VecDeque<ScriptedResponse<T>>>);

    impl<T> Answers<T> {
        fn of(responses: &[ScriptedResponse<T>]) -> Self {
            Self(Mutex::new(responses.iter().copied().collect()))
        }

        async fn next(&self) -> Result<T, cloud::Error> {
            let next = {
                let mut responses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if responses.len() > 1 { responses.pop_front() } else { responses.front().copied() }
            };
            match next.expect("the script has an answer")() {
                Some(response) => response,
                None => std::future::pending().await,
            }
        }
    }

    /// The script, and which actions were asked for.
    pub(crate) struct Script {
        looks: Answers<Role>,
        creates: Answers<Role>,
        deletes: Answers<String>,
        tasks: Answers<DeletionTask>,
        change: StuckAt,
        calls: Mutex<Vec<&'static str>>,
        began: Instant,
    }

    impl Script {
        pub(crate) fn new(looks: &[ScriptedResponse<Role>]) -> Self {
            Self {
                looks: Answers::of(looks),
                creates: Answers::of(&[]),
                deletes: Answers::of(&[]),
                tasks: Answers::of(&[]),
                change: || CallProgress::Sent,
                calls: Mutex::default(),
                began: Instant::now(),
            }
        }

        pub(crate) fn creating(self, creates: &[ScriptedResponse<Role>]) -> Self {
            Self { creates: Answers::of(creates), ..self }
        }

        pub(crate) fn deleting(
            self,
            deletes: &[ScriptedResponse<String>],
            tasks: &[ScriptedResponse<DeletionTask>],
        ) -> Self {
            Self { deletes: Answers::of(deletes), tasks: Answers::of(tasks), ..self }
        }

        /// Where a create or delete is that never ends.
        pub(crate) fn stuck(self, change: StuckAt) -> Self {
            Self { change, ..self }
        }

        /// How often an action was asked for.
        pub(crate) fn count(&self, action: &str) -> usize {
            let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.iter().filter(|call| **call == action).count()
        }

        fn called(&self, action: &'static str) {
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(action);
        }
    }

    impl Ram for Script {
        fn now(&self) -> Timestamp {
            let passed = SignedDuration::try_from(self.began.elapsed()).expect("a test is short");
            now() + passed
        }

        async fn get_role(&self) -> Result<Role, cloud::Error> {
            self.called("look");
            self.looks.next().await
        }

        async fn template(&self, service_name: &str) -> Result<ServiceLinkedRoleTemplate, cloud::Error> {
            assert_eq!(service_name, SERVICE);
            Err(refusal(403, "NoPermission"))
        }

        fn last_call(&self) -> CallProgress {
            (self.change)()
        }

        async fn create(&self, _service_name: &str) -> Result<Role, cloud::Error> {
            self.called("create");
            self.creates.next().await
        }

        async fn delete(&self) -> Result<String, cloud::Error> {
            self.called("delete");
            self.deletes.next().await
        }

        async fn deletion_task(&self, task_id: &str) -> Result<DeletionTask, cloud::Error> {
            assert_eq!(task_id, "task/1");
            self.called("task");
            self.tasks.next().await
        }
    }

    /// The time at which every script begins.
    pub(crate) fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().expect("a date")
    }

    pub(crate) fn role(role_id: &str, create_date: &str) -> Role {
        Role {
            role_name: ROLE.to_owned(),
            role_id: role_id.to_owned(),
            arn: format!("acs:ram::{ACCOUNT}:role/{}", ROLE.to_lowercase()),
            create_date: Some(create_date.to_owned()),
            ..Role::default()
        }
    }

    /// Ours, made when the script began.
    pub(crate) fn ours() -> Option<Result<Role, cloud::Error>> {
        Some(Ok(role("7", "2026-01-01T00:00:00Z")))
    }

    /// One of the same name that was there before.
    pub(crate) fn older() -> Option<Result<Role, cloud::Error>> {
        Some(Ok(role("6", "2025-01-01T00:00:00Z")))
    }

    /// One of the same name with another ID.
    pub(crate) fn remade() -> Option<Result<Role, cloud::Error>> {
        Some(Ok(role("8", "2026-01-01T00:00:00Z")))
    }

    pub(crate) fn elsewhere() -> Option<Result<Role, cloud::Error>> {
        let arn = "acs:ram::2222222222222222:role/other".to_owned();
        Some(Ok(Role { arn, ..role("7", "2026-01-01T00:00:00Z") }))
    }

    pub(crate) fn absent<T>() -> Option<Result<T, cloud::Error>> {
        Some(Err(refusal(404, "EntityNotExist.Role")))
    }

    pub(crate) fn exists<T>() -> Option<Result<T, cloud::Error>> {
        Some(Err(cloud::Error::AlreadyExists(api(409, "EntityAlreadyExists.Role"))))
    }

    pub(crate) fn denied<T>() -> Option<Result<T, cloud::Error>> {
        Some(Err(refusal(403, "NoPermission")))
    }

    /// HTTP 500: the request may have had its effect.
    pub(crate) fn lost<T>() -> Option<Result<T, cloud::Error>> {
        Some(Err(refusal(500, "InternalError")))
    }

    pub(crate) fn never<T>() -> Option<Result<T, cloud::Error>> {
        None
    }

    pub(crate) fn started() -> Option<Result<String, cloud::Error>> {
        Some(Ok("task/1".to_owned()))
    }

    pub(crate) fn in_progress() -> Option<Result<DeletionTask, cloud::Error>> {
        task(DeletionStatus::InProgress)
    }

    pub(crate) fn succeeded() -> Option<Result<DeletionTask, cloud::Error>> {
        task(DeletionStatus::Succeeded)
    }

    pub(crate) fn failed() -> Option<Result<DeletionTask, cloud::Error>> {
        task(DeletionStatus::Failed)
    }

    pub(crate) fn broken() -> Option<Result<DeletionTask, cloud::Error>> {
        task(DeletionStatus::InternalError)
    }

    pub(crate) fn purged() -> Option<Result<DeletionTask, cloud::Error>> {
        Some(Err(refusal(404, "EntityNotExist.ServiceLinkedRole.DeletionTask")))
    }

    fn task(status: DeletionStatus) -> Option<Result<DeletionTask, cloud::Error>> {
        Some(Ok(DeletionTask { status, reason: None, request_id: None }))
    }

    pub(crate) fn refusal(http_status: u16, code: &str) -> cloud::Error {
        match http_status {
            403 => cloud::Error::Denied(api(http_status, code)),
            404 => cloud::Error::NotFound(api(http_status, code)),
            _ => cloud::Error::Unavailable(api(http_status, code)),
        }
    }

    fn api(http_status: u16, code: &str) -> Box<ApiError> {
        Box::new(ApiError {
            action: "Action",
            http_status,
            code: code.to_owned(),
            message: format!("the message of {code}"),
            ..ApiError::default()
        })
    }
}
