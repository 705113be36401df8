//! Possession: a signature over a challenge, and what it proves of who is there.
//!
//! Bytes are judged on threads of their own ([`crate::trust::pool`]), never on the runtime's: a flood of
//! signatures must not slow those who send none.

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
use crate::signature::Use;
use crate::signature::subject::{Kind, Role};
use crate::trust::Judge;
use crate::trust::judge::{Evidence, Expected};
use crate::trust::revocation::Source;

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
}

/// What proving possession takes.
#[derive(Clone, Debug)]
pub struct Possession {
    /// Judges signatures.
    pub judge: Judge,
    /// The deployment's keys.
    pub keys: keys::Source,
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
        let expected = Expected::Content(match &signed.evidence {
            Evidence::Cms(_) => challenge.to_sign.to_vec(),
            Evidence::Xml(_) => challenge.xml.into_bytes(),
        });
        let judging = possession.judge.judge(signed.evidence.clone(), expected, Use::Presence, call.now);
        let judged = tokio::time::timeout_at(call.deadline, judging).await.map_err(|_| Error::deadline())?;
        Ok(match judged {
            Ok(judged) => Proof::new(&judged, possession.rules, iin, challenge.spent),
            Err(_) => Proof::unavailable(Reason::Overloaded),
        })
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
}
