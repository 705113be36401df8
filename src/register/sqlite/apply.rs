//! What a changeset does to the tables, inside a transaction that is already open.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::fault::Fault;
use super::{feed, pages, records, request};
use crate::issuance::Application;
use crate::number::Iin;
use crate::register::codec::{self, micros};
use crate::register::feed::Kind;
use crate::register::{Changeset, Committed, Expect, Record, Replayed, Subject, Write, hotlist, subject};

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
    request::forget(connection, now)?;
    if let Some(asked) = &set.request
        && let Some(Replayed { token, answer }) = request::replay(connection, asked.id, &asked.digest, now)?
    {
        return Ok(Committed { token, replayed: Some(answer) });
    }
    if let Some((batch, after)) = &set.batch {
        request::advance(connection, batch, *after, now)?;
    }
    let commit = commit(connection, set, now)?;
    let mut apply = Apply {
        connection,
        records: records::Statements::prepare(connection)?,
        key: &book.key,
        now,
        commit,
        changes: Vec::new(),
    };
    for write in &set.writes {
        apply.write(write)?;
    }
    feed::append(connection, book, set, commit, &apply.changes)?;
    let token = pages::heads(connection)?;
    if let Some(asked) = &set.request {
        request::keep(connection, asked, &token, now)?;
    }
    Ok(Committed { token, replayed: None })
}

/// Notes who writes, when and why; what is written points to it.
fn commit(connection: &Connection, set: &Changeset, now: i64) -> Result<i64, Fault> {
    connection
        .prepare_cached(
            "INSERT INTO commit_log (at, actor, on_behalf_of, end_user, reference, why, request)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            now,
            &set.by.actor,
            &set.by.on_behalf_of,
            &set.by.end_user,
            &set.by.reference,
            &set.why,
            set.request.as_ref().map(|r| *r.id.as_bytes()),
        ))?;
    Ok(connection.last_insert_rowid())
}

struct Apply<'a> {
    connection: &'a Connection,
    records: records::Statements<'a>,
    key: &'a subject::Key,
    now: i64,
    commit: i64,
    /// What the feed is to tell, in order.
    changes: Vec<(Subject, Kind)>,
}

impl Apply<'_> {
    fn write(&mut self, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Record { iin, record, expect, told } => self.record(*iin, record, *expect, *told),
            Write::Hotlist { iin, entry, expect } => self.hotlist(*iin, entry, *expect),
            Write::HotlistRemoval { id, expect } => self.hotlist_removal(*id, *expect),
            Write::Application { application, applicant, expect } => {
                let applicant =
                    applicant.as_ref().map(|(document, born)| self.key.applicant(document, *born));
                self.application(application, applicant, *expect)
            }
        }
    }

    fn record(&mut self, iin: Iin, record: &Record, expect: Expect, told: Kind) -> Result<(), Fault> {
        self.records.put(iin, record, expect, self.now, self.commit)?;
        self.changes.push((self.key.number(iin), told));
        Ok(())
    }

    fn hotlist(&mut self, iin: Iin, entry: &hotlist::Entry, expect: Expect) -> Result<(), Fault> {
        let subject = self.key.number(iin);
        let there = pages::entry(self.connection, entry.id)?;
        let version = hotlist::next_version(there, subject, expect).map_err(Fault::Refused)?;
        let others: usize = self
            .connection
            .prepare_cached("SELECT count(*) FROM hotlist WHERE subject = ?1 AND id <> ?2")?
            .query_row((subject.0, entry.id.as_bytes()), |r| r.get(0))?;
        hotlist::check_room(others).map_err(Fault::Refused)?;
        self.past_entry(entry.id)?;
        let body = codec::encode_entry(subject, entry);
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO hotlist (subject, id, version, recorded_at, commit_id, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((subject.0, entry.id.as_bytes(), version, self.now, self.commit, body))?;
        self.changes.push((subject, Kind::Hotlist));
        Ok(())
    }

    fn hotlist_removal(&mut self, id: Uuid, expect: Expect) -> Result<(), Fault> {
        let there = pages::entry(self.connection, id)?;
        expect.check(there.map(|place| place.version)).map_err(Fault::Refused)?;
        let Some(place) = there else { return Ok(()) };
        self.past_entry(id)?;
        self.connection.prepare_cached("DELETE FROM hotlist WHERE id = ?1")?.execute((id.as_bytes(),))?;
        self.changes.push((place.subject, Kind::Hotlist));
        Ok(())
    }

    /// Keeps the version of an entry that this commit ends, if there is one.
    fn past_entry(&self, id: Uuid) -> Result<(), Fault> {
        self.connection
            .prepare_cached(
                "INSERT INTO hotlist_past (id, version, subject, recorded_at, commit_id, ended_by, body)
                 SELECT id, version, subject, recorded_at, commit_id, ?2, body FROM hotlist WHERE id = ?1",
            )?
            .execute((id.as_bytes(), self.commit))?;
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
        self.connection
            .prepare_cached("INSERT INTO application_commit (id, version, commit_id) VALUES (?1, ?2, ?3)")?
            .execute((id, version, self.commit))?;
        let subjects = subject::of_application(
            self.key.application(application.id),
            [was_number, number],
            [was_applicant, applicant],
        );
        self.changes.extend(subjects.into_iter().map(|s| (s, Kind::Application)));
        Ok(())
    }
}
