//! What SQLite's errors mean to a caller: the only place that looks into them.
//!
//! SQLite's own message is never passed on: with a constraint it names values' columns, and one
//! day it may name values.

use std::io;
use std::path::Path;

use rusqlite::ffi::{self, ErrorCode};

use crate::register::Error;
use crate::register::codec::Undecodable;

/// Why a job came to nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store is well and says no (a conflict, a token too old).
    Refused(Error),
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// What is stored makes no sense.
    Stored(&'static str),
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        Fault::Sqlite(e)
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
            Fault::Sqlite(e) => serving(&e),
            Fault::Stored(what) => Error::corrupt(what),
        }
    }
}

/// What an error means while the register is served.
pub(super) fn serving(e: &rusqlite::Error) -> Error {
    match e {
        rusqlite::Error::SqliteFailure(e, _) => code(e),
        // A value of the wrong type or a row that must exist and does not.
        rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::QueryReturnedMoreThanOneRow
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(_) => Error::corrupt("a stored value has the wrong form"),
        _ => Error::unavailable("SQLite was called in a way it refuses"),
    }
}

fn code(e: &ffi::Error) -> Error {
    let extended = e.extended_code;
    match e.code {
        ErrorCode::DatabaseCorrupt => Error::corrupt(format!("SQLite finds it malformed (code {extended})")),
        ErrorCode::NotADatabase => Error::corrupt("the file is no longer a SQLite database"),
        // Every write looks first, inside its transaction: two rows under one key, or a head
        // behind its floor, can only be tables that contradict each other.
        ErrorCode::ConstraintViolation => {
            Error::corrupt(format!("tables contradict each other (code {extended})"))
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::busy("another process holds the lock"),
        ErrorCode::DiskFull => Error::full("no room for the write"),
        // The index of the WAL is grown by writing zeros: in practice this is a full disk.
        _ if extended == ffi::SQLITE_IOERR_SHMSIZE => Error::full("no room for the WAL's index"),
        ErrorCode::SystemIoFailure => Error::unavailable(format!("I/O error (code {extended})")),
        ErrorCode::ReadOnly => Error::unavailable("the file or its folder cannot be written"),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            Error::unavailable("the file or its folder cannot be opened")
        }
        _ => Error::unavailable(format!("SQLite failed (code {extended})")),
    }
}

/// What an error means while the file is being opened: with its path, and told so that an
/// operator knows what to do.
pub(super) fn opening(path: &Path, e: &rusqlite::Error) -> Error {
    let path = path.display();
    if let rusqlite::Error::SqliteFailure(e, _) = e {
        match e.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                return Error::unavailable(format!("{path}: locked by another process"));
            }
            ErrorCode::NotADatabase => {
                return Error::not_a_register(format!("{path}: not a SQLite database"));
            }
            _ => {}
        }
    }
    serving(e).at(&path.to_string())
}

/// What an error of the file system means while the file is being opened.
pub(super) fn file(path: &Path, e: &io::Error) -> Error {
    let path = path.display();
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::full(path.to_string()),
        io::ErrorKind::NotFound => Error::unavailable(format!("{path}: no such file or folder")),
        io::ErrorKind::PermissionDenied => Error::unavailable(format!("{path}: permission denied")),
        kind => Error::unavailable(format!("{path}: {kind}")),
    }
}
