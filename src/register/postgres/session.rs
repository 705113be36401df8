//! One connection, known to lead to the register.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, Executor, Postgres};
use tokio::time::Instant;

use super::fault::Fault;
use crate::register::subject;

/// What was decided when the register was created.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Book {
    pub(super) key: subject::Key,
    pub(super) shards: u16,
}

/// A connection and what is known of it.
pub(super) struct Session {
    pub(super) connection: PgConnection,
    pub(super) book: Arc<Book>,
    /// Whether statements stay prepared: not where a pooler changes what is behind it.
    pub(super) prepared: bool,
    /// Whether the database acknowledges commits before they are on its disk, unless told not to.
    pub(super) hasty: bool,
    /// When it was opened.
    pub(super) born: Instant,
    /// In which of its pool's eras.
    pub(super) era: u64,
}

/// A statement with its values.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl Session {
    /// All rows of a statement.
    pub(super) async fn fetch(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, Fault> {
        Ok(statement.persistent(self.prepared).fetch_all(&mut self.connection).await?)
    }

    /// The only row of a statement, if there is one.
    pub(super) async fn fetch_one(&mut self, statement: Statement<'_>) -> Result<Option<PgRow>, Fault> {
        Ok(statement.persistent(self.prepared).fetch_optional(&mut self.connection).await?)
    }

    /// Carries a statement out; how many rows it touched.
    pub(super) async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, Fault> {
        Ok(statement.persistent(self.prepared).execute(&mut self.connection).await?.rows_affected())
    }

    /// Begins a transaction for reading, each of whose statements may run for so long. One round
    /// trip.
    pub(super) async fn begin_read(&mut self, limit: Duration) -> Result<(), Fault> {
        let mut sql = String::from("BEGIN READ ONLY");
        self.set_limits(&mut sql, limit);
        self.simple(sql).await
    }

    /// Begins a transaction for writing, each of whose statements may run for so long, most of it
    /// waiting for a lock. Should this program fall silent, the server ends the transaction after
    /// the same time: its locks are those that every writer needs. One round trip.
    ///
    /// The access mode is left to the server: a database that was made read-only stays so. What it
    /// acknowledges is on its disk, whatever it does for others.
    pub(super) async fn begin_write(&mut self, limit: Duration) -> Result<(), Fault> {
        let mut sql = String::from("BEGIN ISOLATION LEVEL READ COMMITTED");
        self.set_limits(&mut sql, limit);
        let lock = millis(limit - limit / 8);
        // Writing into a string cannot fail.
        let _ = write!(sql, "; SET LOCAL lock_timeout = {lock}");
        if self.hasty {
            sql.push_str("; SET LOCAL synchronous_commit = on");
        }
        self.simple(sql).await
    }

    fn set_limits(&self, sql: &mut String, limit: Duration) {
        let limit = millis(limit);
        let _ = write!(
            sql,
            "; SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}"
        );
    }

    pub(super) async fn commit(&mut self) -> Result<(), Fault> {
        self.connection.execute("COMMIT").await?;
        Ok(())
    }

    pub(super) async fn rollback(&mut self) -> Result<(), Fault> {
        self.connection.execute("ROLLBACK").await?;
        Ok(())
    }

    /// Statements in PostgreSQL's simple protocol: several in one round trip, none with values.
    async fn simple(&mut self, sql: String) -> Result<(), Fault> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Says goodbye to the server; not for long, and nobody has to wait for it.
    pub(super) fn leave(self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(Duration::from_secs(1), self.connection.close()));
        }
    }
}

/// Whole milliseconds, at least one: 0 would be no limit at all.
pub(super) fn millis(limit: Duration) -> u128 {
    limit.as_millis().max(1)
}
