//! Possession: a signature over a challenge, and what it proves of who is there.
//!
//! Bytes are judged on threads of their own ([`Pool`]), never on the runtime's: a flood of signatures
//! must not slow those who send none.

mod proof;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::challenge::{self, Challenge, Holder};
use super::{Verification, verify};
use crate::context::CallContext;
use crate::error::Error;
use crate::keys;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{Ledger, Origin};
use crate::reload::Current;
use crate::signature::cms::Message;
use crate::signature::subject::{Kind, Role};
use crate::signature::xml::Enveloped;
use crate::signature::{Judgement, Use, judge};
use crate::trust::Trusted;
use crate::trust::pool::Pool;
use crate::trust::revocation::{Finding, Mode, Revocation, Source};

pub use proof::Proof;

/// The use that the deployment's keys are derived for.
const KEYS: &str = "challenge";

/// Whose key proves that the person is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A natural person's for themselves.
    Person,
    /// Anybody's whose certificate has the number.
    Holder,
}

/// A signed message.
#[derive(Clone, PartialEq, Eq)]
pub enum Evidence {
    /// CMS.
    Cms(Vec<u8>),
    /// XML.
    Xml(Vec<u8>),
}

/// A signed message holds the signer's name and number.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Cms(bytes) => write!(f, "Cms({} bytes)", bytes.len()),
            Evidence::Xml(bytes) => write!(f, "Xml({} bytes)", bytes.len()),
        }
    }
}

/// A signature over a challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The message.
    pub evidence: Evidence,
    /// The challenge's id.
    pub challenge_id: String,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signed").field(&self.evidence).finish()
    }
}

/// Whose key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Who.
    pub kind: Kind,
    /// Roles, each once.
    pub roles: Vec<Role>,
    /// The first moment of the certificate.
    pub not_before: Timestamp,
    /// Its last moment.
    pub not_after: Timestamp,
    /// The algorithm, for people.
    pub algorithm: &'static str,
    /// SHA-256 of the certificate.
    pub sha256: [u8; 32],
    /// When the signer says to have signed.
    pub signing_time: Option<Timestamp>,
    /// Who said that it is not revoked, and for when.
    pub revocation: Option<(Source, Timestamp)>,
}

/// How possession is judged.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long a challenge can be answered.
    pub ttl: Duration,
    /// Whose key proves presence.
    pub presence: Presence,
    /// How much must be known of revocation.
    pub revocation: Mode,
}

/// What judging signatures takes.
#[derive(Clone, Debug)]
pub struct Possession {
    /// Who vouches for signers.
    pub trusted: Current<Trusted>,
    /// The deployment's keys.
    pub keys: keys::Source,
    /// Threads for the arithmetic.
    pub pool: Pool,
    /// Who is asked about revocation.
    pub revocation: Revocation,
    /// The policy.
    pub rules: Rules,
}

impl Verification {
    /// Makes a challenge for the holder of a number.
    ///
    /// # Errors
    /// Signatures are not served here, the register cannot be asked for the deployment's key, or the
    /// system has no random numbers.
    pub fn create_challenge(&self, call: &CallContext, iin: Iin) -> Result<Challenge, Error> {
        let possession = self.possession()?;
        let keys = possession.keys(call)?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no random numbers: {e}")))?;
        let holder = Holder { client: call.client.id.as_deref(), iin };
        Ok(challenge::create(&keys, random, holder, call.now, possession.rules.ttl))
    }

    pub(super) fn possession(&self) -> Result<&Possession, Error> {
        self.possession.as_ref().ok_or_else(|| Error::precondition(Reason::SignaturesNotServed))
    }

    /// What a signature proves, but for whether its challenge was used before.
    pub(super) async fn prove(
        &self,
        call: &CallContext,
        number: &verify::Number,
        signed: &Signed,
    ) -> Result<Proof, Error> {
        let possession = self.possession()?;
        let Ok(iin) = Iin::parse(&number.0) else {
            return Err(Error::internal("a signature for a number that is none"));
        };
        let keys = match possession.keys(call) {
            Ok(keys) => keys,
            Err(_) => return Ok(Proof::unavailable(Reason::RegisterUnavailable)),
        };
        let holder = Holder { client: call.client.id.as_deref(), iin };
        let challenge = match challenge::open(&keys, &signed.challenge_id, holder, call.now) {
            Ok(challenge) => challenge,
            Err(reason) => return Ok(Proof::of_no_challenge(reason)),
        };
        let judging = possession.judge(signed.evidence.clone(), challenge.clone(), call.now);
        let judged = tokio::time::timeout_at(call.deadline, judging).await.map_err(|_| Error::deadline())?;
        let Some(judgement) = judged else {
            return Ok(Proof::unavailable(Reason::Overloaded));
        };
        let finding = possession.ask(call, &judgement).await?;
        Ok(Proof::new(&judgement, &finding, possession.rules, iin, challenge.spent))
    }

    /// Uses a proof's challenge up. `None`: it was not used before; else what the proof has become.
    ///
    /// # Errors
    /// The call's own deadline has passed.
    pub(super) async fn spend(&self, call: &CallContext, proof: &Proof) -> Result<Option<Proof>, Error> {
        let Some(id) = proof.spent() else { return Ok(None) };
        let by = Origin::of(call.client.id.as_deref().unwrap_or("challenge"));
        let deadline = call.deadline_within(self.rules.read_timeout);
        match self.register.spend(id, by, call.now, deadline).await {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(proof.clone().with_challenge_used())),
            Err(fault) => {
                verify::not_past_deadline(call)?;
                verify::log_fault(call, &fault);
                Ok(Some(Proof::unavailable(Reason::RegisterUnavailable)))
            }
        }
    }
}

impl Possession {
    fn keys(&self, call: &CallContext) -> Result<keys::Derived, Error> {
        let keys = self.keys.keys().map_err(|fault| {
            verify::log_fault(call, &fault);
            Error::unavailable(Reason::RegisterUnavailable, fault.to_string())
        })?;
        Ok(keys.derive(KEYS))
    }

    /// Judges the bytes; `None`: as many wait as may.
    async fn judge(&self, evidence: Evidence, challenge: Challenge, now: Timestamp) -> Option<Judgement> {
        let trusted = self.trusted.get();
        let work = move || {
            let opened = match evidence {
                Evidence::Cms(bytes) => {
                    Message::parse(&bytes).and_then(|message| message.envelope(Some(&challenge.to_sign)))
                }
                Evidence::Xml(bytes) => {
                    Enveloped::read(&bytes).and_then(|signed| signed.envelope(Some(challenge.xml.as_bytes())))
                }
            };
            judge(opened, &trusted.store, Use::Presence, now)
        };
        self.pool.run(work).await.ok()
    }

    /// Asks whether the certificate is revoked, unless something is wrong with it already.
    async fn ask(&self, call: &CallContext, judgement: &Judgement) -> Result<Finding, Error> {
        let Some((certificate, issuer)) = judgement.to_ask() else { return Ok(Finding::NotAsked) };
        let asking = self.revocation.check(certificate, issuer, self.rules.revocation, call.now);
        tokio::time::timeout_at(call.deadline, asking).await.map_err(|_| Error::deadline())
    }
}
