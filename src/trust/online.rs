//! OCSP asked over the network, and its answers kept for as long as they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use opentelemetry::metrics::{Counter, Histogram};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::fetch::{self, Limits};
use super::pool::{self, Pool};
use crate::signature::Fault;
use crate::signature::certificate::Certificate;
use crate::signature::ocsp::{self, Answer, Nonce, Question};
use crate::telemetry::metrics;
use crate::telemetry::names::shared::OUTCOME;
use crate::telemetry::names::signatures as names;

/// The most responders that are remembered as silent.
const SILENT: usize = 64;

/// How responders are asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an answer may take.
    pub time: Duration,
    /// Questions on their way at once.
    pub at_once: usize,
    /// Answers that are kept.
    pub kept: u64,
    /// How long an answer is used again, if it counts as long.
    pub reuse: SignedDuration,
    /// How long a responder that was silent is left alone while a list can answer instead.
    pub pause: SignedDuration,
    /// Whether the nonce must come back.
    pub nonce: Nonce,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// There is one, and it is not believed. Nothing may be asked in its place.
    #[error("the OCSP answer is not believed: {0}")]
    Untrusted(Fault),
    /// There is none.
    #[error("no answer by OCSP: {0}")]
    Silent(String),
    /// As many questions are on their way as may be.
    #[error("too many certificates are asked for at once")]
    Busy,
}

impl Error {
    /// Its name in metrics.
    fn word(&self) -> &'static str {
        match self {
            Error::Untrusted(_) => "untrusted",
            Error::Silent(_) => "silent",
            Error::Busy => "busy",
        }
    }
}

impl From<pool::Refused> for Error {
    fn from(_: pool::Refused) -> Self {
        Error::Busy
    }
}

/// Asks responders.
#[derive(Debug)]
pub struct Online {
    settings: Settings,
    slots: Semaphore,
    /// By the SHA-256 of the certificate: an answer, and when it is asked for anew.
    kept: Cache<[u8; 32], (Answer, Timestamp)>,
    silent: Mutex<HashMap<String, Timestamp>>,
    pool: Pool,
    questions: Counter<u64>,
    durations: Histogram<f64>,
}

impl Online {
    /// With these settings; answers are judged on the threads of `pool`.
    #[must_use]
    pub fn new(settings: Settings, pool: Pool) -> Self {
        Online {
            slots: Semaphore::new(settings.at_once),
            kept: Cache::new(settings.kept),
            silent: Mutex::default(),
            settings,
            pool,
            questions: metrics::counter(&names::OCSP),
            durations: metrics::histogram(&names::OCSP_DURATION),
        }
    }

    /// Asks whether a certificate is revoked that this authority issued.
    ///
    /// # Errors
    /// [`enum@Error`].
    pub async fn ask(
        &self,
        url: &str,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let key = *certificate.sha256();
        if let Some((answer, until)) = self.kept.get(&key).await
            && now < until
            && now >= answer.this_update
        {
            self.questions.add(1, &[OUTCOME.of("kept")]);
            return Ok(answer);
        }
        let Ok(_slot) = self.slots.try_acquire() else {
            self.questions.add(1, &[OUTCOME.of(Error::Busy.word())]);
            return Err(Error::Busy);
        };
        let began = Instant::now();
        let answer = self.fetch(url, certificate, issuer, now).await;
        let outcome = [OUTCOME.of(answer.as_ref().map_or_else(Error::word, |_| "answered"))];
        self.questions.add(1, &outcome);
        self.durations.record(began.elapsed().as_secs_f64(), &outcome);
        self.note(url, matches!(answer, Err(Error::Silent(_))), now);
        let answer = answer?;
        let until = now.saturating_add(self.settings.reuse).unwrap_or(now).min(answer.until());
        self.kept.insert(key, (answer, until)).await;
        Ok(answer)
    }

    /// Whether a responder was silent a moment ago.
    #[must_use]
    pub fn is_silent(&self, url: &str, now: Timestamp) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(url).is_some_and(|until| now < *until)
    }

    async fn fetch(
        &self,
        url: &str,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(|e| Error::Silent(format!("no random numbers: {e}")))?;
        let question =
            Question::new(certificate, Arc::new(issuer.clone()), nonce).map_err(Error::Untrusted)?;
        let sent = ("application/ocsp-request", Bytes::copy_from_slice(question.request()));
        let limits = Limits { time: self.settings.time, bytes: ocsp::LONGEST, redirects: 0 };
        let answer = fetch::post(url, sent, "application/ocsp-response", limits).await;
        let answer = answer.map_err(|e| Error::Silent(e.to_string()))?;
        let nonce = self.settings.nonce;
        let judged = self.pool.run(move || question.judge(&answer, nonce, now)).await?;
        judged.map_err(|e| match e {
            ocsp::Error::Untrusted(fault) => Error::Untrusted(fault),
            declined @ ocsp::Error::Declined(_) => Error::Silent(declined.to_string()),
        })
    }

    /// Remembers who was silent, and logs when that changes.
    fn note(&self, url: &str, is_silent: bool, now: Timestamp) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if is_silent {
            if silent.len() >= SILENT {
                silent.clear();
            }
            let until = now.saturating_add(self.settings.pause).unwrap_or(now);
            if silent.insert(url.to_owned(), until).is_none() {
                tracing::warn!(responder = url, "does not answer");
            }
        } else if silent.remove(url).is_some() {
            tracing::info!(responder = url, "answers again");
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
