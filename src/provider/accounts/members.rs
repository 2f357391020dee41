//! Every member account of the resource directory.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use crate::{
    cloud::{
        self, AccountClient, Client,
        api::resource_directory::{Account, AccountsResponse, LARGEST_PAGE, NO_DIRECTORY},
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

/// Lists them: one call for each hundred, and the same again where there is more than one page.
///
/// # Errors
/// A caller who may not list, no directory, one that changes all the time, or any failed call.
pub(super) async fn members(client: &Client, stop: &CancellationToken) -> Result<Members, Diagnostic> {
    let listing = async {
        let caller = client.account(None).await?;
        // The reason of a failure decides what to say of it: not what `look` says.
        Ok(whole_list(&caller).await)
    };
    match look("the accounts of the resource directory", stop, listing).await? {
        Ok(Some(members)) => Ok(members),
        Ok(None) => Err(changing()),
        Err(error) => Err(not_listed(&error)),
    }
}

/// Lists until a list is whole. Accounts that join or leave between two pages move others from page
/// to page: a member that a list lacks would lose its roles with the next apply. Where one leaves while another joins,
/// each page looks right by itself, so that several pages count only if two lists in a row agree.
async fn whole_list(caller: &AccountClient) -> Result<Option<Members>, cloud::Error> {
    let mut earlier = None;
    for _ in 0..ATTEMPTS {
        let list = one_list(caller).await?;
        match list {
            Some(list) if list.is_one_page() || list.agrees_with(earlier.as_ref()) => {
                return Ok(Some(list.members));
            }
            list => earlier = list,
        }
    }
    Ok(None)
}

/// One walk over the pages; `None` if they do not fit together.
async fn one_list(caller: &AccountClient) -> Result<Option<List>, cloud::Error> {
    let mut list = List::default();
    for page_number in 1..=PAGES_LIMIT {
        if let ControlFlow::Break(whole) = list.add(caller.list_accounts(page_number).await?) {
            return Ok(whole.then_some(list));
        }
    }
    Ok(None)
}

/// The pages of one walk, put together.
#[derive(Default)]
struct List {
    members: Members,
    seen: u64,
    pages: u64,
    /// How many members each page has reported; they differ where the directory changes.
    totals: BTreeSet<Option<u64>>,
}

impl List {
    /// Adds a page; breaks after the last, with whether the list is whole.
    fn add(&mut self, page: AccountsResponse) -> ControlFlow<bool> {
        let on_page = page.accounts.account.len();
        self.pages += 1;
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

    /// One response cannot contradict itself.
    fn is_one_page(&self) -> bool {
        self.pages == 1
    }

    fn agrees_with(&self, earlier: Option<&Self>) -> bool {
        earlier.is_some_and(|earlier| earlier.members.keys().eq(self.members.keys()))
    }
}

fn changing() -> Diagnostic {
    let what = "The provider listed the members of the resource directory several times, and no two lists in a \
                row agreed.";
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
            "Use credentials of one of these accounts, for example with `assume_role`, or name the accounts \
                 in the configuration instead."
                .to_owned()
        }
    };
    let summary = if is_without { "No resource directory to list" } else { "Accounts could not be listed" };
    Diagnostic::error(summary, paragraphs(&[what, &reason(error), who, &next]))
}

/// A directory changes seldom, and a list takes a second or two.
const ATTEMPTS: usize = 4;
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

    fn page(ids: std::ops::Range<u64>, total_count: Option<u64>) -> AccountsResponse {
        let account = |id: u64| Account { account_id: id.to_string(), ..Account::default() };
        AccountsResponse { accounts: Accounts { account: ids.map(account).collect() }, total_count }
    }

    /// How the walk over these pages ends: the number of members, or that they do not fit together.
    fn walk(pages: Vec<AccountsResponse>) -> Option<usize> {
        let mut list = List::default();
        for page in pages {
            if let ControlFlow::Break(whole) = list.add(page) {
                return whole.then_some(list.members.len());
            }
        }
        panic!("the list did not end");
    }

    #[test]
    fn of_several_pages_two_lists_in_a_row_agree() {
        let list = |pages: Vec<AccountsResponse>| {
            let mut list = List::default();
            let ended = pages.into_iter().try_fold((), |(), page| list.add(page));
            assert_eq!(ended, ControlFlow::Break(true));
            list
        };
        assert!(list(vec![page(0..40, Some(40))]).is_one_page());
        let (first, same) =
            [150, 150].map(|end| list(vec![page(0..100, Some(150)), page(100..end, Some(150))])).into();
        assert!(same.agrees_with(Some(&first)) && !same.is_one_page() && !same.agrees_with(None));
        // The first one left, so that the one at 100 moved to the page that was read already; another joined at the end.
        let torn = list(vec![page(0..100, Some(150)), page(101..151, Some(150))]);
        assert!(!same.agrees_with(Some(&torn)) && !torn.agrees_with(Some(&first)));
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
