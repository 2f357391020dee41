//! Each response of the cloud beside that of an emulator in the same state, line by line.

use serde_json::{Value as Json, json};

use super::{
    fact::{FACTS, Fact, Verdict},
    question::{self, ProbeResponse, Question},
    report::{Line, LineOutcome, Report},
    shape::Shape,
};
use crate::{cloud::AccountClient, provider::service_linked_role::MSS_ROLES};

/// Asks every question about the account, one after another. `announce` gets the name of each before: a host that
/// holds the connection makes one of them take minutes.
pub(super) async fn ask_all(
    account: &AccountClient,
    announce: impl Fn(&str),
) -> Vec<(Question, ProbeResponse)> {
    let mut responses = Vec::new();
    for question in question::all() {
        announce(question.name);
        responses.push((question, question.ask(account).await));
    }
    responses
}

/// What an emulator has to hold to be in the state of the account that answered.
pub(super) fn seed(responses: &[(Question, ProbeResponse)]) -> Json {
    let succeeded =
        |question: Question| matches!(response(responses, question), Some(ProbeResponse::Success(_)));
    let roles = question::ROLES.into_iter().zip(MSS_ROLES).filter(|(question, _)| succeeded(*question));
    let roles: Vec<_> = roles.map(|(_, role)| role.role_name).collect();
    let members = usize::from(succeeded(question::ACCOUNTS));
    let user_status = response(responses, question::USER_STATUS);
    let status = user_status.and_then(|response| response.text("/Data/Status"));
    let status = status.filter(|status| STATUSES.contains(status)).unwrap_or("Enabled");
    let was_subscribed = user_status.and_then(|response| response.text("/Data/EndDate")).is_some();
    let account = json!({
        "access_keys": { KEY_ID: KEY_SECRET },
        "subscription": subscription(status, was_subscribed),
        "roles": roles,
    });
    json!({ "accounts": { "1234567890123456": account }, "members": members })
}

fn subscription(status: &str, was_subscribed: bool) -> Json {
    if status == "NotEnabled" && !was_subscribed {
        return json!({ "status": status });
    }
    json!({
        "status": status, "version": "mdrgaoji", "customer_type": "official", "instance_id": "1b7d5f0e-6c3a-4c1a-9d2e-7f0a5c3b1e22",
        "start_date": "2020-01-01 00:00:00", "end_date": "2099-01-01 00:00:00",
    })
}

fn response(responses: &[(Question, ProbeResponse)], wanted: Question) -> Option<&ProbeResponse> {
    responses.iter().find(|(question, _)| question.name == wanted.name).map(|(_, response)| response)
}

/// The report on what was seen, beside what the emulator said.
pub(super) fn compare(seen: &[(Question, ProbeResponse)], expected: &[(Question, ProbeResponse)]) -> Report {
    let pairs = seen.iter().zip(expected);
    let mut lines: Vec<_> =
        pairs.map(|((question, seen), (_, expected))| line(question.name, seen, expected)).collect();
    lines.extend(FACTS.iter().map(|fact| fact_line(fact, seen)));
    Report(lines)
}

fn line(name: &str, seen: &ProbeResponse, expected: &ProbeResponse) -> Line {
    let (seen, outcome) = match (seen, expected) {
        (ProbeResponse::Success(seen), ProbeResponse::Success(expected)) => {
            let shape = |response: &Json| Shape::of(response).without(&shown_by_facts(name));
            in_shape(&shape(seen).differences(&shape(expected)))
        }
        (ProbeResponse::None(question::OTHER_API), _) => (describe(seen), LineOutcome::Differs),
        // Neither shows what the emulator's response could be compared with.
        (ProbeResponse::None(_) | ProbeResponse::Refused { is_denied: true, .. }, _) => {
            (describe(seen), LineOutcome::Open)
        }
        (
            ProbeResponse::Refused { http_status, code, message, .. },
            ProbeResponse::Refused { http_status: status, code: as_code, message: text, .. },
        ) => {
            let outcome = if (http_status, code) == (status, as_code) {
                LineOutcome::Same
            } else {
                LineOutcome::Differs
            };
            // RAM puts the role's name into the text (observed); nothing depends on texts.
            let words = if message == text { "" } else { ", in other words" };
            (describe(seen) + words, outcome)
        }
        (seen, _) => (describe(seen), LineOutcome::Differs),
    };
    Line { fact: name.to_owned(), expected: describe(expected), seen, outcome }
}

/// The fields of a call that a fact speaks of: a difference is reported once.
fn shown_by_facts(name: &str) -> Vec<&'static str> {
    FACTS.iter().filter(|fact| fact.is_about(name)).flat_map(|fact| fact.fields).copied().collect()
}

fn in_shape(differences: &[String]) -> (String, LineOutcome) {
    match differences {
        [] => ("the same fields".to_owned(), LineOutcome::Same),
        found => (found.join("; "), LineOutcome::Differs),
    }
}

fn describe(response: &ProbeResponse) -> String {
    match response {
        ProbeResponse::Success(response) => format!("an answer of {} fields", Shape::of(response).len()),
        ProbeResponse::Refused { http_status, code, .. } => format!("HTTP {http_status} `{code}`"),
        ProbeResponse::None(why) => (*why).to_owned(),
    }
}

fn fact_line(fact: &Fact, seen: &[(Question, ProbeResponse)]) -> Line {
    let (seen, outcome) = match fact.look.verdict(|question| response(seen, question)) {
        Verdict::Holds(how) => (how, LineOutcome::Same),
        Verdict::Differs(how) => (how, LineOutcome::Differs),
        Verdict::NotSeen(why) => (why, LineOutcome::Open),
    };
    let (fact, seen) = (fact.statement.to_owned(), seen.to_owned());
    Line { fact, expected: "inferred".to_owned(), seen, outcome }
}

/// The documented values of a subscription's `Status`.
const STATUSES: [&str; 3] = ["NotEnabled", "FirstLogin", "Enabled"];
/// Of the emulator that is compared with; good for nothing else.
const KEY_ID: &str = "LTAI5tPROBE";
const KEY_SECRET: &str = "probe";

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> ProbeResponse {
        ProbeResponse::Refused {
            http_status: 404,
            code: code.to_owned(),
            message: message.to_owned(),
            is_denied: code == "NoPermission",
        }
    }

    #[test]
    fn other_words_are_no_difference_and_are_not_repeated() {
        let (seen, expected) = (refused("EntityNotExist.Role", "alice"), refused("EntityNotExist.Role", "x"));
        let same = line("GetRole", &seen, &expected);
        assert_eq!(
            (same.outcome, same.seen.as_str()),
            (LineOutcome::Same, "HTTP 404 `EntityNotExist.Role`, in other words")
        );
        let other = line("GetRole", &refused("EntityNotExist.User", "x"), &expected);
        assert_eq!(other.outcome, LineOutcome::Differs);
        let template = ProbeResponse::Success(json!({ "Role": { "RoleId": "3" } }));
        assert_eq!(line("GetRole", &template, &expected).outcome, LineOutcome::Differs);
    }

    #[test]
    fn what_was_not_to_be_seen_is_open() {
        let expected = ProbeResponse::Success(json!({ "Role": { "RoleId": "3" } }));
        let denied = line("GetRole", &refused("NoPermission", "x"), &expected);
        assert_eq!((denied.outcome, denied.seen.as_str()), (LineOutcome::Open, "HTTP 404 `NoPermission`"));
        let unreachable = line("GetRole", &ProbeResponse::None("the host could not be reached"), &expected);
        assert_eq!(unreachable.outcome, LineOutcome::Open);
        let other = line("GetRole", &ProbeResponse::None(question::OTHER_API), &expected);
        assert_eq!(other.outcome, LineOutcome::Differs, "something answered");
    }

    #[test]
    fn the_emulator_is_put_into_the_state_of_the_account() {
        let responses = vec![
            (question::ROLES[1], ProbeResponse::Success(json!({}))),
            (question::ROLES[0], refused("EntityNotExist.Role", "")),
            (question::USER_STATUS, ProbeResponse::Success(json!({ "Data": { "Status": "NotEnabled" } }))),
        ];
        let seed = seed(&responses);
        let account = &seed["accounts"]["1234567890123456"];
        assert_eq!(account["roles"], json!(["AliyunServiceRoleForESAMssp"]));
        assert_eq!(account["subscription"]["status"], "NotEnabled");
        assert_eq!(seed["members"], 0);
    }
}
