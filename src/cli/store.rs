//! The register that the configuration names, opened for a command.

use std::time::Duration;

use super::Failure;
use crate::config::register::Url;
use crate::config::{Config, Flags};
use crate::register::{Register, postgres, sqlite};

/// The longest that a read may run for a command that goes through a whole register.
const LONG_READ: Duration = Duration::from_secs(15);

/// The flag that names the register.
pub(super) fn flags(register: Option<&String>) -> Flags {
    let mut flags = Flags::default();
    if let Some(url) = register {
        flags.set("register.url", url, "--register");
    }
    flags
}

/// Where the register is: without one there is nothing to do.
pub(super) fn url(config: &Config) -> Result<&Url, Failure> {
    config.register.url.as_ref().ok_or_else(|| {
        Failure::usage("register.url (default): must be set, for example with --register sqlite:PATH")
    })
}

/// Opens it for a server. A file must be there, or be made; a database may be away.
pub(super) async fn for_server(config: &Config, url: &Url) -> Result<Register, Failure> {
    match url {
        Url::Sqlite(path) => {
            let (path, options) = (path.clone(), config.register.sqlite());
            let opened = tokio::task::spawn_blocking(move || sqlite::Store::open(&path, &options)).await;
            opened.map_err(Failure::bug)?.map(Register::Sqlite).map_err(Failure::unavailable)
        }
        Url::Postgres(url) => {
            let opened = postgres::Store::open(url, &config.register.replicas, &config.register.postgres());
            opened.map(Register::Postgres).map_err(Failure::unavailable)
        }
    }
}

/// Opens it for a command that goes through it once. Inside a runtime; blocks for a file.
pub(super) fn for_command(config: &Config, url: &Url) -> Result<Register, Failure> {
    let opened = match url {
        // One reader is all that a command asks at a time; the feed is the register's own affair.
        Url::Sqlite(path) => {
            let feed_keep = config.register.feed_keep;
            let options = sqlite::Options { readers: 1, feed_keep, ..sqlite::Options::default() };
            sqlite::Store::open(path, &options).map(Register::Sqlite)
        }
        Url::Postgres(url) => {
            let options = postgres::Options {
                connections: 2,
                acquire: LONG_READ,
                statement: LONG_READ,
                ..config.register.postgres()
            };
            postgres::Store::open(url, &[], &options).map(Register::Postgres)
        }
    };
    opened.map_err(Failure::unavailable)
}
