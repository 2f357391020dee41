//! The same question to each of many accounts, a few at a time.

use std::sync::Arc;

use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};

use super::selection::Selection;
use crate::{
    cloud::{self, AccountClient, Client},
    framework::{diagnostics::Diagnostic, resource::CancellationToken},
    provider::{layout::paragraphs, look::look, session::ConfiguredProvider},
};

/// What is asked of an account.
pub(in crate::provider) type Question<T> =
    fn(Client, AccountClient) -> BoxFuture<'static, Result<T, cloud::Error>>;

/// An account, or all of them, of which nothing is known.
#[derive(Debug)]
pub(in crate::provider) struct Failure {
    /// The account that could not be entered, if that is all that failed.
    pub(in crate::provider) closed: Option<String>,
    /// Whether no account could be asked at all.
    pub(in crate::provider) is_everything: bool,
    /// What failed, with the account in its text.
    pub(in crate::provider) diagnostic: Diagnostic,
}

/// Asks each account; the results come in the order of the account IDs. `what` is looked for, as in "the
/// service-linked roles".
pub(in crate::provider) fn look_into_each<T: Send + 'static>(
    configured: Arc<ConfiguredProvider>,
    selection: Selection,
    stop: CancellationToken,
    what: &'static str,
    question: Question<T>,
) -> BoxStream<'static, Result<(String, T), Failure>> {
    let search = async move {
        let whole = |diagnostic| Failure { closed: None, is_everything: true, diagnostic };
        let client = configured.client().map_err(whole)?.clone();
        let accounts = selection.account_ids(&client, &stop).await.map_err(whole)?;
        let one = move |account_id| look_into(client.clone(), account_id, stop.clone(), what, question);
        Ok::<_, Failure>(stream::iter(accounts).map(one).buffered(ACCOUNTS_AT_A_TIME))
    };
    search
        .into_stream()
        .map(|search| search.map_or_else(|failure| stream::iter([Err(failure)]).boxed(), StreamExt::boxed))
        .flatten()
        .boxed()
}

async fn look_into<T>(
    client: Client,
    account_id: Option<String>,
    stop: CancellationToken,
    what: &'static str,
    question: Question<T>,
) -> Result<(String, T), Failure> {
    let what = match &account_id {
        Some(account_id) => format!("{what} of account {account_id}"),
        None => format!("{what} of the caller's account"),
    };
    let mut closed = None;
    let search = async {
        let entered = client.identified_account(account_id.as_deref()).await;
        // Before the question is asked: an action that is denied in an account does not make it one that is closed.
        closed = entered.as_ref().err().and_then(closed_account);
        let (account_id, account) = entered?;
        Ok((account_id, question(client.clone(), account).await?))
    };
    look(&what, &stop, search).await.map_err(|diagnostic| Failure {
        closed,
        is_everything: false,
        diagnostic,
    })
}

/// The account whose role cannot be assumed, for good: it does not exist or does not trust the caller.
/// Whatever may pass by itself is not that.
fn closed_account(error: &cloud::Error) -> Option<String> {
    match error {
        cloud::Error::AssumeRole { account_id, source, .. } => match **source {
            cloud::Error::Denied(_) | cloud::Error::NotFound(_) => Some(account_id.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// All results, with one warning about the accounts that could not be entered if every member was
/// asked.
///
/// # Errors
/// Each failure; those of accounts that could not be entered only if they were named, or if no account could be entered.
pub(in crate::provider) async fn gather<T>(
    mut responses: BoxStream<'static, Result<(String, T), Failure>>,
    every_member: bool,
) -> Result<(Vec<(String, T)>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (mut found, mut closed, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(response) = responses.next().await {
        match response {
            Ok(response) => found.push(response),
            Err(Failure { closed: Some(account_id), diagnostic, .. }) if every_member => {
                closed.push((account_id, diagnostic))
            }
            Err(failure) => failed.push(failure.diagnostic),
        }
    }
    if found.is_empty() && failed.is_empty() {
        failed.extend(nothing_entered(&closed));
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    let closed: Vec<_> = closed.into_iter().map(|(account_id, _)| account_id).collect();
    Ok((found, left_out(&closed).into_iter().collect()))
}

/// An empty result would look as if there were nothing to find.
fn nothing_entered(closed: &[(String, Diagnostic)]) -> Option<Diagnostic> {
    let (_, first) = closed.first()?;
    let what = match closed.len() {
        1 => "The only account of the directory could not be entered:".to_owned(),
        count => format!("None of the directory's {count} accounts could be entered. The first error:"),
    };
    Some(Diagnostic::error("No account could be entered", paragraphs(&[&what, &first.detail])))
}

/// One warning about all accounts that could not be entered; `None` without any.
pub(in crate::provider) fn left_out(account_ids: &[String]) -> Option<Diagnostic> {
    if account_ids.is_empty() {
        return None;
    }
    let what = format!(
        "The member account role could not be assumed in {} of the directory's accounts. They are left out: {}.",
        account_ids.len(),
        account_ids.join(", ")
    );
    let next = "If they should be included, check that the role named by the provider's `member_account_role` exists in \
                them and trusts the account of the provider's credentials.";
    Some(Diagnostic::warning("Accounts were left out", paragraphs(&[&what, next])))
}

/// Enough to hide the latency of the cloud; throttling slows all of them down.
const ACCOUNTS_AT_A_TIME: usize = 16;

#[cfg(test)]
pub(in crate::provider) mod tests {
    use super::*;
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(in crate::provider) fn samples() -> Samples {
        let first = Diagnostic::error("Alibaba Cloud could not be read", "Reading the roles failed.");
        let accounts = ["1111111111111111".to_owned(), "2222222222222222".to_owned()];
        vec![
            ("nothing_entered", nothing_entered(&[(accounts[0].clone(), first)]).unwrap()),
            ("left_out", left_out(&accounts).unwrap()),
        ]
    }
}
