//! The other reads: applications by their keys, hotlist entries by their ids, pages of records.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::ask::Question;
use super::fault::Fault;
use super::lookup::{self, Heads, signed, subject, unsigned};
use super::session::Session;
use crate::issuance::Application;
use crate::number::Iin;
use crate::register::codec::{self, micros};
use crate::register::{ApplicationKey, Listed, MAX_APPLICATIONS, Place, Read, Versioned, hotlist};

/// The applications that a key leads to, newest first.
pub(super) struct Applications {
    pub(super) key: ApplicationKey,
}

/// The statement that finds applications by one of their columns, with the heads from the same
/// snapshot.
macro_rules! applications_by {
    ($column:literal) => {
        concat!(
            "SELECT 0::smallint, shard::bigint, seq, at, NULL::uuid, NULL::bytea, NULL::bigint FROM head
             UNION ALL
             (SELECT 1::smallint, NULL::bigint, version, recorded_at, id, body, submitted_at
                FROM application WHERE ",
            $column,
            " = $1 ORDER BY submitted_at DESC, id DESC LIMIT $2)"
        )
    };
}

const BY_ID: &str = applications_by!("id");
const BY_NUMBER: &str = applications_by!("number");
const BY_APPLICANT: &str = applications_by!("applicant");

impl Question for Applications {
    type Answer = Read<Vec<Versioned<Application>>>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let book = session.book.clone();
        let subject = book.key.of(&self.key);
        let asked = match &self.key {
            ApplicationKey::Id(id) => sqlx::query(BY_ID).bind(*id),
            ApplicationKey::Number(_) => sqlx::query(BY_NUMBER).bind(subject.0),
            ApplicationKey::Applicant(..) => sqlx::query(BY_APPLICANT).bind(subject.0),
        };
        let mut heads = Heads::new(&book);
        let mut found = Vec::new();
        for row in session.fetch(asked.bind(signed(MAX_APPLICATIONS as u64))).await? {
            match row.try_get::<i16, _>(0)? {
                0 => heads.push(&row)?,
                _ => found.push((row.try_get::<i64, _>(6)?, application(&row)?)),
            }
        }
        // Chosen by the statement; the order among them is nothing that a UNION keeps.
        found.sort_by_key(|(submitted, application)| std::cmp::Reverse((*submitted, application.value.id)));
        heads.of(subject, found.into_iter().map(|(_, application)| application).collect())
    }
}

/// The applications before a place. A row value is compared as a whole, along the index.
pub(super) const SUBMITTED: &str = "
    SELECT 1::smallint, NULL::bigint, version, recorded_at, id, body
      FROM application WHERE (submitted_at, id) < ($1, $2) ORDER BY submitted_at DESC, id DESC LIMIT $3";

/// Up to `limit` applications that came in before a place, the latest first.
pub(super) struct Submitted {
    pub(super) before: Option<Place>,
    pub(super) limit: usize,
}

impl Question for Submitted {
    type Answer = Vec<Versioned<Application>>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        // No application comes after the last moment that a row can hold.
        let (at, id) = self.before.map_or((i64::MAX, Uuid::max()), |(at, id)| (micros(at), id));
        let asked = sqlx::query(SUBMITTED).bind(at).bind(id).bind(signed(self.limit as u64));
        session.fetch(asked).await?.iter().map(application).collect()
    }
}

fn application(row: &PgRow) -> Result<Versioned<Application>, Fault> {
    let key = codec::ApplicationRow {
        id: row.try_get(4)?,
        version: unsigned(row, 2)?,
        recorded_at: row.try_get(3)?,
    };
    Ok(codec::decode_application(key, row.try_get(5)?)?)
}

/// Where a hotlist entry is.
pub(super) struct Entry {
    pub(super) id: Uuid,
}

impl Question for Entry {
    type Answer = Option<hotlist::Place>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let asked = sqlx::query("SELECT subject, version FROM hotlist WHERE id = $1").bind(self.id);
        session.fetch_one(asked).await?.map(|row| place(&row)).transpose()
    }
}

/// Subject and version of a hotlist entry's row.
pub(super) fn place(row: &PgRow) -> Result<hotlist::Place, Fault> {
    Ok(hotlist::Place { subject: subject(row, 0)?, version: unsigned(row, 1)? })
}

/// The records after a number, along the table's own key.
pub(super) const PAGE: &str = "
    SELECT 1::smallint, iin, version, recorded_at, state, NULL::bytea, NULL::uuid, body
      FROM record WHERE iin > $1 ORDER BY iin LIMIT $2";

/// Up to `limit` records after a number, in the order of the numbers.
pub(super) struct Records {
    pub(super) after: Option<Iin>,
    pub(super) limit: usize,
}

impl Question for Records {
    type Answer = Vec<Listed>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let after = self.after.map_or(-1, |iin| signed(iin.as_u64()));
        let asked = sqlx::query(PAGE).bind(after).bind(signed(self.limit as u64));
        session.fetch(asked).await?.iter().map(lookup::record).collect()
    }
}
