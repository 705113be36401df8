//! What was: the fact as it was recorded by a moment, and the versions of a record.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::ask::Question;
use super::fault::Fault;
use super::lookup::{self, Found, Heads, signed};
use super::session::Session;
use crate::number::Iin;
use crate::register::codec::micros;
use crate::register::{Fact, Origin, Read, Version};

/// As a lookup, and of the record's versions the latest that was recorded by a moment.
const AS_OF: &str = "
    SELECT 0::smallint, shard::bigint, seq, at, NULL::smallint, NULL::bytea, NULL::uuid, NULL::bytea
      FROM head WHERE shard = ANY($3)
    UNION ALL
    (SELECT 1::smallint, iin, version, recorded_at, state, NULL::bytea, NULL::uuid, body
       FROM (SELECT iin, version, recorded_at, state, body FROM record WHERE iin = ANY($1)
             UNION ALL
             SELECT iin, version, recorded_at, state, body FROM record_past WHERE iin = ANY($1)) AS v
      WHERE recorded_at <= $4 ORDER BY version DESC LIMIT 1)
    UNION ALL
    SELECT 2::smallint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::smallint, subject, id, body
      FROM hotlist WHERE subject = ANY($2)";

/// The record's version now and those before it, each with its commit.
const VERSIONS: &str = "
    SELECT 1::smallint, v.iin, v.version, v.recorded_at, v.state, NULL::bytea, NULL::uuid, v.body,
           c.actor, c.on_behalf_of, c.end_user, c.reference, c.why
      FROM (SELECT iin, state, version, recorded_at, body, commit_id FROM record WHERE iin = $1
            UNION ALL
            SELECT iin, state, version, recorded_at, body, commit_id FROM record_past WHERE iin = $1) AS v
           LEFT JOIN commit_log AS c ON c.id = v.commit_id
     WHERE v.version < $2 ORDER BY v.version DESC LIMIT $3";

/// The fact as it was recorded by a moment, with the hotlist and the position of now.
pub(super) struct AsOf {
    pub(super) iin: Iin,
    pub(super) at: Timestamp,
}

impl Question for AsOf {
    type Answer = Read<Fact>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let book = session.book.clone();
        let mut found = Found::new(&book, &[self.iin]);
        let mut heads = Heads::new(&book);
        let asked = sqlx::query(AS_OF).bind(found.iins()).bind(found.subjects()).bind(found.shards(&book));
        for row in session.fetch(asked.bind(micros(self.at))).await? {
            match row.try_get::<i16, _>(0)? {
                0 => heads.push(&row)?,
                1 => found.record(&row)?,
                _ => found.entry(&row)?,
            }
        }
        let (subject, fact) = found.fact(self.iin)?;
        heads.of(subject, fact)
    }
}

/// Versions below one (or all), the newest first.
pub(super) struct Versions {
    pub(super) iin: Iin,
    pub(super) before: Option<u64>,
    pub(super) limit: usize,
}

impl Question for Versions {
    type Answer = Vec<Version>;

    async fn ask(&self, session: &mut Session) -> Result<Self::Answer, Fault> {
        let before = self.before.map_or(i64::MAX, signed);
        let asked = sqlx::query(VERSIONS)
            .bind(signed(self.iin.as_u64()))
            .bind(before)
            .bind(i64::try_from(self.limit).unwrap_or(i64::MAX));
        session.fetch(asked).await?.iter().map(version).collect()
    }
}

fn version(row: &PgRow) -> Result<Version, Fault> {
    let (_, record) = lookup::record(row)?;
    let text = |column| Ok::<_, Fault>(row.try_get::<Option<String>, _>(column)?.unwrap_or_default());
    let by = Origin { actor: text(8)?, on_behalf_of: text(9)?, end_user: text(10)?, reference: text(11)? };
    Ok(Version { record, by, why: text(12)? })
}
