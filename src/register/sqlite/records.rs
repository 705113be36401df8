//! Records as they are written: by the ten thousand, so their statements are held ready.

use rusqlite::{CachedStatement, Connection};

use super::fault::Fault;
use crate::number::Iin;
use crate::register::codec::{self, RecordRow, Undecodable};
use crate::register::{Expect, Record};

// A statement that writes one row from values. `INSERT ... SELECT` would do the past in one, but
// SQLite keeps a journal for a statement that may fail half way, and beside a savepoint that has
// seen many pages giving such a journal up takes ten times as long as the write.
const HELD: &str = "SELECT state, version, recorded_at, commit_id, body FROM record WHERE iin = ?1";
const KEEP: &str = "
    INSERT INTO record_past (iin, state, version, recorded_at, commit_id, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const NEW: &str = "
    INSERT INTO record (iin, state, version, recorded_at, commit_id, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const REPLACE: &str = "
    UPDATE record SET state = ?2, version = ?3, recorded_at = ?4, commit_id = ?5, body = ?6
     WHERE iin = ?1";

/// What a changeset writes records with.
pub(super) struct Statements<'a> {
    held: CachedStatement<'a>,
    keep: CachedStatement<'a>,
    new: CachedStatement<'a>,
    replace: CachedStatement<'a>,
}

impl<'a> Statements<'a> {
    pub(super) fn prepare(connection: &'a Connection) -> Result<Self, Fault> {
        Ok(Statements {
            held: connection.prepare_cached(HELD)?,
            keep: connection.prepare_cached(KEEP)?,
            new: connection.prepare_cached(NEW)?,
            replace: connection.prepare_cached(REPLACE)?,
        })
    }

    /// Puts a record as the next version of a number's, and the one before into the past.
    pub(super) fn put(
        &mut self,
        iin: Iin,
        record: &Record,
        expect: Expect,
        recorded_at: i64,
        commit: i64,
    ) -> Result<(), Fault> {
        let number = iin.as_u64();
        let mut rows = self.held.query((number,))?;
        let held = rows.next()?;
        let there: Option<u64> = held.map(|row| row.get(1)).transpose()?;
        let version = expect.next(there).map_err(Fault::Refused)?;
        let put = match held {
            Some(row) => {
                let (state, at): (i64, i64) = (row.get(0)?, row.get(2)?);
                let by: Option<i64> = row.get(3)?;
                let body = row.get_ref(4)?.as_blob().map_err(|_| Undecodable)?;
                self.keep.execute((number, state, there, at, by, body))?;
                &mut self.replace
            }
            None => &mut self.new,
        };
        drop(rows);
        let row = RecordRow { iin, state: record.state as u8, version, recorded_at };
        let body = codec::encode_record(row, record);
        put.execute((number, row.state, version, recorded_at, commit, body))?;
        Ok(())
    }
}
