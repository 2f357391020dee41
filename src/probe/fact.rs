//! What the provider takes for true of Alibaba Cloud although no document says it: each fact with what it is
//! used for, and how an answer shows it.
//!
//! ARCHITECTURE.md lists the same facts; a test compares.

use serde_json::Value as Json;

use super::question::{ACCOUNTS, Answer, IDENTITY, POLICIES, Question, TEMPLATES, USER_STATUS};

/// A fact that is inferred.
pub(super) struct Fact {
    /// What is taken for true.
    pub(super) statement: &'static str,
    /// What answers tell about it.
    pub(super) look: Look,
}

/// How a fact is looked at.
pub(super) enum Look {
    /// By the answer to one question.
    At(Question, fn(&Answer) -> Verdict),
    /// By none that changes nothing: the test on a real account tells.
    NeedsChange,
    /// By nothing but a comparison with the console.
    NeedsConsole,
}

/// What an answer says of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is so.
    Holds(&'static str),
    /// It is not.
    Differs(&'static str),
    /// The answer does not show it.
    NotSeen(&'static str),
}

/// Every inferred fact.
pub(super) const FACTS: [Fact; 14] = [
    Fact {
        statement: "`AliyunServiceRoleForMssp` trusts the service `mssp.aliyuncs.com`",
        look: Look::At(TEMPLATES[0], |answer| {
            match text(answer, "/ServiceLinkedRoleTemplate/RoleNamePrefix") {
                Some("AliyunServiceRoleForMssp") => {
                    Verdict::Holds("the template of the service names the role")
                }
                Some(_) => Verdict::Differs("the template of the service names another role"),
                None => missing(answer, "EntityNotExist.Service", "the service does not exist"),
            }
        }),
    },
    Fact {
        statement: "The roles of MSS take no custom suffix",
        look: Look::At(TEMPLATES[0], |answer| {
            match answer.field("/ServiceLinkedRoleTemplate/MultipleRolesAllowed").and_then(Json::as_bool) {
                Some(false) => Verdict::Holds("the template allows one role"),
                Some(true) => Verdict::Differs("the template allows several roles"),
                None => Verdict::NotSeen("no template was shown"),
            }
        }),
    },
    Fact { statement: "GetCallerIdentity needs no permission", look: Look::At(IDENTITY, needs_none) },
    Fact {
        statement: "GetServiceLinkedRoleTemplate needs no permission",
        look: Look::At(TEMPLATES[0], needs_none),
    },
    Fact {
        statement: "One host serves accounts of the China site and of the international site",
        look: Look::At(USER_STATUS, |answer| match answer {
            Answer::Success(_) | Answer::Refused { .. } => {
                Verdict::Holds("the host answered for this account")
            }
            Answer::None(why) => Verdict::Differs(why),
        }),
    },
    Fact {
        statement: "MSS reports dates as `YYYY-MM-DD hh:mm:ss`",
        look: Look::At(USER_STATUS, |answer| match text(answer, "/Data/EndDate") {
            Some(date) if date.parse::<jiff::civil::DateTime>().is_ok() && date.len() == 19 => {
                Verdict::Holds("a date of that form")
            }
            Some(_) => Verdict::Differs("a date of another form"),
            None => Verdict::NotSeen("the account has no end date"),
        }),
    },
    Fact { statement: "The dates of MSS are in UTC+8", look: Look::NeedsConsole },
    Fact {
        statement: "A subscription is active unless its status is `NotEnabled` or its end has passed",
        look: Look::At(USER_STATUS, |answer| match text(answer, "/Data/Status") {
            Some("NotEnabled") => Verdict::Holds("NotEnabled"),
            Some("Enabled") => Verdict::Holds("Enabled"),
            Some("FirstLogin") => Verdict::Holds("FirstLogin"),
            Some(_) => Verdict::Differs("a status that is not documented"),
            None => Verdict::NotSeen("no status was shown"),
        }),
    },
    Fact {
        statement: "An answer of MSS with HTTP 200 and `Success: false` is a failure",
        look: Look::At(USER_STATUS, |answer| match answer.field("/Success").and_then(Json::as_bool) {
            Some(true) => Verdict::Holds("`Success` is true in a success"),
            Some(false) => Verdict::Differs("`Success` is false"),
            None => Verdict::NotSeen("`Success` is not there"),
        }),
    },
    Fact {
        statement: "ListAccounts shows members alone, not the management account",
        look: Look::At(ACCOUNTS, |answer| match answer {
            Answer::Success(_) => Verdict::NotSeen("compare the number of accounts with the console"),
            _ => Verdict::NotSeen("the account may not list a directory"),
        }),
    },
    Fact {
        statement: "System policies of the roles can be read by every account",
        look: Look::At(POLICIES[0], |answer| match answer {
            Answer::Success(_) => Verdict::Holds("the policy's versions were listed"),
            _ => missing(answer, "EntityNotExist.Policy", "the policy does not exist"),
        }),
    },
    Fact {
        statement: "A deletion that MSS refuses ends as a task with status FAILED",
        look: Look::NeedsChange,
    },
    Fact {
        statement: "RAM shows a role at most 2 minutes late after it was created or deleted",
        look: Look::NeedsChange,
    },
    Fact {
        statement: "A subscription does not keep `AliyunServiceRoleForAntiRansomwareMssp` from being deleted",
        look: Look::NeedsChange,
    },
];

fn text<'a>(answer: &'a Answer, pointer: &str) -> Option<&'a str> {
    answer.field(pointer).and_then(Json::as_str)
}

fn missing(answer: &Answer, code: &str, told: &'static str) -> Verdict {
    match answer {
        Answer::Refused { code: seen, .. } if seen == code => Verdict::Differs(told),
        _ => Verdict::NotSeen("the call was refused, or its answer is of another form"),
    }
}

fn needs_none(answer: &Answer) -> Verdict {
    match answer {
        Answer::Success(_) => Verdict::Holds("the call was allowed"),
        Answer::Refused { http_status: 403, .. } => Verdict::Differs("the call was denied"),
        _ => Verdict::NotSeen("the call was refused for another reason"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architecture_lists_the_same_facts() {
        let text = include_str!("../../ARCHITECTURE.md");
        let (_, section) = text.split_once("## Inferred facts").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let listed: Vec<_> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        let listed: Vec<_> =
            listed.iter().map(|line| line.split(" | ").next().unwrap().trim_start_matches("| ")).collect();
        assert_eq!(listed, FACTS.map(|fact| fact.statement));
    }

    #[test]
    fn an_answer_holds_a_fact_or_not() {
        let template = |name: &str| {
            Answer::Success(serde_json::json!({ "ServiceLinkedRoleTemplate": { "RoleNamePrefix": name } }))
        };
        let Look::At(_, look) = &FACTS[0].look else { panic!("the first fact is not looked at") };
        assert!(matches!(look(&template("AliyunServiceRoleForMssp")), Verdict::Holds(_)));
        assert!(matches!(look(&template("AliyunServiceRoleForMss")), Verdict::Differs(_)));
        let refused =
            |code: &str| Answer::Refused { http_status: 404, code: code.to_owned(), message: String::new() };
        assert!(matches!(look(&refused("EntityNotExist.Service")), Verdict::Differs(_)));
        assert!(matches!(look(&refused("NoPermission")), Verdict::NotSeen(_)));
    }
}
