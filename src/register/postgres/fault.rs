//! What a database's errors mean to a caller: the only place that looks into them.
//!
//! The server's own message is never passed on: with a constraint it names values.

use std::io;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::register::Error;
use crate::register::codec::Undecodable;

/// Transactions that could not be put into an order.
const SERIALIZATION: &str = "40001";

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store is well and says no (a conflict, a token too old).
    Refused(Error),
    /// The database failed, or the way to it did.
    Database(sqlx::Error),
    /// What is stored makes no sense.
    Stored(&'static str),
    /// Another transaction was first: nothing was written, and the same again will see it.
    Raced,
    /// The server did not answer in time: its connection is of no more use.
    Silent,
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        Fault::Database(e)
    }
}

impl From<Undecodable> for Fault {
    fn from(_: Undecodable) -> Self {
        Fault::Stored("a stored body differs from what was written")
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(e) => e,
            Fault::Database(e) => meaning(&e),
            Fault::Stored(what) => Error::corrupt(what),
            Fault::Raced => state(SERIALIZATION),
            Fault::Silent => Error::deadline("the server did not answer in time"),
        }
    }
}

impl Fault {
    /// Whether the connection is of no more use.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Fault::Silent => true,
            Fault::Refused(_) | Fault::Stored(_) | Fault::Raced => false,
            Fault::Database(e) => match server(e) {
                Some(e) => matches!(e.severity(), PgSeverity::Fatal | PgSeverity::Panic),
                None => matches!(
                    e,
                    sqlx::Error::Io(_)
                        | sqlx::Error::Tls(_)
                        | sqlx::Error::Protocol(_)
                        | sqlx::Error::WorkerCrashed
                ),
            },
        }
    }

    /// Whether the plans that connections keep no longer fit the tables.
    pub(super) fn is_outdated(&self) -> bool {
        matches!(self, Fault::Database(e) if code(e) == Some("0A000"))
    }

    /// Whether two transactions met, of which one had to give way: nothing was written, and the
    /// same again may well work.
    pub(super) fn is_race(&self) -> bool {
        match self {
            Fault::Raced => true,
            Fault::Database(e) => matches!(code(e), Some(SERIALIZATION | "40P01" | "23505")),
            _ => false,
        }
    }

    /// Whether a row of that key is there already.
    pub(super) fn is_duplicate(&self) -> bool {
        matches!(self, Fault::Database(e) if code(e) == Some("23505"))
    }
}

fn server(e: &sqlx::Error) -> Option<&PgDatabaseError> {
    e.as_database_error()?.try_downcast_ref()
}

fn code(e: &sqlx::Error) -> Option<&str> {
    Some(server(e)?.code())
}

/// What an error means while the register is served.
pub(super) fn meaning(e: &sqlx::Error) -> Error {
    if let Some(code) = code(e) {
        return state(code);
    }
    match e {
        sqlx::Error::Io(e) => Error::unavailable(io(e)),
        sqlx::Error::Tls(_) => Error::unavailable(
            "TLS failed: no certificate of a trusted authority for this host, or no TLS there",
        ),
        sqlx::Error::Configuration(_) => {
            Error::unavailable("a file of the URL's TLS settings cannot be used")
        }
        // A value of the wrong type, or a row that must exist and does not.
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => Error::corrupt("a stored value has the wrong form"),
        sqlx::Error::Protocol(_) => Error::unavailable("what answers does not keep to PostgreSQL's protocol"),
        _ => Error::unavailable("the database was called in a way it refuses"),
    }
}

/// An I/O error by its kind: its text may hold a path or an address.
fn io(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::NotFound => "there is no such socket or file".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the connection was lost".into()
        }
        io::ErrorKind::InvalidData => "TLS failed: the certificate or what was sent is not accepted".into(),
        kind => format!("the connection failed: {kind}"),
    }
}

/// An SQLSTATE, by PostgreSQL's appendix A.
fn state(code: &str) -> Error {
    match code {
        "53100" => Error::full("the database has no room for the write"),
        "57014" => Error::deadline("the server ended the statement at its time limit"),
        "55P03" => Error::busy("others held the lock for too long"),
        SERIALIZATION | "40P01" | "23505" => Error::busy("others write to the same place all the time"),
        "25006" => Error::unavailable("the server takes no writes: it is read-only"),
        // No text in PostgreSQL holds a NUL.
        "22021" => Error::invalid("a text holds a character that the database does not take"),
        "42P01" | "42703" | "42704" => Error::schema("a table is missing or differs: run iinspect migrate"),
        "42501" => Error::unavailable("permission denied: the user lacks a right in the database"),
        "28P01" => Error::unavailable("password authentication failed"),
        "28000" => Error::unavailable("the server refuses this user from here (pg_hba.conf)"),
        "3D000" => Error::unavailable("there is no such database"),
        "53300" => Error::unavailable("the server has no connection left"),
        "57P03" => Error::unavailable("the server is starting up or shutting down"),
        "57P01" | "57P02" => Error::unavailable("the server was shut down or ended the connection"),
        "25P03" => Error::deadline("the transaction was idle for too long"),
        "26000" | "42P05" | "08P01" => Error::unavailable(
            "prepared statements get lost: a pooler in transaction mode has to be named in the configuration",
        ),
        "XX001" | "XX002" => Error::corrupt(format!("the server finds damaged data (SQLSTATE {code})")),
        // Every write looks first, inside its transaction: what breaks a CHECK or NOT NULL can only
        // be tables that contradict each other.
        "23502" | "23514" => Error::corrupt(format!("tables contradict each other (SQLSTATE {code})")),
        _ if code.starts_with("08") => Error::unavailable(format!("the connection failed (SQLSTATE {code})")),
        _ if code.starts_with("28") => {
            Error::unavailable(format!("the server refuses this user (SQLSTATE {code})"))
        }
        _ if code.starts_with("53") => {
            Error::unavailable(format!("the server lacks something it needs (SQLSTATE {code})"))
        }
        _ => Error::unavailable(format!("the database failed (SQLSTATE {code})")),
    }
}

/// What an error means while the schema is written.
pub(super) fn migrating(e: MigrateError) -> Error {
    match e {
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => match code(&e) {
            // Two programs at once: the other one's is as good.
            Some("42P07" | "23505") => Error::busy("somebody else migrates it: look again"),
            Some("42501") => Error::unavailable("permission denied: this user may not create tables"),
            _ => meaning(&e),
        },
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
            Error::schema(format!("version {version} is newer than this program's"))
        }
        MigrateError::VersionMismatch(version) => {
            Error::schema(format!("version {version} is not the one that this program knows"))
        }
        MigrateError::Dirty(version) => Error::schema(format!("version {version} was left half done")),
        _ => Error::schema("it could not be migrated"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_become_what_a_caller_can_do() {
        assert!(state("53100").is_full());
        assert!(state("57014").is_deadline());
        assert!(state("40001").is_busy() && state("40P01").is_busy() && state("55P03").is_busy());
        for code in ["53300", "57P03", "08006", "57P01", "28P01", "25006", "XX000"] {
            assert!(state(code).is_unavailable(), "{code}");
        }
        assert!(state("42P01").is_schema());
        assert!(state("XX001").is_corrupt());
    }
}
