//! The coherence trial: while numbers are excluded and restored, no node tells anything older than it
//! says, nor older than was asked for.
//!
//! Two nodes over one PostgreSQL and one Redis. Every answer is checked against the history: what it
//! tells must have been so at some moment that its age leaves open. The same trial must catch a cache
//! that does not judge what it remembers. `make trial` runs it in full.

mod history;
mod trial;

use std::time::Duration;

use history::Report;
use trial::{Size, Trial};

/// Sizes from the environment, for `make trial`.
fn size(changes: usize, reads: usize) -> Size {
    let set = |name: &str, instead| match std::env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => instead,
    };
    Size { changes: set("TRIAL_CHANGES", changes), reads: set("TRIAL_READS", reads) }
}

fn run(trial: &Trial) -> Option<Report> {
    if crate::postgres::skipped() || crate::redis::skipped() {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let report = runtime.block_on(trial.run());
    println!("{}", report.table(trial.name));
    Some(report)
}

#[test]
fn no_answer_is_older_than_it_says_with_pushes() {
    let trial = Trial { name: "pushes work", size: size(800, 20_000), ..Trial::default() };
    let Some(report) = run(&trial) else { return };
    assert_eq!(report.violations, 0, "{:?}", report.first);
    assert!(report.local > 0 && report.register > 0, "every way was taken");
    assert!(report.reads >= trial.size.reads && report.changes >= trial.size.changes);
}

#[test]
fn no_answer_is_older_than_it_says_with_pushes_cut() {
    let trial = Trial { name: "pushes cut", pushes: false, size: size(400, 10_000), ..Trial::default() };
    let Some(report) = run(&trial) else { return };
    assert_eq!(report.violations, 0, "{:?}", report.first);
    assert!(report.local > 0 && report.register > 0, "every way was taken");
}

#[test]
fn no_answer_is_older_than_it_says_while_redis_is_emptied_killed_and_started() {
    let trial = Trial {
        name: "Redis comes and goes",
        redis_fails: true,
        size: size(400, 10_000),
        ..Trial::default()
    };
    let Some(report) = run(&trial) else { return };
    assert_eq!(report.violations, 0, "{:?}", report.first);
    assert!(report.local > 0 && report.register > 0, "every way was taken");
}

/// Without the check of positions an outdated entry is told until somebody has taken it away.
#[test]
fn the_trial_catches_a_cache_that_does_not_judge() {
    let size = Size { changes: 200, reads: 5_000 };
    let trial = Trial { name: "not judged", pushes: false, unjudged: true, size, ..Trial::default() };
    let Some(report) = run(&trial) else { return };
    assert!(report.violations > 0, "{}", report.table("not judged"));
}

/// The span within which a read after a change counts as one right after it.
const RIGHT_AFTER: Duration = Duration::from_millis(100);
