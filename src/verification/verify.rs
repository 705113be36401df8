//! Verify: one number, the claims about its holder, one answer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use uuid::{NoContext, Timestamp as UuidTime, Uuid};

use super::Verification;
use super::answer::{Answer, Assurance, Provenance, Verdict};
use super::claims::Claims;
use super::decide::{self, Case, Lookup};
use super::possession::{Proof, Signed};
use crate::cache::{Found, Source};
use crate::clock::civil_date;
use crate::context::CallContext;
use crate::error::Error;
use crate::number::{self, Iin};
use crate::reason::Reason;
use crate::register::{self, ChangedAt, Facts, Read};
use crate::rulebook::{Purpose, Rulebook};
use crate::telemetry::call::note;
use crate::telemetry::names;
use crate::telemetry::span;

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
            Some(Ok(found)) => Lookup::Answered(&found.entry.fact),
        };
        let found = asked.as_ref().and_then(|asked| asked.as_ref().ok());
        let mut from = self.provenance(call, &rulebook, found.map(Seen::from));
        from.as_of = request.as_of;
        let mut proof = match (&request.signature, lookup) {
            (None, _) | (_, Lookup::NotAsked) => None,
            // In boxes, here and below, what few calls do: the future of the others is moved about for each.
            (Some(signed), _) => Some(Box::pin(self.prove(call, &request.number, signed)).await?),
        };
        case.signature = proof.as_ref();
        let matching = || decide::decide(&case, lookup, &self.rules);
        let mut decision = span::during(&names::verification::MATCHING, Vec::new, matching);
        // A challenge is used up by what is decided with it, and by nothing less.
        if decision.verdict != Verdict::Inconclusive
            && let Some(proven) = &proof
            && let Some(then) = Box::pin(self.spend(call, proven)).await?
        {
            decision = decide::decide(&Case { signature: Some(&then), ..case }, lookup, &self.rules);
            proof = Some(then);
        }
        self.told.answer(request.purpose, &decision, found.map(|found| found.source));
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
    ) -> Result<Result<Found, Reason>, Error> {
        let deadline = call.deadline_within(self.rules.read_timeout);
        let max_age = request.max_age.unwrap_or(self.rules.max_age);
        let answer = match request.as_of {
            None => self.fact(call, iin, max_age, deadline).await,
            // What was is not remembered.
            Some(at) => Box::pin(self.register.as_of(iin, at, deadline)).await.map(Found::from),
        };
        match answer {
            Ok(found) => Ok(Ok(found)),
            Err(fault) => {
                not_past_deadline(call)?;
                log_fault(call, &fault);
                Ok(Err(why_no_fact(&fault)))
            }
        }
    }
}

/// What an answer's provenance tells of the facts in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// When the register had last changed, as far as they know.
    pub(super) changed_at: ChangedAt,
    /// How much of the latest they may lack.
    pub(super) age: Duration,
    /// Where they were taken from.
    pub(super) source: Source,
}

impl From<&Found> for Seen {
    fn from(found: &Found) -> Self {
        Seen { changed_at: found.entry.changed_at, age: found.age, source: found.source }
    }
}

impl<T> From<&Read<T>> for Seen {
    fn from(read: &Read<T>) -> Self {
        Seen { changed_at: read.changed_at, age: read.behind, source: Source::Register }
    }
}

/// What a caller is told of a register that gave no fact.
pub(super) fn why_no_fact(fault: &register::Error) -> Reason {
    if fault.is_stale() { Reason::FactTooOld } else { Reason::RegisterUnavailable }
}

/// When the call's own deadline is what ran out, that is the answer.
pub(super) fn not_past_deadline(call: &CallContext) -> Result<(), Error> {
    if Instant::now() >= call.deadline { Err(Error::deadline()) } else { Ok(()) }
}

/// For the operator, in the call's line of the log; a store's errors hold no personal data.
pub(super) fn log_fault(call: &CallContext, fault: &register::Error) {
    note(&call.request_id, Some(why_no_fact(fault).name()), fault);
}

impl Verification {
    /// The fact about a number, from where it can be had first.
    async fn fact(
        &self,
        call: &CallContext,
        iin: Iin,
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Found, register::Error> {
        match &self.cache {
            Some(cache) => cache.one(call.now, iin, max_age, deadline).await,
            None => Box::pin(self.register.one_within(iin, max_age, deadline)).await.map(Found::from),
        }
    }

    /// Where an answer comes from.
    pub(super) fn provenance(
        &self,
        call: &CallContext,
        rulebook: &Rulebook,
        seen: Option<Seen>,
    ) -> Provenance {
        Provenance {
            rulebook_version: Some(rulebook.version().clone()),
            source: seen.map(|seen| seen.source),
            // What a fact may lack is told as if it had been read that much earlier.
            fact_time: seen.map(|seen| {
                let age = SignedDuration::try_from(seen.age).unwrap_or(SignedDuration::MAX);
                call.now.saturating_sub(age).unwrap_or(call.now)
            }),
            checked_at: call.now,
            register_name: self.rules.register_name.clone(),
            completeness: self.rules.completeness,
            snapshot_time: seen.and_then(|seen| seen.changed_at),
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
