//! A follower of the feed beside many writers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use iinspect::register::{Feed, Position};

use crate::contract::feed::assert_contiguous;
use crate::contract::support::{Stage, bounded, iin, put, seen, soon};
use crate::postgres::skipped;

const WRITERS: u64 = 8;
const ROUNDS: u64 = 60;
const NUMBERS: u64 = 40;

/// A change by its shard and position.
type Place = (u16, Position);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_change_is_skipped_and_few_wait_long() {
    if skipped() {
        return;
    }
    bounded(async {
        let stage = Arc::new(Stage::postgres());
        let done = Arc::new(AtomicBool::new(false));
        let follower = tokio::spawn(follow(stage.clone(), done.clone()));
        let writers: Vec<_> = (0..WRITERS).map(|w| tokio::spawn(write(stage.clone(), w))).collect();
        let mut acknowledged = BTreeMap::new();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        done.store(true, Ordering::Release);
        let told = follower.await.unwrap();
        assert_eq!(acknowledged.len() as u64, WRITERS * ROUNDS);
        assert_eq!(told.len(), acknowledged.len());
        let mut lags: Vec<Duration> = acknowledged
            .iter()
            .map(|(place, (_, _, at))| told[place].saturating_duration_since(*at))
            .collect();
        lags.sort_unstable();
        let at = |percent: usize| lags[lags.len() * percent / 100];
        println!("feed: from acknowledged to told p50 {:?} p99 {:?} of {}", at(50), at(99), lags.len());
        assert!(at(99) < Duration::from_millis(500), "{:?}", at(99));
        // For each number the last of its changes is what it holds.
        let mut last = HashMap::new();
        for (_, (n, tag, _)) in acknowledged {
            let entry = last.entry(n).or_insert((0, String::new()));
            *entry = (entry.0 + 1, tag);
        }
        for (n, want) in last {
            assert_eq!(seen(&stage.one(iin(n)).await.value), (want.0, want.1.as_str()));
        }
    })
    .await;
}

async fn write(stage: Arc<Stage>, writer: u64) -> Vec<(Place, (u64, String, Instant))> {
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let n = (writer * 7 + round * 5) % NUMBERS;
        let (subject, tag) = (stage.key.number(iin(n)), format!("{writer}-{round}"));
        let token = stage.commit(vec![put(iin(n), &tag)]).await.token;
        let place = (subject.shard(stage.shards), stage.position(&token, subject));
        acknowledged.push((place, (n, tag, Instant::now())));
    }
    acknowledged
}

/// When each change was told. Asks without a pause until the writers are done and the end is
/// reached.
async fn follow(stage: Arc<Stage>, done: Arc<AtomicBool>) -> HashMap<Place, Instant> {
    let (mut token, mut all, mut told) = (stage.start(), Vec::new(), HashMap::new());
    loop {
        let last_round = done.load(Ordering::Acquire);
        let page = stage.register.after(&token, 1_000, soon()).await.unwrap();
        let now = Instant::now();
        if page.changes.is_empty() && last_round {
            assert_contiguous(&all, &stage.start());
            return told;
        }
        told.extend(page.changes.iter().map(|change| ((change.shard, change.seq), now)));
        all.extend(page.changes);
        token = page.next;
    }
}
