//! What was: the fact as it was recorded by a moment, and the versions of a record.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::fault::Fault;
use super::job::Wanted;
use super::lookup;
use crate::number::Iin;
use crate::register::codec::micros;
use crate::register::{Fact, Origin, Read, Version};

/// The record's version now and those before it, each with its commit; the caller says which.
const VERSIONS: &str = "
    SELECT iin, state, version, recorded_at, body, commit_id FROM record WHERE iin = ?1
    UNION ALL
    SELECT iin, state, version, recorded_at, body, commit_id FROM record_past WHERE iin = ?1";

/// The fact as it was recorded by a moment, with the hotlist and the position of now.
pub(super) fn as_of(connection: &Connection, wanted: &Wanted, at: Timestamp) -> Result<Read<Fact>, Fault> {
    // One snapshot: a version that is replaced between the two would be in neither.
    let snapshot = connection.unchecked_transaction()?;
    let mut facts = lookup::facts(&snapshot, &[std::slice::from_ref(wanted)])?;
    let mut read =
        facts.pop().and_then(|mut one| one.pop()).ok_or(Fault::Stored("a lookup without answer"))?;
    if read.value.record.as_ref().is_some_and(|record| record.recorded_at > at) {
        let sql = format!("SELECT * FROM ({VERSIONS}) WHERE recorded_at <= ?2 ORDER BY version DESC LIMIT 1");
        let mut statement = snapshot.prepare_cached(&sql)?;
        let known = statement.query_row((wanted.0.as_u64(), micros(at)), |r| Ok(lookup::record(r, 0)));
        read.value.record = known.optional()?.transpose()?.map(|(_, record)| record);
    }
    Ok(read)
}

/// Versions below one (or all), the newest first.
pub(super) fn versions(
    connection: &Connection,
    iin: Iin,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Version>, Fault> {
    let sql = format!(
        "SELECT v.iin, v.state, v.version, v.recorded_at, v.body,
                c.actor, c.on_behalf_of, c.end_user, c.reference, c.why
           FROM ({VERSIONS}) AS v LEFT JOIN commit_log AS c ON c.id = v.commit_id
          WHERE v.version < ?2 ORDER BY v.version DESC LIMIT ?3"
    );
    let before = before.and_then(|version| i64::try_from(version).ok()).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((iin.as_u64(), before, limit))?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        versions.push(version(row)?);
    }
    Ok(versions)
}

fn version(row: &Row<'_>) -> Result<Version, Fault> {
    let (_, record) = lookup::record(row, 0)?;
    // NULL for what was written before there was a history.
    let text = |i| row.get::<_, Option<String>>(i).map(Option::unwrap_or_default);
    let by = Origin { actor: text(5)?, on_behalf_of: text(6)?, end_user: text(7)?, reference: text(8)? };
    Ok(Version { record, by, why: text(9)? })
}
