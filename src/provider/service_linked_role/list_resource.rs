//! The list resource `mss_service_linked_role`: finds the roles of MSS in one or several accounts, for
//! `terraform query`.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | list | GetRole for each role; AssumeRole for each other account; ListAccounts with `all_accounts` | `ram:GetRole`, `sts:AssumeRole`, `resourcemanager:ListAccounts` |

use std::{collections::VecDeque, sync::Arc};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    diagnostics as text,
    model::Model,
    survey::{AccountSurvey, survey},
};
use crate::{
    framework::{
        diagnostics::{Diagnostic, Diagnostics, Severity},
        list_resource::{ListResource, ListResult},
        resource::CancellationToken,
        schema::Schema,
        value::Object,
    },
    provider::{
        accounts::{Failure, Selection, left_out},
        session::Session,
    },
};

/// The list resource `mss_service_linked_role`, over the session of the provider.
pub(in crate::provider) struct ServiceLinkedRoleListResource {
    session: Arc<Session>,
}

impl ServiceLinkedRoleListResource {
    pub(in crate::provider) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

impl ListResource for ServiceLinkedRoleListResource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_role"
    }

    fn schema(&self) -> Schema {
        let attributes = Vec::from(Selection::attributes());
        Schema { version: 0, description: DESCRIPTION, attributes }
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        Selection::validate(config)
    }

    fn list(&self, config: Object, stop: CancellationToken) -> BoxStream<'static, ListResult> {
        let selection = Selection::of(&config);
        let alone = match &selection {
            Selection::Caller => true,
            Selection::These(account_ids) => account_ids.len() == 1,
            Selection::All => false,
        };
        let every_member = selection == Selection::All;
        let surveyed = survey(self.session.current(), selection, stop);
        let search = Search {
            surveyed,
            alone,
            every_member,
            ready: VecDeque::new(),
            closed: Vec::new(),
            searched: 0,
            failed: 0,
        };
        stream::unfold(search, |mut search| async move { Some((search.next().await?, search)) }).boxed()
    }
}

/// A search under way, account by account.
struct Search {
    surveyed: BoxStream<'static, Result<(String, AccountSurvey), Failure>>,
    /// Whether there is but one account.
    alone: bool,
    /// Whether accounts that cannot be entered are reported together, at the end.
    every_member: bool,
    ready: VecDeque<ListResult>,
    closed: Vec<String>,
    searched: usize,
    failed: usize,
}

impl Search {
    async fn next(&mut self) -> Option<ListResult> {
        loop {
            if let Some(result) = self.ready.pop_front() {
                return Some(result);
            }
            match self.surveyed.next().await {
                Some(Ok((account_id, roles))) => {
                    self.searched += 1;
                    self.ready.extend(roles_of(&account_id, roles));
                }
                Some(Err(failure)) => self.failed(failure),
                None => return self.ended(),
            }
        }
    }

    /// One account that could not be searched.
    fn failed(&mut self, failure: Failure) {
        let diagnostic = failure.diagnostic;
        match failure.closed {
            Some(account_id) if self.every_member => self.closed.push(account_id),
            _ if self.alone || failure.is_everything => {
                self.ready.push_back(ListResult::Diagnostic(diagnostic))
            }
            _ => {
                self.failed += 1;
                let warning = Diagnostic { severity: Severity::Warning, ..diagnostic };
                self.ready.push_back(ListResult::Diagnostic(warning));
            }
        }
    }

    /// What is left to report after the last account.
    fn ended(&mut self) -> Option<ListResult> {
        let failed = std::mem::take(&mut self.failed) + self.closed.len();
        if let Some(warning) = left_out(&std::mem::take(&mut self.closed)) {
            self.failed = failed;
            return Some(ListResult::Diagnostic(warning));
        }
        let nothing = self.searched == 0 && failed > 0;
        nothing.then(|| ListResult::Diagnostic(text::nothing_searched(failed)))
    }
}

fn roles_of(account_id: &str, roles: AccountSurvey) -> impl Iterator<Item = ListResult> {
    roles.into_iter().filter_map(move |(known, role)| {
        let state = Model::default().refreshed(role?).into_object();
        Some(ListResult::Object {
            display_name: format!("{} in account {account_id}", known.role_name),
            state,
        })
    })
}

const DESCRIPTION: &str = "Finds the service-linked roles of MSS that exist in one or several accounts, for \
`terraform query`: to see them, and to bring them under Terraform with generated configuration.";
