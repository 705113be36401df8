//! The change feed as it is written: heads bumped, changes appended.

use super::apply::Work;
use super::fault::Fault;
use super::lookup::{self, Heads, signed, unsigned};
use super::session::Session;
use crate::register::feed::{Kind, per_shard};
use crate::register::{Subject, Token};
use sqlx::Row;

/// Held in rising order whenever there are several, so that no two writers wait for each other.
const HOLD: &str = "SELECT shard FROM head WHERE shard = ANY($1) ORDER BY shard FOR UPDATE";

const BUMP: &str = "
    UPDATE head SET seq = head.seq + more.count, at = $3
      FROM unnest($1::integer[], $2::bigint[]) AS more (shard, count)
     WHERE head.shard = more.shard
    RETURNING head.shard, head.seq";

/// Appends, and reads the heads in the same round trip: they were bumped by a statement before.
const APPEND: &str = "
    WITH told AS (
        INSERT INTO change (shard, seq, subject, kind, at, commit_id)
        SELECT shard, seq, subject, kind, $5, $6
          FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::smallint[]) AS t (shard, seq, subject, kind))
    SELECT 0::smallint, shard::bigint, seq, at FROM head";

/// Tells what a changeset changed; the heads after it. Done late in the transaction: from here on
/// other writers of the same shards wait, so that the order of positions is the order of commits.
pub(super) async fn changes(
    session: &mut Session,
    work: &Work<'_>,
    changes: &[(Subject, Kind)],
) -> Result<Token, Fault> {
    let book = session.book.clone();
    let by_shard = per_shard(book.shards, changes, work.set.is_batch());
    if by_shard.is_empty() {
        return lookup::all(session).await?.token();
    }
    let shards: Vec<i32> = by_shard.keys().map(|shard| i32::from(*shard)).collect();
    let counts: Vec<i64> = by_shard.values().map(|entries| signed(entries.len() as u64)).collect();
    if shards.len() > 1 {
        session.fetch(sqlx::query(HOLD).bind(shards.clone())).await?;
    }
    let bumping = sqlx::query(BUMP).bind(shards).bind(counts).bind(work.now);
    let bumped = session.fetch(bumping).await?;
    if bumped.len() != by_shard.len() {
        return Err(Fault::Stored("the head of a shard is missing"));
    }
    let mut rows = Rows::default();
    for row in &bumped {
        let shard: i32 = row.try_get(0)?;
        let entries = u16::try_from(shard).ok().and_then(|shard| by_shard.get(&shard));
        let entries = entries.ok_or(Fault::Stored("a head of a shard that there is not"))?;
        let first = unsigned(row, 1)? + 1 - entries.len() as u64;
        for (seq, (subject, kind)) in (first..).zip(entries) {
            rows.push(shard, seq, *subject, *kind);
        }
    }
    let appending = sqlx::query(APPEND)
        .bind(rows.shards)
        .bind(rows.seqs)
        .bind(rows.subjects)
        .bind(rows.kinds)
        .bind(work.now)
        .bind(work.commit);
    let mut heads = Heads::new(&book);
    for row in &session.fetch(appending).await? {
        heads.push(row)?;
    }
    heads.token()
}

/// Entries by column, as a statement takes them.
#[derive(Default)]
struct Rows {
    shards: Vec<i32>,
    seqs: Vec<i64>,
    subjects: Vec<Option<[u8; 16]>>,
    kinds: Vec<i16>,
}

impl Rows {
    fn push(&mut self, shard: i32, seq: u64, subject: Option<Subject>, kind: Kind) {
        self.shards.push(shard);
        self.seqs.push(signed(seq));
        self.subjects.push(subject.map(|subject| subject.0));
        self.kinds.push(i16::from(kind as u8));
    }
}
