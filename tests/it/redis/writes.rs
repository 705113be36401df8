//! What is written only takes the place of what is older.

use iinspect::cache::shared::Shared;
use iinspect::register::Position;

use super::support::{TTL, absent, counted, fill, position, subject, tier, until};
use super::{Redis, skipped};

/// Has a fact written and waits until the script has said what it did.
async fn put(shared: &Shared, n: u8, at: u64) {
    let done = |s: iinspect::cache::shared::Snapshot| s.fills + s.fills_older;
    let before = done(shared.stats());
    shared.fill(subject(n), absent(at), TTL);
    counted(shared, "the script answered", |s| done(s) == before + 1).await;
}

/// Likewise a tombstone.
async fn bury(shared: &Shared, n: u8, at: u64) {
    let done = |s: iinspect::cache::shared::Snapshot| s.tombstones + s.tombstones_older;
    let before = done(shared.stats());
    shared.tombstones(vec![(subject(n), Position(at))]);
    counted(shared, "the script answered", |s| done(s) == before + 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_older_is_refused() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    put(&shared, 1, 5).await;
    put(&shared, 1, 4).await;
    assert_eq!((position(&shared, subject(1)).await, shared.stats().fills_older), (Some(5), 1));
    put(&shared, 1, 6).await;
    assert_eq!(position(&shared, subject(1)).await, Some(6));

    // A fact that was read at a change's position, or later, has the change in it.
    bury(&shared, 1, 6).await;
    assert_eq!((position(&shared, subject(1)).await, shared.stats().tombstones_older), (Some(6), 1));
    bury(&shared, 1, 7).await;
    assert_eq!(position(&shared, subject(1)).await, None);
    assert_eq!((shared.stats().tombstones, shared.stats().tombstones_met), (1, 1));
    put(&shared, 1, 6).await;
    assert_eq!(position(&shared, subject(1)).await, None, "it was on its way when the change came");
    put(&shared, 1, 7).await;
    assert_eq!(position(&shared, subject(1)).await, Some(7));

    // A tombstone where nothing was: a load on its way is refused all the same.
    bury(&shared, 2, 9).await;
    put(&shared, 2, 8).await;
    assert_eq!(position(&shared, subject(2)).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_are_compared_as_numbers_whatever_their_bytes() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    let positions = [0, 1, 0x41, 0x61, 127, 128, 255, 256, 0x6100, 0xff00, 1 << 32, u64::MAX >> 1, u64::MAX];
    let mut n = 0;
    for first in positions {
        for second in positions {
            n += 1;
            put(&shared, n, first).await;
            put(&shared, n, second).await;
            assert_eq!(position(&shared, subject(n)).await, Some(first.max(second)), "{first} then {second}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_and_tombstones_end_and_a_fact_not_later_than_it_was_to() {
    if skipped() {
        return;
    }
    let redis = Redis::start("");
    let shared = tier(&redis.url()).await;
    fill(&shared, subject(1), 1).await;
    bury(&shared, 2, 1).await;
    let mut client = redis.client();
    let names: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut client).unwrap();
    assert_eq!(names.len(), 2);
    for name in names {
        let left: u64 = redis::cmd("PTTL").arg(&name).query(&mut client).unwrap();
        let bytes: usize = redis::cmd("STRLEN").arg(&name).query(&mut client).unwrap();
        assert!(left <= if bytes == 8 { 60_000 } else { 600_000 });
        // Somebody who makes it last for ever does not make it count for ever.
        let _: u8 = redis::cmd("PERSIST").arg(&name).query(&mut client).unwrap();
    }
    let (_, left) = shared.get(&[subject(1)]).await.pop().unwrap().unwrap();
    assert!(left <= TTL);
    shared.fill(subject(3), absent(1), std::time::Duration::from_millis(50));
    until("it has ended", || async {
        shared.stats().fills >= 2 && position(&shared, subject(3)).await.is_none()
    })
    .await;
}
