//! Lists fetched in the background before they are over, judged, kept in memory and on disk.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use opentelemetry::metrics::Counter;
use tokio::sync::watch;

use super::fetch::{self, Limits, Mark};
use super::lists::{self, Authorities, Judged, Known, Refused};
use super::pool::Pool;
use super::spool::Spool;
use crate::clock::Clock;
use crate::signature::crl;
use crate::telemetry::metrics;
use crate::telemetry::names::shared::OUTCOME;
use crate::telemetry::names::signatures as names;

/// How long is waited after the first failure; twice as long after each that follows.
const BACKOFF: Duration = Duration::from_secs(10);
/// The longest wait after failures.
const LONGEST_BACKOFF: Duration = Duration::from_secs(600);
/// The longest fault that is told of a list, in characters.
const TOLD: usize = 200;

/// What is known of the list at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The address.
    pub url: String,
    /// When the list that is used was made; `None`: there is none.
    pub this_update: Option<Timestamp>,
    /// When the next one is to come.
    pub next_update: Option<Timestamp>,
    /// Its entries.
    pub entries: usize,
    /// Why what was fetched last, or is on disk, is not used; `None`: it is.
    pub error: Option<String>,
}

/// What it takes to keep lists up to date.
#[derive(Clone)]
pub struct Keeper {
    /// Whose lists are believed.
    pub authorities: Arc<dyn Authorities>,
    /// Where they go.
    pub known: Known,
    /// Where they are judged.
    pub pool: Pool,
    /// Where the last good ones stay; `None`: nowhere.
    pub spool: Option<Spool>,
    /// What a fetch may take.
    pub time: Duration,
    /// How often a list is fetched, at the least.
    pub every: Duration,
    /// Now.
    pub clock: Clock,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("known", &self.known).finish_non_exhaustive()
    }
}

/// The list at one address.
#[derive(Debug)]
pub struct Source {
    keeper: Keeper,
    state: watch::Sender<State>,
    failures: u32,
    fetches: Counter<u64>,
    /// Of the list that is used, where it was fetched.
    mark: Mark,
}

/// How a fetch ended, in metrics.
#[derive(Clone, Copy, Debug)]
enum Ended {
    Taken,
    Unchanged,
    Failed,
    Refused,
}

impl Ended {
    const ALL: [Self; 4] = [Self::Taken, Self::Unchanged, Self::Failed, Self::Refused];

    const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl Source {
    /// The list at `url`, which nothing is known of yet.
    #[must_use]
    pub fn new(keeper: Keeper, url: &str) -> Self {
        let state = State { url: url.into(), this_update: None, next_update: None, entries: 0, error: None };
        let fetches = metrics::counter(&names::LIST_FETCHES);
        let (state, mark) = (watch::Sender::new(state), Mark::default());
        let source = Source { keeper, state, failures: 0, fetches, mark };
        // The first failure is to be an increase.
        Ended::ALL.into_iter().for_each(|ended| source.count(ended, 0));
        source
    }

    fn count(&self, ended: Ended, times: u64) {
        self.fetches.add(times, &[names::LIST.of(self.url()), OUTCOME.of(ended.word())]);
    }

    /// What is known of it, now and later.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Takes what is on disk and then fetches until the task is ended.
    pub async fn follow(mut self) {
        self.restore().await;
        // What is on disk can be nearly over: it is looked at as if it had just been fetched.
        let mut wait = self.wait(self.state.borrow().next_update.is_none());
        loop {
            tokio::time::sleep(wait).await;
            self.fetch().await;
            wait = self.wait(false);
        }
    }

    /// Takes what was kept on disk, judged like what is fetched.
    pub async fn restore(&mut self) {
        let Some(spool) = self.keeper.spool.clone() else { return };
        let url = self.url();
        let read = tokio::task::spawn_blocking(move || spool.read(&url, crl::LONGEST)).await;
        let outcome = match read {
            Ok(Ok(None)) => return,
            Ok(Ok(Some(bytes))) => self.take(bytes.into()).await.map(|_| ()),
            Ok(Err(e)) => Err(format!("the file on disk: {e}")),
            Err(_) => Err("the file on disk: the reading ended".into()),
        };
        if let Err(error) = outcome {
            self.refuse(error);
        }
    }

    /// Fetches once. A list that is still the one in use is not sent again.
    pub async fn fetch(&mut self) {
        let limits = Limits { time: self.keeper.time, bytes: crl::LONGEST, redirects: 3 };
        // Of a list that is over no server is believed that it is still the newest.
        let had = if self.is_in_force() { self.mark.clone() } else { Mark::default() };
        match fetch::get(&self.url(), &had, limits).await {
            Ok(None) => {
                self.succeed(Ended::Unchanged);
                self.state.send_if_modified(|state| state.error.take().is_some());
            }
            Ok(Some((bytes, mark))) => match self.take(bytes).await {
                Ok(bytes) => {
                    self.mark = mark;
                    self.succeed(Ended::Taken);
                    self.keep(bytes).await;
                }
                Err(error) => self.fail(Ended::Refused, error),
            },
            Err(e) => self.fail(Ended::Failed, e.to_string()),
        }
    }

    fn succeed(&mut self, ended: Ended) {
        self.count(ended, 1);
        self.failures = 0;
    }

    fn fail(&mut self, ended: Ended, error: String) {
        self.count(ended, 1);
        self.failures = self.failures.saturating_add(1);
        self.refuse(error);
    }

    fn is_in_force(&self) -> bool {
        self.state.borrow().next_update.is_some_and(|next| self.keeper.clock.now() < next)
    }

    fn url(&self) -> String {
        self.state.borrow().url.clone()
    }

    /// Judges bytes and takes the list that they are; gives the bytes back to be kept.
    async fn take(&self, bytes: hyper::body::Bytes) -> Result<hyper::body::Bytes, String> {
        let authorities = self.keeper.authorities.all();
        let judged = bytes.clone();
        let judged = self.keeper.pool.run(move || lists::judge(&judged, &authorities)).await;
        let judged: Judged = judged.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        let list = judged.list();
        list.check_time(self.keeper.clock.now()).map_err(|e| e.to_string())?;
        let (this_update, next_update, entries) = (list.this_update, list.next_update, list.len());
        self.keeper.known.put(judged).map_err(|e: Refused| e.to_string())?;
        let known = self.state.borrow().this_update.is_some();
        self.state.send_modify(|state| {
            state.this_update = Some(this_update);
            state.next_update = Some(next_update);
            state.entries = entries;
            state.error = None;
        });
        if !known {
            tracing::info!(list = self.url(), %this_update, %next_update, entries, "list of revoked certificates taken");
        }
        Ok(bytes)
    }

    /// Says why once; the list that is used stays.
    fn refuse(&self, mut error: String) {
        if let Some((end, _)) = error.char_indices().nth(TOLD) {
            error.truncate(end);
        }
        let news = self.state.borrow().error.as_ref() != Some(&error);
        if news {
            tracing::warn!(
                list = self.url(),
                error,
                "no list of revoked certificates: the last good one stays"
            );
            self.state.send_modify(|state| state.error = Some(error));
        }
    }

    async fn keep(&self, bytes: hyper::body::Bytes) {
        let Some(spool) = self.keeper.spool.clone() else { return };
        let url = self.url();
        let written = tokio::task::spawn_blocking(move || spool.write(&url, &bytes)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(list = self.url(), %error, "the list could not be kept on disk");
        }
    }

    /// How long until the next fetch.
    fn wait(&self, at_once: bool) -> Duration {
        if at_once {
            return Duration::ZERO;
        }
        let mut random = [0; 2];
        // Without random numbers all nodes of a deployment would fetch at once: no more than that.
        let _ = getrandom::fill(&mut random);
        let jitter = f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX);
        let next = self.state.borrow().next_update;
        wait(self.keeper.clock.now(), next, self.keeper.every, self.failures, jitter)
    }
}

/// When to fetch next: after a failure soon, and then later and later; else before three quarters of
/// what is left until the next list is due are over, and once in `every`. `jitter`, 0 to 1, takes up to
/// a fifth off, so that not all come at once.
fn wait(now: Timestamp, next: Option<Timestamp>, every: Duration, failures: u32, jitter: f64) -> Duration {
    let wait = if failures > 0 {
        BACKOFF.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_BACKOFF)
    } else {
        let left =
            next.map_or(Duration::ZERO, |next| next.duration_since(now).try_into().unwrap_or_default());
        every.min(left / 4 * 3).max(BACKOFF)
    };
    wait.mul_f64(1.0 - 0.2 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests;
