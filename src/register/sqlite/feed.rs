//! The change feed as it is written: heads bumped, changes appended, old ones taken away.

use rusqlite::Connection;

use super::apply::Book;
use super::fault::Fault;
use crate::register::codec::micros;
use crate::register::feed::{Kind, per_shard};
use crate::register::{Changeset, Subject};

/// The most changes that one commit takes away: pruning is spread over commits, so that lowering
/// `feed_keep` never makes one write wait for a million deletions.
const PRUNE: u64 = 5_000;

/// Appends what a changeset changed.
pub(super) fn append(
    connection: &Connection,
    book: &Book,
    set: &Changeset,
    commit: i64,
    changes: &[(Subject, Kind)],
) -> Result<(), Fault> {
    let at = micros(set.at);
    let mut insert = connection.prepare_cached(
        "INSERT INTO change (shard, seq, subject, kind, at, commit_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (shard, entries) in per_shard(book.shards, changes, set.is_batch()) {
        let (head, floor): (u64, u64) = connection
            .prepare_cached("UPDATE head SET seq = seq + ?2, at = ?3 WHERE shard = ?1 RETURNING seq, floor")?
            .query_row((shard, entries.len(), at), |r| Ok((r.get(0)?, r.get(1)?)))?;
        let first = head + 1 - entries.len() as u64;
        for (seq, (subject, kind)) in (first..).zip(&entries) {
            insert.execute((shard, seq, subject.map(|s| s.0), *kind as u8, at, commit))?;
        }
        prune(connection, shard, head, floor, book.keep)?;
    }
    Ok(())
}

/// Takes away what lies more than `keep` behind the head, once it has become worth a deletion.
fn prune(connection: &Connection, shard: u16, head: u64, floor: u64, keep: u64) -> Result<(), Fault> {
    let slack = (keep / 16).clamp(1, 1_000);
    if head - floor < keep.saturating_add(slack) {
        return Ok(());
    }
    let floor = (head - keep).min(floor + PRUNE);
    connection
        .prepare_cached("DELETE FROM change WHERE shard = ?1 AND seq <= ?2")?
        .execute((shard, floor))?;
    connection.prepare_cached("UPDATE head SET floor = ?2 WHERE shard = ?1")?.execute((shard, floor))?;
    Ok(())
}
