//! Everything that the emulated cloud holds: accounts, keys, sessions, deletion tasks, the clock,
//! the log of calls, and the faults that wait for one.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    account::{Account, AccountSubscription},
    ambient::{new_id, real_now},
    call_log::CallLog,
    catalog::{Template, templates},
    directory::{Directory, MemberSettings, Membership},
    fault::Fault,
    request::{Caller, Refusal},
    role::{EmulatedRole, LatestDeletionTask, Permissions, ROLE_NAME_LIMIT, has_name_characters},
    seed::{MetadataSettings, RoleSettings, Seed, SeededAccount},
    session::{AccessKey, Session},
    task::{Task, TaskStatus},
    trust::TrustPolicy,
};
use crate::cloud::api::{arn::RoleArn, form::is_account_id};

/// What is kept in the state file, and what a run alone knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) stored: StoredState,
    pub(super) faults: Vec<Fault>,
    pub(super) calls: CallLog,
    /// Nonces, with the time they were used.
    pub(super) nonces: HashMap<String, Timestamp>,
}

/// What survives a restart: the content of the state file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredState {
    /// The version of the file's format.
    pub(super) version: u32,
    pub(super) clock_offset_seconds: i64,
    /// The account that the emulator announces.
    pub(super) management_account_id: String,
    /// The AccessKey of that account that the emulator announces.
    pub(super) first_access_key_id: String,
    /// `None` until there is a member or a folder.
    pub(super) directory: Option<Directory>,
    pub(super) accounts: BTreeMap<String, Account>,
    /// The lasting keys, by AccessKey ID.
    pub(super) access_keys: BTreeMap<String, AccessKey>,
    /// Sessions, those that have ended too, by AccessKey ID.
    pub(super) sessions: BTreeMap<String, Session>,
    /// The deletion tasks, ended ones too, by task ID.
    pub(super) tasks: BTreeMap<String, Task>,
    /// The services that have service-linked roles.
    pub(super) services: Vec<Template>,
    pub(super) metadata: MetadataSettings,
    pub(super) roles_made: u64,
}

impl State {
    /// A fresh cloud: what a seed says, or one account with a key and an active subscription.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn new(seed: &Seed) -> Result<Self, String> {
        let first = seed.accounts.first().map_or(DEFAULT_ACCOUNT, |(account_id, _)| account_id);
        let mut state = Self::empty(first);
        state.add_services(&seed.services)?;
        state.stored.metadata = seed.metadata.clone();
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
        Self::restored(StoredState {
            version: FORMAT_VERSION,
            clock_offset_seconds: 0,
            management_account_id: management_account_id.to_owned(),
            first_access_key_id: String::new(),
            directory: None,
            accounts: BTreeMap::new(),
            access_keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            tasks: BTreeMap::new(),
            services: templates(),
            metadata: MetadataSettings::default(),
            roles_made: 0,
        })
    }

    /// A cloud from a state file.
    pub(super) fn restored(stored: StoredState) -> Self {
        Self { stored, faults: Vec::new(), calls: CallLog::default(), nonces: HashMap::new() }
    }

    fn add_services(&mut self, services: &[Template]) -> Result<(), String> {
        for service in services {
            let known = &self.stored.services;
            if known.iter().any(|known| {
                known.service_name == service.service_name || known.role_name == service.role_name
            }) {
                return Err(format!("the service {} or its role is known already", service.service_name));
            }
            self.stored.services.push(service.clone());
        }
        Ok(())
    }

    fn add_folders(&mut self, seed: &Seed) -> Result<(), String> {
        let now = self.now();
        let directory = self.directory();
        seed.folders.iter().try_for_each(|folder| directory.add_folder(folder.clone(), now).map(|_| ()))
    }

    /// The first key of the management account, which gets one if it has none.
    fn choose_first_key(&mut self) {
        let management = self.stored.management_account_id.clone();
        let own = self.stored.access_keys.iter().find(|(_, key)| key.account_id == management);
        self.stored.first_access_key_id = match own {
            Some((id, _)) => id.clone(),
            None => {
                let key = AccessKey { account_id: management, secret: DEFAULT_SECRET.to_owned() };
                self.stored.access_keys.insert(DEFAULT_KEY.to_owned(), key);
                DEFAULT_KEY.to_owned()
            }
        };
    }

    /// Account, ID and secret of the AccessKey that the emulator announces.
    pub(super) fn first_key(&self) -> (String, String, String) {
        let id = &self.stored.first_access_key_id;
        let secret = self.stored.access_keys.get(id).map(|key| key.secret.clone());
        (self.stored.management_account_id.clone(), id.clone(), secret.unwrap_or_default())
    }

    /// Every secret that keys and sessions have now.
    pub(super) fn secrets(&self) -> Vec<String> {
        let keys = self.stored.access_keys.values().map(|key| &key.secret);
        let sessions = self.stored.sessions.values().flat_map(|session| [&session.secret, &session.token]);
        keys.chain(sessions).cloned().collect()
    }

    /// The time that roles, tasks and subscriptions live by.
    pub(super) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.stored.clock_offset_seconds);
        real_now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// The resource directory, which the first member or folder brings into being.
    pub(super) fn directory(&mut self) -> &mut Directory {
        let now = self.now();
        self.stored.directory.get_or_insert_with(|| Directory::new(now))
    }

    /// Makes an account; with an active subscription, if nothing else is said.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn make_account(&mut self, account_id: &str, seeded: SeededAccount) -> Result<(), String> {
        self.check_new_account(account_id, &seeded)?;
        let membership = self.new_membership(account_id, seeded.member, seeded.standalone)?;
        let account = Account {
            subscription: seeded.subscription.unwrap_or_else(|| AccountSubscription::active(self.now())),
            denied: seeded.denied,
            policy: seeded.policy,
            membership,
            ..Account::default()
        };
        account.subscription.check()?;
        self.stored.accounts.insert(account_id.to_owned(), account);
        for (id, secret) in seeded.access_keys {
            self.stored.access_keys.insert(id, AccessKey { account_id: account_id.to_owned(), secret });
        }
        seeded.roles.into_iter().try_for_each(|role| self.make_role(account_id, role.0).map(|_| ()))
    }

    fn check_new_account(&self, account_id: &str, seeded: &SeededAccount) -> Result<(), String> {
        if !is_account_id(account_id) {
            return Err(format!("{account_id:?} is not an account ID: it is digits, as a text"));
        }
        if self.stored.accounts.contains_key(account_id) {
            return Err(format!("the account {account_id} is given twice, or already exists"));
        }
        match seeded.access_keys.keys().find(|id| self.stored.access_keys.contains_key(*id)) {
            Some(id) => Err(format!("the AccessKey {id} is given twice, or already exists")),
            None => Ok(()),
        }
    }

    fn new_membership(
        &mut self,
        account_id: &str,
        member: Option<MemberSettings>,
        standalone: bool,
    ) -> Result<Option<Membership>, String> {
        let is_management = account_id == self.stored.management_account_id;
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

    /// The account of a caller.
    ///
    /// # Errors
    /// It has been closed since its key was looked up.
    pub(super) fn own_account(&mut self, caller: &Caller) -> Result<&mut Account, Refusal> {
        self.stored.accounts.get_mut(&caller.account_id).ok_or_else(no_such_key)
    }

    /// Members of the directory, by account ID.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Membership)> {
        let accounts = self.stored.accounts.iter();
        accounts.filter_map(|(account_id, account)| Some((account_id.as_str(), account.membership.as_ref()?)))
    }

    /// What an account is in the directory; `None` if it is not a member.
    pub(super) fn membership(&self, account_id: &str) -> Option<&Membership> {
        self.stored.accounts.get(account_id)?.membership.as_ref()
    }

    /// What a service name stands for.
    pub(super) fn template_of_service(&self, service_name: &str) -> Option<&Template> {
        self.stored.services.iter().find(|template| template.service_name == service_name)
    }

    /// What a role name stands for, with a custom suffix or without.
    pub(super) fn template_of_role(&self, role_name: &str) -> Option<&Template> {
        let is_of = |template: &&Template| match role_name.strip_prefix(template.role_name.as_str()) {
            Some("") => true,
            Some(suffix) => template.multiple_roles_allowed && suffix.starts_with('_'),
            None => false,
        };
        self.stored.services.iter().find(is_of)
    }

    /// Makes a role as the console would, service-linked if it is one that RAM knows.
    ///
    /// # Errors
    /// What a cloud cannot hold, in words.
    pub(super) fn make_role(
        &mut self,
        account_id: &str,
        settings: RoleSettings,
    ) -> Result<EmulatedRole, String> {
        let role_name = self.name_of(&settings)?;
        if self.role(account_id, &role_name).is_some() {
            return Err(format!("the role {role_name} already exists"));
        }
        let mut role = self.new_role(account_id, &role_name, settings.create_date);
        if let Some(trust) = settings.trust_policy {
            role.trust = trust;
        } else if role.service_name.is_none() {
            let trusted = settings.trusted_accounts.iter().map(String::as_str);
            role.trust = TrustPolicy::of_accounts(
                std::iter::once(account_id).chain(trusted),
                &settings.trusted_providers,
            );
        }
        if let Some(seconds) = settings.max_session_duration {
            if !MAX_SESSION_SECONDS.contains(&seconds) {
                return Err("max_session_duration is 3600 to 43200 seconds".to_owned());
            }
            role.max_session_duration_seconds = seconds;
        }
        let account = self.stored.accounts.get_mut(account_id);
        let account = account.ok_or_else(|| format!("there is no account {account_id}"))?;
        account.roles.insert(role_name, role.clone());
        Ok(role)
    }

    fn name_of(&self, settings: &RoleSettings) -> Result<String, String> {
        let of_service = |service_name: &String| match self.template_of_service(service_name) {
            Some(template) => Ok(template.role_name.clone()),
            None => Err(format!("there is no service {service_name}")),
        };
        match (&settings.role_name, settings.service_name.as_ref().map(of_service).transpose()?) {
            (Some(role_name), Some(of_service)) if *role_name != of_service => {
                Err(format!("the role of this service is {of_service}, not {role_name}"))
            }
            (None, Some(of_service)) => Ok(of_service),
            (Some(role_name), _)
                if (1..=ROLE_NAME_LIMIT).contains(&role_name.len()) && has_name_characters(role_name) =>
            {
                Ok(role_name.clone())
            }
            (Some(role_name), _) => {
                Err(format!("{role_name:?} is no name of a role: 1 to 64 letters, digits, and . _ -"))
            }
            (None, None) => Err("a role needs a role_name or a service_name".to_owned()),
        }
    }

    /// A role that is in no account yet.
    pub(super) fn new_role(
        &mut self,
        account_id: &str,
        role_name: &str,
        create_date: Option<Timestamp>,
    ) -> EmulatedRole {
        self.stored.roles_made += 1;
        let created = create_date.unwrap_or_else(|| self.now());
        let template = self.template_of_role(role_name);
        EmulatedRole {
            role_name: role_name.to_owned(),
            role_id: format!("3{:017}", self.stored.roles_made),
            service_name: template.map(|template| template.service_name.clone()),
            description: template.map(|template| template.description(None)).unwrap_or_default(),
            create_date: created,
            update_date: created,
            max_session_duration_seconds: SHORTEST_MAX_SESSION_SECONDS,
            trust: match template {
                Some(template) => TrustPolicy::of_service(&template.service_name),
                None => TrustPolicy::of_accounts([account_id], &[]),
            },
            permissions: Permissions::Everything,
            latest_deletion_task: None,
        }
    }

    /// A role, whatever the case of the name.
    pub(super) fn role(&self, account_id: &str, role_name: &str) -> Option<&EmulatedRole> {
        let roles = &self.stored.accounts.get(account_id)?.roles;
        // Most ask for the name as it is.
        let same = || roles.values().find(|role| role.role_name.eq_ignore_ascii_case(role_name));
        roles.get(role_name).or_else(same)
    }

    /// Starts the deletion of a role, which takes `seconds`; returns the task's ID.
    pub(super) fn start_deletion(&mut self, account_id: &str, role: &EmulatedRole, seconds: i64) -> String {
        let service_name = role.service_name.as_deref().unwrap_or_default();
        let id = new_id().to_lowercase();
        let task_id = format!("task/acs-service-role/{service_name}/{}/{id}", role.role_name);
        let now = self.now();
        let task = Task {
            account_id: account_id.to_owned(),
            role_name: role.role_name.clone(),
            status: TaskStatus::InProgress,
            create_date: now,
            due: now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now),
            reason: None,
        };
        self.stored.tasks.insert(task_id.clone(), task);
        let account = self.stored.accounts.get_mut(account_id);
        if let Some(role) = account.and_then(|account| account.roles.get_mut(&role.role_name)) {
            let latest = LatestDeletionTask { create_date: now, deletion_task_id: task_id.clone() };
            role.latest_deletion_task = Some(latest);
        }
        task_id
    }

    /// Ends every deletion task whose time has come, unless a fault waits to change what it shows.
    pub(super) fn settle_tasks(&mut self) {
        let now = self.now();
        let held = |task: &Task| self.faults.iter().any(|fault| fault.holds_tasks(&task.account_id));
        let due = self.stored.tasks.iter().filter(|(_, task)| task.is_due(now) && !held(task));
        for id in due.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.settle(&id);
        }
    }

    /// Uses of the role are looked for when the task ends, as of its time.
    fn settle(&mut self, task_id: &str) {
        let Some(mut task) = self.stored.tasks.get(task_id).cloned() else { return };
        task.reason = self.uses(&task);
        task.status = if task.reason.is_some() { TaskStatus::Failed } else { TaskStatus::Succeeded };
        if task.reason.is_none() {
            let account = self.stored.accounts.get_mut(&task.account_id);
            account.and_then(|account| account.roles.remove(&task.role_name));
        }
        self.stored.tasks.insert(task_id.to_owned(), task);
    }

    /// Why a role cannot be deleted: MSS uses its roles while its subscription is active. What it lists
    /// as resource is inferred.
    fn uses(&self, task: &Task) -> Option<Json> {
        let template = self.template_of_role(&task.role_name).filter(|template| template.used_by_mss)?;
        let subscription = &self.stored.accounts.get(&task.account_id)?.subscription;
        if !subscription.is_active(task.due) {
            return None;
        }
        let arn = RoleArn::of_service_linked(&task.account_id, &task.role_name);
        let service_name = &template.service_name;
        let message =
            format!("Service-Linked Role {arn} cannot be deleted as it is in use by {service_name}.");
        let instance = subscription.instance_id.as_deref().unwrap_or("unknown");
        let resource = format!("acs:yundun-mss::{}:instance/{instance}", task.account_id);
        let usage = json!({ "Region": "global", "Resources": { "Resource": [resource] } });
        Some(json!({ "Message": message, "RoleUsages": { "RoleUsage": [usage] } }))
    }

    /// Keeps a session. Those that ended long ago go, before there are too many.
    pub(super) fn keep_session(&mut self, id: String, session: Session) {
        if self.stored.sessions.len() >= SESSIONS_BEFORE_CLEANING {
            let now = self.now();
            self.stored.sessions.retain(|_, session| session.expires_at > now);
        }
        self.stored.sessions.insert(id, session);
    }
}

pub(super) fn no_such_key() -> Refusal {
    Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
}

pub(super) const FORMAT_VERSION: u32 = 2;
/// Of a state or a seed, in MiB: a thousand times the state of a hundred accounts.
pub(super) const LONGEST_FILE: u64 = 256;
/// What `MaxSessionDuration` is at least, and if it is not given (documented).
pub(super) const SHORTEST_MAX_SESSION_SECONDS: i64 = 3600;
pub(super) const MAX_SESSION_SECONDS: std::ops::RangeInclusive<i64> = SHORTEST_MAX_SESSION_SECONDS..=43_200;
const SESSIONS_BEFORE_CLEANING: usize = 10_000;
const DEFAULT_ACCOUNT: &str = "1234567890123456";
/// No key of anybody: the emulator accepts it alone.
const DEFAULT_KEY: &str = "LTAI5tEmulatorExampleKey";
pub(super) const DEFAULT_SECRET: &str = "EmulatorExampleSecretProtectsNothing";

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "AliyunServiceRoleForMssp";

    fn with_role() -> State {
        let mut state = State::new(&Seed::default()).unwrap();
        let role = RoleSettings { role_name: Some(ROLE.to_owned()), ..RoleSettings::default() };
        state.make_role(DEFAULT_ACCOUNT, role).unwrap();
        state
    }

    fn delete(state: &mut State, seconds: i64) -> String {
        let role = state.role(DEFAULT_ACCOUNT, ROLE).cloned().unwrap();
        state.start_deletion(DEFAULT_ACCOUNT, &role, seconds)
    }

    fn end_subscription(state: &mut State) {
        state.stored.accounts.get_mut(DEFAULT_ACCOUNT).unwrap().subscription = AccountSubscription::default();
    }

    #[test]
    fn a_task_is_over_at_once() {
        let mut state = with_role();
        let used = delete(&mut state, 0);
        state.settle_tasks();
        assert_eq!(state.stored.tasks[&used].status, TaskStatus::Failed);
        assert_eq!(
            state
                .role(DEFAULT_ACCOUNT, ROLE)
                .unwrap()
                .latest_deletion_task
                .as_ref()
                .unwrap()
                .deletion_task_id,
            used
        );
        end_subscription(&mut state);
        let free = delete(&mut state, 0);
        state.settle_tasks();
        assert_eq!(state.stored.tasks[&free].status, TaskStatus::Succeeded);
        assert!(state.role(DEFAULT_ACCOUNT, ROLE).is_none());
    }

    #[test]
    fn a_slow_task_takes_its_time_however_often_somebody_looks() {
        let mut state = with_role();
        end_subscription(&mut state);
        let task = delete(&mut state, 60);
        for _ in 0..10 {
            state.settle_tasks();
        }
        assert_eq!(state.stored.tasks[&task].status, TaskStatus::InProgress);
        state.stored.clock_offset_seconds += 60;
        state.settle_tasks();
        assert_eq!(state.stored.tasks[&task].status, TaskStatus::Succeeded);
    }

    #[test]
    fn a_task_waits_for_the_fault_that_waits_for_it() {
        let mut state = with_role();
        end_subscription(&mut state);
        let fault = json!({ "kind": "task_status", "status": "IN_PROGRESS", "count": 0 });
        state.faults.push(Fault::read(fault, state.now(), |_| true).unwrap());
        let task = delete(&mut state, 0);
        state.settle_tasks();
        assert_eq!(state.stored.tasks[&task].status, TaskStatus::InProgress);
        state.faults.clear();
        state.settle_tasks();
        assert_eq!(state.stored.tasks[&task].status, TaskStatus::Succeeded);
    }

    #[test]
    fn sessions_that_ended_make_room() {
        let mut state = with_role();
        let session = |expires_at| Session {
            account_id: DEFAULT_ACCOUNT.to_owned(),
            role_arn: String::new(),
            role_name: String::new(),
            session_name: String::new(),
            policy: None,
            secret: String::new(),
            token: String::new(),
            expires_at,
        };
        for index in 0..SESSIONS_BEFORE_CLEANING {
            state.keep_session(index.to_string(), session(Timestamp::UNIX_EPOCH));
        }
        state.keep_session("new".to_owned(), session(Timestamp::MAX));
        assert_eq!(state.stored.sessions.len(), 1);
    }
}
