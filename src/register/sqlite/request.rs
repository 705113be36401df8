//! What is remembered of requests and of batches, so that neither is carried out twice.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::fault::Fault;
use crate::register::change::{REPLAY_WINDOW, Request};
use crate::register::{Batch, Error, Expect, Replayed, Token};

/// The most requests, and the most batches, that one commit forgets.
const FORGET: u32 = 64;

/// The latest moment that is forgotten.
fn horizon(now: i64) -> i64 {
    now.saturating_sub(i64::try_from(REPLAY_WINDOW.as_micros()).unwrap_or(i64::MAX))
}

/// Takes away some of what is forgotten.
pub(super) fn forget(connection: &Connection, now: i64) -> Result<(), Fault> {
    let statements = [
        "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at <= ?1 ORDER BY at LIMIT ?2)",
        "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE at <= ?1 ORDER BY at LIMIT ?2)",
    ];
    for statement in statements {
        connection.prepare_cached(statement)?.execute((horizon(now), FORGET))?;
    }
    Ok(())
}

/// What a request was answered with; refused when it was for something else.
pub(super) fn replay(
    connection: &Connection,
    id: Uuid,
    digest: &[u8; 32],
    now: i64,
) -> Result<Option<Replayed>, Fault> {
    let found: Option<([u8; 32], String, Vec<u8>)> = connection
        .prepare_cached("SELECT digest, token, answer FROM request WHERE id = ?1 AND at > ?2")?
        .query_row((id.as_bytes(), horizon(now)), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((kept, ..)) if kept != *digest => Err(Fault::Refused(Error::used())),
        Some((_, token, answer)) => {
            let token = token.parse().map_err(|_| Fault::Stored("a stored token is none"))?;
            Ok(Some(Replayed { token, answer }))
        }
    }
}

/// Remembers a request that is carried out.
pub(super) fn keep(connection: &Connection, request: &Request, token: &Token, now: i64) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO request (id, digest, token, answer, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((request.id.as_bytes(), request.digest, token.to_string(), &request.answer, now))?;
    Ok(())
}

/// How far a batch is.
pub(super) fn batch(connection: &Connection, id: Uuid, now: i64) -> Result<Option<Batch>, Fault> {
    let batch = connection
        .prepare_cached("SELECT last_row, landed, refused, note FROM batch WHERE id = ?1 AND at > ?2")?
        .query_row((id.as_bytes(), horizon(now)), |r| {
            Ok(Batch { id, last_row: r.get(0)?, landed: r.get(1)?, refused: r.get(2)?, note: r.get(3)? })
        })
        .optional()?;
    Ok(batch)
}

/// Moves a batch on from the row it must be at.
pub(super) fn advance(connection: &Connection, to: &Batch, after: u64, now: i64) -> Result<(), Fault> {
    let there = batch(connection, to.id, now)?.map_or(0, |batch| batch.last_row);
    Expect::Version(after).check(Some(there)).map_err(Fault::Refused)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO batch (id, at, last_row, landed, refused, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((to.id.as_bytes(), now, to.last_row, to.landed, to.refused, &to.note))?;
    Ok(())
}
