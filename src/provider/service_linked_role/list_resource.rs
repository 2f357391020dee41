//! The list resource `mss_service_linked_role`: finds the roles of MSS in one or several accounts, for
//! `terraform query`.
//!
//! | Operation | API actions | Permissions |
//! |---|---|---|
//! | list | GetRole for each role; AssumeRole for each other account | `ram:GetRole`, `sts:AssumeRole` |

use std::{collections::VecDeque, sync::Arc};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    diagnostics as text,
    model::Model,
    survey::{Surveyed, account_ids, account_ids_of, survey},
};
use crate::{
    framework::{
        diagnostics::{Diagnostic, Severity},
        list_resource::{ListResource, Listed},
        resource::CancellationToken,
        schema::Schema,
        value::Object,
    },
    provider::session::Session,
};

/// The list resource type.
pub struct ServiceLinkedRoleListResource {
    session: Arc<Session>,
}

impl ServiceLinkedRoleListResource {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

impl ListResource for ServiceLinkedRoleListResource {
    fn type_name(&self) -> &'static str {
        "mss_service_linked_role"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![account_ids(
            "IDs of the accounts to search, digits only. Default: the account of the provider's credentials \
             alone. An account that cannot be searched is a warning, and the others are listed.",
        )];
        Schema { version: 0, description: DESCRIPTION, attributes }
    }

    fn list(&self, config: Object, stop: CancellationToken) -> BoxStream<'static, Listed> {
        let account_ids = account_ids_of(&config);
        let search = Search {
            alone: account_ids.as_ref().is_none_or(|account_ids| account_ids.len() == 1),
            surveyed: survey(self.session.current(), account_ids, stop),
            ready: VecDeque::new(),
            searched: 0,
            failed: 0,
        };
        stream::unfold(search, |mut search| async move { Some((search.next().await?, search)) }).boxed()
    }
}

/// A search under way.
struct Search {
    surveyed: BoxStream<'static, Result<Surveyed, Diagnostic>>,
    /// Whether there is but one account.
    alone: bool,
    ready: VecDeque<Listed>,
    searched: usize,
    failed: usize,
}

impl Search {
    async fn next(&mut self) -> Option<Listed> {
        loop {
            if let Some(listed) = self.ready.pop_front() {
                return Some(listed);
            }
            match self.surveyed.next().await {
                Some(Ok(account)) => {
                    self.searched += 1;
                    self.ready.extend(roles_of(account));
                }
                Some(Err(diagnostic)) if self.alone => return Some(Listed::Told(diagnostic)),
                Some(Err(diagnostic)) => {
                    self.failed += 1;
                    let warning = Diagnostic { severity: Severity::Warning, ..diagnostic };
                    return Some(Listed::Told(warning));
                }
                None if self.searched == 0 && self.failed > 0 => {
                    let failed = std::mem::take(&mut self.failed);
                    return Some(Listed::Told(text::nothing_searched(failed)));
                }
                None => return None,
            }
        }
    }
}

fn roles_of(account: Surveyed) -> impl Iterator<Item = Listed> {
    let account_id = account.account_id;
    account.roles.into_iter().filter_map(move |(known, role)| {
        let state = Model::default().refreshed(role?).into_object();
        Some(Listed::Found { display_name: format!("{} in account {account_id}", known.role_name), state })
    })
}

const DESCRIPTION: &str = "Finds the service-linked roles of MSS that exist in one or several accounts, for \
`terraform query`: to see them, and to bring them under Terraform with generated configuration.";
