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

/// The same for one number, as one row for each of its hotlist entries and at least one. Texts of
/// statements are short where they are run often: they are hashed and copied each time.
const FACT: &str = "
    SELECT h.seq, h.at, r.state, r.version, r.recorded_at, r.body, x.id, x.body
      FROM head h LEFT JOIN record r ON r.iin = ?2 LEFT JOIN hotlist x ON x.subject = ?3
     WHERE h.shard = ?1";

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
    let iins: Vec<_> = found.facts.iter().map(|sought| integer(sought.iin)).collect();
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
    let mut answer = |(iin, subject): &Wanted| heads.of(*subject, found.fact(*iin));
    Ok(asked.iter().map(|wanted| wanted.iter().map(&mut answer).collect()).collect())
}

/// Answers one lookup, as [`facts`] would.
pub(super) fn one(connection: &Connection, wanted: &Wanted, shards: u16) -> Result<Read<Fact>, Fault> {
    let (iin, subject) = *wanted;
    let mut statement = connection.prepare_cached(FACT)?;
    let mut rows = statement.query((subject.shard(shards), iin.as_u64(), subject.0))?;
    let row = rows.next()?.ok_or(Fault::Stored("the head of a shard is missing"))?;
    let changed_at = row.get::<_, Option<i64>>(1)?.map(moment).transpose()?;
    let position = Position(row.get(0)?);
    let mut value = Fact::default();
    if let Some(state) = row.get(2)? {
        let key = codec::RecordRow { iin, state, version: row.get(3)?, recorded_at: row.get(4)? };
        value.record = Some(codec::decode_record(key, blob(row, 5)?)?);
    }
    let mut row = Some(row);
    // Entries of one subject come in the order of their ids: that is the key's order.
    while let Some(listed) = row {
        let Some(id) = listed.get::<_, Option<_>>(6)?.map(Uuid::from_bytes) else { break };
        value.hotlist.push(codec::decode_entry(subject, id, blob(listed, 7)?)?);
        row = rows.next()?;
    }
    Ok(Read { value, position, changed_at, behind: Duration::ZERO })
}

fn blob<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a [u8], Undecodable> {
    row.get_ref(column).ok().and_then(|value| value.as_blob().ok()).ok_or(Undecodable)
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
    Ok((iin, codec::decode_record(key, blob(row, first + 4)?)?))
}

/// Numbers are below 10^12: the cast loses nothing.
fn integer(iin: Iin) -> Value {
    Value::Integer(i64::try_from(iin.as_u64()).unwrap_or(i64::MAX))
}

/// What was found so far, each number once however often it was asked.
struct Found {
    /// Sorted by number.
    facts: Vec<Sought>,
    /// Sorted by subject, with the index into `facts`.
    subjects: Vec<(Subject, usize)>,
}

struct Sought {
    iin: Iin,
    /// Answers that are still to be given.
    asked: usize,
    fact: Fact,
}

impl Found {
    fn new(asked: &[&[Wanted]]) -> Self {
        let mut wanted: Vec<Wanted> = asked.iter().flat_map(|w| w.iter().copied()).collect();
        wanted.sort_unstable_by_key(|(iin, _)| *iin);
        let mut found = Found { facts: Vec::with_capacity(wanted.len()), subjects: Vec::new() };
        for same in wanted.chunk_by(|a, b| a.0 == b.0) {
            let (iin, subject) = same[0];
            found.subjects.push((subject, found.facts.len()));
            found.facts.push(Sought { iin, asked: same.len(), fact: Fact::default() });
        }
        found.subjects.sort_unstable();
        found
    }

    fn at(&self, iin: Iin) -> Result<usize, Undecodable> {
        self.facts.binary_search_by_key(&iin, |sought| sought.iin).map_err(|_| Undecodable)
    }

    fn record(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let (iin, record) = record(row, 1)?;
        let at = self.at(iin)?;
        self.facts[at].fact.record = Some(record);
        Ok(())
    }

    /// Entries of one subject come in the order of their ids: that is the key's order.
    fn entry(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let (subject, id) = (Subject(row.get(1)?), Uuid::from_bytes(row.get(2)?));
        let entry = codec::decode_entry(subject, id, blob(row, 5)?)?;
        let at = self.subjects.binary_search_by_key(&subject, |(s, _)| *s).map_err(|_| Undecodable)?;
        self.facts[self.subjects[at].1].fact.hotlist.push(entry);
        Ok(())
    }

    /// The answer about a number, as often as it was asked.
    fn fact(&mut self, iin: Iin) -> Fact {
        let Ok(at) = self.at(iin) else { return Fact::default() };
        let sought = &mut self.facts[at];
        sought.asked = sought.asked.saturating_sub(1);
        if sought.asked == 0 { std::mem::take(&mut sought.fact) } else { sought.fact.clone() }
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
        let plan = format!("EXPLAIN QUERY PLAN {FACT}");
        let mut statement = opened.connection.prepare(&plan).unwrap();
        let steps = statement.query_map((0, 1, [0u8; 16]), |r| r.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(steps.iter().all(|s| s.starts_with("SEARCH")), "{steps:?}");
        let plan = format!("EXPLAIN QUERY PLAN {PAGE}");
        let step: String = opened.connection.query_row(&plan, (0, 1), |r| r.get(3)).unwrap();
        assert!(step.starts_with("SEARCH record USING INTEGER PRIMARY KEY"), "{step}");
        for by in ["id", "number", "applicant"] {
            let plan = format!("EXPLAIN QUERY PLAN {}", crate::register::sqlite::pages::by(by));
            let step: String = opened.connection.query_row(&plan, ([0u8; 16],), |r| r.get(3)).unwrap();
            assert!(step.starts_with("SEARCH application USING INDEX"), "{step}");
        }
        let plan = format!("EXPLAIN QUERY PLAN {}", crate::register::sqlite::pages::SUBMITTED);
        let mut statement = opened.connection.prepare(&plan).unwrap();
        let steps = statement.query_map((0, [0u8; 16], 1), |r| r.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert!(
            steps[0].starts_with("SEARCH application USING INDEX application_by_submission"),
            "{steps:?}"
        );
    }
}
