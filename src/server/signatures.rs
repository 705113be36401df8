//! What judging electronic signatures takes, put together: trusted authorities, threads, and whoever is
//! asked about revocation.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Config;
use crate::keys;
use crate::reload::Current;
use crate::trust::lists::Known;
use crate::trust::online::Online;
use crate::trust::pool::Pool;
use crate::trust::refresh::{Keeper, Source, State};
use crate::trust::revocation::Revocation;
use crate::trust::spool::Spool;
use crate::trust::{Judge, Trusted};
use crate::verification::possession::{Possession, Rules};

/// Signatures as they are judged, and the tasks that keep lists up to date until they are ended.
pub(super) struct Signatures {
    /// For the use cases.
    pub(super) possession: Possession,
    /// One per list.
    pub(super) follow: Vec<JoinHandle<()>>,
    /// What is known of each list.
    pub(super) lists: Vec<tokio::sync::watch::Receiver<State>>,
}

impl Signatures {
    /// Starts the threads and the tasks.
    ///
    /// # Errors
    /// A thread cannot be started, or the folder for lists not be made.
    pub(super) fn start(
        config: &Config,
        trusted: Current<Trusted>,
        keys: keys::Source,
        clock: Clock,
    ) -> io::Result<Self> {
        let (asked, limits) = (&config.revocation, &config.limits);
        let pool = Pool::start(limits.signature_threads, limits.signature_queue)?;
        let known = Known::default();
        let keeper = Keeper {
            authorities: Arc::new(trusted.clone()),
            known: known.clone(),
            pool: pool.clone(),
            spool: asked.lists_folder.as_deref().map(Spool::open).transpose()?,
            time: asked.lists_timeout,
            every: asked.lists_every,
            clock,
        };
        let sources: Vec<Source> = asked.lists.iter().map(|url| Source::new(keeper.clone(), url)).collect();
        let lists = sources.iter().map(Source::state).collect();
        let revocation = Revocation {
            responder: asked.responder.clone(),
            online: Arc::new(Online::new(asked.ocsp.clone(), pool.clone())),
            lists: known,
        };
        let rules = Rules { ttl: config.signature.challenge_ttl, presence: config.signature.presence };
        let judge = Judge { trusted, pool, revocation, mode: asked.mode };
        Ok(Signatures {
            possession: Possession { judge, keys, rules },
            follow: sources.into_iter().map(|source| tokio::spawn(source.follow())).collect(),
            lists,
        })
    }
}
