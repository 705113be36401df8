//! `[register]`: where facts live.

use std::path::PathBuf;
use std::time::Duration;

use super::read::Reader;
use crate::verification::Completeness;

/// Where facts live.
#[derive(Clone, Debug)]
pub struct Register {
    /// Where it is; `None` when nothing was set.
    pub url: Option<Url>,
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
}

/// Where a register is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Url {
    /// A SQLite file.
    Sqlite(PathBuf),
}

impl Url {
    /// Reads `sqlite:PATH`.
    ///
    /// ```
    /// use iinspect::config::register::Url;
    /// assert_eq!(Url::parse("sqlite:/var/lib/iinspect/register.db"),
    ///     Some(Url::Sqlite("/var/lib/iinspect/register.db".into())));
    /// assert_eq!(Url::parse("sqlite:"), None);
    /// assert_eq!(Url::parse("sqlite::memory:"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // What SQLite itself would take for something else than a path is none here.
        let path = text.strip_prefix("sqlite:").filter(|p| !p.is_empty() && !p.starts_with([':', '?']))?;
        Some(Url::Sqlite(path.into()))
    }
}

impl Register {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let text = r.text("register.url", 0..=4096);
        let url = Url::parse(&text);
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            r.fault("register.url", "must be sqlite:PATH: this version has no PostgreSQL register yet");
        } else if url.is_none() && !text.is_empty() {
            r.fault("register.url", "must be sqlite:PATH");
        }
        let completeness = [("complete", Completeness::Complete), ("partial", Completeness::Partial)];
        Register {
            url,
            name: r.text("register.name", 1..=64),
            completeness: r.choice("register.completeness", &completeness, Completeness::Partial),
            readers: r.count("register.readers", 1..=64) as usize,
            queue: r.count("register.queue", 1..=1_000_000) as usize,
            read_timeout: r
                .duration("register.read_timeout", Duration::from_millis(1)..=Duration::from_secs(60)),
            feed_keep: u64::from(r.count("register.feed_keep", 1000..=1_000_000_000)),
        }
    }
}
