//! Batches of imports: how far one is, committed with its rows.

use iinspect::register::change::{MAX_BATCH_NOTE, REPLAY_WINDOW};
use iinspect::register::feed::Kind;
use iinspect::register::{Batch, Changeset, Error, Expect, Feed, Ledger, Write};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::support::{Stage, at, entry, iin, put, put_if, request, seen, set, soon};

fn batch(id: u128, last_row: u64, note: &str) -> Batch {
    let (id, note) = (Uuid::from_u128(id), note.as_bytes().to_vec());
    Batch { id, last_row, landed: last_row.saturating_sub(1), refused: last_row.min(1), note }
}

fn part(batch: Batch, after: u64, at: Timestamp, writes: Vec<Write>) -> Changeset {
    Changeset { at, batch: Some((batch, after)), ..set(writes) }
}

async fn known(stage: &Stage, id: u128, now: Timestamp) -> Option<Batch> {
    stage.register.batch(Uuid::from_u128(id), now, soon()).await.unwrap()
}

pub(super) async fn a_batch_moves_on_from_where_it_is(stage: Stage) {
    assert_eq!(known(&stage, 1, at(0)).await, None);
    let steps = [(0, 10, "first"), (10, 20, ""), (20, 21, "third")];
    for (after, last, note) in steps {
        let to = batch(1, last, note);
        stage.apply(part(to.clone(), after, at(0), vec![put(iin(last), note)])).await;
        assert_eq!(known(&stage, 1, at(0)).await, Some(to));
        assert_eq!(seen(&stage.one(iin(last)).await.value).1, note);
    }
    assert_eq!(known(&stage, 2, at(0)).await, None, "another batch is another");
    stage.apply(part(batch(2, 5, ""), 0, at(0), Vec::new())).await;
    assert_eq!(known(&stage, 1, at(0)).await.map(|b| b.last_row), Some(21));
}

pub(super) async fn a_batch_that_is_elsewhere_is_a_conflict(stage: Stage) {
    let refused = async |batch: Batch, after| -> Error {
        let set = part(batch, after, at(0), vec![put(iin(1), "never")]);
        stage.register.commit(set, soon()).await.unwrap_err()
    };
    assert!(refused(batch(1, 20, ""), 10).await.is_conflict(), "it has not begun");
    assert_eq!(known(&stage, 1, at(0)).await, None);
    stage.apply(part(batch(1, 10, "kept"), 0, at(0), Vec::new())).await;
    for after in [0, 9, 11, u64::MAX] {
        assert!(refused(batch(1, 20, ""), after).await.is_conflict(), "{after}");
    }
    assert_eq!(known(&stage, 1, at(0)).await, Some(batch(1, 10, "kept")));
    assert_eq!(stage.one(iin(1)).await.value.record, None);
    assert_eq!(stage.register.heads(soon()).await.unwrap(), stage.start());
}

/// A part in which every row was refused, and one whose writes are.
pub(super) async fn a_batch_and_its_writes_stand_and_fall_together(stage: Stage) {
    let empty = stage.apply(part(batch(1, 10, ""), 0, at(0), Vec::new())).await;
    assert_eq!(empty.token, stage.start(), "nobody is told of nothing");
    assert_eq!(known(&stage, 1, at(0)).await, Some(batch(1, 10, "")));
    let writes = vec![put(iin(1), "x"), put_if(iin(2), "x", Expect::Version(3))];
    let failed = stage.register.commit(part(batch(1, 20, ""), 10, at(0), writes), soon()).await;
    assert!(failed.unwrap_err().is_conflict());
    assert_eq!(known(&stage, 1, at(0)).await, Some(batch(1, 10, "")));
    assert_eq!(stage.one(iin(1)).await.value.record, None);
}

pub(super) async fn a_batch_is_forgotten_after_its_last_part(stage: Stage) {
    let second = at(0) + REPLAY_WINDOW - SignedDuration::from_micros(1);
    stage.apply(part(batch(1, 10, ""), 0, at(0), Vec::new())).await;
    stage.apply(part(batch(1, 20, ""), 10, second, Vec::new())).await;
    let end = second + REPLAY_WINDOW;
    assert_eq!(known(&stage, 1, end - SignedDuration::from_micros(1)).await, Some(batch(1, 20, "")));
    assert_eq!(known(&stage, 1, end).await, None);
    let late = stage.register.commit(part(batch(1, 30, ""), 20, end, Vec::new()), soon()).await;
    assert!(late.unwrap_err().is_conflict(), "it begins anew");
    stage.apply(part(batch(1, 5, "anew"), 0, end, Vec::new())).await;
    assert_eq!(known(&stage, 1, end).await, Some(batch(1, 5, "anew")));
}

pub(super) async fn a_batch_tells_each_shard_once_however_few_it_writes(stage: Stage) {
    stage.apply(part(batch(1, 1, ""), 0, at(0), vec![put(iin(1), "x")])).await;
    let one = stage.all_after(&stage.start(), 10).await;
    let shard = stage.key.number(iin(1)).shard(stage.shards);
    let told: Vec<_> = one.iter().map(|c| (c.shard, c.subject, c.kind)).collect();
    assert_eq!(told, [(shard, None, Kind::Batch)]);

    let heads = stage.register.heads(soon()).await.unwrap();
    let writes: Vec<_> =
        (0..20).map(|n| put(iin(n), "x")).chain([Write::hotlist(iin(1), entry(1, ""))]).collect();
    stage.apply(part(batch(1, 22, ""), 1, at(1), writes)).await;
    let told = stage.all_after(&heads, 100).await;
    let mut want: Vec<_> = (0..20).map(|n| stage.key.number(iin(n)).shard(stage.shards)).collect();
    want.sort_unstable();
    want.dedup();
    let mut shards: Vec<_> = told.iter().map(|c| c.shard).collect();
    shards.sort_unstable();
    assert_eq!(shards, want);
    assert!(told.iter().all(|c| c.kind == Kind::Batch && c.subject.is_none() && c.at == at(1)));
}

/// A part that is sent again after its answer was lost.
pub(super) async fn a_repeated_request_does_not_move_the_batch_again(stage: Stage) {
    let ask =
        |after| Changeset { request: request(1, 1), ..part(batch(1, 10, ""), after, at(0), Vec::new()) };
    stage.apply(ask(0)).await;
    assert!(stage.apply(ask(0)).await.is_replayed());
    assert_eq!(known(&stage, 1, at(0)).await, Some(batch(1, 10, "")));
}

pub(super) async fn bounds_of_a_batch(stage: Stage) {
    let whole = Batch { note: vec![0xff; MAX_BATCH_NOTE], ..batch(1, 1, "") };
    let longer = Batch { note: vec![0; MAX_BATCH_NOTE + 1], ..batch(2, 1, "") };
    let countless = Batch { landed: u64::MAX, ..batch(3, 1, "") };
    for bad in [longer, countless] {
        let refused = stage.register.commit(part(bad, 0, at(0), Vec::new()), soon()).await;
        assert!(refused.unwrap_err().is_invalid());
    }
    stage.apply(part(whole.clone(), 0, at(0), Vec::new())).await;
    assert_eq!(known(&stage, 1, at(0)).await, Some(whole));
}
