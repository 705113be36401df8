//! The file: told from others, created whole, opened with the settings that keep it whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::{Migrated, Options, fault};
use crate::register::codec::micros;
use crate::register::{Error, subject};

/// `PRAGMA application_id` of a register: "IINr".
const APPLICATION_ID: i32 = 0x4949_4e72;

/// One file for each version of the schema.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_register.sql")),
    M::up(include_str!("migrations/0002_history.sql")),
    M::up(include_str!("migrations/0003_submitted.sql")),
];

/// The schema's version that this program writes.
pub(super) const LATEST: usize = STEPS.len();

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// What tells one file from another under the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).map(|m| Identity(m.dev(), m.ino()))
}

/// Without inodes only the file's absence is noticed.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| Identity(0, 0))
}

/// A register's first connection and what there is to know about it.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) identity: Identity,
    pub(super) migrated: Migrated,
    pub(super) key: subject::Key,
    pub(super) shards: u16,
}

/// Opens the register at a path, creating and migrating it as needed.
pub(super) fn open(path: &Path, options: &Options) -> Result<Opened, Error> {
    let before = match look(path)? {
        Some(version) => Some(version),
        None => {
            create(path)?;
            None
        }
    };
    let identity = identity(path).map_err(|e| fault::file(path, &e))?;
    let mut connection = connect(path, Role::Writer, options, options.open_wait)?;
    let opening = |e: rusqlite::Error| fault::opening(path, &e);
    // The header said so already, but a newer one may wait in the WAL.
    let version: usize = connection
        .pragma_query_value(None, "user_version", |r| r.get::<_, u32>(0))
        .map_err(opening)?
        .try_into()
        .unwrap_or(usize::MAX);
    check_version(path, version)?;
    if version < LATEST {
        migrate(path, &mut connection)?;
    }
    let (key, shards) = connection
        .query_row("SELECT key, shards FROM meta", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .map_err(opening)?;
    wait(path, &connection, options.write_wait)?;
    let migrated = Migrated { before, after: LATEST };
    Ok(Opened { connection, identity, migrated, key: subject::Key::new(key), shards })
}

/// The schema's version of the register at a path; `None` when there is nothing yet. Alters
/// nothing and takes no lock.
pub(super) fn look(path: &Path) -> Result<Option<usize>, Error> {
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fault::file(path, &e)),
    };
    if !metadata.is_file() {
        return Err(Error::not_a_register(format!("{shown}: not a regular file")));
    }
    if metadata.len() == 0 {
        return Ok(None);
    }
    // `immutable`: neither locks nor the WAL are looked at, and nothing is written beside a file
    // that may be another program's. Through SQLite and not through `File`, since closing any
    // other descriptor of a database drops this process's locks on it.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opening = |e: rusqlite::Error| fault::opening(path, &e);
    let header = Connection::open_with_flags(immutable(path), flags).map_err(opening)?;
    // A checkpoint that was cut short leaves a header that counts pages which only the WAL has. To
    // SQLite without the WAL that is damage, unless told that somebody is at work on the file.
    header.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true).map_err(opening)?;
    let pragma = |name| header.pragma_query_value(None, name, |r| r.get::<_, i32>(0)).map_err(opening);
    if pragma("application_id")? != APPLICATION_ID {
        return Err(Error::not_a_register(format!("{shown}: a SQLite database of another program")));
    }
    let version = usize::try_from(pragma("user_version")?).unwrap_or(usize::MAX);
    check_version(path, version)?;
    Ok(Some(version))
}

fn immutable(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1&mode=ro");
    PathBuf::from(uri)
}

fn check_version(path: &Path, version: usize) -> Result<(), Error> {
    if version > LATEST {
        let path = path.display();
        return Err(Error::schema(format!(
            "{path}: version {version} is newer than this program's {LATEST}"
        )));
    }
    Ok(())
}

/// Creates a register under another name and renames it into place, so that whoever finds a file
/// at the path finds a whole register, whenever the machine stops.
fn create(path: &Path) -> Result<(), Error> {
    for suffix in ["-wal", "-journal"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        if fs::metadata(&beside).is_ok_and(|m| m.len() > 0) {
            // SQLite would play it into the new file, and it may hold acknowledged writes.
            let (path, beside) = (path.display(), Path::new(&beside).display());
            return Err(Error::unavailable(format!("{path}: missing, but {beside} is left of it")));
        }
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let io = |e: io::Error| fault::file(path, &e);
    // Readable by its owner only: `tempfile` makes it so.
    let draft = tempfile::Builder::new().prefix(".register-").tempfile_in(folder).map_err(io)?;
    fill(path, draft.path())?;
    draft.as_file().sync_all().map_err(io)?;
    let empty_file_in_the_way = fs::metadata(path).is_ok_and(|m| m.len() == 0);
    if empty_file_in_the_way {
        draft.persist(path).map_err(|e| io(e.error))?;
    } else if let Err(e) = draft.persist_noclobber(path) {
        // Somebody else created it in the meantime: theirs is as good.
        if e.error.kind() != io::ErrorKind::AlreadyExists {
            return Err(io(e.error));
        }
    }
    File::open(folder).and_then(|f| f.sync_all()).map_err(io)
}

/// Writes an empty register into a new file.
fn fill(path: &Path, draft: &Path) -> Result<(), Error> {
    let opening = |e: rusqlite::Error| fault::opening(path, &e);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| Error::unavailable("the system gives no random bytes"))?;
    let mut connection = Connection::open(draft).map_err(opening)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(opening)?;
    migrate(path, &mut connection)?;
    connection
        .execute("INSERT INTO meta VALUES (1, ?1, 1, ?2)", (key, micros(Timestamp::now())))
        .and_then(|_| connection.execute("INSERT INTO head VALUES (0, 0, 0, NULL)", ()))
        .map_err(opening)?;
    journal_mode_wal(path, &connection)?;
    connection.close().map_err(|(_, e)| opening(e))
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Error> {
    Migrations::from_slice(STEPS).to_latest(connection).map_err(|e| match e {
        rusqlite_migration::Error::RusqliteError { err, .. } => fault::opening(path, &err),
        _ => Error::unavailable(format!("{}: the schema could not be migrated", path.display())),
    })
}

fn journal_mode_wal(path: &Path, connection: &Connection) -> Result<(), Error> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |r| r.get(0))
        .map_err(|e| fault::opening(path, &e))?;
    if mode == "wal" {
        Ok(())
    } else {
        Err(Error::unavailable(format!("{}: its file system cannot hold a WAL", path.display())))
    }
}

/// Sets how long a connection waits for a lock of another process.
pub(super) fn wait(path: &Path, connection: &Connection, wait: Duration) -> Result<(), Error> {
    connection.busy_timeout(wait).map_err(|e| fault::opening(path, &e))
}

/// Opens one connection with every setting stated: defaults differ between builds of SQLite.
pub(super) fn connect(
    path: &Path,
    role: Role,
    options: &Options,
    wait: Duration,
) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opening = |e: rusqlite::Error| fault::opening(path, &e);
    let connection = Connection::open_with_flags(path, flags).map_err(opening)?;
    connection.busy_timeout(wait).map_err(opening)?;
    // No statement of ours may harm the file's structure, whatever its text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(opening)?;
    // Views and triggers planted in the file get no functions to call.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(opening)?;
    journal_mode_wal(path, &connection)?;
    let cache = format!("-{}", options.cache_kib);
    let settings = [
        // FULL: the WAL is synced at each commit, so what was acknowledged survives a power cut.
        ("synchronous", "FULL"),
        ("foreign_keys", "ON"),
        // Damaged pages are noticed when read, not followed.
        ("cell_size_check", "ON"),
        // With a mapped file an I/O error is a SIGBUS: the whole service instead of one answer.
        ("mmap_size", "0"),
        ("cache_size", &cache),
        // Personal data is not spilt into temporary files, and what is replaced is wiped where
        // that costs no extra I/O.
        ("temp_store", "MEMORY"),
        ("secure_delete", "FAST"),
        // Checkpoint from 16 MiB of WAL on; a WAL that grew beyond 64 MiB is cut back after.
        ("wal_autocheckpoint", "4000"),
        ("journal_size_limit", "67108864"),
    ];
    for (name, value) in settings {
        connection.execute_batch(&format!("PRAGMA {name} = {value}")).map_err(opening)?;
    }
    if role == Role::Reader {
        // Not a read-only open: that could neither recover a WAL nor make its index.
        connection.pragma_update(None, "query_only", true).map_err(opening)?;
    }
    rusqlite::vtab::array::load_module(&connection).map_err(opening)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cannot_add_to_the_uri() {
        assert_eq!(
            immutable(Path::new("/a b/c?mode=rwc#%.db")),
            PathBuf::from("file:/a%20b/c%3Fmode%3Drwc%23%25.db?immutable=1&mode=ro")
        );
    }

    #[test]
    fn the_migrations_are_sound() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }
}
