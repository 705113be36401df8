//! The command line: what a person types.

mod check_config;
mod client;
mod complete;
mod decode;
mod healthcheck;
mod issue_status;
mod migrate;
mod output;
mod progress;
mod register;
mod requirements;
mod screen;
mod serve;
mod signature;
mod store;
mod terminal;
mod trust;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flags};

/// How a command ended, as an exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Exit {
    /// Verified or answered.
    Fine = 0,
    /// Rejected or found wanting.
    Wanting = 1,
    /// Inconclusive.
    Inconclusive = 2,
    /// Usage or configuration (EX_USAGE).
    Usage = 64,
    /// Cannot start or reach (EX_UNAVAILABLE).
    Unavailable = 69,
    /// A bug (EX_SOFTWARE).
    Bug = 70,
}

/// Why a command failed: an exit status and what to tell the person.
#[derive(Debug)]
struct Failure(Exit, String);

impl Failure {
    fn usage(text: impl ToString) -> Self {
        Failure(Exit::Usage, text.to_string())
    }

    fn unavailable(text: impl ToString) -> Self {
        Failure(Exit::Unavailable, text.to_string())
    }

    fn bug(text: impl ToString) -> Self {
        Failure(Exit::Bug, text.to_string())
    }
}

const EXAMPLES: &str = "\
Examples:
  iinspect serve --demo                          a server with synthetic persons
  iinspect serve --register sqlite:register.db   a server over your own register
  iinspect decode 009900000008                   what a number's digits say, offline
  iinspect verify 009900000008 --family Тестова --given Айша --birth-date 1999-01-31
  iinspect requirements --channel psc            what a foreigner needs to get a number

Exit status: 0 verified or answered, 1 rejected or found wanting, 2 inconclusive,
64 usage or configuration, 69 cannot start or reach, 70 bug.";

/// Checks Kazakhstan's individual identification numbers (IIN) over gRPC.
#[derive(Debug, Parser)]
#[command(name = "iinspect", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Iinspect {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Decode(decode::Decode),
    Verify(verify::Verify),
    IssueStatus(issue_status::IssueStatus),
    Requirements(requirements::Requirements),
    Register(register::Register),
    Screen(screen::Screen),
    Signature(signature::Signature),
    Trust(trust::Trust),
    Migrate(migrate::Migrate),
    CheckConfig(check_config::CheckConfig),
    Healthcheck(healthcheck::Healthcheck),
    Completions(complete::Completions),
    Man(complete::Man),
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
struct ConfigFile {
    /// Configuration file (TOML); environment variables and flags win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn load(&self, flags: &Flags) -> Result<Config, Failure> {
        // A value that is no Unicode is a fault of its setting, told like any other.
        let env = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.to_string_lossy().into_owned())));
        Config::load(self.config.as_deref(), env, flags).map_err(Failure::usage)
    }
}

/// Runs the command line and says how it ended.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = match Iinspect::try_parse_from(args) {
        Ok(parsed) => dispatch(parsed.command),
        Err(error) => {
            // Help and version are answers; anything else is usage, which is 64 and not clap's 2.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            return match error.print() {
                Ok(()) => ExitCode::from(exit as u8),
                Err(_) => ExitCode::from(Exit::Usage as u8),
            };
        }
    };
    match outcome {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(Failure(exit, text)) => {
            for line in text.lines() {
                output::complain(line);
            }
            ExitCode::from(exit as u8)
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Serve(c) => c.run(),
        Command::Decode(c) => c.run(),
        Command::Verify(c) => c.run(),
        Command::IssueStatus(c) => c.run(),
        Command::Requirements(c) => c.run(),
        Command::Register(c) => c.run(),
        Command::Screen(c) => c.run(),
        Command::Signature(c) => c.run(),
        Command::Trust(c) => c.run(),
        Command::Migrate(c) => c.run(),
        Command::CheckConfig(c) => c.run(),
        Command::Healthcheck(c) => c.run(),
        Command::Completions(c) => c.run(),
        Command::Man(c) => c.run(),
    }
}

/// A runtime for a command that talks to something.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Iinspect as clap::CommandFactory>::command().debug_assert();
    }
}
