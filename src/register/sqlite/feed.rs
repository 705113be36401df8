//! The change feed as it is written: heads bumped, changes appended, old ones taken away.

use rusqlite::Connection;

use super::apply::Book;
use super::fault::Fault;
use crate::register::change::BATCH_FROM;
use crate::register::codec::micros;
use crate::register::feed::{Kind, per_shard};
use crate::register::{Changeset, Subject};

/// The most changes that one commit takes away: pruning is spread over commits, so that lowering
/// `feed_keep` never makes one write wait for a million deletions.
const PRUNE: u64 = 5_000;

/// Appends what a changeset changed, with who did it and why.
pub(super) fn append(
    connection: &Connection,
    book: &Book,
    set: &Changeset,
    changes: &[(Subject, Kind)],
) -> Result<(), Fault> {
    if changes.is_empty() {
        return Ok(());
    }
    let at = micros(set.at);
    connection
        .prepare_cached("INSERT INTO commit_log (at, actor, why, request) VALUES (?1, ?2, ?3, ?4)")?
        .execute((at, &set.actor, &set.why, set.request.map(|r| *r.id.as_bytes())))?;
    let commit = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached(
        "INSERT INTO change (shard, seq, subject, kind, at, commit_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut pruned = false;
    for (shard, entries) in per_shard(book.shards, changes, set.writes.len() >= BATCH_FROM) {
        let (head, floor): (u64, u64) = connection
            .prepare_cached("UPDATE head SET seq = seq + ?2, at = ?3 WHERE shard = ?1 RETURNING seq, floor")?
            .query_row((shard, entries.len(), at), |r| Ok((r.get(0)?, r.get(1)?)))?;
        let first = head + 1 - entries.len() as u64;
        for (seq, (subject, kind)) in (first..).zip(&entries) {
            insert.execute((shard, seq, subject.map(|s| s.0), *kind as u8, at, commit))?;
        }
        pruned |= prune(connection, shard, head, floor, book.keep)?;
    }
    if pruned { forget_commits(connection, book.shards) } else { Ok(()) }
}

/// Takes away what lies more than `keep` behind the head, once it has become worth a deletion.
fn prune(connection: &Connection, shard: u16, head: u64, floor: u64, keep: u64) -> Result<bool, Fault> {
    let slack = (keep / 16).clamp(1, 1_000);
    if head - floor < keep.saturating_add(slack) {
        return Ok(false);
    }
    let floor = (head - keep).min(floor + PRUNE);
    connection
        .prepare_cached("DELETE FROM change WHERE shard = ?1 AND seq <= ?2")?
        .execute((shard, floor))?;
    connection.prepare_cached("UPDATE head SET floor = ?2 WHERE shard = ?1")?.execute((shard, floor))?;
    Ok(true)
}

/// Takes away who and why of commits that no kept change belongs to. Commits are numbered in
/// order, so the oldest change of each shard tells.
fn forget_commits(connection: &Connection, shards: u16) -> Result<(), Fault> {
    let mut oldest = connection.prepare_cached(
        "SELECT min(commit_id) FROM (SELECT commit_id FROM change WHERE shard = ?1 ORDER BY seq LIMIT 1)",
    )?;
    let mut keep_from: Option<i64> = None;
    for shard in 0..shards {
        let of_shard: Option<i64> = oldest.query_row((shard,), |r| r.get(0))?;
        keep_from = keep_from.into_iter().chain(of_shard).min();
    }
    if let Some(id) = keep_from {
        connection.prepare_cached("DELETE FROM commit_log WHERE id < ?1")?.execute((id,))?;
    }
    Ok(())
}
