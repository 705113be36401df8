//! Writers, readers and a follower of the feed at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use iinspect::register::feed::Change;
use iinspect::register::hotlist::MAX_PER_NUMBER;
use iinspect::register::{Changeset, Expect, Facts, Feed, Ledger, Position, Write};

use super::feed::assert_contiguous;
use super::support::{Stage, entry, iin, put, put_if, request, seen, set, soon};

const WRITERS: u64 = 5;
const READERS: u64 = 4;
const ROUNDS: u64 = 50;
const NUMBERS: u64 = 6;

/// Where a commit is in the history of a number, and what it wrote.
type History = BTreeMap<(u64, Position), String>;

pub(super) async fn reads_and_feed_agree_with_what_was_committed(stage: Stage) {
    let stage = Arc::new(stage);
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS).map(|w| tokio::spawn(write(stage.clone(), w))).collect();
    let readers: Vec<_> = (0..READERS).map(|r| tokio::spawn(read(stage.clone(), r, done.clone()))).collect();
    let follower = tokio::spawn(follow(stage.clone(), done.clone()));

    let mut history = History::new();
    for writer in writers {
        for (n, position, tag) in writer.await.unwrap() {
            assert_eq!(history.insert((n, position), tag), None, "two commits at one position");
        }
    }
    assert_eq!(history.len() as u64, WRITERS * ROUNDS);
    done.store(true, Ordering::Release);

    let mut reads = 0;
    for reader in readers {
        for (n, position, version, tag) in reader.await.unwrap() {
            let before = history.range((n, Position(0))..=(n, position));
            let last = before.clone().next_back().map_or("", |(_, tag)| tag);
            assert_eq!((version, tag.as_str()), (before.count() as u64, last), "a read that never was");
            reads += 1;
        }
    }
    assert!(reads > 0);

    let told = follower.await.unwrap();
    assert_contiguous(&told, &stage.start());
    let mut told: Vec<_> = told.into_iter().map(|c| (c.subject.unwrap(), c.seq)).collect();
    let mut want: Vec<_> =
        history.keys().map(|(n, position)| (stage.key.number(iin(*n)), *position)).collect();
    told.sort();
    want.sort();
    assert_eq!(told, want, "the feed tells every acknowledged change, once");
}

async fn write(stage: Arc<Stage>, writer: u64) -> Vec<(u64, Position, String)> {
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let n = (writer * 7 + round * 5) % NUMBERS;
        let tag = format!("{writer}-{round}");
        let token = stage.commit(vec![put(iin(n), &tag)]).await.token;
        acknowledged.push((n, stage.position(&token, stage.key.number(iin(n))), tag));
    }
    acknowledged
}

async fn read(stage: Arc<Stage>, reader: u64, done: Arc<AtomicBool>) -> Vec<(u64, Position, u64, String)> {
    let mut reads = Vec::new();
    let mut latest = BTreeMap::new();
    let mut round = reader;
    while !done.load(Ordering::Acquire) {
        round += 1;
        let asked: Vec<u64> =
            if round.is_multiple_of(3) { (0..NUMBERS).collect() } else { vec![round % NUMBERS] };
        let iins: Vec<_> = asked.iter().map(|n| iin(*n)).collect();
        // Lone lookups, few numbers and many take different ways through a store.
        let facts = match iins[..] {
            [iin] if round.is_multiple_of(2) => vec![stage.one(iin).await],
            _ => stage.register.many(&iins, soon()).await.unwrap(),
        };
        for (n, fact) in asked.into_iter().zip(facts) {
            let before = latest.insert(n, fact.position);
            assert!(before <= Some(fact.position), "a reader was led back");
            let (version, tag) = seen(&fact.value);
            reads.push((n, fact.position, version, tag.to_string()));
        }
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    reads
}

/// Follows until the writers are done and the end is reached.
async fn follow(stage: Arc<Stage>, done: Arc<AtomicBool>) -> Vec<Change> {
    let (mut token, mut told) = (stage.start(), Vec::new());
    loop {
        let last_round = done.load(Ordering::Acquire);
        let page = stage.register.after(&token, 7, soon()).await.unwrap();
        if page.changes.is_empty() {
            if last_round {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        told.extend(page.changes);
        token = page.next;
    }
}

/// Two that look at the same time see room for both.
pub(super) async fn a_number_has_room_for_so_many_whoever_puts_them(stage: Stage) {
    let stage = Arc::new(stage);
    let mut puts = tokio::task::JoinSet::new();
    for id in 0..MAX_PER_NUMBER as u128 + 24 {
        let stage = stage.clone();
        puts.spawn(async move { stage.try_commit(vec![Write::hotlist(iin(1), entry(id, ""))]).await });
    }
    let outcomes = puts.join_all().await;
    let fine = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(fine, MAX_PER_NUMBER);
    assert!(outcomes.iter().all(|o| o.as_ref().err().is_none_or(|e| e.is_invalid())), "{outcomes:?}");
    assert_eq!(stage.one(iin(1)).await.value.hotlist.len(), MAX_PER_NUMBER);
}

/// A caller who asks again before it has heard gets the first answer, not a conflict with itself.
pub(super) async fn the_same_request_at_once_is_carried_out_once(stage: Stage) {
    let stage = Arc::new(stage);
    for round in 0..6 {
        let mut asks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let stage = stage.clone();
            let writes = vec![put_if(iin(round), "x", Expect::Absent)];
            let asked = Changeset { request: request(round.into(), 7), ..set(writes) };
            asks.spawn(async move { stage.register.commit(asked, soon()).await.unwrap() });
        }
        let answers = asks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
        assert!(answers.iter().all(|answer| answer.token == answers[0].token));
        assert_eq!(seen(&stage.one(iin(round)).await.value), (1, "x"));
    }
}
