//! Makes a failing program small: takes out groups of steps, then single ones, as long as the same breach stays.

use std::future::Future;

use super::program::Program;

/// The smallest program found that still `fails`, after at most `runs` runs.
pub async fn shrink<F: Future<Output = bool>>(
    program: Program,
    runs: usize,
    mut fails: impl FnMut(Program) -> F,
) -> Program {
    let mut smallest = program;
    let mut left = runs;
    let mut length = smallest.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < smallest.len() && left > 0 {
            let candidate = without(&smallest, start, length);
            left -= 1;
            if fails(candidate.clone()).await {
                smallest = candidate;
            } else {
                start += length;
            }
        }
        length /= 2;
    }
    smallest
}

fn without(program: &Program, start: usize, length: usize) -> Program {
    let end = (start + length).min(program.len());
    program[..start].iter().chain(&program[end..]).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_machine::program::{Account, Step};

    #[tokio::test]
    async fn keeps_what_the_failure_needs() {
        let needed = Step::Subscribe(Account::First);
        let program = vec![
            Step::Tidy,
            Step::Subscribe(Account::Own),
            needed.clone(),
            Step::ApplyPlan,
            Step::Tidy,
            Step::ApplyPlan,
        ];
        let small = shrink(program, 100, async |candidate: Program| {
            candidate.contains(&Step::Subscribe(Account::First)) && candidate.contains(&Step::ApplyPlan)
        })
        .await;
        assert_eq!(small, [needed, Step::ApplyPlan]);
    }
}
