//! What is remembered of requests and of batches, so that neither is carried out twice.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::ask::Question;
use super::fault::Fault;
use super::lookup::{signed, unsigned};
use super::session::Session;
use crate::register::change::{REPLAY_WINDOW, Request};
use crate::register::codec::Undecodable;
use crate::register::{Batch, Error, Expect, Replayed, Token};

/// The latest moment that is forgotten.
pub(super) fn horizon(now: i64) -> i64 {
    now.saturating_sub(i64::try_from(REPLAY_WINDOW.as_micros()).unwrap_or(i64::MAX))
}

/// What a request was answered with.
pub(super) struct Replay {
    pub(super) id: Uuid,
    pub(super) digest: [u8; 32],
    pub(super) now: i64,
}

impl Question for Replay {
    type Answer = Option<Replayed>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let sql = "SELECT digest, token, answer FROM request WHERE id = $1 AND at > $2";
        let asked = sqlx::query(sql).bind(self.id).bind(horizon(self.now));
        let row = session.fetch_one(asked).await?;
        row.map(|row| replayed(&row, &self.digest)).transpose()
    }
}

/// The first answer; refused when the request was for something else.
pub(super) fn replayed(row: &PgRow, digest: &[u8; 32]) -> Result<Replayed, Fault> {
    if row.try_get::<&[u8], _>(0)? != digest {
        return Err(Fault::Refused(Error::used()));
    }
    let token = row.try_get::<&str, _>(1)?.parse().map_err(|_| Fault::Stored("a stored token is none"))?;
    Ok(Replayed { token, answer: row.try_get(2)? })
}

/// Remembers a request that is carried out, unless it was carried out meanwhile.
pub(super) async fn keep(
    session: &mut Session,
    request: &Request,
    token: &Token,
    now: i64,
) -> Result<(), Fault> {
    let sql = "
        INSERT INTO request (id, digest, token, answer, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, token = excluded.token,
                                       answer = excluded.answer, at = excluded.at
         WHERE request.at <= $6";
    let keeping = sqlx::query(sql)
        .bind(request.id)
        .bind(request.digest)
        .bind(token.to_string())
        .bind(request.answer.clone())
        .bind(now)
        .bind(horizon(now));
    if session.execute(keeping).await? == 1 { Ok(()) } else { Err(Fault::Raced) }
}

const BATCH: &str = "SELECT last_row, landed, refused, note, at FROM batch WHERE id = $1";

/// How far a batch is.
pub(super) struct Progress {
    pub(super) id: Uuid,
    pub(super) now: i64,
}

impl Question for Progress {
    type Answer = Option<Batch>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let Some(row) = session.fetch_one(sqlx::query(BATCH).bind(self.id)).await? else { return Ok(None) };
        if row.try_get::<i64, _>(4)? <= horizon(self.now) {
            return Ok(None);
        }
        let count = |column| unsigned(&row, column);
        let (last_row, landed, refused) = (count(0)?, count(1)?, count(2)?);
        Ok(Some(Batch {
            id: self.id,
            last_row,
            landed,
            refused,
            note: row.try_get(3).map_err(|_| Undecodable)?,
        }))
    }
}

/// Moves a batch on from the row it must be at, in a transaction. Two that begin the same batch meet
/// at its key.
pub(super) async fn advance(session: &mut Session, to: &Batch, after: u64, now: i64) -> Result<(), Fault> {
    let there = session
        .fetch_one(sqlx::query("SELECT last_row, at FROM batch WHERE id = $1 FOR UPDATE").bind(to.id))
        .await?;
    let last_row = match &there {
        Some(row) if row.try_get::<i64, _>(1)? > horizon(now) => unsigned(row, 0)?,
        _ => 0,
    };
    Expect::Version(after).check(Some(last_row)).map_err(Fault::Refused)?;
    let sql = if there.is_some() {
        "UPDATE batch SET at = $2, last_row = $3, landed = $4, refused = $5, note = $6 WHERE id = $1"
    } else {
        "INSERT INTO batch (id, at, last_row, landed, refused, note) VALUES ($1, $2, $3, $4, $5, $6)"
    };
    let moving = sqlx::query(sql)
        .bind(to.id)
        .bind(now)
        .bind(signed(to.last_row))
        .bind(signed(to.landed))
        .bind(signed(to.refused))
        .bind(to.note.clone());
    session.execute(moving).await?;
    Ok(())
}
