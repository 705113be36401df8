//! `check-config`: reads the configuration as `serve` would and says every fault.

use std::path::Path;

use clap::Args;

use super::output::say;
use super::{ConfigFile, Exit, Failure};
use crate::config::{DEFAULTS, Flags};
use crate::rulebook::{self, BUILT_IN};
use crate::server::Files;

/// Checks the configuration
///
/// Reads the defaults, the file and the environment as serve would, and the rulebook's file, and
/// tells every fault at once, each with its key, where it came from and what is allowed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  iinspect check-config --config iinspect.toml\n  iinspect check-config --defaults\n  iinspect check-config --rulebook > rules.toml"
)]
pub(super) struct CheckConfig {
    #[command(flatten)]
    config: ConfigFile,
    /// Print every setting with its default and its meaning instead
    #[arg(long)]
    defaults: bool,
    /// Print the built-in rulebook instead, as a file to begin with
    #[arg(long, conflicts_with = "defaults")]
    rulebook: bool,
}

impl CheckConfig {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        if self.defaults {
            say(DEFAULTS.trim_end());
        } else if self.rulebook {
            say(BUILT_IN.trim_end());
        } else {
            let config = self.config.load(&Flags::default())?;
            let files = Files::load(&config).map_err(|faults| Failure::usage(faults.join("\n")))?;
            say("configuration: ok");
            told(&files).iter().for_each(|line| say(line));
            if config.register.url.is_none() {
                say("register.url is not set: serve needs it, or --register, or --demo");
            }
        }
        Ok(Exit::Fine)
    }
}

/// What `serve` would take of each file, or instead of it.
fn told(files: &Files) -> Vec<String> {
    let states: Vec<_> = files.states().iter().map(|state| state.borrow().clone()).collect();
    let line = |name: &str, before: &str, without: String| {
        let state = states.iter().find(|state| state.name == name);
        let told = state.map(|state| {
            let path = state.path.as_deref().unwrap_or(Path::new("")).display();
            format!("{before}{}, {path}", state.version)
        });
        format!("{name}: {}", told.unwrap_or(without))
    };
    let built_in = format!("version {}, built in", rulebook::built_in().version());
    vec![
        line("rulebook", "version ", built_in),
        line("keys", "", "the register's own".into()),
        line("tls", "", "none".into()),
        line("clients", "version ", "none has a name".into()),
        line("trust", "", "nobody, electronic signatures are not served".into()),
    ]
}
