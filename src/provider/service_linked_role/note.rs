//! What a plan leaves for later in the private data of an object, as JSON that nobody else reads.
//!
//! | Who reads it | What |
//! |---|---|
//! | the second plan of a replacement | the role that the first plan would replace |
//! | the apply of a destroy | what the plan said it would do |
//! | from Terraform 1.16 the plan during apply | what the plan said it would create or adopt |

use serde::{Deserialize, Serialize};

use super::model::Model;
use crate::{framework::value::Knowable, provider::run::PlanNumber};

/// The private data of a plan.
#[derive(Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(super) struct Note {
    /// The object as it was before the plan, which may become a replacement.
    pub(super) prior: Option<Prior>,
    /// What the plan showed of the role that comes.
    pub(super) shown: Option<PlannedTake>,
    /// What the plan showed of the role that goes.
    pub(super) destroy: PlannedDestroy,
    /// The plan during apply has found the role that was to be created.
    pub(super) exists: bool,
}

impl Note {
    /// Data of another form, or none, is an empty note: nothing is known of an earlier plan.
    pub(super) fn read(private: &[u8]) -> Self {
        serde_json::from_slice(private).unwrap_or_default()
    }

    /// What the plan said that the destroy would do. A tainted object is planned once, as what comes: its
    /// destroy makes room for that.
    pub(super) fn planned_destroy(&self) -> PlannedDestroy {
        match (self.destroy, &self.shown) {
            (PlannedDestroy::Unsaid, Some(_)) => PlannedDestroy::Replace,
            (destroy, _) => destroy,
        }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        // Texts, numbers and flags always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The object that a replacement destroys.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Prior {
    pub(super) plan: u64,
    account_id: Option<String>,
    role_name: String,
    role_id: Option<String>,
    deletion_policy: Option<String>,
}

impl Prior {
    pub(super) fn of(prior: &Model, plan: PlanNumber) -> Self {
        Self {
            plan: plan.0,
            account_id: prior.account_id.clone().known(),
            role_name: prior.role_name().to_owned(),
            role_id: prior.role_id.clone().known(),
            deletion_policy: prior.deletion_policy.clone().known(),
        }
    }

    pub(super) fn plan(&self) -> PlanNumber {
        PlanNumber(self.plan)
    }

    /// The prior state, as far as a destroy needs it.
    pub(super) fn as_model(&self) -> Model {
        Model {
            role_name: Knowable::Known(self.role_name.clone()),
            account_id: self.account_id.clone().into(),
            role_id: self.role_id.clone().into(),
            deletion_policy: self.deletion_policy.clone().into(),
            ..Model::default()
        }
    }
}

/// What a plan shows of a role that is created or adopted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct PlannedTake {
    /// `None` while it is not known.
    pub(super) account_id: Option<String>,
    /// The role that is adopted; `None` for one that is created.
    pub(super) adopted_role_id: Option<String>,
    /// Whether the plan could not determine if the role exists, and left open what happens then.
    pub(super) left_open: bool,
}

impl PlannedTake {
    /// Whether the plan showed a create, and nothing else.
    pub(super) fn is_create(&self) -> bool {
        !self.left_open && self.adopted_role_id.is_none()
    }
}

/// What a plan said that its destroy would do.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PlannedDestroy {
    /// The plan said nothing: the deletion policy decides.
    #[default]
    Unsaid,
    /// Delete the role from the account.
    Delete,
    /// Leave the role in the account.
    Forget,
    /// Delete the role so that its successor can have its name.
    Replace,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let prior = Model { role_name: Knowable::Known("R".to_owned()), ..Model::default() };
        let note = Note {
            prior: Some(Prior::of(&prior, PlanNumber(7))),
            shown: Some(PlannedTake { account_id: None, adopted_role_id: None, left_open: true }),
            destroy: PlannedDestroy::Replace,
            exists: true,
        };
        assert_eq!(Note::read(&note.write()), note);
        for other in ["", "{}", "null", "[]", "{\"destroy\":\"explode\"}", "\u{0}"] {
            assert_eq!(Note::read(other.as_bytes()), Note::default(), "{other}");
        }
    }
}
