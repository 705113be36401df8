//! `migrate`: brings a register to this program's schema.

use clap::Args;

use super::output::say;
use super::{ConfigFile, Exit, Failure};
use crate::config::Flags;
use crate::config::register::Url;
use crate::register::sqlite;

/// Creates a register or brings it to this program's schema
///
/// A SQLite register is also created and migrated by whoever opens it: this does it beforehand and
/// says what was done. A register with a newer schema is left alone (exit status 69).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect migrate --register sqlite:/var/lib/iinspect/register.db")]
pub(super) struct Migrate {
    #[command(flatten)]
    config: ConfigFile,
    /// The register
    #[arg(long, value_name = "URL")]
    register: Option<String>,
}

impl Migrate {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut flags = Flags::default();
        if let Some(url) = &self.register {
            flags.set("register.url", url, "--register");
        }
        let config = self.config.load(&flags)?;
        let Some(Url::Sqlite(path)) = &config.register.url else {
            return Err(Failure::usage(
                "register.url (default): must be set, for example with --register sqlite:PATH",
            ));
        };
        let migrated =
            sqlite::Store::migrate(path, &sqlite::Options::default()).map_err(Failure::unavailable)?;
        say(&match migrated.before {
            None => format!("created with schema {}", migrated.after),
            Some(before) if before == migrated.after => format!("schema {before}: nothing to do"),
            Some(before) => format!("schema {before} -> {}", migrated.after),
        });
        Ok(Exit::Fine)
    }
}
