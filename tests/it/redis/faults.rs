//! Whatever is wrong with Redis, a question is answered with nothing, and is asked again when it is well.

use std::time::Duration;

use iinspect::cache::breaker::Stand;
use iinspect::cache::shared::{Options, Shared};
use iinspect::register::Status;
use tokio::task::JoinSet;

use super::proxy::Proxy;
use super::support::{
    TTL, absent, counted, fill, is_ill, is_up, keys, options, position, subject, tier, until,
};
use super::{Redis, skipped};

/// What a question waits for Redis, where it is about waiting.
const WAIT: Duration = Duration::from_millis(20);

fn impatient(url: &str) -> Options {
    Options { wait: WAIT, ..options(url) }
}

/// Asks until the breaker is open: every question comes back with nothing.
async fn ask_until_open(shared: &Shared) {
    until("the breaker opens", || async {
        assert_eq!(position(shared, subject(1)).await, None);
        shared.stand() != Stand::Closed
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_without_redis_and_finds_it_later() {
    if skipped() {
        return;
    }
    let mut redis = Redis::create("redis-server", "");
    let shared = Shared::start(options(&redis.url()), keys(&[1]));
    is_ill(&shared, "connection refused").await;
    assert_eq!(position(&shared, subject(1)).await, None);
    assert!(shared.stats().skipped > 0);
    shared.fill(subject(1), absent(1), TTL);
    shared.tombstones(vec![(subject(1), iinspect::register::Position(1))]);
    let stats = shared.stats();
    assert_eq!((stats.fills_dropped, stats.tombstones_dropped), (1, 1));
    redis.resume();
    is_up(&shared).await;
    fill(&shared, subject(1), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_is_left_alone_until_it_goes_on() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = Shared::start(impatient(&redis.url()), keys(&[1]));
    is_up(&shared).await;
    fill(&shared, subject(1), 1).await;

    redis.freeze();
    // Every one of these comes back while it hangs.
    ask_until_open(&shared).await;
    assert!(shared.stats().late > 0);
    is_ill(&shared, "").await;
    let before = shared.stats();
    for _ in 0..1000 {
        assert_eq!(position(&shared, subject(1)).await, None);
    }
    let after = shared.stats();
    assert_eq!((after.late, after.skipped), (before.late, before.skipped + 1000), "it is not waited for");
    redis.thaw();
    is_up(&shared).await;
    until("what it held is found", || async { position(&shared, subject(1)).await == Some(1) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_killed_comes_back_empty() {
    if skipped() {
        return;
    }
    let mut redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    fill(&shared, subject(1), 1).await;
    redis.kill();
    is_ill(&shared, "").await;
    assert_eq!(position(&shared, subject(1)).await, None);
    redis.resume();
    is_up(&shared).await;
    assert_eq!(position(&shared, subject(1)).await, None, "it kept nothing");
    // Nor does it know the script any more.
    fill(&shared, subject(1), 1).await;
    assert!(shared.stats().connections >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_emptied_is_filled_again() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    fill(&shared, subject(1), 1).await;
    let () = redis.run("FLUSHALL");
    let () = redis.run("SCRIPT FLUSH");
    assert_eq!(position(&shared, subject(1)).await, None);
    fill(&shared, subject(1), 1).await;
    assert_eq!(*shared.status().borrow(), Status::Up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_full_is_still_read() {
    if skipped() {
        return;
    }
    let redis = Redis::start("maxmemory-policy noeviction\n");
    let shared = tier(&redis.url()).await;
    fill(&shared, subject(1), 1).await;
    let () = redis.run("CONFIG SET maxmemory 1");
    let mut n = 0;
    until("it takes no writes", || {
        n += 1;
        shared.fill(subject(2), absent(n), TTL);
        let status = shared.status().borrow().clone();
        async move { matches!(status, Status::ReadOnly(why) if why.contains("is full")) }
    })
    .await;
    assert!(shared.stats().fills_failed > 0);
    assert_eq!(position(&shared, subject(1)).await, Some(1), "what it holds is of use");
    let () = redis.run("CONFIG SET maxmemory 0");
    until("it takes writes again", || {
        shared.fill(subject(2), absent(1_000_000), TTL);
        let status = shared.status().borrow().clone();
        async move { status == Status::Up }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_always_a_little_late_is_not_waited_for() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let proxy = Proxy::start(redis.port).await;
    let shared = Shared::start(impatient(&proxy.url), keys(&[1]));
    is_up(&shared).await;
    fill(&shared, subject(1), 1).await;
    // Later than a question waits, and soon enough for connections to be made.
    proxy.slow_down(WAIT * 6);
    ask_until_open(&shared).await;
    is_ill(&shared, "does not answer in time").await;
    // Probes are as late: it stays so.
    let connections = shared.stats().connections;
    tokio::time::sleep(WAIT * 50).await;
    assert_eq!(position(&shared, subject(1)).await, None);
    assert_eq!(shared.stats().connections, connections);
    assert!(shared.stand() != Stand::Closed);
    proxy.slow_down(Duration::ZERO);
    is_up(&shared).await;
    until("what it held is found", || async { position(&shared, subject(1)).await == Some(1) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_to_be_written_is_bounded_and_accounted_for() {
    if skipped() {
        return;
    }
    const ALL: u64 = 20_000;
    let redis = Redis::start("");
    let shared = Shared::start(Options { queue: 4, ..options(&redis.url()) }, keys(&[1]));
    is_up(&shared).await;
    redis.freeze();
    for n in 0..ALL {
        shared.fill(subject(1), absent(n), TTL);
        shared.tombstones(vec![(subject(2), iinspect::register::Position(n))]);
    }
    redis.thaw();
    counted(&shared, "all are accounted for", |s| {
        let fills = s.fills + s.fills_older + s.fills_failed + s.fills_dropped;
        let stones = s.tombstones + s.tombstones_older + s.tombstones_failed + s.tombstones_dropped;
        (fills, stones) == (ALL, ALL)
    })
    .await;
    assert!(shared.stats().fills_dropped > 0 && shared.stats().tombstones_dropped > 0);
}

/// On one thread all of them ask before the first is answered: they ask together, and each gets its own.
#[tokio::test]
async fn questions_of_many_callers_are_one() {
    if skipped() {
        return;
    }
    const CALLERS: u8 = 100;
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    for n in 0..CALLERS {
        fill(&shared, subject(n), 1 + u64::from(n)).await;
    }
    let reads = || {
        let info: String = redis.run("INFO stats");
        let line = info.lines().find_map(|line| line.strip_prefix("total_reads_processed:"));
        line.unwrap().trim().parse::<usize>().unwrap()
    };
    let before = reads();
    let mut callers = JoinSet::new();
    for n in 0..CALLERS {
        let shared = shared.clone();
        callers.spawn(async move { (n, position(&shared, subject(n)).await) });
    }
    // Who leaves before the answer takes it from nobody.
    let gone = tokio::spawn({
        let shared = shared.clone();
        async move { position(&shared, subject(0)).await }
    });
    tokio::task::yield_now().await;
    gone.abort();
    while let Some(found) = callers.join_next().await {
        let (n, found) = found.unwrap();
        assert_eq!(found, Some(1 + u64::from(n)));
    }
    let reads = reads() - before;
    assert!(reads < 10, "Redis read {reads} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_numbers_are_asked_for_in_a_few_pieces() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    let subjects: Vec<_> = (0..1000u16)
        .map(|n| {
            let [high, low] = n.to_be_bytes();
            iinspect::register::Subject([high, low, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        })
        .collect();
    until("all are written", || async {
        for (subject, at) in subjects.iter().zip(0..) {
            shared.fill(*subject, absent(at), TTL);
        }
        let found = shared.get(&subjects).await;
        let positions = found.iter().map(|found| found.as_ref().map(|(entry, _)| entry.position.0));
        positions.zip(0..).all(|(found, at)| found.is_none_or(|found| found == at))
            && found.iter().all(Option::is_some)
    })
    .await;
}
