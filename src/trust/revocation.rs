//! Whether a certificate is revoked: who is asked, in which order, and what stands when nobody answers.
//!
//! OCSP first, since it knows this minute; the lists where it is silent. Only silence leads to the
//! lists: an answer that is not believed may be somebody's who wants a revoked certificate to pass.

use std::sync::Arc;

use jiff::Timestamp;

use super::lists::{Known, Missing};
use super::online::{Error, Online};
use crate::signature::Fault;
use crate::signature::certificate::Certificate;
use crate::signature::revocation::{Serial, Status};

/// How much must be known of a certificate's revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It must be known: if it is not, nothing is decided.
    Required,
    /// It is asked for; not to know it is a warning.
    BestEffort,
    /// It is not asked for.
    None,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A responder.
    Ocsp,
    /// The authority's list.
    Crl,
    /// The changes of the list.
    CrlDelta,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nobody was asked: the policy says so.
    NotAsked,
    /// Somebody who may say so said so.
    Known {
        /// What it is.
        status: Status,
        /// Who said it.
        source: Source,
        /// When what was said was known to be right.
        this_update: Timestamp,
        /// When there is to be newer knowledge, where that is said.
        next_update: Option<Timestamp>,
    },
    /// There is an answer that is not believed: the signature fails, whatever the mode.
    Untrusted(Fault),
    /// Nobody answered; why, for the operator.
    Unavailable(String),
    /// More is asked at once than may be: nothing was tried, the caller can try again.
    Busy,
}

/// Where responders are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Responder {
    /// Where the certificate says.
    OfCertificate,
    /// At one address for all.
    At(String),
    /// No responder is asked.
    Nowhere,
}

/// Asks about certificates.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Which responder.
    pub responder: Responder,
    /// Asked over the network.
    pub online: Arc<Online>,
    /// Fetched beforehand.
    pub lists: Known,
}

impl Revocation {
    /// Finds out whether a certificate is revoked, or an authority above it. `line` are those, up to the
    /// root: the caller has checked that the first issued the certificate, and that all are trusted.
    pub async fn check(
        &self,
        certificate: &Certificate,
        line: &[&Certificate],
        mode: Mode,
        now: Timestamp,
    ) -> Finding {
        if mode == Mode::None {
            return Finding::NotAsked;
        }
        let Some(issuer) = line.first() else { return Finding::Untrusted(Fault::Untrusted) };
        if let Some(revoked) = self.ended(line, now) {
            return revoked;
        }
        let Some(serial) = Serial::new(certificate.serial()) else {
            return Finding::Untrusted(Fault::Malformed("a certificate's serial number"));
        };
        let listed = || self.listed(serial, issuer, now);
        let url = match &self.responder {
            Responder::OfCertificate => {
                certificate.extensions().ocsp.iter().find(|url| url.starts_with("http://"))
            }
            Responder::At(url) => Some(url),
            Responder::Nowhere => None,
        };
        let Some(url) = url else {
            return listed().unwrap_or_else(|missing| Finding::Unavailable(missing.to_string()));
        };
        if self.online.is_silent(url, now)
            && let Ok(listed) = listed()
        {
            return listed;
        }
        match self.online.ask(url, certificate, issuer, now).await {
            Ok(answer) => Finding::Known {
                status: answer.status,
                source: Source::Ocsp,
                this_update: answer.this_update,
                next_update: answer.next_update,
            },
            Err(Error::Untrusted(fault)) => Finding::Untrusted(fault),
            Err(Error::Busy) => listed().unwrap_or(Finding::Busy),
            Err(Error::Silent(why)) => {
                listed().unwrap_or_else(|missing| Finding::Unavailable(format!("{why}; {missing}")))
            }
        }
    }

    /// An authority that the list of the one above it names as revoked. Where there is no such list, the
    /// operator's word stands: trusting an authority is saying that it is not revoked.
    fn ended(&self, line: &[&Certificate], now: Timestamp) -> Option<Finding> {
        line.windows(2).find_map(|pair| {
            let [authority, above] = pair else { return None };
            let listed = self.listed(Serial::new(authority.serial())?, above, now).ok()?;
            matches!(listed, Finding::Known { status: Status::Revoked(_), .. }).then_some(listed)
        })
    }

    fn listed(&self, serial: Serial, issuer: &Certificate, now: Timestamp) -> Result<Finding, Missing> {
        self.lists.status(issuer, serial, now).map(|found| Finding::Known {
            status: found.status,
            source: if found.delta { Source::CrlDelta } else { Source::Crl },
            this_update: found.this_update,
            next_update: Some(found.next_update),
        })
    }
}

#[cfg(test)]
mod tests;
