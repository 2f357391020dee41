//! Looks a role up, and says what the answer is worth. "Not there" is an answer only if RAM says so by its
//! code, at the status that belongs to it; any other failure says nothing about the role.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::role_reference::RoleReference;
use crate::cloud::{self, AccountClient, api::resource_manager::Role};

/// The role, or `None` if RAM says that it does not exist.
///
/// # Errors
/// Any failure that leaves open whether the role exists.
pub(super) async fn find_role(
    account: &AccountClient,
    role_name: &str,
) -> Result<Option<Role>, cloud::Error> {
    match account.get_role(role_name).await {
        Ok(role) => Ok(Some(role)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What one look at RAM shows of a role.
#[derive(Debug)]
pub(super) enum LookResult {
    /// The role, in the account and under the name and ID that are expected.
    There(Role),
    /// The same with another ID: ours is gone, and someone has made this one.
    Remade(Role),
    /// RAM says that there is none.
    NotThere,
    /// A role of another name or account: the response is not about ours.
    Elsewhere(Role),
    /// A failure that says nothing about the role.
    Unclear(cloud::Error),
}

/// The role that a look is about.
#[derive(Clone, Debug)]
pub(super) struct ExpectedRole {
    pub(super) role_name: String,
    /// `None` while it is not known.
    pub(super) account_id: Option<String>,
    /// `None` if a role of any ID will do.
    pub(super) role_id: Option<String>,
}

impl ExpectedRole {
    /// The role, to be named in a text.
    pub(super) fn reference(&self) -> RoleReference<'_> {
        RoleReference { role_name: &self.role_name, account_id: self.account_id.as_deref() }
    }

    /// What the response of GetRole says of this role.
    pub(super) fn judge(&self, response: Result<Role, cloud::Error>) -> LookResult {
        match response {
            Ok(role) if self.is_elsewhere(&role) => LookResult::Elsewhere(role),
            Ok(role) if self.role_id.as_ref().is_some_and(|id| *id != role.role_id) => {
                LookResult::Remade(role)
            }
            Ok(role) => LookResult::There(role),
            Err(error) if is_absence(&error) => LookResult::NotThere,
            Err(error) => LookResult::Unclear(error),
        }
    }

    /// Whether a role has another name, or belongs to another account.
    pub(super) fn is_elsewhere(&self, role: &Role) -> bool {
        let other_account = self.account_id.as_deref().zip(role.account_id());
        role.role_name != self.role_name || other_account.is_some_and(|(expected, found)| expected != found)
    }
}

/// For how long every look that said anything has said that there is no role, by the cloud's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Absence {
    looks: Option<(Timestamp, Timestamp)>,
}

impl Absence {
    /// One more look that shows no role.
    pub(super) fn seen_at(&mut self, now: Timestamp) {
        let first = self.looks.map_or(now, |(first, _)| first);
        self.looks = Some((first, now));
    }

    /// Whether a look has shown no role since it was last shown.
    pub(super) fn has_begun(self) -> bool {
        self.looks.is_some()
    }

    /// Whether the looks agree for as long as RAM may show what was before. A single look never does.
    pub(super) fn outlasts_lag(self) -> bool {
        self.looks.is_some_and(|(first, last)| last.duration_since(first) >= SIGNED_LAG)
    }
}

/// Whether RAM says that a role does not exist.
pub(super) fn is_absence(error: &cloud::Error) -> bool {
    error.is_code(ROLE_DOES_NOT_EXIST) && error.http_status() == Some(404)
}

/// Whether RAM may not show a role yet, made at `create_date` (RFC 3339). One without a date, or with one
/// that no clock explains, counts as old.
pub(super) fn is_young(create_date: Option<&str>, now: Timestamp) -> bool {
    let created = create_date.and_then(|date| date.parse::<Timestamp>().ok());
    created.is_some_and(|created| now.duration_since(created).abs() < SIGNED_LAG)
}

/// For so long after a change RAM may show what was before (inferred: acceptance tests of the alicloud
/// provider poll for two minutes after a create).
pub(super) const RAM_LAG: Duration = Duration::from_secs(120);
const SIGNED_LAG: SignedDuration = SignedDuration::from_secs(RAM_LAG.as_secs().cast_signed());

/// RAM's code for a role that does not exist (documented).
const ROLE_DOES_NOT_EXIST: &str = "EntityNotExist.Role";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{api::arn::RoleArn, error::ApiError};

    fn role(role_name: &str, account_id: &str, role_id: &str) -> Role {
        Role {
            role_name: role_name.to_owned(),
            role_id: role_id.to_owned(),
            arn: RoleArn::of_service_linked(account_id, role_name),
            ..Role::default()
        }
    }

    fn refusal(http_status: u16, code: &str) -> cloud::Error {
        let api = ApiError { http_status, code: code.to_owned(), ..ApiError::default() };
        match http_status {
            500.. => cloud::Error::Unavailable(Box::new(api)),
            _ => cloud::Error::NotFound(Box::new(api)),
        }
    }

    #[test]
    fn an_answer_is_about_ours_or_not() {
        let ours = ExpectedRole {
            role_name: "R".to_owned(),
            account_id: Some("1".to_owned()),
            role_id: Some("7".to_owned()),
        };
        assert!(matches!(ours.judge(Ok(role("R", "1", "7"))), LookResult::There(_)));
        assert!(matches!(ours.judge(Ok(role("R", "1", "8"))), LookResult::Remade(_)));
        assert!(matches!(ours.judge(Ok(role("S", "1", "7"))), LookResult::Elsewhere(_)));
        assert!(matches!(ours.judge(Ok(role("R", "2", "7"))), LookResult::Elsewhere(_)));
        let any = ExpectedRole { account_id: None, role_id: None, ..ours };
        assert!(matches!(any.judge(Ok(role("R", "2", "8"))), LookResult::There(_)));
    }

    #[test]
    fn only_the_code_at_its_own_status_means_absence() {
        for (http_status, code, absent) in [
            (404, "EntityNotExist.Role", true),
            (404, "EntityNotExist.User", false),
            (404, "", false),
            (200, "EntityNotExist.Role", false),
            (403, "EntityNotExist.Role", false),
            (503, "EntityNotExist.Role", false),
        ] {
            assert_eq!(is_absence(&refusal(http_status, code)), absent, "{http_status} {code}");
        }
    }

    #[test]
    fn looks_agree_only_over_the_whole_lag() {
        let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut absence = Absence::default();
        assert!(!absence.has_begun() && !absence.outlasts_lag());
        for (seconds, outlasts) in [(0, false), (119, false), (120, true)] {
            absence.seen_at(begin + SignedDuration::from_secs(seconds));
            assert_eq!(absence.outlasts_lag(), outlasts, "{seconds}");
        }
        assert!(absence.has_begun());
    }

    #[test]
    fn young_until_ram_can_lag_no_longer() {
        let now: Timestamp = "2026-01-01T00:02:00Z".parse().unwrap();
        for (create_date, young) in [
            (Some("2026-01-01T00:00:01Z"), true),
            (Some("2026-01-01T00:00:00Z"), false),
            (Some("2026-01-01T00:03:00Z"), true),
            (Some("2027-01-01T00:00:00Z"), false),
            (Some("yesterday"), false),
            (None, false),
        ] {
            assert_eq!(is_young(create_date, now), young, "{create_date:?}");
        }
    }
}
