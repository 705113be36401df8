//! Files that the configuration names and that can change while the server runs: how their text becomes
//! a value, and all of them read, shown and followed alike.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::tls;
use crate::clients::{self, Clients};
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keys;
use crate::reload::{self, Asks, Current};
use crate::rulebook::{self, Rulebook};
use crate::trust::{Trusted, store};

/// The rulebook as a file that can change.
static RULEBOOK: reload::Kind<Rulebook> = reload::Kind {
    name: "rulebook",
    longest: 1024 * 1024,
    parse: |files| {
        let text = |file: &reload::Content| {
            let read = rulebook::load::read(&file.name, file.text()?);
            read.map_err(|faults| faults.0.iter().map(ToString::to_string).collect())
        };
        files.first().map_or_else(|| Err(vec!["no file".into()]), text)
    },
    version: |book| book.version().to_string(),
};

/// The deployment's keys as a file that can change.
pub static KEYS: reload::Kind<Keys> = reload::Kind {
    name: "keys",
    longest: 4096,
    parse: |files| {
        let text = |file: &reload::Content| {
            let named = |fault| format!("{}: {fault}", file.name);
            Keys::parse(file.text()?).map_err(|faults| faults.into_iter().map(named).collect())
        };
        files.first().map_or_else(|| Err(vec!["no file".into()]), text)
    },
    version: Keys::fingerprint,
};

/// What the files hold, or what stands for one that is not named.
pub(crate) struct Files {
    pub(super) rulebook: Current<Rulebook>,
    pub(super) keys: Option<Current<Keys>>,
    pub(super) tls: Option<Current<tls::Identity>>,
    pub(super) clients: Current<Clients>,
    pub(super) trust: Option<Current<Trusted>>,
    followed: Vec<Followed>,
}

/// A file that is named, whatever it holds.
struct Followed {
    state: watch::Receiver<reload::State>,
    follow: Box<dyn FnOnce(Asks, Clock) -> JoinHandle<()> + Send>,
}

impl Files {
    /// Reads all that are named.
    ///
    /// # Errors
    /// Every fault of every file, a line each.
    pub(crate) fn load(config: &Config) -> Result<Self, Vec<String>> {
        let mut reading = Reading::default();
        let rulebook = reading.file(&RULEBOOK, config.rulebook.file.as_deref().as_slice());
        let keys = reading.file(&KEYS, config.deployment.keys_file.as_deref().as_slice());
        let paths = config.tls.as_ref().map(|tls| tls.files()).unwrap_or_default();
        let tls = reading.file(&tls::FILES, &paths);
        let clients = reading.file(&clients::FILE, config.clients.file.as_deref().as_slice());
        let trust = config.trust.folder.as_ref().map(|folder| folder.join(store::FILE));
        let trust = reading.file(&store::TRUST, trust.as_deref().as_slice());
        if !reading.faults.is_empty() {
            return Err(reading.faults);
        }
        Ok(Files {
            rulebook: rulebook.unwrap_or_else(|| Current::fixed(rulebook::built_in())),
            keys,
            tls,
            clients: clients.unwrap_or_else(|| Current::fixed(Arc::new(Clients::none()))),
            trust,
            followed: reading.followed,
        })
    }

    /// What is known of each, now and later.
    pub(crate) fn states(&self) -> Vec<watch::Receiver<reload::State>> {
        self.followed.iter().map(|file| file.state.clone()).collect()
    }

    /// Follows each until its task is ended.
    pub(super) fn follow(self, asks: &Asks, clock: &Clock) -> Vec<JoinHandle<()>> {
        self.followed.into_iter().map(|file| (file.follow)(asks.clone(), clock.clone())).collect()
    }
}

#[derive(Default)]
struct Reading {
    followed: Vec<Followed>,
    faults: Vec<String>,
}

impl Reading {
    /// What a file holds; `None` for one that is not named, or is at fault.
    fn file<T: Send + Sync + 'static>(
        &mut self,
        kind: &'static reload::Kind<T>,
        paths: &[&Path],
    ) -> Option<Current<T>> {
        if paths.is_empty() {
            return None;
        }
        let file = reload::File::load_all(kind, paths, Timestamp::now());
        let file = file.map_err(|found| self.faults.extend(found)).ok()?;
        let (current, state) = (file.current(), file.state());
        let follow = Box::new(move |asks, clock| tokio::spawn(file.follow(asks, clock)));
        self.followed.push(Followed { state, follow });
        Some(current)
    }
}
