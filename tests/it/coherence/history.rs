//! What was written when, and what answers are held to.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iinspect::cache::{Found, Source};
use iinspect::register::NumberState;
use tokio::time::Instant;

use super::RIGHT_AFTER;

/// One version of a number's record.
#[derive(Clone, Copy, Debug)]
struct Version {
    /// Its mark, which the record holds, too.
    mark: u64,
    in_force: bool,
    /// When its commit began, and when it was acknowledged.
    begun: Instant,
    acknowledged: Option<Instant>,
    /// Through which node.
    node: usize,
    /// When the other node last told the version before, of those that answered after the
    /// acknowledgement.
    last_old: Option<Instant>,
}

/// The versions of all numbers.
#[derive(Clone, Debug)]
pub(super) struct History(Arc<Vec<Mutex<Vec<Version>>>>);

/// What a trial led to.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) changes: usize,
    pub(super) reads: usize,
    /// Reads that came in right after a change of their number was acknowledged.
    pub(super) right_after: usize,
    pub(super) local: usize,
    pub(super) shared: usize,
    pub(super) register: usize,
    pub(super) failed: usize,
    pub(super) violations: usize,
    /// The first of them.
    pub(super) first: Option<String>,
    /// From the acknowledgement of an exclusion to the last answer of the other node that told the
    /// number in force, over all exclusions.
    pub(super) delays: Vec<Duration>,
}

impl History {
    pub(super) fn new(numbers: usize) -> Self {
        History(Arc::new((0..numbers).map(|_| Mutex::default()).collect()))
    }

    pub(super) fn begins(&self, number: usize, mark: u64, in_force: bool, node: usize) {
        let begun = Instant::now();
        let version = Version { mark, in_force, begun, acknowledged: None, node, last_old: None };
        self.0[number].lock().unwrap().push(version);
    }

    pub(super) fn acknowledged(&self, number: usize) {
        let at = Instant::now();
        self.0[number].lock().unwrap().last_mut().unwrap().acknowledged = Some(at);
    }

    /// Holds an answer to what was written. `asked` is a moment before its call, `answered` one after.
    pub(super) fn check(
        &self,
        number: usize,
        node: usize,
        (asked, answered): (Instant, Instant),
        max_age: Duration,
        found: &Found,
        report: &mut Report,
    ) {
        let mut versions = self.0[number].lock().unwrap();
        let record = found.entry.fact.record.as_ref().map(|record| &record.value);
        let mark: u64 = record.map_or(0, |record| record.state_reason.parse().unwrap());
        let at =
            versions.iter().position(|version| version.mark == mark).expect("a version that was written");
        let told_in_force = record.is_some_and(|record| record.state == NumberState::InForce);
        let recent = |version: &Version| {
            version.acknowledged.is_some_and(|at| asked >= at && asked - at < RIGHT_AFTER)
        };
        report.right_after += usize::from(versions.iter().rev().take(2).any(recent));
        report.reads += 1;
        match found.source {
            Source::Local => report.local += 1,
            Source::Shared => report.shared += 1,
            Source::Register => report.register += 1,
        }
        // Whatever was acknowledged before this moment must be in the answer.
        let since = asked.checked_sub(found.age).unwrap_or(asked);
        let replaced = versions.get(at + 1).and_then(|next| next.acknowledged);
        let mut wrong = Vec::new();
        if replaced.is_some_and(|replaced| replaced < since) {
            wrong.push(format!("told {:?} after it was replaced", since - replaced.unwrap()));
        }
        if versions[at].begun > answered {
            wrong.push("told before it was written".to_string());
        }
        if found.age > max_age || found.age > STALE {
            wrong.push(format!("{:?} old, asked for {max_age:?}", found.age));
        }
        if told_in_force != versions[at].in_force {
            wrong.push("the wrong state".to_string());
        }
        if !wrong.is_empty() {
            report.violations += 1;
            let first = || format!("number {number}, node {node}, {:?}: {wrong:?}", found.source);
            report.first.get_or_insert_with(first);
        }
        // Told in force although an exclusion was acknowledged through the other node before.
        if told_in_force
            && let Some(next) = versions.get_mut(at + 1).filter(|next| !next.in_force && next.node != node)
            && next.acknowledged.is_some_and(|at| answered > at)
        {
            next.last_old = next.last_old.max(Some(answered));
        }
    }

    /// How many changes were acknowledged, and the delays of the exclusions.
    pub(super) fn close(&self, report: &mut Report) {
        for versions in self.0.iter() {
            let versions = versions.lock().unwrap();
            for version in versions.iter().skip(1) {
                let Some(at) = version.acknowledged else { continue };
                report.changes += 1;
                if !version.in_force {
                    report.delays.push(version.last_old.map_or(Duration::ZERO, |last| last - at));
                }
            }
        }
        report.delays.sort_unstable();
    }
}

/// The loosest bound of staleness that the trial's facts have: that of an excluded number.
const STALE: Duration = Duration::from_secs(300);

impl Report {
    pub(super) fn with(mut self, other: Report) -> Report {
        self.changes += other.changes;
        self.reads += other.reads;
        self.right_after += other.right_after;
        self.local += other.local;
        self.shared += other.shared;
        self.register += other.register;
        self.failed += other.failed;
        self.violations += other.violations;
        self.first = self.first.or(other.first);
        self.delays.extend(other.delays);
        self
    }

    fn delay(&self, percent: usize) -> Duration {
        let last = self.delays.len().saturating_sub(1);
        self.delays.get(last * percent / 100).copied().unwrap_or_default()
    }

    pub(super) fn table(&self, name: &str) -> String {
        let mut text = format!("coherence trial: {name}\n");
        let counts = BTreeMap::from([
            ("changes", self.changes),
            ("reads", self.reads),
            ("reads within 100 ms of a change", self.right_after),
            ("told from this process", self.local),
            ("told from Redis", self.shared),
            ("told from the register", self.register),
            ("not told", self.failed),
            ("violations", self.violations),
        ]);
        for (what, count) in counts {
            let _ = writeln!(text, "  {what:<34}{count:>10}");
        }
        let (p50, p99, max) = (self.delay(50), self.delay(99), self.delay(100));
        let what = "from an exclusion to the last VERIFIED of the other node";
        let _ = write!(text, "  {what}: p50 {p50:?}, p99 {p99:?}, max {max:?} over {}", self.delays.len());
        text
    }
}
