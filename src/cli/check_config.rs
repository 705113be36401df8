//! `check-config`: reads the configuration as `serve` would and says every fault.

use clap::Args;

use super::output::say;
use super::{ConfigFile, Exit, Failure};
use crate::clients;
use crate::config::{Config, DEFAULTS, Flags};
use crate::reload::File;
use crate::rulebook::{self, BUILT_IN};
use crate::server::tls::FILES;
use crate::server::{KEYS, RULEBOOK};
use crate::trust::store;

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
            let (mut told, mut faults) = (Vec::new(), Vec::new());
            let files = [rulebook(&config), keys(&config), tls(&config), clients(&config), trust(&config)];
            for file in files {
                match file {
                    Ok(line) => told.push(line),
                    Err(found) => faults.extend(found),
                }
            }
            if !faults.is_empty() {
                return Err(Failure::usage(faults.join("\n")));
            }
            say("configuration: ok");
            told.iter().for_each(|line| say(line));
            if config.register.url.is_none() {
                say("register.url is not set: serve needs it, or --register, or --demo");
            }
        }
        Ok(Exit::Fine)
    }
}

/// Which rulebook `serve` would take, or its faults.
fn rulebook(config: &Config) -> Result<String, Vec<String>> {
    match &config.rulebook.file {
        None => Ok(format!("rulebook: version {}, built in", rulebook::built_in().version())),
        Some(path) => {
            let file = File::load(&RULEBOOK, path, jiff::Timestamp::now())?;
            Ok(format!("rulebook: version {}, {}", file.current().get().version(), path.display()))
        }
    }
}

/// Which deployment keys `serve` would take, or their faults.
fn keys(config: &Config) -> Result<String, Vec<String>> {
    match &config.deployment.keys_file {
        None => Ok("keys: the register's own".into()),
        Some(path) => {
            let file = File::load(&KEYS, path, jiff::Timestamp::now())?;
            Ok(format!("keys: {}, {}", file.current().get().fingerprint(), path.display()))
        }
    }
}

/// Which certificate `serve` would show, or what is wrong with the files.
fn tls(config: &Config) -> Result<String, Vec<String>> {
    match &config.tls {
        None => Ok("tls: none".into()),
        Some(tls) => {
            let file = File::load_all(&FILES, &tls.files(), jiff::Timestamp::now())?;
            Ok(format!("tls: {}, {}", file.current().get().version(), tls.certificate.display()))
        }
    }
}

/// Whom `serve` would know, or what is wrong with the file.
fn clients(config: &Config) -> Result<String, Vec<String>> {
    match &config.clients.file {
        None => Ok("clients: none has a name".into()),
        Some(path) => {
            let file = File::load(&clients::FILE, path, jiff::Timestamp::now())?;
            Ok(format!("clients: version {}, {}", file.state().borrow().version, path.display()))
        }
    }
}

/// Which authorities `serve` would trust, or what is wrong with the file.
fn trust(config: &Config) -> Result<String, Vec<String>> {
    match &config.trust.folder {
        None => Ok("trust: nobody, electronic signatures are not served".into()),
        Some(folder) => {
            let path = folder.join(store::FILE);
            let file = File::load(&store::TRUST, &path, jiff::Timestamp::now())?;
            Ok(format!("trust: {}, {}", file.current().get().version, path.display()))
        }
    }
}
