//! A program of the state machine: edits of a configuration, events outside, faults and commands, as data that
//! can be kept in a file.
//!
//! Every step means something in every situation: one that does not fit (a plan to apply where there is none) does
//! nothing. So a program stays a program when steps are taken out of it.

use serde::{Deserialize, Serialize};

/// What a run does, in order.
pub type Program = Vec<Step>;

/// An account of the emulated cloud.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// The one that the credentials belong to.
    Own,
    /// A member account.
    First,
    /// Another member account, which has an AccessKey too.
    Second,
}

impl Account {
    pub const ALL: [Self; 3] = [Self::Own, Self::First, Self::Second];

    /// Its ID.
    pub fn id(self) -> &'static str {
        match self {
            Self::Own => "1234567890123456",
            Self::First => "2222222222222222",
            Self::Second => "3333333333333333",
        }
    }
}

/// A service-linked role of MSS.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Mssp,
    Esa,
    /// The one whose deletion RAM alone decides about.
    AntiRansomware,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Mssp, Self::Esa, Self::AntiRansomware];

    /// Its name in RAM.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mssp => "AliyunServiceRoleForMssp",
            Self::Esa => "AliyunServiceRoleForESAMssp",
            Self::AntiRansomware => "AliyunServiceRoleForAntiRansomwareMssp",
        }
    }

    /// Its trusted service.
    pub fn service_name(self) -> &'static str {
        match self {
            Self::Mssp => "mssp.aliyuncs.com",
            Self::Esa => "esa.mssp.aliyuncs.com",
            Self::AntiRansomware => "antiransomware.mssp.aliyuncs.com",
        }
    }
}

/// The deletion policies that a configuration can name.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    Delete,
    Abandon,
    DeleteOrAbandon,
    Prevent,
}

impl Policy {
    /// As a configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Abandon => "abandon",
            Self::DeleteOrAbandon => "delete_or_abandon",
            Self::Prevent => "prevent",
        }
    }
}

/// Where a resource says that its role is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Left out: the account of the credentials.
    Default,
    /// Written down.
    Known(Account),
    /// From another resource: unknown until that one is created or updated.
    Computed(Account),
}

/// A `resource "mss_service_linked_role"` block.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its name; one letter.
    pub label: String,
    pub role: Role,
    pub place: Place,
    /// In the module `m` instead of the root.
    #[serde(default, skip_serializing_if = "is_default")]
    pub module: bool,
    /// Of the provider configuration `mss.other`; not in the module.
    #[serde(default, skip_serializing_if = "is_default")]
    pub alias: bool,
    /// With `for_each`: the account of each key; `place` is then of no account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keys: Vec<(String, Account)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub adopt: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: Option<Policy>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub service_name: bool,
    /// A longer `timeouts.read` than the others have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub patient: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub create_before_destroy: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub prevent_destroy: bool,
    /// With a `terraform_data` that depends on it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dependent: bool,
}

impl Block {
    pub fn new(label: &str, role: Role, place: Place) -> Self {
        Self {
            label: label.to_owned(),
            role,
            place,
            module: false,
            alias: false,
            keys: Vec::new(),
            adopt: false,
            policy: None,
            service_name: false,
            patient: false,
            create_before_destroy: false,
            prevent_destroy: false,
            dependent: false,
        }
    }
}

/// A change of one argument of a block.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Role(Role),
    Place(Place),
    Adopt(bool),
    Policy(Option<Policy>),
    ServiceName(bool),
    Patient(bool),
    CreateBeforeDestroy(bool),
    PreventDestroy(bool),
    Dependent(bool),
    Alias(bool),
}

/// Which credentials commands are given.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    Right,
    UnknownKey,
    WrongSecret,
    /// Those of [`Account::Second`].
    OfAnotherAccount,
}

/// A fault of the cloud, for the next command.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// As the emulator names it.
    pub kind: String,
    pub action: String,
    /// Which call of the action, from 1.
    pub nth: u64,
}

/// What a plan is made with.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub struct Options {
    #[serde(skip_serializing_if = "is_default")]
    pub destroy: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub refresh_only: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub no_refresh: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub target: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub replace: Option<String>,
}

impl Options {
    /// As a command line has them.
    pub fn arguments(&self) -> Vec<String> {
        let flag = |on: bool, text: &str| on.then(|| text.to_owned());
        let named = |name: &str, address: &Option<String>| {
            address.as_ref().map(|address| format!("-{name}={address}"))
        };
        let all = [
            flag(self.destroy, "-destroy"),
            flag(self.refresh_only, "-refresh-only"),
            flag(self.no_refresh, "-refresh=false"),
            named("target", &self.target),
            named("replace", &self.replace),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether a plan so made sees the whole of configuration and cloud.
    pub fn sees_all(&self) -> bool {
        !self.no_refresh && self.target.is_none()
    }
}

/// One step.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    // Edits.
    Add(Block),
    /// Takes a block out.
    Drop {
        label: String,
    },
    /// Puts a `removed` block in its place.
    Remove {
        label: String,
        destroy: bool,
    },
    Rename {
        label: String,
        to: String,
        moved: bool,
    },
    /// Into the module, or out of it.
    CrossModule {
        label: String,
        moved: bool,
    },
    AddKey {
        label: String,
        key: String,
        account: Account,
    },
    DropKey {
        label: String,
        key: String,
    },
    RenameKey {
        label: String,
        key: String,
        to: String,
        moved: bool,
    },
    SwapKeys {
        label: String,
        first: String,
        second: String,
    },
    Change {
        label: String,
        change: Change,
    },
    /// Sets `allowed_account_ids`.
    Allow(Option<Vec<Account>>),
    /// Takes `moved`, `removed` and `import` blocks out.
    Tidy,

    // Events.
    /// The console makes a role.
    Make {
        account: Account,
        role: Role,
    },
    /// The console deletes one.
    Delete {
        account: Account,
        role: Role,
    },
    /// The console deletes one and makes it again, with another ID.
    Remake {
        account: Account,
        role: Role,
    },
    Subscribe(Account),
    EndSubscription(Account),
    /// Takes a permission away from an account's identities; without one, gives all back.
    Deny {
        account: Account,
        permission: Option<String>,
    },
    Credentials(Credentials),
    Clock {
        seconds: i64,
    },
    Fault(Fault),

    // Commands.
    /// Makes a plan and keeps it.
    Plan(Options),
    /// Applies the kept plan.
    ApplyPlan,
    /// Plans and applies at once.
    Apply(Options),
    /// Plans and applies in one command, with Ctrl-C while the cloud holds a call.
    Interrupt {
        action: String,
        nth: u64,
        after: bool,
        options: Options,
    },
    Taint {
        address: String,
    },
    Untaint {
        address: String,
    },
    Import {
        address: String,
        account: Account,
        role: Role,
    },
    /// Carries out a way out that the last failed command has printed, and gives the command again.
    Follow {
        way: usize,
    },
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
