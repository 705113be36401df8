//! Verify: one number, the claims about its holder, one answer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::{NoContext, Timestamp as UuidTime, Uuid};

use super::Verification;
use super::answer::{Answer, Assurance, Provenance, Verdict};
use super::claims::Claims;
use super::decide::{self, Case, Lookup};
use super::possession::{Proof, Signed};
use crate::clock::civil_date;
use crate::context::CallContext;
use crate::error::Error;
use crate::number::{self, Iin};
use crate::reason::Reason;
use crate::register::{self, Fact, Facts, Read};
use crate::rulebook::{Purpose, Rulebook};

/// What is to be verified.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The number as the caller wrote it.
    pub number: Number,
    /// What the person says of themselves.
    pub claims: Claims,
    /// What the answer is for.
    pub purpose: Option<Purpose>,
    /// The rung asked for, when the caller names one.
    pub required_assurance: Option<Assurance>,
    /// How old the fact may be; `None`: as configured.
    pub max_age: Option<Duration>,
    /// The past moment whose answer is asked for: what was recorded by then and stood on that day.
    /// Never in the future.
    pub as_of: Option<Timestamp>,
    /// An electronic signature over a challenge.
    pub signature: Option<Signed>,
}

/// A number as written, shown by nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Number(pub String);

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Number(..)")
    }
}

impl Verification {
    /// Verifies. A register that cannot be asked makes the answer inconclusive, not an error.
    ///
    /// # Errors
    /// The call's own deadline has passed.
    pub async fn verify(&self, call: &CallContext, request: &Request) -> Result<Answer, Error> {
        // A signature is judged or refused, and never passed over.
        if request.signature.is_some() {
            self.possession()?;
        }
        let day = request.as_of.map_or(call.today, civil_date);
        let rulebook = self.rulebook.get();
        let purpose = request.purpose.and_then(|purpose| rulebook.purpose(purpose, day));
        let inspection = number::inspect(&request.number.0, day);
        let mut case = Case {
            inspection: &inspection,
            claims: &request.claims,
            purpose: request.purpose,
            asks: purpose.map(|rule| &rule.says),
            required_assurance: request.required_assurance,
            signature: None,
            client: call.client.id.as_deref(),
            now: call.now,
            today: day,
        };
        let asked = match Iin::parse(&request.number.0) {
            Ok(iin) if decide::needs_register(&case, &self.rules) => {
                Some(self.ask(call, iin, request).await?)
            }
            _ => None,
        };
        let lookup = match &asked {
            None => Lookup::NotAsked,
            Some(Err(why)) => Lookup::Unavailable(*why),
            Some(Ok(read)) => Lookup::Answered(&read.value),
        };
        let read = asked.as_ref().and_then(|asked| asked.as_ref().ok());
        let mut from = self.provenance(call, &rulebook, read);
        from.as_of = request.as_of;
        let mut proof = match (&request.signature, lookup) {
            (None, _) | (_, Lookup::NotAsked) => None,
            (Some(signed), _) => Some(self.prove(call, &request.number, signed).await?),
        };
        case.signature = proof.as_ref();
        let mut decision = decide::decide(&case, lookup, &self.rules);
        // A challenge is used up by what is decided with it, and by nothing less.
        if decision.verdict != Verdict::Inconclusive
            && let Some(proven) = &proof
            && let Some(then) = self.spend(call, proven).await?
        {
            decision = decide::decide(&Case { signature: Some(&then), ..case }, lookup, &self.rules);
            proof = Some(then);
        }
        let signer = proof.filter(Proof::holds).and_then(|proof| proof.signer);
        Ok(Answer {
            signer,
            id: answer_id(call),
            verdict: decision.verdict,
            checks: decision.checks,
            assurance: decision.assurance,
            evidence: decision.evidence,
            reasons: decision.reasons,
            required_assurance: decision.required_assurance,
            purpose_basis: purpose.map(|rule| rule.basis.legal_basis.clone()).unwrap_or_default(),
            provenance: from,
        })
    }

    /// The fact about a number, or why there is none that the caller may be told by.
    async fn ask(
        &self,
        call: &CallContext,
        iin: Iin,
        request: &Request,
    ) -> Result<Result<Read<Fact>, Reason>, Error> {
        let deadline = call.deadline_within(self.rules.read_timeout);
        let max_age = request.max_age.unwrap_or(self.rules.max_age);
        let answer = match request.as_of {
            None => self.register.one_within(iin, max_age, deadline).await,
            Some(at) => self.register.as_of(iin, at, deadline).await,
        };
        match answer {
            Ok(read) => Ok(Ok(read)),
            Err(fault) => {
                not_past_deadline(call)?;
                log_fault(call, &fault);
                Ok(Err(why_no_fact(&fault)))
            }
        }
    }
}

/// What a caller is told of a register that gave no fact.
pub(super) fn why_no_fact(fault: &register::Error) -> Reason {
    if fault.is_stale() { Reason::FactTooOld } else { Reason::RegisterUnavailable }
}

/// When the call's own deadline is what ran out, that is the answer.
pub(super) fn not_past_deadline(call: &CallContext) -> Result<(), Error> {
    if tokio::time::Instant::now() >= call.deadline { Err(Error::deadline()) } else { Ok(()) }
}

/// One line for the operator; a store's errors hold no personal data.
pub(super) fn log_fault(call: &CallContext, fault: &register::Error) {
    tracing::debug!(request_id = %call.request_id, error = %fault, "register did not answer");
}

impl Verification {
    /// Where an answer comes from.
    pub(super) fn provenance<T>(
        &self,
        call: &CallContext,
        rulebook: &Rulebook,
        read: Option<&Read<T>>,
    ) -> Provenance {
        Provenance {
            rulebook_version: Some(rulebook.version().clone()),
            // What a copy of the primary may lack is told as if it had been read that much earlier.
            fact_time: read.map(|r| {
                call.now
                    .saturating_sub(SignedDuration::try_from(r.behind).unwrap_or(SignedDuration::MAX))
                    .unwrap_or(call.now)
            }),
            checked_at: call.now,
            register_name: self.rules.register_name.clone(),
            completeness: self.rules.completeness,
            snapshot_time: read.and_then(|r| r.changed_at),
            as_of: None,
        }
    }
}

/// UUIDv7 at the call's own moment: time is injected, the rest is random.
fn answer_id(call: &CallContext) -> Uuid {
    let seconds = u64::try_from(call.now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(call.now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(UuidTime::from_unix(NoContext, seconds, nanos))
}
