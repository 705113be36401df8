//! What a changeset does to the tables, inside a transaction that is already open.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::fault::Fault;
use super::{feed, pages};
use crate::issuance::Application;
use crate::number::Iin;
use crate::register::change::{REPLAY_WINDOW, Request};
use crate::register::codec::{self, micros};
use crate::register::feed::Kind;
use crate::register::{
    Changeset, Committed, Error, Expect, NumberState, Record, Subject, Write, hotlist, subject,
};

/// The most forgotten requests that one commit takes away.
const FORGET: u32 = 64;

/// What is the same for every changeset.
pub(super) struct Book {
    pub(super) key: subject::Key,
    pub(super) shards: u16,
    /// How many changes of a shard are kept.
    pub(super) keep: u64,
}

/// Carries a changeset out, or refuses it: then the caller undoes what was done so far.
pub(super) fn changeset(connection: &Connection, book: &Book, set: &Changeset) -> Result<Committed, Fault> {
    let now = micros(set.at);
    if let Some(request) = &set.request
        && let Some(committed) = replay(connection, request, now)?
    {
        return Ok(committed);
    }
    let mut apply = Apply { connection, key: &book.key, now, changes: Vec::new() };
    for write in &set.writes {
        apply.write(write)?;
    }
    feed::append(connection, book, set, &apply.changes)?;
    let token = pages::heads(connection)?;
    if let Some(request) = &set.request {
        connection
            .prepare_cached("INSERT OR REPLACE INTO request (id, digest, token, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute((request.id.as_bytes(), request.digest, token.to_string(), now))?;
    }
    Ok(Committed { token, replayed: false })
}

/// The earliest moment at which a request is still remembered.
fn horizon(now: i64) -> i64 {
    now.saturating_sub(i64::try_from(REPLAY_WINDOW.as_micros()).unwrap_or(i64::MAX))
}

fn replay(connection: &Connection, request: &Request, now: i64) -> Result<Option<Committed>, Fault> {
    connection
        .prepare_cached(
            "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at <= ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute((horizon(now), FORGET))?;
    let found: Option<([u8; 32], String)> = connection
        .prepare_cached("SELECT digest, token FROM request WHERE id = ?1 AND at > ?2")?
        .query_row((request.id.as_bytes(), horizon(now)), |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((digest, _)) if digest != request.digest => {
            Err(Fault::Refused(Error::already_exists("within the last 24 hours, for something else")))
        }
        Some((_, token)) => {
            let token = token.parse().map_err(|_| Fault::Stored("a stored token is none"))?;
            Ok(Some(Committed { token, replayed: true }))
        }
    }
}

struct Apply<'a> {
    connection: &'a Connection,
    key: &'a subject::Key,
    now: i64,
    /// What the feed is to tell, in order.
    changes: Vec<(Subject, Kind)>,
}

impl Apply<'_> {
    fn write(&mut self, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Record { iin, record, expect } => self.record(*iin, record, *expect),
            Write::Hotlist { iin, entry } => self.hotlist(*iin, entry),
            Write::HotlistRemoval { iin, id } => self.hotlist_removal(*iin, *id),
            Write::Application { application, applicant, expect } => {
                let applicant =
                    applicant.as_ref().map(|(document, born)| self.key.applicant(document, *born));
                self.application(application, applicant, *expect)
            }
        }
    }

    fn record(&mut self, iin: Iin, record: &Record, expect: Expect) -> Result<(), Fault> {
        let version = self
            .connection
            .prepare_cached("SELECT version FROM record WHERE iin = ?1")?
            .query_row((iin.as_u64(),), |r| r.get(0))
            .optional()?;
        let version = expect.next(version).map_err(Fault::Refused)?;
        let state: NumberState = record.state;
        let row = codec::RecordRow { iin, state: state as u8, version, recorded_at: self.now };
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO record (iin, state, version, recorded_at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((iin.as_u64(), row.state, version, self.now, codec::encode_record(row, record)))?;
        self.changes.push((self.key.number(iin), Kind::Record));
        Ok(())
    }

    fn hotlist(&mut self, iin: Iin, entry: &hotlist::Entry) -> Result<(), Fault> {
        let subject = self.key.number(iin);
        let others: usize = self
            .connection
            .prepare_cached("SELECT count(*) FROM hotlist WHERE subject = ?1 AND id <> ?2")?
            .query_row((subject.0, entry.id.as_bytes()), |r| r.get(0))?;
        hotlist::check_room(others).map_err(Fault::Refused)?;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO hotlist (subject, id, body) VALUES (?1, ?2, ?3)")?
            .execute((subject.0, entry.id.as_bytes(), codec::encode_entry(subject, entry)))?;
        self.changes.push((subject, Kind::Hotlist));
        Ok(())
    }

    fn hotlist_removal(&mut self, iin: Iin, id: Uuid) -> Result<(), Fault> {
        let subject = self.key.number(iin);
        let removed = self
            .connection
            .prepare_cached("DELETE FROM hotlist WHERE subject = ?1 AND id = ?2")?
            .execute((subject.0, id.as_bytes()))?;
        if removed > 0 {
            self.changes.push((subject, Kind::Hotlist));
        }
        Ok(())
    }

    fn application(
        &mut self,
        application: &Application,
        applicant: Option<Subject>,
        expect: Expect,
    ) -> Result<(), Fault> {
        type Before = (u64, Option<[u8; 16]>, Option<[u8; 16]>);
        let id = application.id.as_bytes();
        let before: Option<Before> = self
            .connection
            .prepare_cached("SELECT version, number, applicant FROM application WHERE id = ?1")?
            .query_row((id,), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        let version = expect.next(before.map(|b| b.0)).map_err(Fault::Refused)?;
        let (was_number, was_applicant) =
            before.map_or((None, None), |(_, n, a)| (n.map(Subject), a.map(Subject)));
        let number = application.iin.map(|iin| self.key.number(iin));
        let applicant = applicant.or(was_applicant);
        let row = codec::ApplicationRow { id: application.id, version, recorded_at: self.now };
        self.connection
            .prepare_cached(
                "INSERT INTO application (id, version, recorded_at, submitted_at, number, applicant, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO UPDATE SET
                     version = excluded.version, recorded_at = excluded.recorded_at,
                     submitted_at = excluded.submitted_at, number = excluded.number,
                     applicant = excluded.applicant, body = excluded.body",
            )?
            .execute((
                id,
                version,
                self.now,
                micros(application.submitted_at()),
                number.map(|s| s.0),
                applicant.map(|s| s.0),
                codec::encode_application(row, application),
            ))?;
        let subjects = subject::of_application(
            self.key.application(application.id),
            [was_number, number],
            [was_applicant, applicant],
        );
        self.changes.extend(subjects.into_iter().map(|s| (s, Kind::Application)));
        Ok(())
    }
}
