//! Everything that the emulated cloud holds: accounts, keys, sessions, deletion tasks, the clock,
//! the log of calls, and the faults that wait for one.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    account::{Account, Role, Subscription},
    catalog,
    directory::{Directory, MemberSettings, Membership},
    fault::Fault,
    policy::{Access, Policy},
    request::{Caller, Identity, Refusal, Request},
    seed::{RoleSettings, Seed, SeededAccount},
};

/// What is kept in the state file, and what a run alone knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) kept: Kept,
    pub(super) faults: Vec<Fault>,
    pub(super) calls: Vec<CallRecord>,
    /// Nonces, with the time they were used.
    nonces: HashMap<String, Timestamp>,
}

/// What survives a restart.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// Of the format.
    pub(super) version: u32,
    pub(super) clock_offset_seconds: i64,
    /// The account that the emulator announces.
    pub(super) management_account_id: String,
    /// The AccessKey of that account that the emulator announces.
    pub(super) first_access_key_id: String,
    /// `None` until there is a member or a folder.
    pub(super) directory: Option<Directory>,
    pub(super) accounts: BTreeMap<String, Account>,
    /// By AccessKey ID.
    pub(super) access_keys: BTreeMap<String, AccessKey>,
    /// By AccessKey ID.
    pub(super) sessions: BTreeMap<String, Session>,
    /// By task ID.
    pub(super) tasks: BTreeMap<String, Task>,
    pub(super) roles_made: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessKey {
    pub(super) account_id: String,
    pub(super) secret: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) account_id: String,
    pub(super) role_arn: String,
    pub(super) secret: String,
    pub(super) token: String,
    pub(super) expires_at: Timestamp,
}

/// A deletion task. It moves on each time somebody asks for it, so that tests see every status.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) account_id: String,
    pub(super) role_name: String,
    pub(super) status: TaskStatus,
    /// `Reason` of a failed task.
    pub(super) reason: Option<Json>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum TaskStatus {
    NotStarted,
    InProgress,
    Succeeded,
    Failed,
    InternalError,
}

impl TaskStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::InternalError)
    }
}

/// One call, as `GET /_emulator/calls` shows it from the moment that it has arrived.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CallRecord {
    pub(super) seq: usize,
    pub(super) time: Timestamp,
    pub(super) account: String,
    pub(super) action: String,
    pub(super) version: String,
    /// Without secrets.
    pub(super) parameters: BTreeMap<String, String>,
    /// HTTP status; 0 if no answer was sent.
    pub(super) http_status: u16,
    pub(super) code: Option<String>,
    pub(super) request_id: String,
    pub(super) user_agent: String,
    /// The kind of fault that changed the call.
    pub(super) fault: Option<String>,
}

impl State {
    /// A fresh cloud: what a seed says, or one account with a key and an active subscription.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn new(seed: &Seed) -> Result<Self, String> {
        let first = seed.accounts.first().map_or(DEFAULT_ACCOUNT, |(account_id, _)| account_id);
        let mut state = Self::empty(first);
        if !seed.folders.is_empty() {
            state.add_folders(seed)?;
        }
        if seed.accounts.is_empty() {
            state.make_account(DEFAULT_ACCOUNT, SeededAccount::default())?;
        }
        for (account_id, seeded) in &seed.accounts {
            state.make_account(account_id, seeded.clone())?;
        }
        for (account_id, settings) in &seed.members.0 {
            let member = SeededAccount { member: Some(settings.clone()), ..SeededAccount::default() };
            state.make_account(account_id, member)?;
        }
        state.choose_first_key();
        Ok(state)
    }

    fn empty(management_account_id: &str) -> Self {
        Self::restored(Kept {
            version: FORMAT_VERSION,
            clock_offset_seconds: 0,
            management_account_id: management_account_id.to_owned(),
            first_access_key_id: String::new(),
            directory: None,
            accounts: BTreeMap::new(),
            access_keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            tasks: BTreeMap::new(),
            roles_made: 0,
        })
    }

    fn add_folders(&mut self, seed: &Seed) -> Result<(), String> {
        let now = self.now();
        let directory = self.directory();
        seed.folders.iter().try_for_each(|folder| directory.add_folder(folder.clone(), now).map(|_| ()))
    }

    /// The first key of the management account, which gets one if it has none.
    fn choose_first_key(&mut self) {
        let management = self.kept.management_account_id.clone();
        let own = self.kept.access_keys.iter().find(|(_, key)| key.account_id == management);
        self.kept.first_access_key_id = match own {
            Some((id, _)) => id.clone(),
            None => {
                let key = AccessKey { account_id: management, secret: DEFAULT_SECRET.to_owned() };
                self.kept.access_keys.insert(DEFAULT_KEY.to_owned(), key);
                DEFAULT_KEY.to_owned()
            }
        };
    }

    /// The resource directory, which the first member or folder brings into being.
    pub(super) fn directory(&mut self) -> &mut Directory {
        let now = self.now();
        self.kept.directory.get_or_insert_with(|| Directory::new(now))
    }

    /// Makes an account; with an active subscription, if nothing else is said.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn make_account(&mut self, account_id: &str, seeded: SeededAccount) -> Result<(), String> {
        if !is_account_id(account_id) {
            return Err(format!("{account_id:?} is not an account ID: it is digits, as a text"));
        }
        if self.kept.accounts.contains_key(account_id) {
            return Err(format!("the account {account_id} is given twice, or exists already"));
        }
        let known = seeded.access_keys.keys().find(|id| self.kept.access_keys.contains_key(*id));
        if let Some(id) = known {
            return Err(format!("the AccessKey {id} is given twice, or exists already"));
        }
        let membership = self.new_membership(account_id, seeded.member, seeded.standalone)?;
        let account = Account {
            subscription: seeded.subscription.unwrap_or_else(|| Subscription::active(self.now())),
            denied: seeded.denied,
            policy: seeded.policy,
            membership,
            ..Account::default()
        };
        account.subscription.check()?;
        self.kept.accounts.insert(account_id.to_owned(), account);
        for (id, secret) in seeded.access_keys {
            self.kept.access_keys.insert(id, AccessKey { account_id: account_id.to_owned(), secret });
        }
        seeded.roles.into_iter().try_for_each(|role| self.make_role(account_id, role.0).map(|_| ()))
    }

    fn new_membership(
        &mut self,
        account_id: &str,
        member: Option<MemberSettings>,
        standalone: bool,
    ) -> Result<Option<Membership>, String> {
        let is_management = account_id == self.kept.management_account_id;
        match (is_management, member, standalone) {
            (true, Some(_), _) => Err(format!("{account_id} is the management account, not a member")),
            (_, Some(_), true) => Err(format!("{account_id} is either a member or stands alone")),
            (true, None, _) | (_, None, true) => Ok(None),
            (false, member, false) => {
                let now = self.now();
                self.directory().membership(account_id, member.unwrap_or_default(), None, now).map(Some)
            }
        }
    }

    /// A cloud from a state file.
    pub(super) fn restored(kept: Kept) -> Self {
        Self { kept, faults: Vec::new(), calls: Vec::new(), nonces: HashMap::new() }
    }

    /// Account, ID and secret of the AccessKey that the emulator announces.
    pub(super) fn first_key(&self) -> (String, String, String) {
        let id = &self.kept.first_access_key_id;
        let secret = self.kept.access_keys.get(id).map(|key| key.secret.clone());
        (self.kept.management_account_id.clone(), id.clone(), secret.unwrap_or_default())
    }

    /// Every secret that keys and sessions have now.
    pub(super) fn secrets(&self) -> Vec<String> {
        let keys = self.kept.access_keys.values().map(|key| &key.secret);
        let sessions = self.kept.sessions.values().flat_map(|session| [&session.secret, &session.token]);
        keys.chain(sessions).cloned().collect()
    }

    /// The time that roles, tasks and subscriptions live by.
    pub(super) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.kept.clock_offset_seconds);
        real_now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// The account of a caller.
    ///
    /// # Errors
    /// It has been closed since its key was looked up.
    pub(super) fn own_account(&mut self, caller: &Caller) -> Result<&mut Account, Refusal> {
        self.kept.accounts.get_mut(&caller.account_id).ok_or_else(no_such_key)
    }

    /// Members of the directory, by account ID.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Membership)> {
        let accounts = self.kept.accounts.iter();
        accounts.filter_map(|(account_id, account)| Some((account_id.as_str(), account.membership.as_ref()?)))
    }

    /// What an account is in the directory; `None` if it is not a member.
    pub(super) fn membership(&self, account_id: &str) -> Option<&Membership> {
        self.kept.accounts.get(account_id)?.membership.as_ref()
    }

    /// Makes a role as the console would, service-linked if it is one that RAM knows.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn make_role(&mut self, account_id: &str, settings: RoleSettings) -> Result<Role, String> {
        let of_service = || {
            catalog::by_service_name(settings.service_name.as_deref()?)
                .map(|found| found.role_name.to_owned())
        };
        let role_name = settings.role_name.clone().or_else(of_service);
        let role_name = role_name.ok_or("a role needs a role_name or a known service_name")?;
        if self.role(account_id, &role_name).is_some() {
            return Err(format!("the role {role_name} exists already"));
        }
        let trusted = settings.trusted_accounts;
        let role = Role { trusted_accounts: trusted, ..self.new_role(&role_name, settings.create_date) };
        let account = self.kept.accounts.get_mut(account_id);
        let account = account.ok_or_else(|| format!("there is no account {account_id}"))?;
        account.roles.insert(role_name, role.clone());
        Ok(role)
    }

    /// Adds a role to a caller's account.
    ///
    /// # Errors
    /// The account has been closed.
    pub(super) fn add_role(&mut self, caller: &Caller, role_name: &str) -> Result<Role, Refusal> {
        let role = self.new_role(role_name, None);
        self.own_account(caller)?.roles.insert(role_name.to_owned(), role.clone());
        Ok(role)
    }

    fn new_role(&mut self, role_name: &str, create_date: Option<Timestamp>) -> Role {
        self.kept.roles_made += 1;
        Role {
            role_name: role_name.to_owned(),
            role_id: format!("3{:017}", self.kept.roles_made),
            service_name: catalog::by_role_name(role_name).map(|template| template.service_name.to_owned()),
            create_date: create_date.unwrap_or_else(|| self.now()),
            trusted_accounts: Vec::new(),
        }
    }

    /// A role, whatever the case of the name.
    pub(super) fn role(&self, account_id: &str, role_name: &str) -> Option<&Role> {
        let roles = &self.kept.accounts.get(account_id)?.roles;
        roles.values().find(|role| role.role_name.eq_ignore_ascii_case(role_name))
    }

    /// Refuses what the account's identities may not do.
    pub(super) fn check_allowed(
        &self,
        caller: &Caller,
        permission: &str,
        request: &Request,
    ) -> Result<(), Refusal> {
        let Some(account) = self.kept.accounts.get(&caller.account_id) else {
            return Ok(());
        };
        let allowed = |policy: &Policy| policy.allows(&Access::of(permission, self, caller, request));
        if account.denied.contains(permission) || !account.policy.as_ref().is_none_or(allowed) {
            return Err(Refusal::denied(permission, caller));
        }
        Ok(())
    }

    /// The secret of a key, and whose it is. Sessions must show their token and not have ended.
    pub(super) fn key(&self, id: &str, token: Option<&str>) -> Result<(Caller, String), Refusal> {
        if let Some(session) = self.kept.sessions.get(id) {
            return self.session_key(session, token);
        }
        let Some(key) = self.kept.access_keys.get(id) else {
            return Err(no_such_key());
        };
        if token.is_some() {
            let message = "The security token does not belong to the access key.";
            return Err(Refusal::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message));
        }
        let caller = Caller { account_id: key.account_id.clone(), identity: Identity::User };
        Ok((caller, key.secret.clone()))
    }

    fn session_key(&self, session: &Session, token: Option<&str>) -> Result<(Caller, String), Refusal> {
        match token {
            None => Err(Refusal::new(400, "MissingSecurityToken", "The security token is mandatory.")),
            Some(token) if token != session.token => {
                let message = "The security token does not belong to the access key.";
                Err(Refusal::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message))
            }
            Some(_) if session.expires_at <= self.now() => {
                Err(Refusal::new(400, "InvalidSecurityToken.Expired", "The security token has expired."))
            }
            Some(_) => {
                let identity = Identity::Role(session.role_arn.clone());
                Ok((Caller { account_id: session.account_id.clone(), identity }, session.secret.clone()))
            }
        }
    }

    /// Takes a nonce; each is good for one request within the time that a date is good for.
    pub(super) fn use_nonce(&mut self, nonce: &str) -> Result<(), Refusal> {
        let now = real_now();
        if self.nonces.len() > NONCES_BEFORE_CLEANING {
            self.nonces.retain(|_, used| *used + DATE_TOLERANCE * 2 > now);
        }
        match self.nonces.insert(nonce.to_owned(), now) {
            None => Ok(()),
            Some(_) => {
                Err(Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."))
            }
        }
    }

    /// Refuses a date more than 15 minutes from real time.
    pub(super) fn check_date(date: &str) -> Result<(), Refusal> {
        let Ok(date) = date.parse::<Timestamp>() else {
            return Err(Refusal::new(
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp is not well formed.",
            ));
        };
        if real_now().duration_since(date).abs() <= DATE_TOLERANCE {
            return Ok(());
        }
        Err(Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."))
    }
}

fn no_such_key() -> Refusal {
    Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
}

/// Digits, as every account ID is.
pub(super) fn is_account_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[expect(clippy::disallowed_methods, reason = "the clock of the emulator comes in here")]
fn real_now() -> Timestamp {
    Timestamp::now()
}

/// An upper-case UUID, as every answer has one.
#[expect(clippy::disallowed_methods, reason = "the randomness of the emulator comes in here")]
pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

pub(super) const FORMAT_VERSION: u32 = 2;
const DATE_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
const NONCES_BEFORE_CLEANING: usize = 100_000;
const DEFAULT_ACCOUNT: &str = "1234567890123456";
/// No key of anybody: the emulator accepts it alone.
const DEFAULT_KEY: &str = "LTAI5tEmulatorExampleKey";
pub(super) const DEFAULT_SECRET: &str = "EmulatorExampleSecretProtectsNothing";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once() {
        let mut state = State::new(&Seed::default()).unwrap();
        assert_eq!(state.use_nonce("a"), Ok(()));
        assert_eq!(state.use_nonce("b"), Ok(()));
        assert_eq!(state.use_nonce("a").unwrap_err().code, "SignatureNonceUsed");
    }

    #[test]
    fn a_date_is_good_for_a_quarter_of_an_hour() {
        let at = |minutes| (real_now() + SignedDuration::from_mins(minutes)).to_string();
        assert_eq!(State::check_date(&at(0)), Ok(()));
        assert_eq!(State::check_date(&at(-14)), Ok(()));
        assert_eq!(State::check_date(&at(14)), Ok(()));
        assert_eq!(State::check_date(&at(-16)).unwrap_err().code, "InvalidTimeStamp.Expired");
        assert_eq!(State::check_date(&at(16)).unwrap_err().code, "InvalidTimeStamp.Expired");
        assert_eq!(State::check_date("yesterday").unwrap_err().code, "InvalidTimeStamp.Format");
    }

    #[test]
    fn keys_of_sessions_need_their_token_and_end() {
        let mut state = State::new(&Seed::default()).unwrap();
        let session = Session {
            account_id: "1".to_owned(),
            role_arn: "acs:ram::1:role/r".to_owned(),
            secret: "s".to_owned(),
            token: "t".to_owned(),
            expires_at: state.now() + SignedDuration::from_mins(60),
        };
        state.kept.sessions.insert("STS.x".to_owned(), session);
        let code = |state: &State, id: &str, token| state.key(id, token).map_err(|refusal| refusal.code);
        assert!(code(&state, "STS.x", Some("t")).is_ok());
        assert_eq!(code(&state, "STS.x", None), Err("MissingSecurityToken".to_owned()));
        let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
        assert_eq!(code(&state, "STS.x", Some("u")), Err(mismatch.to_owned()));
        assert_eq!(code(&state, DEFAULT_KEY, Some("t")), Err(mismatch.to_owned()));
        assert_eq!(code(&state, "nobody", None), Err("InvalidAccessKeyId.NotFound".to_owned()));
        state.kept.clock_offset_seconds = 3601;
        assert_eq!(code(&state, "STS.x", Some("t")), Err("InvalidSecurityToken.Expired".to_owned()));
    }
}
