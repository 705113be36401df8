//! How long after its acknowledgement a change is seen by who polls the feed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use iinspect::register::feed::MAX_PAGE;
use iinspect::register::{Changeset, Expect, Feed, Ledger, Origin, Position, Register, Write};
use jiff::Timestamp;

use super::country::{Everybody, iin};
use super::measure::soon;

type Place = (u16, Position);

/// Commits, commits per second, and median and 99th percentile of the lag.
pub(crate) struct Lag {
    pub(crate) commits: usize,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Writes with so many writers for so long while one follower polls without a pause.
pub(crate) async fn measure(register: &Register, writers: u64, time: Duration) -> Lag {
    let key = register.key().expect("a register that was reached").clone();
    let mut token = register.heads(soon()).await.expect("heads");
    let shards = u16::try_from(token.0.len()).expect("shards");
    let stop = Arc::new(AtomicBool::new(false));
    let follower = tokio::spawn({
        let (register, stop) = (register.clone(), stop.clone());
        async move {
            let mut seen = HashMap::new();
            loop {
                // Asked before the page: what is acknowledged by now is on it.
                let last = stop.load(Ordering::Acquire);
                let page = register.after(&token, MAX_PAGE, soon()).await.expect("a page");
                let now = Instant::now();
                let ended = page.next == token;
                seen.extend(page.changes.iter().map(|c| ((c.shard, c.seq), now)));
                token = page.next;
                if last && ended {
                    return seen;
                }
            }
        }
    });
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let (register, key) = (register.clone(), key.clone());
        tasks.spawn(async move {
            let record = Everybody::new().record(0);
            let mut told = Vec::new();
            let mut n = writer;
            while started.elapsed() < time {
                let number = iin(n);
                let writes = vec![Write::record(number, record.clone(), Expect::Any)];
                let set = Changeset::new(Timestamp::now(), Origin::of("bench"), "", writes);
                let committed = register.commit(set, soon()).await.expect("a commit");
                let shard = key.number(number).shard(shards);
                told.push(((shard, committed.token.0[usize::from(shard)]), Instant::now()));
                n += writers;
            }
            told
        });
    }
    let told: Vec<(Place, Instant)> = tasks.join_all().await.concat();
    let took = started.elapsed();
    stop.store(true, Ordering::Release);
    let seen = follower.await.expect("the follower");
    let mut lags: Vec<Duration> = told
        .iter()
        .map(|(place, at)| seen.get(place).expect("an acknowledged change").saturating_duration_since(*at))
        .collect();
    lags.sort_unstable();
    Lag {
        commits: lags.len(),
        per_second: lags.len() as f64 / took.as_secs_f64(),
        p50: lags[lags.len() / 2],
        p99: lags[lags.len() * 99 / 100],
    }
}
