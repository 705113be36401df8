//! A server that is killed while many write to it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use iinspect::register::postgres::{Options, Store};
use iinspect::register::{Changeset, Facts, Feed, Ledger, Position, Token, Write};

use super::support::{options, wait_up};
use crate::contract::feed::assert_contiguous;
use crate::contract::support::{bounded, entry, iin, put, request, seen, set, soon};
use crate::postgres::{Server, skipped};

const WRITERS: u64 = 6;
const ROUNDS: u64 = 3;

/// Two records and a hotlist entry of a changeset's own.
fn changeset(n: u64) -> Changeset {
    let (a, b) = (iin(2 * n), iin(2 * n + 1));
    let tag = n.to_string();
    let writes = vec![put(a, &tag), put(b, &tag), Write::hotlist(a, entry(u128::from(n) + 1, ""))];
    // With a request id and without: a COMMIT whose answer is lost is found out about either way.
    Changeset { request: request(u128::from(n), 1).filter(|_| n.is_multiple_of(2)), ..set(writes) }
}

async fn write(store: Store, next: Arc<AtomicU64>, stop: Arc<AtomicBool>) -> BTreeSet<u64> {
    let mut acknowledged = BTreeSet::new();
    while !stop.load(Ordering::Acquire) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(2);
        match store.commit(changeset(n), deadline).await {
            Ok(_) => {
                acknowledged.insert(n);
            }
            // Not at full speed while there is nothing to write to.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_and_nothing_is_torn() {
    if skipped() {
        return;
    }
    bounded(async {
        let mut server = Server::start("fsync = on");
        server.register("crash").await;
        let store = Store::open(&server.url("crash"), &[], &Options { connections: 8, ..options() }).unwrap();
        wait_up(&store).await;
        let (next, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> =
            (0..WRITERS).map(|_| tokio::spawn(write(store.clone(), next.clone(), stop.clone()))).collect();
        for round in 0..ROUNDS {
            // Until there is something to lose, and then a moment more.
            let begun = next.load(Ordering::Relaxed);
            while next.load(Ordering::Relaxed) < begun + 60 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::time::sleep(Duration::from_millis(7 * round)).await;
            server.kill();
            server.resume();
            wait_up(&store).await;
        }
        stop.store(true, Ordering::Release);
        let mut acknowledged = BTreeSet::new();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        check(&store, &acknowledged, next.load(Ordering::Relaxed)).await;
    })
    .await;
}

async fn check(store: &Store, acknowledged: &BTreeSet<u64>, tried: u64) {
    let heads = store.heads(soon()).await.unwrap();
    let mut found = 0;
    for n in 0..tried {
        let facts = store.many(&[iin(2 * n), iin(2 * n + 1)], soon()).await.unwrap();
        let there = facts[0].value.record.is_some();
        found += u64::from(there);
        let want = if there { (1, n.to_string()) } else { (0, String::new()) };
        for fact in &facts {
            assert_eq!(seen(&fact.value), (want.0, want.1.as_str()), "{n} is torn or was written twice");
        }
        assert_eq!(facts[0].value.hotlist.len(), usize::from(there));
        assert!(there || !acknowledged.contains(&n), "{n} was acknowledged and is lost");
    }
    println!("crash: {tried} tried, {} acknowledged, {found} found", acknowledged.len());
    assert!(acknowledged.len() as u64 > 40 * ROUNDS);
    assert_eq!(heads.0.iter().map(|head| head.0).sum::<u64>(), 3 * found, "records and heads agree");
    let start = Token(vec![Position(0); heads.0.len()]);
    let (mut token, mut told) = (start.clone(), Vec::new());
    loop {
        let page = store.after(&token, 1_000, soon()).await.unwrap();
        if page.changes.is_empty() {
            break;
        }
        told.extend(page.changes);
        token = page.next;
    }
    assert_eq!(token, heads, "feed and heads agree");
    assert_contiguous(&told, &start);
    assert_eq!(told.len() as u64, 3 * found);
}
