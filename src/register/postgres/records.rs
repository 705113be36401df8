//! Records that are put, a whole run of them in a few statements.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::apply::Work;
use super::copy;
use super::fault::Fault;
use super::lookup::{signed, unsigned};
use super::session::Session;
use crate::number::Iin;
use crate::register::codec;
use crate::register::feed::Kind;
use crate::register::{Error, Expect, Record, Subject, Write};

/// From this many new records on they go in by COPY.
const COPY_FROM: usize = 256;

/// Held in the order of the numbers, so that two that put the same ones wait and do not lock up.
const HOLD: &str = "SELECT iin, version FROM record WHERE iin = ANY($1) ORDER BY iin FOR UPDATE";

const KEEP: &str = "
    INSERT INTO record_past (iin, version, state, recorded_at, commit_id, body)
    SELECT iin, version, state, recorded_at, commit_id, body FROM record WHERE iin = ANY($1)";

const KEEP_OWN: &str = "
    INSERT INTO record_past (iin, version, state, recorded_at, commit_id, body)
    SELECT iin, version, state, $5, $6, body
      FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bytea[]) AS r (iin, state, version, body)";

const INSERT: &str = "
    INSERT INTO record (iin, state, version, recorded_at, commit_id, body)
    SELECT iin, state, version, $5, $6, body
      FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bytea[]) AS r (iin, state, version, body)";

const UPDATE: &str = "
    UPDATE record SET state = r.state, version = r.version, recorded_at = $5, commit_id = $6, body = r.body
      FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bytea[]) AS r (iin, state, version, body)
     WHERE record.iin = r.iin";

/// Puts a run of records, as if one after the other: a number that comes twice counts twice.
pub(super) async fn put(
    session: &mut Session,
    work: &Work<'_>,
    run: &[Write],
    changes: &mut Vec<(Subject, Kind)>,
) -> Result<(), Fault> {
    let puts: Vec<Put<'_>> = run.iter().filter_map(Put::of).collect();
    let mut iins: Vec<i64> = puts.iter().map(|put| signed(put.iin.as_u64())).collect();
    iins.sort_unstable();
    iins.dedup();
    let distinct = iins.len() == puts.len();
    // None is believed to be there: the table's own key says so or refuses.
    let blind = distinct && puts.len() >= COPY_FROM && puts.iter().all(|put| put.expect == Expect::Absent);
    let there = if blind { HashMap::new() } else { hold(session, &iins).await? };
    let rows = Rows::of(&puts, &there, work)?;
    if !there.is_empty() {
        let keys: Vec<i64> = there.keys().copied().collect();
        session.execute(sqlx::query(KEEP).bind(keys)).await?;
    }
    rows.replaced.write(session, work, KEEP_OWN).await?;
    rows.old.write(session, work, UPDATE).await?;
    if rows.new.iins.len() >= COPY_FROM {
        match copy::records(session, work, &rows.new).await {
            Err(fault) if blind && fault.is_duplicate() => {
                return Err(Fault::Refused(Error::conflict("something else is there")));
            }
            outcome => outcome?,
        }
    } else {
        rows.new.write(session, work, INSERT).await?;
    }
    let key = &session.book.key;
    changes.extend(puts.iter().map(|put| (key.number(put.iin), put.told)));
    Ok(())
}

/// The versions that are there, held until the end of the transaction.
async fn hold(session: &mut Session, iins: &[i64]) -> Result<HashMap<i64, u64>, Fault> {
    let rows = session.fetch(sqlx::query(HOLD).bind(iins.to_vec())).await?;
    rows.iter().map(|row: &PgRow| Ok((row.try_get(0)?, unsigned(row, 1)?))).collect()
}

/// A record that is put.
struct Put<'a> {
    iin: Iin,
    record: &'a Record,
    expect: Expect,
    told: Kind,
}

impl<'a> Put<'a> {
    fn of(write: &'a Write) -> Option<Self> {
        match write {
            Write::Record { iin, record, expect, told } => {
                Some(Put { iin: *iin, record, expect: *expect, told: *told })
            }
            _ => None,
        }
    }
}

/// Where each row of a run goes.
#[derive(Default)]
struct Rows {
    /// Put, and replaced by a later one of the same run.
    replaced: Columns,
    /// Replacing one that was there.
    old: Columns,
    /// Of numbers that had none.
    new: Columns,
}

impl Rows {
    fn of(puts: &[Put<'_>], there: &HashMap<i64, u64>, work: &Work<'_>) -> Result<Self, Fault> {
        let mut last: HashMap<Iin, usize> = HashMap::with_capacity(puts.len());
        last.extend(puts.iter().enumerate().map(|(at, put)| (put.iin, at)));
        let mut versions = there.clone();
        let mut rows = Rows::default();
        for (at, put) in puts.iter().enumerate() {
            let key = signed(put.iin.as_u64());
            let version = put.expect.next(versions.get(&key).copied()).map_err(Fault::Refused)?;
            versions.insert(key, version);
            let columns = if last.get(&put.iin) != Some(&at) {
                &mut rows.replaced
            } else if there.contains_key(&key) {
                &mut rows.old
            } else {
                &mut rows.new
            };
            columns.push(put, version, work.now);
        }
        Ok(rows)
    }
}

/// Rows by column, as a statement takes them.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) iins: Vec<i64>,
    pub(super) states: Vec<i16>,
    pub(super) versions: Vec<i64>,
    pub(super) bodies: Vec<Vec<u8>>,
}

impl Columns {
    fn push(&mut self, put: &Put<'_>, version: u64, now: i64) {
        let state = put.record.state as u8;
        let row = codec::RecordRow { iin: put.iin, state, version, recorded_at: now };
        self.iins.push(signed(put.iin.as_u64()));
        self.states.push(i16::from(state));
        self.versions.push(signed(version));
        self.bodies.push(codec::encode_record(row, put.record));
    }

    async fn write(self, session: &mut Session, work: &Work<'_>, sql: &'static str) -> Result<(), Fault> {
        if self.iins.is_empty() {
            return Ok(());
        }
        let writing = sqlx::query(sql)
            .bind(self.iins)
            .bind(self.states)
            .bind(self.versions)
            .bind(self.bodies)
            .bind(work.now)
            .bind(work.commit);
        session.execute(writing).await?;
        Ok(())
    }
}
