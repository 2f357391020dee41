//! A test that looks by itself: random programs of edits, events, faults and commands, under a real Terraform and
//! the emulator; after each command the five laws of whole runs are checked.
//!
//! | Law | Says |
//! |---|---|
//! | L1 no surprise | what apply will refuse, plan refuses, or warns of |
//! | L2 as shown, or not at all | apply does what its plan showed; if it cannot, it changes nothing |
//! | L3 the state is true | after every command; no text says the opposite of what is; no role of ours is lost |
//! | L4 the way out works | each printed way out, followed to the letter, leads out |
//! | L5 quiet | after a successful apply the next plan is empty |
//!
//! What a provider cannot know is not held against it: what another provider configuration, another state or an
//! address outside `-target` holds, and what `lifecycle` says.
//!
//! `cargo test state_machine` runs the kept programs and some of fixed seeds. For more:
//!
//! ```sh
//! MSS_MACHINE_STEPS=5000 MSS_MACHINE_SEED=1 cargo test state_machine -- --nocapture
//! ```
//!
//! A breach is printed as a program, as small as it could be made: put it into `programs/` under a name, and it
//! is run for ever. `MSS_MACHINE_SHRINK=0` prints it as it was drawn, `MSS_MACHINE_PROGRAM=file.json` runs one
//! program alone and prints each step.
//!
//! That the judge sees something was tried with a break in the provider for each law:
//!
//! | Law | Break | Found by seed, from 101 on |
//! |---|---|---|
//! | L1 | no claim of a plan contradicts another | 105 |
//! | L2 | `abandon` deletes | 102 |
//! | L3 | a confirmed create ends as if it was interrupted before | 101 |
//! | L4 | the import ID has role and account the other way round | 102 |
//! | L5 | a refresh puts another deletion policy into the state | 101 |

mod configuration;
mod generate;
mod laws;
mod machine;
mod observe;
mod program;
mod shrink;
mod ways_out;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    time::Instant,
};

use fastrand::Rng;
use futures_util::{FutureExt, StreamExt, stream};

use self::{
    laws::{Breach, Law},
    machine::{Machine, Tally},
    program::Program,
};
use crate::support::terraform::Terraform;

/// A program with what it broke; empty if nothing.
struct Outcome {
    seed: u64,
    program: Program,
    breaches: Vec<Breach>,
    tally: Tally,
}

#[tokio::test]
async fn kept_programs_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/state_machine/programs");
    let mut kept: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let run = |path: PathBuf| async move {
        let program: Program = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let breaches = replay(&program).await;
        let shown: Vec<_> = breaches.iter().map(report).collect();
        (!shown.is_empty()).then(|| format!("{}\n{}", path.display(), shown.join("\n")))
    };
    let broken: Vec<_> = stream::iter(kept).map(run).buffer_unordered(LANES).collect().await;
    let broken: Vec<_> = broken.into_iter().flatten().collect();
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[tokio::test]
async fn random_programs_hold() {
    if env::var("MSS_MACHINE_PROGRAM").is_ok() {
        return;
    }
    let began = Instant::now();
    let mut running = stream::iter(seeds()).map(explore).buffer_unordered(LANES);
    let mut outcomes = Vec::new();
    while let Some(outcome) = running.next().await {
        println!("{}", outcome.line());
        if let Some(breach) = outcome.breaches.first() {
            println!("{}\n{}", serde_json::to_string(&outcome.program).unwrap(), breach.seen);
        }
        outcomes.push(outcome);
    }
    let steps: usize = outcomes.iter().map(|outcome| outcome.program.len()).sum();
    println!("{steps} steps in {} programs, {:?}\n{:?}", outcomes.len(), began.elapsed(), total(&outcomes));
    let reports = reports(outcomes).await;
    assert!(reports.is_empty(), "{} kinds of breaches\n\n{}", reports.len(), reports.join("\n"));
}

/// One program, aloud.
#[tokio::test]
async fn a_given_program_holds() {
    let Ok(file) = env::var("MSS_MACHINE_PROGRAM") else { return };
    let program: Program = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut machine = Machine::start(Terraform::find().unwrap()).await;
    for step in &program {
        let breaches = take(&mut machine, step).await;
        println!("{}\n    {:?}", serde_json::to_string(step).unwrap(), machine.view);
        assert!(breaches.is_empty(), "{}", breaches.iter().map(report).collect::<Vec<_>>().join("\n"));
    }
}

impl Outcome {
    fn line(&self) -> String {
        let keys: BTreeSet<_> = self.breaches.iter().map(Breach::key).collect();
        format!("seed {}: {} steps {keys:?}", self.seed, self.program.len())
    }
}

/// Each kind of breach with a small program that shows it.
async fn reports(outcomes: Vec<Outcome>) -> Vec<String> {
    let mut reports = Vec::new();
    for (key, (count, seed, program, breach)) in distinct(outcomes) {
        let json = serde_json::to_string(&smallest(&program, &breach).await).unwrap();
        reports.push(format!("{key} ({count} times, first seed {seed})\n{json}\n{}\n", breach.seen));
    }
    reports
}

/// Those of as many programs as `MSS_MACHINE_STEPS` needs; without it a few fixed ones.
fn seeds() -> Vec<u64> {
    let Some(steps) = number("MSS_MACHINE_STEPS") else { return SEEDS_IN_CARGO_TEST.to_vec() };
    let first = number("MSS_MACHINE_SEED").unwrap_or(1);
    (first..first + steps.div_ceil(STEPS_OF_A_PROGRAM).max(1)).collect()
}

fn total(outcomes: &[Outcome]) -> Tally {
    let mut total = Tally::new();
    for (what, count) in outcomes.iter().flat_map(|outcome| &outcome.tally) {
        *total.entry(what).or_default() += count;
    }
    total
}

/// Each kind of breach: how often it came, and the first program that showed it.
fn distinct(outcomes: Vec<Outcome>) -> BTreeMap<String, (usize, u64, Program, Breach)> {
    let mut found = BTreeMap::new();
    for Outcome { seed, program, breaches, .. } in outcomes {
        for breach in breaches {
            let new = || (0, seed, program.clone(), breach.clone());
            found.entry(breach.key()).or_insert_with(new).0 += 1;
        }
    }
    found
}

/// Draws a program from a seed and runs it until something breaks or it is long enough.
async fn explore(seed: u64) -> Outcome {
    let mut rng = Rng::with_seed(seed);
    let mut machine = Machine::start(Terraform::find().unwrap()).await;
    let mut program = Program::new();
    let mut coming = generate::beginning(&mut rng).into_iter();
    while (program.len() as u64) < STEPS_OF_A_PROGRAM {
        let step = coming.next().unwrap_or_else(|| generate::next_step(&mut rng, &machine));
        program.push(step);
        let breaches = take(&mut machine, &program[program.len() - 1]).await;
        if !breaches.is_empty() {
            return Outcome { seed, program, breaches, tally: machine.tally };
        }
    }
    Outcome { seed, program, breaches: Vec::new(), tally: machine.tally }
}

/// Runs a program to its first breach.
async fn replay(program: &Program) -> Vec<Breach> {
    let mut machine = Machine::start(Terraform::find().unwrap()).await;
    for step in program {
        let breaches = take(&mut machine, step).await;
        if !breaches.is_empty() {
            return breaches;
        }
    }
    Vec::new()
}

/// A step; that the test itself panicked is a breach too.
async fn take(machine: &mut Machine, step: &program::Step) -> Vec<Breach> {
    let outcome = AssertUnwindSafe(machine.step(step)).catch_unwind().await;
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
        vec![Breach::new(Law::StateIsTrue, "the step panicked", text)]
    })
}

/// A small program with the same breach.
async fn smallest(program: &Program, breach: &Breach) -> Program {
    let key = breach.key();
    let runs = number("MSS_MACHINE_SHRINK").map_or(SHRINKING_RUNS, |runs| usize::try_from(runs).unwrap());
    shrink::shrink(program.clone(), runs, |candidate| {
        let key = key.clone();
        async move { replay(&candidate).await.iter().any(|found| found.key() == key) }
    })
    .await
}

fn report(breach: &Breach) -> String {
    format!("{}\n{}", breach.key(), breach.seen)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}={text:?}: {error}")))
}

/// Programs that run at one time: as many as CI has processors.
const LANES: usize = 2;
const STEPS_OF_A_PROGRAM: u64 = 25;
const SEEDS_IN_CARGO_TEST: [u64; 2] = [1, 5];
const SHRINKING_RUNS: usize = 40;
