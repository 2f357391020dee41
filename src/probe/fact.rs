//! What the provider takes for true of Alibaba Cloud although no document says it: each fact with what it is
//! used for, and how a response shows it.
//!
//! ARCHITECTURE.md lists the same facts; a test compares.

use serde_json::Value as Json;

use super::question::{ACCOUNTS, IDENTITY, POLICIES, ProbeResponse, Question, TEMPLATES, USER_STATUS};

/// A fact that no document states, and that the provider relies on.
pub(super) struct Fact {
    /// What is taken for true, word for word as in ARCHITECTURE.md.
    pub(super) statement: &'static str,
    /// How responses show whether it is so.
    pub(super) look: Look,
    /// The fields that decide it, and that the line of the call therefore leaves out.
    pub(super) fields: &'static [&'static str],
}

/// How a fact is looked at.
pub(super) enum Look {
    /// By what a success shows; a refusal shows nothing of it.
    AtValue(Question, fn(&Json) -> Verdict),
    /// By whether the call succeeds, or how it is refused; `None` if the refusal shows nothing of it.
    AtResponse(Question, fn(&ProbeResponse) -> Option<Verdict>),
    /// By none that changes nothing: only the test on a real account shows it.
    NeedsChange,
    /// By nothing but a comparison with the console.
    NeedsConsole,
}

/// What a response says of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is as the provider takes it.
    Holds(&'static str),
    /// It is not as the provider takes it.
    Differs(&'static str),
    /// The response does not show it.
    NotSeen(&'static str),
}

impl Fact {
    /// Whether a question of this name shows it.
    pub(super) fn is_about(&self, question: &str) -> bool {
        match self.look {
            Look::AtValue(of, _) | Look::AtResponse(of, _) => of.name == question,
            Look::NeedsChange | Look::NeedsConsole => false,
        }
    }
}

impl Look {
    /// What the responses show; `find` gives the response to a question.
    pub(super) fn verdict<'a>(&self, find: impl Fn(Question) -> Option<&'a ProbeResponse>) -> Verdict {
        match self {
            Self::AtValue(question, look) => {
                of_response(find(*question), |response| response.success().map(look))
            }
            Self::AtResponse(question, look) => of_response(find(*question), look),
            Self::NeedsChange => {
                Verdict::NotSeen("only a change would show it: run the test on a real account")
            }
            Self::NeedsConsole => Verdict::NotSeen("compare the console with `mss_subscription`"),
        }
    }
}

fn of_response(
    response: Option<&ProbeResponse>,
    look: impl Fn(&ProbeResponse) -> Option<Verdict>,
) -> Verdict {
    match response {
        Some(response) => look(response).unwrap_or_else(|| Verdict::NotSeen(response.why_not_seen())),
        None => Verdict::NotSeen("the call was not made"),
    }
}

/// Every inferred fact, in the order of ARCHITECTURE.md.
pub(super) const FACTS: [Fact; 14] = [
    Fact {
        statement: "`AliyunServiceRoleForMssp` trusts the service `mssp.aliyuncs.com`",
        look: Look::AtResponse(TEMPLATES[0], |response| match response {
            ProbeResponse::Success(_)
                if response.text("/ServiceLinkedRoleTemplate/RoleNamePrefix") == Some(ROLE) =>
            {
                Some(Verdict::Holds("the template of the service names the role"))
            }
            ProbeResponse::Success(_) => {
                Some(Verdict::Differs("the template of the service names another role"))
            }
            refused => refused
                .is_code("EntityNotExist.Service")
                .then_some(Verdict::Differs("the service does not exist")),
        }),
        fields: &["ServiceLinkedRoleTemplate.RoleNamePrefix"],
    },
    Fact {
        statement: "The roles of MSS take no custom suffix",
        look: Look::AtValue(TEMPLATES[0], |template| {
            match template.pointer("/ServiceLinkedRoleTemplate/MultipleRolesAllowed").and_then(Json::as_bool)
            {
                Some(false) => Verdict::Holds("the template allows one role"),
                Some(true) => Verdict::Differs("the template allows several roles"),
                None => Verdict::NotSeen("the template does not say"),
            }
        }),
        fields: &["ServiceLinkedRoleTemplate.MultipleRolesAllowed"],
    },
    Fact {
        statement: "GetCallerIdentity needs no permission",
        look: Look::AtResponse(IDENTITY, needs_no_permission),
        fields: &[],
    },
    Fact {
        statement: "GetServiceLinkedRoleTemplate needs no permission",
        look: Look::AtResponse(TEMPLATES[0], needs_no_permission),
        fields: &[],
    },
    Fact {
        statement: "One host serves accounts of the China site and of the international site",
        look: Look::AtResponse(USER_STATUS, |response| {
            let knows_the_account = response.success().is_some() || response.is_denied();
            knows_the_account.then_some(Verdict::Holds("the host knows this account"))
        }),
        fields: &[],
    },
    Fact {
        statement: "MSS reports dates as `YYYY-MM-DD hh:mm:ss`",
        look: Look::AtValue(USER_STATUS, |status| match text(status, "/Data/EndDate") {
            Some(date) if date.parse::<jiff::civil::DateTime>().is_ok() && date.len() == 19 => {
                Verdict::Holds("a date of that form")
            }
            Some(_) => Verdict::Differs("a date of another form"),
            None => Verdict::NotSeen("the account has no end date"),
        }),
        fields: &[],
    },
    Fact { statement: "The dates of MSS are in UTC+8", look: Look::NeedsConsole, fields: &[] },
    Fact {
        statement: "A subscription is active if MSS reports a status other than `NotEnabled` and its end has not passed",
        look: Look::AtValue(USER_STATUS, |status| match text(status, "/Data/Status") {
            Some("NotEnabled") => Verdict::Holds("NotEnabled"),
            Some("Enabled") => Verdict::Holds("Enabled"),
            Some("FirstLogin") => Verdict::Holds("FirstLogin"),
            Some(_) => Verdict::Differs("a status that is not documented"),
            None => Verdict::NotSeen("the response has no status"),
        }),
        fields: &[],
    },
    Fact {
        statement: "An answer of MSS with HTTP 200 and `Success: false` is a failure",
        look: Look::AtValue(USER_STATUS, |status| match status.get("Success").and_then(Json::as_bool) {
            Some(true) => Verdict::Holds("`Success` is true in a success"),
            Some(false) => Verdict::Differs("`Success` is false"),
            None => Verdict::NotSeen("the response has no `Success`"),
        }),
        fields: &[],
    },
    Fact {
        statement: "ListAccounts shows only members, not the management account",
        look: Look::AtValue(ACCOUNTS, |_| {
            Verdict::NotSeen("compare the number of accounts with the console")
        }),
        fields: &[],
    },
    Fact {
        statement: "System policies of the roles can be read by every account",
        look: Look::AtResponse(POLICIES[0], |response| match response {
            ProbeResponse::Success(_) => Some(Verdict::Holds("the policy's versions were listed")),
            refused => refused
                .is_code("EntityNotExist.Policy")
                .then_some(Verdict::Differs("the policy does not exist")),
        }),
        fields: &[],
    },
    Fact {
        statement: "A deletion that MSS refuses ends as a task with status FAILED",
        look: Look::NeedsChange,
        fields: &[],
    },
    Fact {
        statement: "RAM shows a role at most 2 minutes late after it was created or deleted",
        look: Look::NeedsChange,
        fields: &[],
    },
    Fact {
        statement: "A subscription does not keep `AliyunServiceRoleForAntiRansomwareMssp` from being deleted",
        look: Look::NeedsChange,
        fields: &[],
    },
];

const ROLE: &str = "AliyunServiceRoleForMssp";

fn text<'a>(value: &'a Json, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Json::as_str)
}

fn needs_no_permission(response: &ProbeResponse) -> Option<Verdict> {
    match response {
        ProbeResponse::Success(_) => Some(Verdict::Holds("the call was allowed")),
        refused => refused.is_denied().then_some(Verdict::Differs("the call was denied")),
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

    fn refused(code: &str, is_denied: bool) -> ProbeResponse {
        ProbeResponse::Refused { http_status: 404, code: code.to_owned(), message: String::new(), is_denied }
    }

    fn verdict(fact: &Fact, response: &ProbeResponse) -> Verdict {
        fact.look.verdict(|_| Some(response))
    }

    #[test]
    fn an_answer_holds_a_fact_or_not() {
        let template = |name: &str| {
            ProbeResponse::Success(
                serde_json::json!({ "ServiceLinkedRoleTemplate": { "RoleNamePrefix": name } }),
            )
        };
        let trust = &FACTS[0];
        assert!(matches!(verdict(trust, &template("AliyunServiceRoleForMssp")), Verdict::Holds(_)));
        assert!(matches!(verdict(trust, &template("AliyunServiceRoleForMss")), Verdict::Differs(_)));
        assert!(matches!(verdict(trust, &refused("EntityNotExist.Service", false)), Verdict::Differs(_)));
        let denied = refused("NoPermission", true);
        assert_eq!(verdict(trust, &denied), Verdict::NotSeen("the call was denied"));
        assert_eq!(verdict(&FACTS[2], &denied), Verdict::Differs("the call was denied"));
    }

    /// Whatever a call without a success says of a fact, it says nothing about values that it does not have.
    #[test]
    fn without_a_success_no_value_is_spoken_of() {
        let unseen = [
            (refused("NoPermission", true), "the call was denied"),
            (refused("EntityNotExists.ResourceDirectory", false), "the call was refused"),
            (ProbeResponse::None("the host could not be reached"), "the host could not be reached"),
        ];
        for fact in FACTS.iter().filter(|fact| matches!(fact.look, Look::AtValue(..))) {
            for (response, why) in &unseen {
                assert_eq!(verdict(fact, response), Verdict::NotSeen(why), "{}", fact.statement);
            }
        }
    }
}
