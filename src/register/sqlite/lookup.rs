//! Facts about numbers: one statement for everything that waits.

use std::rc::Rc;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::fault::Fault;
use super::job::Wanted;
use crate::number::Iin;
use crate::register::codec::{self, Undecodable, moment};
use crate::register::{ChangedAt, Fact, Listed, Position, Read, Subject, Token};

/// Heads, records and hotlist entries in one statement: a statement is one snapshot, so that a
/// fact and its position cannot come from two, and it needs no BEGIN and COMMIT around it.
const FACTS: &str = "
    SELECT 0, shard, seq, at, NULL, NULL FROM head
    UNION ALL
    SELECT 1, iin, state, version, recorded_at, body
      FROM rarray(?1) AS wanted CROSS JOIN record ON record.iin = wanted.value
    UNION ALL
    SELECT 2, subject, id, NULL, NULL, body
      FROM rarray(?2) AS wanted CROSS JOIN hotlist ON hotlist.subject = wanted.value";

/// The records after a number, along the table's own key.
const PAGE: &str =
    "SELECT iin, state, version, recorded_at, body FROM record WHERE iin > ?1 ORDER BY iin LIMIT ?2";

/// The heads of all shards.
pub(super) struct Heads(Vec<(Position, ChangedAt)>);

impl Heads {
    /// Reads them in a statement of their own.
    pub(super) fn read(connection: &Connection) -> Result<Self, Fault> {
        let mut heads = Heads(Vec::new());
        let mut statement =
            connection.prepare_cached("SELECT 0, shard, seq, at, NULL, NULL FROM head ORDER BY shard")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            heads.push(row)?;
        }
        heads.checked()
    }

    /// Shards come in order: `head` is read along its key.
    fn push(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        if row.get::<_, usize>(1)? != self.0.len() {
            return Err(Fault::Stored("the head of a shard is missing"));
        }
        let at = row.get::<_, Option<i64>>(3)?.map(moment).transpose()?;
        self.0.push((Position(row.get(2)?), at));
        Ok(())
    }

    fn checked(self) -> Result<Self, Fault> {
        if self.0.is_empty() { Err(Fault::Stored("no shard has a head")) } else { Ok(self) }
    }

    /// All of them as a token.
    pub(super) fn token(&self) -> Token {
        Token(self.0.iter().map(|(position, _)| *position).collect())
    }

    /// A value with the head of its subject's shard.
    pub(super) fn of<T>(&self, subject: Subject, value: T) -> Read<T> {
        let shards = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        let (position, changed_at) = self.0[usize::from(subject.shard(shards))];
        Read { value, position, changed_at, behind: Duration::ZERO }
    }
}

/// Answers every lookup of a batch, in the order asked.
pub(super) fn facts(connection: &Connection, asked: &[&[Wanted]]) -> Result<Vec<Vec<Read<Fact>>>, Fault> {
    let mut found = Found::new(asked);
    let iins: Vec<_> = found.facts.iter().map(|(iin, _)| integer(*iin)).collect();
    let subjects: Vec<_> = found.subjects.iter().map(|(s, _)| Value::Blob(s.0.to_vec())).collect();
    let mut heads = Heads(Vec::new());
    let mut statement = connection.prepare_cached(FACTS)?;
    let mut rows = statement.query((Rc::new(iins), Rc::new(subjects)))?;
    while let Some(row) = rows.next()? {
        match row.get::<_, u8>(0)? {
            0 => heads.push(row)?,
            1 => found.record(row)?,
            _ => found.entry(row)?,
        }
    }
    let heads = heads.checked()?;
    let answer = |(iin, subject): &Wanted| heads.of(*subject, found.fact(*iin));
    Ok(asked.iter().map(|wanted| wanted.iter().map(answer).collect()).collect())
}

/// Up to `limit` records after a number, in the order of the numbers.
pub(super) fn page(connection: &Connection, after: Option<Iin>, limit: usize) -> Result<Vec<Listed>, Fault> {
    let mut statement = connection.prepare_cached(PAGE)?;
    let mut rows = statement.query((after.map_or(0, Iin::as_u64), limit))?;
    let mut found = Vec::with_capacity(limit);
    while let Some(row) = rows.next()? {
        found.push(record(row, 0)?);
    }
    Ok(found)
}

/// A record from a row that has its columns from `first` on.
pub(super) fn record(row: &Row<'_>, first: usize) -> Result<Listed, Fault> {
    let iin = Iin::from_u64(row.get(first)?).map_err(|_| Undecodable)?;
    let (state, version, recorded_at) = (row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    let key = codec::RecordRow { iin, state, version, recorded_at };
    let body = row.get_ref(first + 4)?.as_blob().map_err(|_| Undecodable)?;
    Ok((iin, codec::decode_record(key, body)?))
}

/// Numbers are below 10^12: the cast loses nothing.
fn integer(iin: Iin) -> Value {
    Value::Integer(i64::try_from(iin.as_u64()).unwrap_or(i64::MAX))
}

/// What was found so far, each number once however often it was asked.
struct Found {
    /// Sorted by number.
    facts: Vec<(Iin, Fact)>,
    /// Sorted by subject, with the index into `facts`.
    subjects: Vec<(Subject, usize)>,
}

impl Found {
    fn new(asked: &[&[Wanted]]) -> Self {
        let mut wanted: Vec<Wanted> = asked.iter().flat_map(|w| w.iter().copied()).collect();
        wanted.sort_unstable_by_key(|(iin, _)| *iin);
        wanted.dedup_by_key(|(iin, _)| *iin);
        let mut subjects: Vec<_> = wanted.iter().enumerate().map(|(i, (_, s))| (*s, i)).collect();
        subjects.sort_unstable();
        Found { facts: wanted.into_iter().map(|(iin, _)| (iin, Fact::default())).collect(), subjects }
    }

    fn record(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let (iin, record) = record(row, 1)?;
        let at = self.facts.binary_search_by_key(&iin, |(iin, _)| *iin).map_err(|_| Undecodable)?;
        self.facts[at].1.record = Some(record);
        Ok(())
    }

    /// Entries of one subject come in the order of their ids: that is the key's order.
    fn entry(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let (subject, id) = (Subject(row.get(1)?), Uuid::from_bytes(row.get(2)?));
        let entry = codec::decode_entry(subject, id, row.get_ref(5)?.as_blob().map_err(|_| Undecodable)?)?;
        let at = self.subjects.binary_search_by_key(&subject, |(s, _)| *s).map_err(|_| Undecodable)?;
        self.facts[self.subjects[at].1].1.hotlist.push(entry);
        Ok(())
    }

    fn fact(&self, iin: Iin) -> Fact {
        let at = self.facts.binary_search_by_key(&iin, |(iin, _)| *iin);
        at.map(|at| self.facts[at].1.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sqlite::{Options, file};

    /// With 20 million rows a scan would be an outage.
    #[test]
    fn no_statement_of_a_lookup_scans_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let opened = file::open(&folder.path().join("register.db"), &Options::default()).unwrap();
        let plan = format!("EXPLAIN QUERY PLAN {FACTS}");
        let mut statement = opened.connection.prepare(&plan).unwrap();
        let empty = || Rc::new(Vec::<Value>::new());
        let steps = statement.query_map((empty(), empty()), |r| r.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        let scans: Vec<_> = steps.iter().filter(|s| s.starts_with("SCAN")).collect();
        assert!(scans.iter().all(|s| s.contains("wanted") || s.contains("head")), "{steps:?}");
        let plan = format!("EXPLAIN QUERY PLAN {PAGE}");
        let step: String = opened.connection.query_row(&plan, (0, 1), |r| r.get(3)).unwrap();
        assert!(step.starts_with("SEARCH record USING INTEGER PRIMARY KEY"), "{step}");
        for by in ["id", "number", "applicant"] {
            let plan = format!("EXPLAIN QUERY PLAN {}", crate::register::sqlite::pages::by(by));
            let step: String = opened.connection.query_row(&plan, ([0u8; 16],), |r| r.get(3)).unwrap();
            assert!(step.starts_with("SEARCH application USING INDEX"), "{step}");
        }
    }
}
