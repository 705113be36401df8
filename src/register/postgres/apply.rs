//! What a changeset does to the tables, inside a transaction that is already open.

use sqlx::Row;
use uuid::Uuid;

use super::fault::Fault;
use super::lookup::{signed, unsigned};
use super::session::{Book, Session};
use super::{pages, records, request, tell};
use crate::issuance::Application;
use crate::number::Iin;
use crate::register::codec::{self, micros};
use crate::register::feed::Kind;
use crate::register::{Changeset, Expect, Replayed, Subject, Token, Write, hotlist, subject};

/// A changeset and what its commit is known by.
pub(super) struct Work<'a> {
    pub(super) set: &'a Changeset,
    pub(super) now: i64,
    pub(super) commit: Uuid,
}

/// Carries a changeset out, or refuses it: then the caller undoes what was done so far. The heads
/// after it.
pub(super) async fn changeset(session: &mut Session, work: &Work<'_>) -> Result<Token, Fault> {
    if let Some((batch, after)) = &work.set.batch {
        request::advance(session, batch, *after, work.now).await?;
    }
    let book = session.book.clone();
    let mut apply = Apply { session, book: &book, work, changes: Vec::new(), listed: Vec::new() };
    let both_records = |a: &Write, b: &Write| matches!((a, b), (Write::Record { .. }, Write::Record { .. }));
    for run in work.set.writes.chunk_by(both_records) {
        apply.run(run).await?;
    }
    let Apply { changes, listed, .. } = apply;
    let token = tell::changes(session, work, &changes).await?;
    room(session, &listed).await?;
    if let Some(asked) = &work.set.request {
        request::keep(session, asked, &token, work.now).await?;
    }
    Ok(token)
}

/// Notes who writes, when and why, and looks whether the same request was carried out before. A
/// duplicate: this very commit was carried out before.
pub(super) async fn note(session: &mut Session, work: &Work<'_>) -> Result<Option<Replayed>, Fault> {
    let sql = "
        WITH noted AS (
            INSERT INTO commit_log (id, at, actor, why, request, on_behalf_of, end_user, reference)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8))
        SELECT digest, token, answer FROM request WHERE id = $5 AND at > $9";
    let (set, by) = (work.set, &work.set.by);
    let noting = sqlx::query(sql)
        .bind(work.commit)
        .bind(work.now)
        .bind(by.actor.as_str())
        .bind(set.why.as_str())
        .bind(set.request.as_ref().map(|asked| asked.id))
        .bind(by.on_behalf_of.as_str())
        .bind(by.end_user.as_str())
        .bind(by.reference.as_str())
        .bind(request::horizon(work.now));
    match (session.fetch_one(noting).await?, &set.request) {
        (Some(row), Some(asked)) => request::replayed(&row, &asked.digest).map(Some),
        _ => Ok(None),
    }
}

/// Counts once more, now that the heads are held: two who put an entry each at the same time have
/// not seen each other before.
async fn room(session: &mut Session, listed: &[[u8; 16]]) -> Result<(), Fault> {
    if listed.is_empty() {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM hotlist WHERE subject = ANY($1) GROUP BY subject ORDER BY 1 DESC LIMIT 1";
    let most = match session.fetch_one(sqlx::query(sql).bind(listed.to_vec())).await? {
        Some(row) => unsigned(&row, 0)?,
        None => 0,
    };
    let others = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(1);
    hotlist::check_room(others).map_err(Fault::Refused)
}

struct Apply<'a> {
    session: &'a mut Session,
    book: &'a Book,
    work: &'a Work<'a>,
    /// What the feed is to tell, in order.
    changes: Vec<(Subject, Kind)>,
    /// Whose hotlist entries were put.
    listed: Vec<[u8; 16]>,
}

impl Apply<'_> {
    /// Writes of one kind that follow each other: records together, the rest one by one.
    async fn run(&mut self, run: &[Write]) -> Result<(), Fault> {
        let Some(first) = run.first() else { return Ok(()) };
        match first {
            Write::Record { .. } => records::put(self.session, self.work, run, &mut self.changes).await,
            _ => {
                for write in run {
                    self.write(write).await?;
                }
                Ok(())
            }
        }
    }

    async fn write(&mut self, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Record { .. } => {
                records::put(self.session, self.work, std::slice::from_ref(write), &mut self.changes).await
            }
            Write::Hotlist { iin, entry, expect } => self.hotlist(*iin, entry, *expect).await,
            Write::HotlistRemoval { id, expect } => self.hotlist_removal(*id, *expect).await,
            Write::Application { application, applicant, expect } => {
                let applicant =
                    applicant.as_ref().map(|(document, born)| self.book.key.applicant(document, *born));
                self.application(application, applicant, *expect).await
            }
        }
    }

    /// Where an entry is, held until the end of the transaction.
    async fn place(&mut self, id: Uuid) -> Result<Option<hotlist::Place>, Fault> {
        let asked = sqlx::query("SELECT subject, version FROM hotlist WHERE id = $1 FOR UPDATE").bind(id);
        self.session.fetch_one(asked).await?.map(|row| pages::place(&row)).transpose()
    }

    async fn hotlist(&mut self, iin: Iin, entry: &hotlist::Entry, expect: Expect) -> Result<(), Fault> {
        let subject = self.book.key.number(iin);
        let there = self.place(entry.id).await?;
        let version = hotlist::next_version(there, subject, expect).map_err(Fault::Refused)?;
        let counting = sqlx::query("SELECT count(*) FROM hotlist WHERE subject = $1 AND id <> $2")
            .bind(subject.0)
            .bind(entry.id);
        let others = self.session.fetch_one(counting).await?.ok_or(sqlx::Error::RowNotFound)?;
        hotlist::check_room(usize::try_from(unsigned(&others, 0)?).unwrap_or(usize::MAX))
            .map_err(Fault::Refused)?;
        let sql = if there.is_some() {
            self.past_entry(entry.id).await?;
            "UPDATE hotlist SET version = $3, recorded_at = $4, commit_id = $5, body = $6
              WHERE subject = $1 AND id = $2"
        } else {
            "INSERT INTO hotlist (subject, id, version, recorded_at, commit_id, body)
             VALUES ($1, $2, $3, $4, $5, $6)"
        };
        let putting = sqlx::query(sql)
            .bind(subject.0)
            .bind(entry.id)
            .bind(signed(version))
            .bind(self.work.now)
            .bind(self.work.commit)
            .bind(codec::encode_entry(subject, entry));
        self.session.execute(putting).await?;
        self.changes.push((subject, Kind::Hotlist));
        self.listed.push(subject.0);
        Ok(())
    }

    async fn hotlist_removal(&mut self, id: Uuid, expect: Expect) -> Result<(), Fault> {
        let there = self.place(id).await?;
        expect.check(there.map(|place| place.version)).map_err(Fault::Refused)?;
        let Some(place) = there else { return Ok(()) };
        self.past_entry(id).await?;
        self.session.execute(sqlx::query("DELETE FROM hotlist WHERE id = $1").bind(id)).await?;
        self.changes.push((place.subject, Kind::Hotlist));
        Ok(())
    }

    /// Keeps the version of an entry that this commit ends.
    async fn past_entry(&mut self, id: Uuid) -> Result<(), Fault> {
        let sql = "
            INSERT INTO hotlist_past (id, version, subject, recorded_at, commit_id, ended_by, body)
            SELECT id, version, subject, recorded_at, commit_id, $2, body FROM hotlist WHERE id = $1";
        self.session.execute(sqlx::query(sql).bind(id).bind(self.work.commit)).await?;
        Ok(())
    }

    async fn application(
        &mut self,
        application: &Application,
        applicant: Option<Subject>,
        expect: Expect,
    ) -> Result<(), Fault> {
        let asked =
            sqlx::query("SELECT version, number, applicant FROM application WHERE id = $1 FOR UPDATE")
                .bind(application.id);
        let before = self.session.fetch_one(asked).await?;
        let there = before.as_ref().map(|row| unsigned(row, 0)).transpose()?;
        let version = expect.next(there).map_err(Fault::Refused)?;
        let was = |column| match &before {
            Some(row) => Ok::<_, Fault>(row.try_get::<Option<[u8; 16]>, _>(column)?.map(Subject)),
            None => Ok(None),
        };
        let (was_number, was_applicant) = (was(1)?, was(2)?);
        let number = application.iin.map(|iin| self.book.key.number(iin));
        let applicant = applicant.or(was_applicant);
        let sql = if before.is_some() {
            "UPDATE application SET version = $2, recorded_at = $3, submitted_at = $4, number = $5,
                                    applicant = $6, body = $7
              WHERE id = $1"
        } else {
            "INSERT INTO application (id, version, recorded_at, submitted_at, number, applicant, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        };
        let row = codec::ApplicationRow { id: application.id, version, recorded_at: self.work.now };
        let putting = sqlx::query(sql)
            .bind(application.id)
            .bind(signed(version))
            .bind(self.work.now)
            .bind(micros(application.submitted_at()))
            .bind(number.map(|subject| subject.0))
            .bind(applicant.map(|subject| subject.0))
            .bind(codec::encode_application(row, application));
        self.session.execute(putting).await?;
        let noting =
            sqlx::query("INSERT INTO application_commit (id, version, commit_id) VALUES ($1, $2, $3)")
                .bind(application.id)
                .bind(signed(version))
                .bind(self.work.commit);
        self.session.execute(noting).await?;
        let subjects = subject::of_application(
            self.book.key.application(application.id),
            [was_number, number],
            [was_applicant, applicant],
        );
        self.changes.extend(subjects.into_iter().map(|subject| (subject, Kind::Application)));
        Ok(())
    }
}
