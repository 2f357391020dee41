//! What an action of a product is: its name, how sure we are of it, the permission that it needs, and
//! the function that carries it out.

use super::{
    fault::Kind,
    request::{ActionResult, Caller, Request},
    state::State,
};

/// A product of the cloud, with the actions that are emulated.
#[derive(Debug)]
pub(super) struct Product {
    /// Such as `Ram`, as Alibaba Cloud's API catalogue has it.
    pub(super) code: &'static str,
    /// The version of the API; every request names it, and it alone tells products apart.
    pub(super) version: &'static str,
    /// What error responses show as `HostId`.
    pub(super) host: &'static str,
    pub(super) actions: &'static [Action],
}

#[derive(Debug)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) strength: Strength,
    /// Such as `ram:GetRole`; `None` if whoever calls may.
    pub(super) permission: Option<&'static str>,
    pub(super) run: fn(&mut ActionCall<'_>) -> ActionResult,
}

impl Action {
    /// One that a page of Alibaba Cloud describes, with its permission.
    pub(super) const fn documented(
        name: &'static str,
        permission: &'static str,
        run: fn(&mut ActionCall<'_>) -> ActionResult,
    ) -> Self {
        Self { name, strength: Strength::Documented, permission: Some(permission), run }
    }
}

/// Where what we know of an action comes from, at its weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// A page of Alibaba Cloud describes parameters, response and errors.
    Documented,
    /// The official SDKs have it; no page was found.
    Sdk,
    /// A page or an SDK has it, but what matters about it is concluded from elsewhere.
    Inferred,
}

impl Strength {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Sdk => "SDK",
            Self::Inferred => "inferred",
        }
    }
}

/// One call in progress, past authentication: what an action works on.
#[derive(Debug)]
pub(super) struct ActionCall<'a> {
    pub(super) state: &'a mut State,
    pub(super) caller: &'a Caller,
    pub(super) request: &'a Request,
    /// What was asked to go wrong with it.
    pub(super) fault: Option<&'a Kind>,
}
