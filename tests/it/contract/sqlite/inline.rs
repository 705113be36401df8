//! Lone lookups on the caller's own thread, beside those that take the queue. An answer that is there at
//! once does not tell which way it came, since the queue can be as quick: that is asked in the unit tests.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use iinspect::register::Facts;
use iinspect::register::sqlite::Options;
use tokio::task::JoinSet;

use crate::contract::support::{Stage, bounded, iin, options, put, seen, soon};

/// Looks the first number up; whether the answer was there at once, without another thread.
async fn at_once(stage: &Stage) -> bool {
    let mut lookup = pin!(stage.register.one(iin(1), soon()));
    let first = poll_fn(|context| Poll::Ready(lookup.as_mut().poll(context))).await;
    let (read, at_once) = match first {
        Poll::Ready(read) => (read, true),
        Poll::Pending => (lookup.await, false),
    };
    assert_eq!(seen(&read.unwrap().value), (1, "x"));
    at_once
}

async fn stage(inline: usize) -> Stage {
    // No probe: while one is at work, lookups take the queue.
    let stage = Stage::with(&Options { inline, probe_every: std::time::Duration::MAX, ..options() });
    stage.commit(vec![put(iin(1), "x")]).await;
    stage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_lookup_is_answered_at_once() {
    bounded(async { assert!(at_once(&stage(1).await).await) }).await;
}

/// More callers than connections: the others take the queue, and all are answered alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_finds_no_idle_connection_takes_the_queue() {
    bounded(async {
        let stage = std::sync::Arc::new(stage(1).await);
        let mut lookups = JoinSet::new();
        for _ in 0..8 {
            let stage = stage.clone();
            lookups.spawn(async move {
                let mut ways = [0, 0];
                for _ in 0..2_000 {
                    ways[usize::from(at_once(&stage).await)] += 1;
                }
                ways
            });
        }
        let ways = lookups.join_all().await.into_iter().fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]);
        assert!(ways[0] > 0 && ways[1] > 0, "{ways:?}");
    })
    .await;
}

/// A task that only looks up must let the others of its thread run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_of_lookups_yields() {
    bounded(async {
        let stage = stage(1).await;
        let mut looped = pin!(async {
            for _ in 0..10_000 {
                at_once(&stage).await;
            }
        });
        let pends = poll_fn(|context| Poll::Ready(looped.as_mut().poll(context).is_pending()));
        assert!(pends.await);
    })
    .await;
}
