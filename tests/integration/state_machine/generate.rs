//! Draws the next step of a random program, from a seed and from what is there: steps that fit are likelier than
//! steps that do nothing.

use fastrand::Rng;

use super::{
    machine::{Machine, fits_module},
    program::{Account, Block, Change, Credentials, Fault, Options, Place, Policy, Program, Role, Step},
};

/// How a program begins: accounts in some condition, and a few resources.
pub fn beginning(rng: &mut Rng) -> Program {
    let mut program = Program::new();
    for account in Account::ALL {
        if rng.u8(..10) < 7 {
            program.push(Step::EndSubscription(account));
        }
        if rng.u8(..10) < 2 {
            program.push(Step::Make { account, role: role(rng) });
        }
    }
    for label in LABELS.iter().take(rng.usize(1..=3)) {
        program.push(Step::Add(block(rng, label)));
    }
    program.push(command(rng, None));
    program
}

/// The step after those taken so far.
pub fn next_step(rng: &mut Rng, machine: &Machine) -> Step {
    if machine.failed.is_some() && rng.u8(..10) < 6 {
        return Step::Follow { way: rng.usize(..12) };
    }
    if machine.has_plan() && rng.u8(..10) < 6 {
        return Step::ApplyPlan;
    }
    match rng.u8(..100) {
        0..45 => command(rng, Some(machine)),
        45..75 => edit(rng, machine),
        75..95 => event(rng),
        _ => Step::Fault(fault(rng)),
    }
}

fn command(rng: &mut Rng, machine: Option<&Machine>) -> Step {
    let address = machine.and_then(|machine| address(rng, machine));
    let options = options(rng, address.as_ref());
    let Some(address) = address else { return plan_or_apply(rng, options) };
    match rng.u8(..20) {
        0 | 1 => Step::Taint { address },
        2 => Step::Untaint { address },
        3 => Step::Import { address, account: account(rng), role: role(rng) },
        4 => interruption(rng, options),
        _ => plan_or_apply(rng, options),
    }
}

fn plan_or_apply(rng: &mut Rng, options: Options) -> Step {
    if rng.u8(..10) < 6 { Step::Plan(options) } else { Step::Apply(options) }
}

fn interruption(rng: &mut Rng, options: Options) -> Step {
    let actions = ["GetRole", "CreateServiceLinkedRole", "DeleteServiceLinkedRole", "GetUserStatus"];
    Step::Interrupt {
        action: pick(rng, &actions).to_owned(),
        nth: rng.u64(1..=2),
        after: rng.bool(),
        options,
    }
}

fn options(rng: &mut Rng, address: Option<&String>) -> Options {
    let plain = Options::default();
    let address = address.cloned();
    match rng.u8(..20) {
        0 | 1 => Options { destroy: true, ..plain },
        2 => Options { refresh_only: true, ..plain },
        3 => Options { no_refresh: true, ..plain },
        4 => Options { target: address, ..plain },
        5..=7 => Options { replace: address, ..plain },
        8 => Options { destroy: true, target: address, ..plain },
        _ => plain,
    }
}

/// An address of a resource, in state or in configuration.
fn address(rng: &mut Rng, machine: &Machine) -> Option<String> {
    let in_state = machine.view.objects.iter().map(|object| object.address.clone());
    let configured = machine.configuration.blocks.iter().flat_map(Block::addresses);
    let all: Vec<_> = in_state.chain(configured).collect();
    (!all.is_empty()).then(|| all[rng.usize(..all.len())].clone())
}

fn edit(rng: &mut Rng, machine: &Machine) -> Step {
    let blocks = &machine.configuration.blocks;
    if blocks.is_empty() || rng.u8(..10) == 0 {
        let label = pick(rng, &LABELS);
        return Step::Add(block(rng, label));
    }
    let block = &blocks[rng.usize(..blocks.len())];
    let label = block.label.clone();
    match rng.u8(..20) {
        0 => Step::Drop { label },
        1 => Step::Remove { label, destroy: rng.bool() },
        2..=4 => Step::Rename { label, to: pick(rng, &LABELS).to_owned(), moved: rng.bool() },
        5 if fits_module(block) => Step::CrossModule { label, moved: rng.bool() },
        6 => Step::Allow(allowed(rng)),
        7 => Step::Tidy,
        8..=13 if !block.keys.is_empty() => edit_keys(rng, block),
        _ => Step::Change { label, change: change(rng) },
    }
}

fn edit_keys(rng: &mut Rng, block: &Block) -> Step {
    let label = block.label.clone();
    let key = block.keys[rng.usize(..block.keys.len())].0.clone();
    let other = pick(rng, &KEYS).to_owned();
    match rng.u8(..4) {
        0 => Step::AddKey { label, key: other, account: account(rng) },
        1 => Step::DropKey { label, key },
        2 => Step::RenameKey { label, key, to: other, moved: rng.bool() },
        _ => Step::SwapKeys { label, first: key, second: other },
    }
}

fn change(rng: &mut Rng) -> Change {
    match rng.u8(..12) {
        0 => Change::Role(role(rng)),
        1 | 2 => Change::Place(place(rng)),
        3 => Change::Adopt(rng.bool()),
        4 | 5 => Change::Policy(policy(rng)),
        6 => Change::ServiceName(rng.bool()),
        7 => Change::Patient(rng.bool()),
        8 => Change::CreateBeforeDestroy(rng.bool()),
        9 => Change::PreventDestroy(rng.bool()),
        10 => Change::Dependent(rng.bool()),
        _ => Change::Alias(rng.bool()),
    }
}

fn block(rng: &mut Rng, label: &str) -> Block {
    let mut block = Block::new(label, role(rng), place(rng));
    match rng.u8(..10) {
        0..3 => block.keys = keys(rng),
        3 => block.alias = true,
        _ => {}
    }
    block.module = fits_module(&block) && rng.u8(..10) < 2;
    block.adopt = rng.u8(..10) < 4;
    block.policy = policy(rng);
    block.create_before_destroy = rng.u8(..10) == 0;
    block.dependent = rng.u8(..10) < 3;
    block
}

fn keys(rng: &mut Rng) -> Vec<(String, Account)> {
    KEYS.iter().take(rng.usize(1..=2)).map(|key| ((*key).to_owned(), account(rng))).collect()
}

fn event(rng: &mut Rng) -> Step {
    let (account, role) = (account(rng), role(rng));
    match rng.u8(..20) {
        0..=3 => Step::Make { account, role },
        4..=6 => Step::Delete { account, role },
        7 | 8 => Step::Remake { account, role },
        9..=11 => Step::Subscribe(account),
        12..=15 => Step::EndSubscription(account),
        16 => Step::Deny { account, permission: Some(pick(rng, &PERMISSIONS).to_owned()) },
        17 => Step::Deny { account, permission: None },
        18 => Step::Credentials(credentials(rng)),
        _ => Step::Clock { seconds: rng.i64(60..4000) },
    }
}

fn credentials(rng: &mut Rng) -> Credentials {
    let all = [Credentials::UnknownKey, Credentials::WrongSecret, Credentials::OfAnotherAccount];
    if rng.bool() { Credentials::Right } else { all[rng.usize(..all.len())] }
}

fn fault(rng: &mut Rng) -> Fault {
    let kinds =
        ["drop_before", "drop_after", "truncate", "garbage", "throttle", "deny", "hide_role", "status"];
    let actions = [
        "GetRole",
        "GetRole",
        "CreateServiceLinkedRole",
        "DeleteServiceLinkedRole",
        "GetServiceLinkedRoleDeletionStatus",
        "GetUserStatus",
        "AssumeRole",
    ];
    let kind = pick(rng, &kinds);
    let action = if kind == "hide_role" { "GetRole" } else { pick(rng, &actions) };
    Fault { kind: kind.to_owned(), action: action.to_owned(), nth: rng.u64(1..=3) }
}

fn place(rng: &mut Rng) -> Place {
    match rng.u8(..10) {
        0..5 => Place::Default,
        5..9 => Place::Known(account(rng)),
        _ => Place::Computed(account(rng)),
    }
}

fn policy(rng: &mut Rng) -> Option<Policy> {
    match rng.u8(..10) {
        0..5 => None,
        5 => Some(Policy::Delete),
        6 => Some(Policy::Prevent),
        7 => Some(Policy::DeleteOrAbandon),
        _ => Some(Policy::Abandon),
    }
}

fn allowed(rng: &mut Rng) -> Option<Vec<Account>> {
    if rng.bool() {
        return None;
    }
    Some(Account::ALL.into_iter().filter(|account| *account == Account::Own || rng.bool()).collect())
}

/// Few of them, so that roles meet.
fn role(rng: &mut Rng) -> Role {
    let roles = [Role::Mssp, Role::Mssp, Role::Mssp, Role::Esa, Role::Esa, Role::AntiRansomware];
    roles[rng.usize(..roles.len())]
}

fn account(rng: &mut Rng) -> Account {
    Account::ALL[rng.usize(..Account::ALL.len())]
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

const LABELS: [&str; 4] = ["a", "b", "c", "d"];
const KEYS: [&str; 3] = ["k1", "k2", "k3"];
const PERMISSIONS: [&str; 5] = [
    "ram:GetRole",
    "ram:CreateServiceLinkedRole",
    "ram:DeleteServiceLinkedRole",
    "ram:GetServiceLinkedRoleDeletionStatus",
    "yundun-mss:GetUserStatus",
];
