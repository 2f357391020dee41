//! Runs a program: one cloud, one working folder, and after each command the judge.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::{
    configuration::{Claim, Configuration, moved_block},
    laws::{self, Breach, Law, Seen},
    observe::{Diagnostic, Name, Object, Output, Planned, Snapshot},
    program::{Account, Block, Change, Credentials, Fault, Options, Place, Policy, Role, Step},
    ways_out::{Act, Situation, WayOut, how_to_find_address, ways_out},
};
use crate::support::{
    cloud::Cloud,
    terraform::{Terraform, Version},
    workspace::{Workspace, interrupt},
};

/// A cloud and a folder, in the middle of a program.
pub struct Machine {
    cloud: Cloud,
    workspace: Workspace,
    version: Version,
    pub configuration: Configuration,
    /// The role IDs that events have taken away.
    gone_outside: BTreeSet<String>,
    /// Raised by each edit, event and change of the state; a plan is fresh while it stays the same.
    epoch: u64,
    /// What lies on the cloud: denied permissions and wrong credentials.
    denied: BTreeSet<Account>,
    credentials: Credentials,
    /// The kind of fault that waits for a call.
    waiting_fault: Option<String>,
    /// The calls of the cloud before the command.
    calls_before: usize,
    kept: Option<KeptPlan>,
    pub failed: Option<Failed>,
    pub view: Snapshot,
    /// How often each kind of command was judged.
    pub tally: Tally,
}

/// How often something came about.
pub type Tally = BTreeMap<&'static str, usize>;

/// A plan in the file `plan`.
struct KeptPlan {
    options: Options,
    changes: Vec<Planned>,
    warnings: Vec<Diagnostic>,
    epoch: u64,
    /// A fault has shown the plan a world that was not so.
    deceived: bool,
}

/// A command that ended with an error, for [`Step::Follow`].
#[derive(Clone)]
pub struct Failed {
    command: Command,
    /// A fault has struck it, which is over.
    struck: bool,
    pub errors: Vec<Diagnostic>,
}

impl Failed {
    /// Whether one of the errors is the same kind at the same address.
    fn is_about(&self, error: &Diagnostic) -> bool {
        self.errors.iter().any(|own| own.summary == error.summary && own.address == error.address)
    }
}

/// A command that can be given again.
#[derive(Clone, Debug)]
enum Command {
    Plan(Options),
    Apply(Options),
}

impl Command {
    fn options(&self) -> &Options {
        match self {
            Self::Plan(options) | Self::Apply(options) => options,
        }
    }
}

impl Machine {
    /// An empty folder and a cloud with three accounts, whose subscriptions are active.
    pub async fn start(terraform: Terraform) -> Self {
        let cloud = Cloud::start_with_seed(seed()).await;
        let version = terraform.version();
        let mut workspace = Workspace::with(terraform, &cloud, "");
        // Ten times the file writes of everything else together.
        workspace.set("TF_LOG", "OFF");
        install_module(&workspace);
        let mut machine = Self {
            cloud,
            workspace,
            version,
            configuration: Configuration::default(),
            gone_outside: BTreeSet::new(),
            epoch: 0,
            denied: BTreeSet::new(),
            credentials: Credentials::Right,
            waiting_fault: None,
            calls_before: 0,
            kept: None,
            failed: None,
            view: Snapshot::default(),
            tally: Tally::new(),
        };
        machine.write();
        machine
    }

    /// Whether there is a plan to apply.
    pub fn has_plan(&self) -> bool {
        self.kept.is_some()
    }

    /// Takes one step; which laws it broke.
    pub async fn step(&mut self, step: &Step) -> Vec<Breach> {
        match step {
            Step::Plan(options) => self.plan(options).await,
            Step::ApplyPlan => self.apply_plan().await,
            Step::Apply(options) => self.apply(options).await,
            Step::Interrupt { action, nth, after, options } => {
                self.interrupted(action, *nth, *after, options).await
            }
            Step::Taint { address } => self.small(&["taint", address]).await,
            Step::Untaint { address } => self.small(&["untaint", address]).await,
            Step::Import { address, account, role } => {
                let id = format!("{}:{}", account.id(), role.name());
                self.small(&["import", address, &id]).await
            }
            Step::Follow { way } => self.follow(*way).await,
            event_or_edit => {
                self.change(event_or_edit).await;
                Vec::new()
            }
        }
    }

    // Edits and events.

    async fn change(&mut self, step: &Step) {
        // What the last errors said was about another situation.
        self.failed = None;
        let too_new = matches!(step, Step::Remove { .. }) && self.version < Version(1, 7, 0);
        if !too_new && self.configuration.edit(step) {
            self.write();
            self.epoch += 1;
            return;
        }
        self.event(step).await;
        self.view = self.snapshot().await;
    }

    async fn event(&mut self, step: &Step) {
        match step {
            Step::Make { account, role } => self.make(*account, *role).await,
            Step::Delete { account, role } => self.delete(*account, *role).await,
            Step::Remake { account, role } => {
                self.delete(*account, *role).await;
                self.make(*account, *role).await;
            }
            Step::Subscribe(account) => self.cloud.renew_subscription(account.id()).await,
            Step::EndSubscription(account) => self.cloud.end_subscription(account.id()).await,
            Step::Deny { account, permission } => self.deny(*account, permission.as_deref()).await,
            Step::Credentials(credentials) => self.give(*credentials),
            Step::Clock { seconds } => self.cloud.advance_clock(*seconds).await,
            Step::Fault(fault) => self.arm(fault).await,
            _ => return,
        }
        self.epoch += 1;
    }

    async fn make(&mut self, account: Account, role: Role) {
        if !self.snapshot().await.roles.contains_key(&name(account, role)) {
            self.cloud.add_role(account.id(), role.name()).await;
        }
    }

    async fn delete(&mut self, account: Account, role: Role) {
        if let Some(id) = self.snapshot().await.roles.remove(&name(account, role)) {
            // Long after it was made: a refresh would wait for a role that may only lag.
            self.cloud.advance_clock(LAG_SECONDS).await;
            self.cloud.remove_role(account.id(), role.name()).await;
            self.gone_outside.insert(id);
        }
    }

    async fn deny(&mut self, account: Account, permission: Option<&str>) {
        let permissions: Vec<_> = permission.into_iter().collect();
        self.cloud.deny(account.id(), &permissions).await;
        match permission {
            Some(_) => self.denied.insert(account),
            None => self.denied.remove(&account),
        };
    }

    fn give(&mut self, credentials: Credentials) {
        let (id, secret) = match credentials {
            Credentials::Right => (KEY, SECRET),
            Credentials::UnknownKey => ("LTAI5tNobodyKnowsThisKey", SECRET),
            Credentials::WrongSecret => (KEY, OTHER_SECRET),
            Credentials::OfAnotherAccount => (OTHER_KEY, OTHER_SECRET),
        };
        self.workspace.set("ALIBABA_CLOUD_ACCESS_KEY_ID", id);
        self.workspace.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
        self.credentials = credentials;
    }

    async fn arm(&mut self, fault: &Fault) {
        let Fault { kind, action, nth } = fault;
        self.cloud.fault(json!({ "kind": kind, "action": action, "nth": nth })).await;
        self.waiting_fault = Some(kind.clone());
    }

    fn write(&mut self) {
        self.workspace.configure(&self.configuration.root());
        fs::write(self.workspace.path("m/main.tf"), self.configuration.module()).unwrap();
    }

    // Commands.

    async fn plan(&mut self, options: &Options) -> Vec<Breach> {
        self.kept = None;
        let mut arguments = words(&["plan", "-json", "-out=plan"]);
        arguments.extend(options.arguments());
        let mut seen = self.seen(options).await;
        seen.output = self.run(&arguments).await;
        self.conclude(&mut seen, Command::Plan(options.clone())).await;
        if seen.output.failed() {
            self.count("plans refused");
        } else {
            self.count("plans");
            self.kept = Some(self.keep(options, &seen).await);
        }
        laws::judge(&seen)
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    async fn keep(&self, options: &Options, seen: &Seen) -> KeptPlan {
        let shown = self.workspace.run(&["show", "-json", "plan"]).await.expect_success();
        let plan: Json = serde_json::from_str(shown.output.lines().next().unwrap_or_default()).unwrap();
        KeptPlan {
            options: options.clone(),
            changes: Planned::read(&plan),
            warnings: seen.output.warnings().cloned().collect(),
            epoch: self.epoch,
            deceived: seen.deceived,
        }
    }

    async fn apply_plan(&mut self) -> Vec<Breach> {
        let Some(kept) = self.kept.take() else { return Vec::new() };
        let mut seen = self.seen(&kept.options).await;
        seen.applies = true;
        seen.calm &= kept.epoch == self.epoch && !kept.deceived;
        seen.planned = Some(kept.changes);
        seen.plan_warnings = kept.warnings;
        seen.output = self.run(&words(&["apply", "-json", "plan"])).await;
        self.conclude(&mut seen, Command::Apply(kept.options)).await;
        self.count(match (seen.disturbed, seen.calm) {
            (true, _) => "applies under a fault",
            (false, true) => "applies of a fresh plan",
            (false, false) => "applies after a change",
        });
        let mut breaches = laws::judge(&seen);
        breaches.extend(self.expect_quiet(&seen).await);
        breaches
    }

    /// A plan and its apply as two commands: Terraform's JSON does not say where the one ends in the other.
    async fn apply(&mut self, options: &Options) -> Vec<Breach> {
        let mut breaches = self.plan(options).await;
        if let Some(failed) = &mut self.failed {
            failed.command = Command::Apply(options.clone());
        }
        breaches.extend(self.apply_plan().await);
        breaches
    }

    async fn interrupted(&mut self, action: &str, nth: u64, after: bool, options: &Options) -> Vec<Breach> {
        let hold = if after { "hold_after" } else { "hold_before" };
        self.arm(&Fault { kind: hold.to_owned(), action: action.to_owned(), nth }).await;
        let mut seen = self.seen(options).await;
        (seen.applies, seen.interrupted) = (true, true);
        let arguments = apply_arguments(options);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let before = self.calls_before;
        let mut child = self.workspace.spawn(&arguments);
        while child.try_wait().unwrap().is_none() {
            if self.cloud.struck_since(before).await {
                interrupt(&child).await;
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.count("interrupts");
        let run = self.workspace.ended(child, &arguments).await;
        seen.output = Output::read(run.code, &run.output);
        self.conclude(&mut seen, Command::Apply(options.clone())).await;
        laws::judge(&seen)
    }

    /// A command that changes the state alone.
    async fn small(&mut self, arguments: &[&str]) -> Vec<Breach> {
        let mut seen = self.seen(&Options::default()).await;
        seen.output = self.run(&words(arguments)).await;
        seen.after = self.settle().await;
        self.epoch += 1;
        laws::judge(&seen)
    }

    /// What there is before a command.
    async fn seen(&mut self, options: &Options) -> Seen {
        let before = self.snapshot().await;
        self.calls_before = self.cloud.call_count().await;
        Seen {
            options: options.clone(),
            before,
            gone_outside: self.gone_outside.clone(),
            shared: self.shared(options),
            configured: self
                .configuration
                .claims()
                .into_iter()
                .map(|claim| (claim.address, claim.name))
                .collect(),
            created_before_destroyed: self.configuration.created_before_destroyed(),
            calm: self.denied.is_empty() && self.credentials == Credentials::Right,
            ..Seen::default()
        }
    }

    /// The roles that more than one provider configuration has to do with, or more than one address where the plan
    /// has a target: no provider can know of the other.
    fn shared(&self, options: &Options) -> BTreeSet<Name> {
        let configured = self.configuration.claims();
        let held = self.view.objects.iter().map(|object| Claim {
            name: object.name.clone(),
            address: object.address.clone(),
            alias: object.is_of_alias(),
        });
        let claims: Vec<_> = configured.into_iter().chain(held).collect();
        let apart = |one: &Claim, other: &Claim| {
            one.alias != other.alias || (options.target.is_some() && one.address != other.address)
        };
        let shared = claims
            .iter()
            .filter(|one| claims.iter().any(|other| one.name == other.name && apart(one, other)));
        shared.map(|claim| claim.name.clone()).collect()
    }

    /// What there is after it.
    async fn conclude(&mut self, seen: &mut Seen, command: Command) {
        let struck = self.cloud.struck_since(self.calls_before).await;
        seen.disturbed = seen.interrupted || struck;
        seen.deceived = struck && self.waiting_fault.as_deref() == Some(DECEIVING);
        seen.after = self.settle().await;
        self.gone_outside.extend(seen.excusably_gone());
        if seen.applies {
            self.epoch += 1;
            self.kept = None;
        }
        let ours = seen.output.errors().filter(|error| error.is_ours());
        let mut errors = Vec::new();
        for error in ours {
            errors.push(self.located(error.clone()).await);
        }
        let can_follow = !errors.is_empty() && !seen.interrupted && !seen.deceived && seen.calm;
        self.failed = can_follow.then_some(Failed { command, struck, errors });
    }

    /// The error with its address. Terraform shows none for a destroy: a reader does what the text says, or looks in
    /// the state for the account and the role that it names.
    async fn located(&self, mut error: Diagnostic) -> Diagnostic {
        if let (true, Some(find)) = (error.address.is_empty(), how_to_find_address(&error)) {
            let shown = self.run(&find).await.text;
            error.address = shown.lines().next().unwrap_or_default().to_owned();
        }
        let (account, role) = error.name();
        if let (true, Some(role)) = (error.address.is_empty(), role) {
            let held = |object: &&Object| {
                object.name.1 == role && account.as_ref().is_none_or(|account| object.name.0 == *account)
            };
            let holder = self.view.objects.iter().find(held);
            error.address = holder.map(|object| object.address.clone()).unwrap_or_default();
        }
        error
    }

    /// Takes faults back, and looks.
    async fn settle(&mut self) -> Snapshot {
        if self.waiting_fault.take().is_some() {
            self.cloud.clear_faults().await;
        }
        self.view = self.snapshot().await;
        self.view.clone()
    }

    async fn expect_quiet(&mut self, seen: &Seen) -> Option<Breach> {
        let whole = seen.options.sees_all() && !seen.options.refresh_only && !seen.options.destroy;
        if !whole || !seen.calm || seen.deceived || seen.output.failed() {
            return None;
        }
        self.count("plans after apply");
        let next = self.run(&words(&["plan", "-json", "-detailed-exitcode"])).await;
        laws::not_quiet(seen, &next)
    }

    async fn run(&self, arguments: &[String]) -> Output {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        // A destroy of a role that is gone looks for two minutes.
        let run = self.cloud.outliving_lag(LOOKS_OF_A_WAIT, self.workspace.run(&arguments)).await;
        Output::read(run.code, &run.output)
    }

    async fn snapshot(&self) -> Snapshot {
        let state = fs::read_to_string(self.workspace.path("terraform.tfstate")).unwrap_or_default();
        Snapshot::read(&self.cloud.state().await, &state)
    }

    // L4.

    /// Carries out a way out of the last failure, and what it leads to; then the command must go through where
    /// it did not.
    async fn follow(&mut self, way: usize) -> Vec<Breach> {
        let Some(Failed { command, struck, errors }) = self.failed.take() else { return Vec::new() };
        let (mut error, mut way) = (errors[way % errors.len()].clone(), way / errors.len());
        let mut trail = Vec::new();
        for _ in 0..MOST_STEPS_OUT {
            trail.push(laws::show(&error));
            let mut ways = self.ways_out_of(&error);
            let all = |way: &WayOut| way.acts == [Act::Destroy];
            if command.options().destroy && trail.len() > 1 && ways.iter().any(all) {
                // Who wants to destroy everything, and forgot a role on the way, does not import it again.
                ways.retain(all);
            }
            if (struck || error.summary == laws::INCONSISTENT_PLAN) && ways.is_empty() {
                // What hindered it is over; the text of Terraform's own check has no way out.
                ways.push(WayOut { only: None, acts: vec![Act::Again] });
            }
            let Some(chosen) = ways.get(way % ways.len().max(1)) else {
                return vec![no_way_out("no way out is printed", &error, &trail)];
            };
            trail.push(format!("=> {chosen:?}"));
            let held_before = self.view.objects.clone();
            match self.carry_out(&chosen.acts, &error, command.options().destroy).await {
                Ok(found) if !found.is_empty() => return found,
                // Another error stops the apply on the way; it has ways out of its own.
                Ok(_) if self.failed.as_ref().is_some_and(|failed| !failed.is_about(&error)) => {
                    return Vec::new();
                }
                Ok(_) => {}
                Err(problem) => {
                    trail.push(problem);
                    return vec![no_way_out("the way out cannot be carried out", &error, &trail)];
                }
            }
            // After destroying everything there is nothing left to do.
            if !chosen.acts.contains(&Act::Destroy) {
                let breaches = self.again(&command).await;
                if !breaches.is_empty() {
                    return breaches;
                }
            }
            let left = self.failed.as_ref().map(|failed| failed.errors.clone()).unwrap_or_default();
            let Some(next) = left.into_iter().find(|next| next.address == error.address) else {
                return Vec::new();
            };
            // An import that `-replace` undoes has changed something: the next way out is for that.
            let nothing_changed = self.view.objects == held_before;
            if next.summary == error.summary && next.detail == error.detail && nothing_changed {
                return vec![no_way_out("the way out changes nothing", &error, &trail)];
            }
            (error, way) = (next, 0);
        }
        vec![no_way_out("the ways out lead nowhere", &error, &trail)]
    }

    /// The ways out of an error that are meant for the situation at hand. One for a resource that is made before
    /// the old one is destroyed goes before those for any.
    fn ways_out_of(&self, error: &Diagnostic) -> Vec<WayOut> {
        let mut ways = ways_out(error);
        ways.retain(|way| self.is_meant(way, error));
        let for_it = |way: &WayOut| way.only == Some(Situation::CreateBeforeDestroy);
        if ways.iter().any(for_it) {
            ways.retain(|way| for_it(way) || way.acts == [Act::Destroy]);
        }
        ways
    }

    async fn again(&mut self, command: &Command) -> Vec<Breach> {
        match command {
            Command::Plan(_) => self.plan(command.options()).await,
            Command::Apply(_) => self.apply(command.options()).await,
        }
    }

    /// Whether the situation that a way out is for is the one at hand.
    fn is_meant(&self, way: &WayOut, error: &Diagnostic) -> bool {
        let block = self.configuration.block_at(&error.address);
        match way.only {
            None => true,
            Some(Situation::CreateBeforeDestroy) => {
                let held = self.view.objects.iter().any(|object| object.address == error.address);
                held && block.is_some_and(|block| block.create_before_destroy)
            }
            Some(Situation::Tainted) => {
                let mut here = self.view.objects.iter().filter(|object| {
                    object.address == error.address
                        || self.configuration.moves(&object.address, &error.address)
                });
                here.any(|object| object.tainted)
            }
            Some(Situation::Renamed) => self.moved_from(error).is_some(),
            Some(Situation::HeldElsewhere) => {
                let (account, role) = error.name();
                self.view.objects.iter().any(|object| {
                    object.address != error.address
                        && role.as_ref() == Some(&object.name.1)
                        && account.as_ref().is_none_or(|account| *account == object.name.0)
                })
            }
            Some(Situation::Configured) => {
                block.is_some_and(|block| block.addresses().contains(&error.address))
            }
            Some(Situation::Other) => false,
        }
    }

    /// The address that holds the role of an error and that the configuration no longer has.
    fn moved_from(&self, error: &Diagnostic) -> Option<String> {
        let (account, role) = error.name();
        let name = (account?, role?);
        let configured: Vec<_> = self.configuration.blocks.iter().flat_map(Block::addresses).collect();
        let mut holders = self.view.holding(&name).filter(|object| !object.deposed);
        let found = holders.find(|object| !configured.contains(&object.address))?;
        let is_new = !self.configuration.moves(&found.address, &error.address);
        (is_new && configured.contains(&error.address)).then(|| found.address.clone())
    }

    async fn carry_out(
        &mut self,
        acts: &[Act],
        error: &Diagnostic,
        destroys: bool,
    ) -> Result<Vec<Breach>, String> {
        let mut breaches = Vec::new();
        for act in acts {
            self.count(act.kind());
            breaches.extend(self.act(act, error).await?);
            // "Add this block and plan again": a destroy takes no notice of it.
            if destroys && matches!(act, Act::Block(_) | Act::Move) {
                breaches.extend(self.apply(&Options::default()).await);
            }
        }
        self.view = self.snapshot().await;
        Ok(breaches)
    }

    async fn act(&mut self, act: &Act, error: &Diagnostic) -> Result<Vec<Breach>, String> {
        match act {
            Act::Block(block) => self.configuration.state(block.clone()),
            Act::Command(arguments) => {
                let arguments = self.at_the_address_in_state(arguments, error).await;
                self.must_run(&arguments).await?;
            }
            Act::Untaint(address) => {
                if self.view.at(address).is_some_and(|object| object.tainted) {
                    self.must_run(&words(&["untaint", address])).await?;
                }
            }
            Act::Set { attribute, value, apply } => return self.set(attribute, value, *apply, error).await,
            Act::TakeBack => self.take_back(&error.address),
            Act::TakeOut => self.take_out(&error.address).await?,
            Act::Move => {
                let from = self.moved_from(error).ok_or("nothing was renamed")?;
                self.configuration.state(moved_block(&from, &error.address));
            }
            Act::NoCreateBeforeDestroy => self.configure(error, Change::CreateBeforeDestroy(false))?,
            Act::Allow => {
                self.configuration.edit(&Step::Allow(None));
            }
            Act::Wait => {
                for account in Account::ALL {
                    self.cloud.end_subscription(account.id()).await;
                }
            }
            Act::WaitTwoMinutes => self.cloud.advance_clock(120).await,
            Act::Destroy => {
                let all = Options { destroy: true, no_refresh: true, ..Options::default() };
                return Ok(self.apply(&all).await);
            }
            Act::Again => {}
        }
        self.write();
        self.epoch += 1;
        Ok(Vec::new())
    }

    /// What is being moved has the old address in the state, which the text says how to find. A deposed object is
    /// not found so, and has the address that is shown.
    async fn at_the_address_in_state(&self, arguments: &[String], error: &Diagnostic) -> Vec<String> {
        let of_state = arguments.starts_with(&words(&["state", "rm"])) || arguments[0] == "untaint";
        let elsewhere = of_state && arguments.last().is_some_and(|address| self.view.at(address).is_none());
        let mut arguments = arguments.to_vec();
        if let (true, Some(find)) = (elsewhere, how_to_find_address(error)) {
            let shown = self.run(&find).await.text;
            if let (Some(found), Some(address)) = (shown.lines().next(), arguments.last_mut()) {
                found.clone_into(address);
            }
        }
        arguments
    }

    async fn must_run(&mut self, arguments: &[String]) -> Result<(), String> {
        let output = self.run(arguments).await;
        self.view = self.snapshot().await;
        if output.failed() { Err(output.text) } else { Ok(()) }
    }

    async fn take_out(&mut self, address: &str) -> Result<(), String> {
        if self.view.at(address).is_some() {
            self.must_run(&words(&["state", "rm", address])).await?;
        }
        self.configuration.take_out(address).then_some(()).ok_or("it is not in the configuration".to_owned())
    }

    /// Gives the resource the role and the account that the state has at its address.
    fn take_back(&mut self, address: &str) {
        let Some((account, role)) = self.view.at(address).map(|object| object.name.clone()) else { return };
        let Some(block) = self.configuration.block_at(address) else { return };
        let label = block.label.clone();
        let keys: Vec<_> = block.keys.iter().map(|(key, _)| key.clone()).collect();
        let key = keys.into_iter().find(|key| address.ends_with(&format!("[\"{key}\"]")));
        let account = Account::ALL.into_iter().find(|found| found.id() == account);
        let role = Role::ALL.into_iter().find(|found| found.name() == role);
        let (Some(account), Some(role)) = (account, role) else { return };
        let mut change = |change| self.configuration.edit(&Step::Change { label: label.clone(), change });
        change(Change::Role(role));
        match key {
            None => _ = change(Change::Place(Place::Known(account))),
            Some(key) => self.configuration.place_key(&label, &key, account),
        }
    }

    /// Sets an argument; what destroy goes by is in state only after an apply.
    async fn set(
        &mut self,
        attribute: &str,
        value: &str,
        apply: bool,
        error: &Diagnostic,
    ) -> Result<Vec<Breach>, String> {
        self.configure(error, change_to(attribute, value)?)?;
        self.write();
        self.epoch += 1;
        if apply { Ok(self.apply(&Options::default()).await) } else { Ok(Vec::new()) }
    }

    fn configure(&mut self, error: &Diagnostic, change: Change) -> Result<(), String> {
        let block = self.configuration.block_at(&error.address).map(|block| block.label.clone());
        let label = block.ok_or("the resource is not in the configuration any more")?;
        self.configuration.edit(&Step::Change { label, change });
        Ok(())
    }
}

fn change_to(attribute: &str, value: &str) -> Result<Change, String> {
    let policies = [Policy::Delete, Policy::Abandon, Policy::DeleteOrAbandon, Policy::Prevent];
    match attribute {
        "adopt_existing" => Ok(Change::Adopt(value == "true")),
        "service_name" => Ok(Change::ServiceName(true)),
        "deletion_policy" => {
            let policy = policies.into_iter().find(|policy| policy.name() == value);
            Ok(Change::Policy(Some(policy.ok_or(format!("no deletion policy {value:?}"))?)))
        }
        other => Err(format!("no argument {other:?}")),
    }
}

fn no_way_out(kind: &str, error: &Diagnostic, trail: &[String]) -> Breach {
    Breach::new(Law::WayOutWorks, format!("{kind}: {}", error.summary), trail.join("\n"))
}

fn apply_arguments(options: &Options) -> Vec<String> {
    let mut arguments = words(&["apply", "-json", "-auto-approve"]);
    arguments.extend(options.arguments());
    arguments
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn name(account: Account, role: Role) -> (String, String) {
    (account.id().to_owned(), role.name().to_owned())
}

/// What `terraform init` would do: there is nothing to download.
fn install_module(workspace: &Workspace) {
    fs::create_dir_all(workspace.path(".terraform/modules")).unwrap();
    fs::create_dir_all(workspace.path("m")).unwrap();
    let modules = json!({ "Modules": [
        { "Key": "", "Source": "", "Dir": "." },
        { "Key": "m", "Source": "./m", "Dir": "m" },
    ] });
    fs::write(workspace.path(".terraform/modules/modules.json"), modules.to_string()).unwrap();
}

fn seed() -> Json {
    let subscription =
        json!({ "status": "Enabled", "version": "mdrgaoji", "end_date": "2099-01-01 00:00:00" });
    let account = |keys: Json| json!({ "subscription": subscription, "access_keys": keys });
    json!({ "accounts": {
        Account::Own.id(): account(json!({ KEY: SECRET })),
        Account::First.id(): account(json!({})),
        Account::Second.id(): account(json!({ OTHER_KEY: OTHER_SECRET })),
    } })
}

/// Whether a block can be in the module.
pub fn fits_module(block: &Block) -> bool {
    !block.alias && !matches!(block.place, Place::Computed(_))
}

const KEY: &str = "LTAI5tEmulatorMachineKey1";
const OTHER_KEY: &str = "LTAI5tEmulatorMachineKey3";
const SECRET: &str = "EmulatorExampleSecretOfTheMachine1";
const OTHER_SECRET: &str = "EmulatorExampleSecretOfTheMachine3";
/// Each error may lead to another one.
const MOST_STEPS_OUT: usize = 3;
/// Longer than RAM may lag.
const LAG_SECONDS: i64 = 600;
/// The fault that makes RAM hide a role: what a plan shows then is not so.
const DECEIVING: &str = "hide_role";
/// More looks in a row than a plan of all roles of an account takes.
const LOOKS_OF_A_WAIT: usize = 6;
const LOOK_AGAIN: Duration = Duration::from_millis(20);
