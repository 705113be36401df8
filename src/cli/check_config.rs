//! `check-config`: reads the configuration as `serve` would and says every fault.

use clap::Args;

use super::output::say;
use super::{ConfigFile, Exit, Failure};
use crate::config::{DEFAULTS, Flags};

/// Checks the configuration
///
/// Reads the defaults, the file and the environment as serve would, and tells every fault at once,
/// each with its key, where it came from and what is allowed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect check-config --config iinspect.toml\n  iinspect check-config --defaults"
)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    config: ConfigFile,
    /// Print every setting with its default and its meaning instead
    #[arg(long)]
    defaults: bool,
}

impl CheckConfig {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        if self.defaults {
            say(DEFAULTS.trim_end());
        } else {
            let config = self.config.load(&Flags::default())?;
            say("configuration: ok");
            if config.register.url.is_none() {
                say("register.url is not set: serve needs it, or --register, or --demo");
            }
        }
        Ok(Exit::Fine)
    }
}
