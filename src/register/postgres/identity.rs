//! What a database says of itself: which schema, which register, whether it takes writes and how.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Executor, Row};

use super::fault::{self, Fault};
use super::schema::LATEST;
use super::session::Book;
use crate::register::{Error, subject};

/// In PostgreSQL's simple protocol: one round trip, and it works through every pooler.
const WHO: &str = "
    SELECT coalesce((SELECT max(version) FROM register_schema WHERE success), 0)::bigint,
           meta.key, meta.shards, current_setting('transaction_read_only') = 'on',
           coalesce(current_setting('synchronous_commit', true), 'on') = 'off'
      FROM (VALUES (1)) AS one (id) LEFT JOIN meta ON meta.id = one.id";

/// What was found.
pub(super) struct Identity {
    pub(super) book: Book,
    /// A replica, or a database that was made read-only.
    pub(super) read_only: bool,
    /// Set to acknowledge commits before they are on its disk.
    pub(super) hasty: bool,
}

/// Asks a connection, and refuses what this program cannot work with.
pub(super) async fn ask(connection: &mut PgConnection) -> Result<Identity, Fault> {
    let row = connection.fetch_one(sqlx::raw_sql(WHO)).await.map_err(|e| {
        // Told like a database in which nothing was ever created.
        if fault::meaning(&e).is_schema() { Fault::Refused(schema(0)) } else { Fault::from(e) }
    })?;
    judge(&row)
}

fn judge(row: &PgRow) -> Result<Identity, Fault> {
    let version = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(usize::MAX);
    if version != LATEST {
        return Err(Fault::Refused(schema(version)));
    }
    let key: Option<Vec<u8>> = row.try_get(1)?;
    let Some(key) = key else { return Err(Fault::Refused(schema(0))) };
    let key = key.try_into().map_err(|_| Fault::Stored("the register's key has the wrong length"))?;
    let shards = row.try_get::<Option<i32>, _>(2)?.and_then(|shards| u16::try_from(shards).ok());
    let shards = shards.filter(|shards| *shards > 0).ok_or(Fault::Stored("the register has no shards"))?;
    let book = Book { key: subject::Key::new(key), shards };
    Ok(Identity { book, read_only: row.try_get(3)?, hasty: row.try_get(4)? })
}

fn schema(version: usize) -> Error {
    if version > LATEST {
        Error::schema(format!("schema {version} is newer than this program's {LATEST}"))
    } else {
        Error::schema(format!("schema {version}, and this program needs {LATEST}: run iinspect migrate"))
    }
}
