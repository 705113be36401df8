//! Facts about numbers: heads, records and hotlist entries in one statement.

use std::time::Duration;

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::ask::Question;
use super::fault::Fault;
use super::session::{Book, Session};
use crate::number::Iin;
use crate::register::codec::{self, Undecodable, moment};
use crate::register::{ChangedAt, Fact, Listed, Position, Read, Subject, Token};

/// A statement is one snapshot, so that a fact and its position cannot come from two; and it needs
/// no transaction around it.
pub(super) const FACTS: &str = "
    SELECT 0::smallint, shard::bigint, seq, at, NULL::smallint, NULL::bytea, NULL::uuid, NULL::bytea
      FROM head WHERE shard = ANY($3)
    UNION ALL
    SELECT 1::smallint, iin, version, recorded_at, state, NULL::bytea, NULL::uuid, body
      FROM record WHERE iin = ANY($1)
    UNION ALL
    SELECT 2::smallint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint, subject, id, body
      FROM hotlist WHERE subject = ANY($2)";

/// The same of one number. Its values are no lists: with lists PostgreSQL plans each call anew, since it
/// believes that a plan for any list costs more than one for this list, and planning takes longer than
/// the lookup. Without, it keeps the plan.
pub(super) const FACT: &str = "
    SELECT 0::smallint, shard::bigint, seq, at, NULL::smallint, NULL::bytea, NULL::uuid, NULL::bytea
      FROM head WHERE shard = $3
    UNION ALL
    SELECT 1::smallint, iin, version, recorded_at, state, NULL::bytea, NULL::uuid, body
      FROM record WHERE iin = $1
    UNION ALL
    SELECT 2::smallint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint, subject, id, body
      FROM hotlist WHERE subject = $2";

/// The heads of all shards.
const HEADS: &str = "SELECT 0::smallint, shard::bigint, seq, at FROM head";

/// The heads of some shards or of all, by shard.
pub(super) struct Heads(Vec<Option<(Position, ChangedAt)>>);

impl Heads {
    pub(super) fn new(book: &Book) -> Self {
        Heads(vec![None; usize::from(book.shards)])
    }

    /// Takes a row that has a head's columns in the places of [`FACTS`].
    pub(super) fn push(&mut self, row: &PgRow) -> Result<(), Fault> {
        let shard = usize::try_from(row.try_get::<i64, _>(1)?).ok();
        let place = shard.and_then(|shard| self.0.get_mut(shard));
        let place = place.ok_or(Fault::Stored("a head of a shard that there is not"))?;
        let at = row.try_get::<Option<i64>, _>(3)?.map(moment).transpose()?;
        *place = Some((Position(unsigned(row, 2)?), at));
        Ok(())
    }

    /// All of them as a token.
    pub(super) fn token(&self) -> Result<Token, Fault> {
        let all: Option<Vec<Position>> =
            self.0.iter().map(|head| head.map(|(position, _)| position)).collect();
        all.map(Token).ok_or(MISSING)
    }

    /// A value with the head of its subject's shard.
    pub(super) fn of<T>(&self, subject: Subject, value: T) -> Result<Read<T>, Fault> {
        let shards = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        let (position, changed_at) = self.0[usize::from(subject.shard(shards))].ok_or(MISSING)?;
        Ok(Read { value, position, changed_at, behind: Duration::ZERO })
    }
}

const MISSING: Fault = Fault::Stored("the head of a shard is missing");

/// The heads now.
pub(super) struct AllHeads;

/// Facts about these numbers, in the order asked.
pub(super) struct Lookup {
    pub(super) iins: Vec<Iin>,
}

impl Question for Lookup {
    type Answer = Vec<Read<Fact>>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let book = session.book.clone();
        let mut found = Found::new(&book, &self.iins);
        let mut heads = Heads::new(&book);
        let (iins, subjects, shards) = (found.iins(), found.subjects(), found.shards(&book));
        let asking = match (iins.as_slice(), subjects.as_slice(), shards.as_slice()) {
            ([iin], [subject], [shard]) => sqlx::query(FACT).bind(*iin).bind(*subject).bind(*shard),
            _ => sqlx::query(FACTS).bind(iins).bind(subjects).bind(shards),
        };
        let rows = session.fetch(asking).await?;
        for row in &rows {
            match row.try_get::<i16, _>(0)? {
                0 => heads.push(row)?,
                1 => found.record(row)?,
                _ => found.entry(row)?,
            }
        }
        self.iins.iter().map(|iin| found.fact(*iin).and_then(|(s, fact)| heads.of(s, fact))).collect()
    }
}

/// A record from a row that has its columns in the places of [`FACTS`].
pub(super) fn record(row: &PgRow) -> Result<Listed, Fault> {
    let iin = Iin::from_u64(unsigned(row, 1)?).map_err(|_| Undecodable)?;
    let state = u8::try_from(row.try_get::<i16, _>(4)?).map_err(|_| Undecodable)?;
    let key = codec::RecordRow { iin, state, version: unsigned(row, 2)?, recorded_at: row.try_get(3)? };
    Ok((iin, codec::decode_record(key, row.try_get(7)?)?))
}

/// What is never negative but stands in a column that could be.
pub(super) fn unsigned(row: &PgRow, column: usize) -> Result<u64, Fault> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| Undecodable.into())
}

/// Versions, positions and numbers are far below 2^63.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn subject(row: &PgRow, column: usize) -> Result<Subject, Fault> {
    row.try_get::<&[u8], _>(column)?.try_into().map(Subject).map_err(|_| Undecodable.into())
}

/// What was found so far, each number once however often it was asked.
pub(super) struct Found {
    /// Sorted by number.
    facts: Vec<(Iin, Subject, Fact)>,
    /// Sorted by subject, with the index into `facts`.
    subjects: Vec<(Subject, usize)>,
    /// Whether each was asked for once.
    distinct: bool,
}

impl Found {
    pub(super) fn new(book: &Book, asked: &[Iin]) -> Self {
        let mut iins = asked.to_vec();
        iins.sort_unstable();
        iins.dedup();
        let facts: Vec<_> =
            iins.into_iter().map(|iin| (iin, book.key.number(iin), Fact::default())).collect();
        let mut subjects: Vec<_> = facts.iter().enumerate().map(|(i, (_, s, _))| (*s, i)).collect();
        subjects.sort_unstable();
        let distinct = facts.len() == asked.len();
        Found { facts, subjects, distinct }
    }

    pub(super) fn iins(&self) -> Vec<i64> {
        self.facts.iter().map(|(iin, ..)| signed(iin.as_u64())).collect()
    }

    pub(super) fn subjects(&self) -> Vec<[u8; 16]> {
        self.subjects.iter().map(|(s, _)| s.0).collect()
    }

    /// The shards whose heads are wanted.
    pub(super) fn shards(&self, book: &Book) -> Vec<i32> {
        let mut shards: Vec<_> = self.subjects.iter().map(|(s, _)| i32::from(s.shard(book.shards))).collect();
        shards.sort_unstable();
        shards.dedup();
        shards
    }

    pub(super) fn record(&mut self, row: &PgRow) -> Result<(), Fault> {
        let (iin, record) = record(row)?;
        let at = self.facts.binary_search_by_key(&iin, |(iin, ..)| *iin).map_err(|_| Undecodable)?;
        self.facts[at].2.record = Some(record);
        Ok(())
    }

    pub(super) fn entry(&mut self, row: &PgRow) -> Result<(), Fault> {
        let (subject, id) = (subject(row, 5)?, row.try_get::<Uuid, _>(6)?);
        let entry = codec::decode_entry(subject, id, row.try_get(7)?)?;
        let at = self.subjects.binary_search_by_key(&subject, |(s, _)| *s).map_err(|_| Undecodable)?;
        self.facts[self.subjects[at].1].2.hotlist.push(entry);
        Ok(())
    }

    /// Handed over, where nobody else asked for the same number.
    pub(super) fn fact(&mut self, iin: Iin) -> Result<(Subject, Fact), Fault> {
        let at = self.facts.binary_search_by_key(&iin, |(iin, ..)| *iin);
        let at = at.map_err(|_| Fault::Stored("a lookup without answer"))?;
        let (_, subject, fact) = &mut self.facts[at];
        let mut fact = if self.distinct { std::mem::take(fact) } else { fact.clone() };
        // A plan may read the entries in any order.
        fact.hotlist.sort_unstable_by_key(|entry| entry.id);
        Ok((*subject, fact))
    }
}

impl Question for AllHeads {
    type Answer = Token;

    async fn ask(&self, session: &mut Session) -> Result<Token, Fault> {
        all(session).await?.token()
    }
}

/// The heads of all shards, in a statement of their own.
pub(super) async fn all(session: &mut Session) -> Result<Heads, Fault> {
    let mut heads = Heads::new(&session.book);
    for row in session.fetch(sqlx::query(HEADS)).await? {
        heads.push(&row)?;
    }
    Ok(heads)
}
