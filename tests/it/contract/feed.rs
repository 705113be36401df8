//! The change feed.

use std::collections::BTreeMap;
use std::time::Duration;

use iinspect::register::change::BATCH_FROM;
use iinspect::register::feed::{Change, Kind};
use iinspect::register::{Expect, Feed, Position, Token, Write};

use super::support::{KEEP, Stage, at, entry, iin, put, record, soon};

/// The feed of each shard is 1, 2, 3, ... from a position on.
pub(super) fn assert_contiguous(changes: &[Change], from: &Token) {
    let mut next: BTreeMap<u16, u64> = BTreeMap::new();
    for change in changes {
        let expected = next.entry(change.shard).or_insert(from.0[usize::from(change.shard)].0 + 1);
        assert_eq!(change.seq, Position(*expected));
        *expected += 1;
    }
}

pub(super) async fn every_change_once_and_in_order(stage: Stage) {
    let mut want = Vec::new();
    for n in 0..30 {
        stage.commit(vec![put(iin(n), "x"), Write::hotlist(iin(n + 1), entry(u128::from(n), ""))]).await;
        want.push((stage.key.number(iin(n)), Kind::Record));
        want.push((stage.key.number(iin(n + 1)), Kind::Hotlist));
    }
    let changes = stage.all_after(&stage.start(), 1_000).await;
    assert_contiguous(&changes, &stage.start());
    for shard in 0..stage.shards {
        let told: Vec<_> =
            changes.iter().filter(|c| c.shard == shard).map(|c| (c.subject.unwrap(), c.kind)).collect();
        let want: Vec<_> = want.iter().copied().filter(|(s, _)| s.shard(stage.shards) == shard).collect();
        assert_eq!(told, want);
    }
    assert!(changes.iter().all(|c| c.at == at(0)));
}

pub(super) async fn what_happened_to_a_record_is_told(stage: Stage) {
    let kinds = [Kind::Excluded, Kind::Restored, Kind::Superseded, Kind::Record];
    for told in kinds {
        let record = Box::new(record("x"));
        stage.commit(vec![Write::Record { iin: iin(1), record, expect: Expect::Any, told }]).await;
    }
    let changes = stage.all_after(&stage.start(), 10).await;
    assert_eq!(changes.iter().map(|c| c.kind).collect::<Vec<_>>(), kinds);
    assert!(changes.iter().all(|c| c.subject == Some(stage.key.number(iin(1)))));
}

pub(super) async fn pages_of_any_size_say_the_same(stage: Stage) {
    for n in 0..40 {
        stage.commit(vec![put(iin(n), "x")]).await;
    }
    let sorted = |mut changes: Vec<Change>| {
        changes.sort_by_key(|c| (c.shard, c.seq));
        changes
    };
    assert_eq!(stage.register.floors(soon()).await.unwrap(), stage.start(), "nothing has gone yet");
    let all = sorted(stage.all_after(&stage.start(), 1_000).await);
    assert_eq!(all.len(), 40);
    for limit in [1, 2, 3, 7, 39, 40, 41] {
        let paged = stage.all_after(&stage.start(), limit).await;
        assert_contiguous(&paged, &stage.start());
        assert_eq!(sorted(paged), all, "{limit}");
    }
    let heads = stage.register.heads(soon()).await.unwrap();
    let page = stage.register.after(&heads, 10, soon()).await.unwrap();
    assert_eq!((page.changes.len(), page.next), (0, heads));
}

pub(super) async fn a_batch_is_one_entry_per_shard(stage: Stage) {
    let writes = |count: usize| (0..count as u64).map(|n| put(iin(n), "x")).collect::<Vec<_>>();
    let token = stage.commit(writes(BATCH_FROM - 1)).await.token;
    assert_eq!(token.0.iter().map(|p| p.0).sum::<u64>(), BATCH_FROM as u64 - 1);
    stage.commit(writes(BATCH_FROM)).await;
    let batch = stage.all_after(&token, 1_000).await;
    assert_eq!(batch.len(), usize::from(stage.shards), "64 numbers touch all of four shards");
    assert!(batch.iter().all(|c| c.kind == Kind::Batch && c.subject.is_none()));
}

pub(super) async fn a_pruned_feed_says_so(stage: Stage) {
    let start = stage.start();
    let one = iin(1);
    let shard = usize::from(stage.key.number(one).shard(stage.shards));
    for _ in 0..40 {
        stage.commit(vec![put(one, "x"); 30]).await;
    }
    // Some stores take changes away beside their commits, and all of them only when it is worth it.
    let floors = loop {
        let floors = stage.register.floors(soon()).await.unwrap();
        if 1_200 - floors.0[shard].0 < KEEP + KEEP / 16 {
            break floors;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(stage.register.after(&start, 10, soon()).await.unwrap_err().is_token_too_old());
    let all = stage.all_after(&floors, 64).await;
    assert!(all.len() as u64 >= KEEP && all[0].seq.0 > 1, "{}", all.len());
    assert_contiguous(&all, &floors);
    let mut kept = stage.register.heads(soon()).await.unwrap();
    assert_eq!(kept.0[shard], Position(1_200));
    kept.0[shard].0 -= KEEP;
    let changes = stage.all_after(&kept, 64).await;
    assert_eq!(changes.len() as u64, KEEP, "as many as promised are kept");
    assert_contiguous(&changes, &kept);
}

pub(super) async fn tokens_that_cannot_be_gone_on_from(stage: Stage) {
    stage.commit(vec![put(iin(1), "x")]).await;
    let mut longer = stage.start();
    longer.0.push(Position(0));
    for token in [longer, Token(Vec::new())] {
        assert!(stage.register.after(&token, 10, soon()).await.unwrap_err().is_invalid());
    }
    let mut ahead = stage.start();
    ahead.0[0] = Position(99);
    assert!(stage.register.after(&ahead, 10, soon()).await.unwrap_err().is_token_too_old());
    assert!(stage.register.after(&stage.start(), 0, soon()).await.unwrap_err().is_invalid());
}
