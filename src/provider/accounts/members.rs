//! Every member account of the resource directory.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use crate::{
    cloud::{
        self, AccountClient, Client,
        api::resource_directory::{Account, AccountsAnswer, LARGEST_PAGE, NO_DIRECTORY},
    },
    framework::{diagnostics::Diagnostic, resource::CancellationToken},
    provider::{
        diagnostics::{cloud_error, reason},
        layout::paragraphs,
        look::look,
    },
};

/// The members of the directory, by account ID.
pub(super) type Members = BTreeMap<String, Account>;

/// Lists them: one call for each hundred.
///
/// # Errors
/// A caller who may not list, no directory, one that changes all the time, or any failed call.
pub(super) async fn members(client: &Client, stop: &CancellationToken) -> Result<Members, Diagnostic> {
    let asked = async {
        let caller = client.account(None).await?;
        // The reason of a failure decides what to say of it: not what `look` says.
        Ok(whole_list(&caller).await)
    };
    match look("the accounts of the resource directory", stop, asked).await? {
        Ok(Some(members)) => Ok(members),
        Ok(None) => Err(changing()),
        Err(error) => Err(not_listed(&error)),
    }
}

/// Lists until a list is whole. Accounts that join or leave between two pages move others from page
/// to page: a member that a list lacks would lose its roles with the next apply.
async fn whole_list(caller: &AccountClient) -> Result<Option<Members>, cloud::Error> {
    for _ in 0..ATTEMPTS {
        if let Some(members) = one_list(caller).await? {
            return Ok(Some(members));
        }
    }
    Ok(None)
}

/// One walk over the pages; `None` if they do not fit together.
async fn one_list(caller: &AccountClient) -> Result<Option<Members>, cloud::Error> {
    let mut list = List::default();
    for page_number in 1..=PAGES_LIMIT {
        if let ControlFlow::Break(whole) = list.add(caller.list_accounts(page_number).await?) {
            return Ok(whole.then_some(list.members));
        }
    }
    Ok(None)
}

/// The pages of one walk, put together.
#[derive(Default)]
struct List {
    members: Members,
    seen: u64,
    /// How many members each page has reported; they differ where the directory changes.
    totals: BTreeSet<Option<u64>>,
}

impl List {
    /// Adds a page; breaks after the last, with whether the list is whole.
    fn add(&mut self, page: AccountsAnswer) -> ControlFlow<bool> {
        let on_page = page.accounts.account.len();
        self.seen += on_page as u64;
        self.totals.insert(page.total_count);
        self.members
            .extend(page.accounts.account.into_iter().map(|account| (account.account_id.clone(), account)));
        let last = on_page < LARGEST_PAGE || page.total_count.is_some_and(|total| self.seen >= total);
        if !last {
            return ControlFlow::Continue(());
        }
        let all = self.members.len() as u64 == page.total_count.unwrap_or(self.seen);
        // One that leaves moves the next to a page that was read already, and the count with it.
        ControlFlow::Break(all && self.totals.len() == 1)
    }
}

fn changing() -> Diagnostic {
    let what = "The members of the resource directory changed every time the provider listed them.";
    let next = "Run the same command again when no account is joining or leaving.";
    Diagnostic::error("Accounts could not be listed", paragraphs(&[what, next]))
}

fn not_listed(error: &cloud::Error) -> Diagnostic {
    let what = "The accounts of the resource directory could not be listed.";
    let is_without = NO_DIRECTORY.iter().any(|code| error.is_code(code));
    if !is_without && !matches!(error, cloud::Error::Denied(_)) {
        return cloud_error("Accounts could not be listed", what, error);
    }
    let who = "Only the management account of a resource directory can list its accounts, or a member that is a \
               delegated administrator of a trusted service.";
    let next = match error.denied_action() {
        Some(action) => format!(
            "Use credentials of one of these accounts, for example with `assume_role`, and allow them the action \
             `{action}`."
        ),
        None => {
            "Use credentials of one of these accounts, for example with `assume_role`, or list the accounts \
                 yourself in `account_ids`."
                .to_owned()
        }
    };
    let summary = if is_without { "No resource directory to list" } else { "Accounts could not be listed" };
    Diagnostic::error(summary, paragraphs(&[what, &reason(error), who, &next]))
}

/// A directory changes seldom, and a list takes a second or two.
const ATTEMPTS: usize = 3;
/// A hundred thousand accounts: more than any directory has.
const PAGES_LIMIT: u64 = 1_000;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cloud::api::resource_directory::Accounts;
    use crate::cloud::error::ApiError;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let error = |code: &str| {
            let code = code.to_owned();
            let api = ApiError { action: "ListAccounts", http_status: 404, code, ..ApiError::default() };
            cloud::Error::Refused(Box::new(api))
        };
        vec![
            ("changing", changing()),
            ("not_listed", not_listed(&error("InternalError"))),
            ("not_listed, no directory", not_listed(&error(NO_DIRECTORY[0]))),
            ("not_listed, denied", not_listed(&crate::provider::diagnostics::tests::denied())),
        ]
    }

    fn page(ids: std::ops::Range<u64>, total_count: Option<u64>) -> AccountsAnswer {
        let account = |id: u64| Account { account_id: id.to_string(), ..Account::default() };
        AccountsAnswer { accounts: Accounts { account: ids.map(account).collect() }, total_count }
    }

    /// How the walk over these pages ends: the number of members, or that they do not fit together.
    fn walk(pages: Vec<AccountsAnswer>) -> Option<usize> {
        let mut list = List::default();
        for page in pages {
            if let ControlFlow::Break(whole) = list.add(page) {
                return whole.then_some(list.members.len());
            }
        }
        panic!("the list did not end");
    }

    #[test]
    fn a_list_is_whole_or_none() {
        for (pages, expected) in [
            (vec![page(0..0, Some(0))], Some(0)),
            (vec![page(0..0, None)], Some(0)),
            (vec![page(0..100, Some(100))], Some(100)),
            (vec![page(0..100, Some(150)), page(100..150, Some(150))], Some(150)),
            (vec![page(0..100, None), page(100..130, None)], Some(130)),
            // One left: its successor moved to the page that had been read already.
            (vec![page(0..100, Some(150)), page(101..150, Some(149))], None),
            (vec![page(0..100, Some(150)), page(102..150, Some(149))], None),
            // One joined in front: the last of the first page is shown again.
            (vec![page(0..100, Some(150)), page(99..150, Some(151))], None),
            (vec![page(0..100, Some(200)), page(0..0, Some(200))], None),
        ] {
            assert_eq!(
                walk(pages.clone()),
                expected,
                "{:?}",
                pages.iter().map(|page| page.total_count).collect::<Vec<_>>()
            );
        }
    }
}
