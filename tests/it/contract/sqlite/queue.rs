//! Bounded queues, shared commits, and long reads beside short ones.

use std::time::Duration;

use iinspect::register::sqlite::Options;
use iinspect::register::{Expect, Facts, Feed, Ledger, MAX_MANY};
use rusqlite::Connection;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::contract::support::{Stage, bounded, iin, options, put, put_if, request, seen, set, soon};

/// Another process that holds the write lock.
fn lock(stage: &Stage) -> Connection {
    let locker = Connection::open(&stage.path).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    locker
}

#[tokio::test]
async fn a_full_queue_is_said_at_once() {
    bounded(async {
        let stage = Stage::with(&Options { queue: 2, ..options() });
        let locker = lock(&stage);
        let mut commits = JoinSet::new();
        for n in 0..12 {
            let register = stage.register.clone();
            commits.spawn(async move { register.commit(set(vec![put(iin(n), "x")]), soon()).await });
        }
        // The writer waits for the lock with what it has taken, two more wait in the queue.
        let first = commits.join_next().await.unwrap().unwrap();
        assert!(first.unwrap_err().is_busy());
        assert!(stage.one(iin(1)).await.value.record.is_none(), "reads go on");
        drop(locker);
        let outcomes = commits.join_all().await;
        assert!(outcomes.iter().filter(|o| o.is_ok()).count() >= 2);
        assert!(outcomes.into_iter().filter_map(Result::err).all(|e| e.is_busy()));
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_of_reads_is_said_too() {
    bounded(async {
        let stage = Stage::with(&Options { queue: 1, ..options() });
        let mut reads = JoinSet::new();
        for n in 0..3_000 {
            let register = stage.register.clone();
            reads.spawn(async move { register.one(iin(n % 10), soon()).await });
        }
        let outcomes = reads.join_all().await;
        let (answered, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert!(!answered.is_empty() && !refused.is_empty());
        assert!(refused.into_iter().filter_map(Result::err).all(|e| e.is_busy()));
    })
    .await;
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_not_carried_out() {
    bounded(async {
        let stage = Stage::sqlite();
        let locker = lock(&stage);
        let deadline = Instant::now() + Duration::from_millis(100);
        let commit = stage.register.commit(set(vec![put(iin(1), "late")]), deadline);
        assert!(commit.await.unwrap_err().is_deadline());
        drop(locker);
        stage.commit(vec![put(iin(2), "x")]).await;
        assert_eq!(stage.one(iin(1)).await.value.record, None);
    })
    .await;
}

#[tokio::test]
async fn changesets_that_share_a_commit_stay_apart() {
    bounded(async {
        let stage = Stage::sqlite();
        let locker = lock(&stage);
        // While the writer waits for the lock all these queue up: the next commit takes them all.
        let mut commits = JoinSet::new();
        for n in 0..30u64 {
            let register = stage.register.clone();
            let writes = match n % 3 {
                0 => vec![put_if(iin(n), "x", Expect::Absent)],
                // The second write is refused, so the first must go too.
                1 => vec![put(iin(n), "x"), put_if(iin(n + 100), "x", Expect::Version(3))],
                // The same request over and over: one of them writes.
                _ => vec![put(iin(200), "once")],
            };
            let request = (n % 3 == 2).then(|| request(1, 1)).flatten();
            let set = iinspect::register::Changeset { request, ..set(writes) };
            commits.spawn(async move { (n, register.commit(set, soon()).await) });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(locker);
        let mut outcomes = commits.join_all().await;
        outcomes.sort_by_key(|(n, _)| *n);
        let (mut written, mut tokens) = (0, Vec::new());
        for (n, outcome) in outcomes {
            match n % 3 {
                1 => assert!(outcome.unwrap_err().is_conflict()),
                _ => {
                    let committed = outcome.unwrap();
                    written += u64::from(!committed.is_replayed());
                    tokens.extend((!committed.is_replayed()).then_some(committed.token.0[0].0));
                }
            }
            let fact = stage.one(iin(n)).await.value;
            assert_eq!(fact.record.is_some(), n % 3 == 0, "{n}");
        }
        assert_eq!(written, 11);
        tokens.sort_unstable();
        assert_eq!(tokens, (1..=11).collect::<Vec<_>>(), "each has a place of its own");
        assert_eq!(seen(&stage.one(iin(200)).await.value), (1, "once"));
        assert_eq!(stage.register.heads(soon()).await.unwrap().0[0].0, 11);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_reads_do_not_starve_lookups() {
    bounded(async {
        let stage = Stage::sqlite();
        stage.commit((0..MAX_MANY as u64).map(|n| put(iin(n), "x")).collect()).await;
        let iins: Vec<_> = (0..MAX_MANY as u64).map(iin).collect();
        let started = Instant::now();
        let mut long = JoinSet::new();
        for _ in 0..200 {
            let (register, iins) = (stage.register.clone(), iins.clone());
            long.spawn(async move { register.many(&iins, soon()).await.map(|r| r.len()) });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let lookup = Instant::now();
        stage.one(iin(1)).await;
        let lookup = lookup.elapsed();
        assert!(long.join_all().await.into_iter().all(|r| r == Ok(MAX_MANY)));
        let all = started.elapsed();
        assert!(lookup < all / 4, "a lookup waited {lookup:?} of {all:?}");
    })
    .await;
}
