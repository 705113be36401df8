//! What callers ask: what is remembered of numbers, until a deadline and no longer.

use std::time::Duration;

use tokio::time::Instant;

use super::core::{Answer, Core, READS, question};
use super::fault::Fault;
use super::form::{Key, Value};
use crate::cache::Entry;
use crate::cache::key::Name;
use crate::register::Subject;

/// What is remembered of numbers, in their order.
pub(super) async fn read(core: &Core, subjects: &[Subject]) -> Vec<Option<(Entry, Duration)>> {
    let nothing = || vec![None; subjects.len()];
    let Some((link, ring)) = core.link.load_full().zip(core.ring.load_full()) else {
        core.stats.skipped.add(subjects.len());
        return nothing();
    };
    let count = u32::try_from(subjects.len().min(READS)).unwrap_or(u32::MAX);
    let Ok(_asking) = core.reads.try_acquire_many(count) else {
        core.stats.crowded.add(subjects.len());
        return nothing();
    };
    let asked = Instant::now();
    let keys: Vec<&Key> = ring.keys().collect();
    let mut names = Vec::with_capacity(subjects.len() * keys.len());
    for subject in subjects {
        names.extend(keys.iter().map(|key| key.name(*subject)));
    }
    let commands = names.iter().flat_map(question).collect();
    let answers = link.run(commands, 2, asked + core.wait).await;
    let mut values = answers.values.into_iter();
    let mut found = Vec::with_capacity(subjects.len());
    let mut outcome = Outcome { answered: false, fault: answers.fault };
    for (at, (subject, names)) in subjects.iter().zip(names.chunks(keys.len())).enumerate() {
        let mut newest = Newest::default();
        for (key, name) in keys.iter().zip(names) {
            let answer = Answer::of(values.next().flatten(), values.next().flatten());
            newest.take(core, key, (*subject, name), answer, &mut outcome);
        }
        found.push(newest.usable(core, asked));
        // A thousand of them would hold up the thread for milliseconds.
        if at % 64 == 63 {
            tokio::task::yield_now().await;
        }
    }
    match outcome.fault {
        // Where some answers came in time, the others are late by how many they are.
        Some(fault) if !outcome.answered => core.failed(fault),
        _ => core.succeeded(),
    }
    found
}

/// What all that was asked came to.
struct Outcome {
    /// Something of it was answered.
    answered: bool,
    fault: Option<Fault>,
}

/// The newest of what is kept of a number under the live keys.
#[derive(Default)]
struct Newest {
    value: Option<Value>,
    /// How long Redis keeps it; `None`: it does not say.
    left: Option<Duration>,
    /// Something was there, or may have been.
    something: bool,
}

impl Newest {
    fn take(
        &mut self,
        core: &Core,
        key: &Key,
        about: (Subject, &Name),
        answer: Answer,
        outcome: &mut Outcome,
    ) {
        match answer {
            Answer::Nothing => {
                outcome.answered = true;
                return;
            }
            Answer::Late => core.stats.late.add(1),
            Answer::Fault(fault) => {
                core.stats.failed.add(1);
                outcome.fault = Some(fault);
            }
            Answer::Value(left, value) => {
                outcome.answered = true;
                match key.read(about, value) {
                    Ok(value) if self.value.as_ref().is_none_or(|held| rank(held) < rank(&value)) => {
                        self.left = u64::try_from(left).ok().map(Duration::from_millis);
                        self.value = Some(value);
                    }
                    Ok(_) => {}
                    Err(_) => core.stats.damaged.add(1),
                }
            }
        }
        self.something = true;
    }

    /// A fact, unless its time is over.
    fn usable(self, core: &Core, asked: Instant) -> Option<(Entry, Duration)> {
        match self.value {
            Some(Value::Fact(entry, kept)) => {
                // Nobody knows when within the question Redis looked at its clock.
                let left = self.left.map_or(kept, |left| left.min(kept)).saturating_sub(asked.elapsed());
                if !left.is_zero() {
                    core.stats.hits.add(1);
                    return Some((*entry, left));
                }
                core.stats.misses.add(1);
            }
            Some(Value::Tombstone(_)) => core.stats.tombstones_met.add(1),
            None if !self.something => core.stats.misses.add(1),
            None => {}
        }
        None
    }
}

/// Of the same position a fact goes before a tombstone: it was read after the change that the tombstone
/// is about.
fn rank(value: &Value) -> (crate::register::Position, bool) {
    (value.position(), matches!(value, Value::Fact(..)))
}
