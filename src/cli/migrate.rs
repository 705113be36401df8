//! `migrate`: brings a register to this program's schema.

use clap::Args;

use super::output::say;
use super::{ConfigFile, Exit, Failure, runtime, store};
use crate::config::register::Url;
use crate::register::{postgres, sqlite};

/// Creates a register or brings it to this program's schema
///
/// A SQLite register is also created and migrated by whoever opens it: this does it beforehand and
/// says what was done. A PostgreSQL register is created and migrated by this command alone, as a user
/// who may create tables; servers can run as one who may not. A register with a newer schema is left
/// alone (exit status 69).
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect migrate --register sqlite:/var/lib/iinspect/register.db\n  iinspect migrate --register postgres://owner@127.0.0.1/register"
)]
pub(super) struct Migrate {
    #[command(flatten)]
    config: ConfigFile,
    /// The register
    #[arg(long, value_name = "URL")]
    register: Option<String>,
}

impl Migrate {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let config = self.config.load(&store::flags(self.register.as_ref()))?;
        let migrated = match store::url(&config)? {
            Url::Sqlite(path) => sqlite::Store::migrate(path, &config.register.sqlite()),
            Url::Postgres(url) => {
                runtime()?.block_on(postgres::Store::migrate(url, &config.register.postgres()))
            }
        };
        let migrated = migrated.map_err(Failure::unavailable)?;
        say(&match migrated.before {
            None => format!("created with schema {}", migrated.after),
            Some(before) if before == migrated.after => format!("schema {before}: nothing to do"),
            Some(before) => format!("schema {before} -> {}", migrated.after),
        });
        Ok(Exit::Fine)
    }
}
