//! `[register]`: where facts live.

use std::path::PathBuf;
use std::time::Duration;

use super::read::Reader;
use crate::register::{postgres, sqlite};
use crate::verification::Completeness;

/// Where facts live.
#[derive(Clone, Debug)]
pub struct Register {
    /// Where it is; `None` when nothing was set.
    pub url: Option<Url>,
    /// Copies of a PostgreSQL register.
    pub replicas: Vec<postgres::Url>,
    /// How far a copy may lie behind.
    pub replica_lag: Duration,
    /// Connections to PostgreSQL, and to each copy.
    pub connections: u32,
    /// How long a call waits for a connection.
    pub acquire_timeout: Duration,
    /// What stands before PostgreSQL.
    pub pooler: postgres::Pooler,
    /// Its name in answers.
    pub name: String,
    /// Whether absence from it proves anything.
    pub completeness: Completeness,
    /// Reading threads.
    pub readers: usize,
    /// Reads that may wait.
    pub queue: usize,
    /// How long a read may take.
    pub read_timeout: Duration,
    /// Feed entries kept per shard.
    pub feed_keep: u64,
    /// How often the register's state is looked at.
    pub probe_every: Duration,
    /// How often the feed is looked at while somebody watches.
    pub feed_poll: Duration,
}

/// Where a register is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Url {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(postgres::Url),
}

impl Url {
    /// Reads `sqlite:PATH`, or a URL as [`postgres::Url`] takes it.
    ///
    /// ```
    /// use iinspect::config::register::Url;
    /// assert_eq!(Url::parse("sqlite:/var/lib/iinspect/register.db"),
    ///     Ok(Url::Sqlite("/var/lib/iinspect/register.db".into())));
    /// assert!(Url::parse("sqlite::memory:").is_err());
    /// assert!(matches!(Url::parse("postgres://iinspect@127.0.0.1/register"), Ok(Url::Postgres(_))));
    /// ```
    ///
    /// # Errors
    /// What is wrong, without any of the URL: it can hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return postgres::Url::parse(text).map(Url::Postgres);
        }
        // What SQLite itself would take for something else than a path is none here.
        let path = text.strip_prefix("sqlite:").filter(|p| !p.is_empty() && !p.starts_with([':', '?']));
        let what = "must be sqlite:PATH or postgres://USER@HOST/DATABASE";
        path.map(|path| Url::Sqlite(path.into())).ok_or_else(|| what.to_string())
    }
}

impl Register {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let text = r.text("register.url", 0..=4096);
        let url = Some(text)
            .filter(|text| !text.is_empty())
            .and_then(|text| Url::parse(&text).map_err(|what| r.fault("register.url", what)).ok());
        let replicas = Self::replicas(r);
        if !replicas.is_empty() && !matches!(url, Some(Url::Postgres(_))) {
            r.fault("register.replicas", "must be empty unless register.url is a postgres:// URL");
        }
        let completeness = [("complete", Completeness::Complete), ("partial", Completeness::Partial)];
        let poolers = [("none", postgres::Pooler::None), ("transaction", postgres::Pooler::Transaction)];
        let millis = Duration::from_millis;
        Register {
            url,
            replicas,
            replica_lag: r.duration("register.replica_lag", millis(10)..=Duration::from_secs(60)),
            connections: r.count("register.connections", 1..=1000),
            acquire_timeout: r.duration("register.acquire_timeout", millis(10)..=Duration::from_secs(10)),
            pooler: r.choice("register.pooler", &poolers, postgres::Pooler::None),
            name: r.text("register.name", 1..=64),
            completeness: r.choice("register.completeness", &completeness, Completeness::Partial),
            readers: r.count("register.readers", 1..=64) as usize,
            queue: r.count("register.queue", 1..=1_000_000) as usize,
            read_timeout: r.duration("register.read_timeout", millis(1)..=Duration::from_secs(60)),
            feed_keep: u64::from(r.count("register.feed_keep", 1000..=1_000_000_000)),
            probe_every: r.duration("register.probe_every", millis(100)..=Duration::from_secs(60)),
            feed_poll: r.duration("register.feed_poll", millis(10)..=Duration::from_secs(10)),
        }
    }

    fn replicas(r: &mut Reader<'_>) -> Vec<postgres::Url> {
        let text = r.text("register.replicas", 0..=16_384);
        let parsed: Vec<_> = text.split_whitespace().map(postgres::Url::parse).collect();
        let mut replicas = Vec::new();
        for (i, url) in parsed.into_iter().enumerate() {
            match url {
                Ok(url) => replicas.push(url),
                Err(what) => r.fault("register.replicas", format!("URL {}: {what}", i + 1)),
            }
        }
        replicas
    }

    /// How a SQLite register is opened for a server.
    #[must_use]
    pub fn sqlite(&self) -> sqlite::Options {
        sqlite::Options {
            readers: self.readers,
            queue: self.queue,
            feed_keep: self.feed_keep,
            probe_every: self.probe_every,
            ..sqlite::Options::default()
        }
    }

    /// How a PostgreSQL register is opened for a server.
    #[must_use]
    pub fn postgres(&self) -> postgres::Options {
        postgres::Options {
            connections: self.connections,
            acquire: self.acquire_timeout,
            queue: self.queue,
            statement: self.read_timeout,
            feed_keep: self.feed_keep,
            probe_every: self.probe_every,
            pooler: self.pooler,
            replica_lag: self.replica_lag,
        }
    }
}
