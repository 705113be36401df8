//! The other reads: applications by their keys, and pages of the feed.

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::fault::Fault;
use super::lookup::Heads;
use crate::issuance::Application;
use crate::register::codec::{self, Undecodable, micros, moment};
use crate::register::feed::{Change, Kind, MAX_PAGE, check_token};
use crate::register::{
    ApplicationKey, MAX_APPLICATIONS, Page, Place, Position, Read, Subject, Token, Versioned, hotlist,
};

/// The applications that a key leads to, newest first.
pub(super) fn applications(
    connection: &Connection,
    (key, subject): &(ApplicationKey, Subject),
) -> Result<Read<Vec<Versioned<Application>>>, Fault> {
    // Deferred: the first statement takes the snapshot and the second shares it.
    let snapshot = connection.unchecked_transaction()?;
    let heads = Heads::read(&snapshot)?;
    let (column, value) = match key {
        ApplicationKey::Id(id) => ("id", *id.as_bytes()),
        ApplicationKey::Number(_) => ("number", subject.0),
        ApplicationKey::Applicant(..) => ("applicant", subject.0),
    };
    let mut statement = snapshot.prepare_cached(&by(column))?;
    let mut rows = statement.query((value,))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(application(row)?);
    }
    Ok(heads.of(*subject, found))
}

/// The statement that finds applications by one of its own columns.
pub(super) fn by(column: &'static str) -> String {
    format!(
        "SELECT id, version, recorded_at, body FROM application WHERE {column} = ?1
         ORDER BY submitted_at DESC, id DESC LIMIT {MAX_APPLICATIONS}"
    )
}

/// The applications before a place. A row value is compared as a whole, along the index.
pub(super) const SUBMITTED: &str = "SELECT id, version, recorded_at, body FROM application
    WHERE (submitted_at, id) < (?1, ?2) ORDER BY submitted_at DESC, id DESC LIMIT ?3";
/// A blob that every id comes before.
const END: &[u8] = &[0xff; 17];

/// Up to `limit` applications that came in before a place, the latest first.
pub(super) fn submitted(
    connection: &Connection,
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<Versioned<Application>>, Fault> {
    let mut statement = connection.prepare_cached(SUBMITTED)?;
    let (at, id) = match &before {
        Some((at, id)) => (micros(*at), id.as_bytes().as_slice()),
        None => (i64::MAX, END),
    };
    let mut rows = statement.query((at, id, limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(application(row)?);
    }
    Ok(found)
}

fn application(row: &Row<'_>) -> Result<Versioned<Application>, Fault> {
    let key = codec::ApplicationRow {
        id: Uuid::from_bytes(row.get(0)?),
        version: row.get(1)?,
        recorded_at: row.get(2)?,
    };
    let body = row.get_ref(3)?.as_blob().map_err(|_| Undecodable)?;
    Ok(codec::decode_application(key, body)?)
}

/// The heads of all shards.
pub(super) fn heads(connection: &Connection) -> Result<Token, Fault> {
    Heads::read(connection).map(|heads| heads.token())
}

/// Where each shard's list begins.
pub(super) fn floors(connection: &Connection) -> Result<Token, Fault> {
    Ok(Token(ends(connection)?.into_iter().map(|(floor, _)| floor).collect()))
}

/// Where a hotlist entry is.
pub(super) fn entry(connection: &Connection, id: Uuid) -> Result<Option<hotlist::Place>, Fault> {
    let place = connection
        .prepare_cached("SELECT subject, version FROM hotlist WHERE id = ?1")?
        .query_row((id.as_bytes(),), |r| {
            Ok(hotlist::Place { subject: Subject(r.get(0)?), version: r.get(1)? })
        })
        .optional()?;
    Ok(place)
}

/// Changes after a token, and where to go on.
pub(super) fn after(connection: &Connection, token: &Token, limit: usize) -> Result<Page, Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let ends = ends(&snapshot)?;
    check_token(token, &ends).map_err(Fault::Refused)?;
    let mut page = Page { changes: Vec::new(), next: token.clone() };
    let mut room = limit.min(MAX_PAGE);
    for (left, shard) in Page::order(token) {
        // An even share, and what the shards before left over: no shard starves another.
        let share = room.div_ceil(left);
        let read = shard_after(&snapshot, shard, token.0[usize::from(shard)], share, &mut page)?;
        room -= read;
    }
    Ok(page)
}

/// Floor and head of every shard.
fn ends(connection: &Connection) -> Result<Vec<(Position, Position)>, Fault> {
    let mut statement = connection.prepare_cached("SELECT floor, seq FROM head ORDER BY shard")?;
    let ends = statement.query_map((), |r| Ok((Position(r.get(0)?), Position(r.get(1)?))))?;
    Ok(ends.collect::<Result<_, _>>()?)
}

fn shard_after(
    connection: &Connection,
    shard: u16,
    position: Position,
    limit: usize,
    page: &mut Page,
) -> Result<usize, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, subject, kind, at FROM change WHERE shard = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let mut rows = statement.query((shard, position.0, limit))?;
    let (mut last, mut read) = (position, 0);
    while let Some(row) = rows.next()? {
        let seq = Position(row.get(0)?);
        // Skipping a change in silence is what a feed must never do.
        if seq.0 != last.0 + 1 {
            return Err(Fault::Stored("a change is missing from the feed"));
        }
        page.changes.push(Change {
            shard,
            seq,
            subject: row.get::<_, Option<_>>(1)?.map(Subject),
            kind: Kind::from_code(row.get(2)?).ok_or(Undecodable)?,
            at: moment(row.get(3)?)?,
        });
        (last, read) = (seq, read + 1);
    }
    page.next.0[usize::from(shard)] = last;
    Ok(read)
}
