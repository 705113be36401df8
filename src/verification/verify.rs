//! Verify: one number, the claims about its holder, one answer.

use uuid::{NoContext, Timestamp as UuidTime, Uuid};

use super::answer::{Answer, Assurance, Provenance};
use super::claims::Claims;
use super::decide::{self, Case, Lookup};
use super::{Rules, Verification};
use crate::context::CallContext;
use crate::error::Error;
use crate::number::{self, Iin};
use crate::register::{self, Fact, Facts, Read};
use crate::rulebook::Purpose;

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
        let inspection = number::inspect(&request.number.0, call.today);
        let case = Case {
            inspection: &inspection,
            claims: &request.claims,
            purpose: request.purpose,
            required_assurance: request.required_assurance,
            client: call.client.id.as_deref(),
            now: call.now,
            today: call.today,
        };
        let asked = match Iin::parse(&request.number.0) {
            Ok(iin) if decide::needs_register(&case, &self.rules) => Some(self.ask(call, iin).await?),
            _ => None,
        };
        let lookup = match &asked {
            None => Lookup::NotAsked,
            Some(None) => Lookup::Unavailable,
            Some(Some(read)) => Lookup::Answered(&read.value),
        };
        let decision = decide::decide(&case, lookup, &self.rules);
        Ok(Answer {
            id: answer_id(call),
            verdict: decision.verdict,
            checks: decision.checks,
            assurance: decision.assurance,
            evidence: decision.evidence,
            reasons: decision.reasons,
            required_assurance: decision.required_assurance,
            provenance: provenance(call, &self.rules, asked.flatten().as_ref()),
        })
    }

    /// The fact about a number; `None` when the register cannot be asked.
    async fn ask(&self, call: &CallContext, iin: Iin) -> Result<Option<Read<Fact>>, Error> {
        match self.register.one(iin, call.deadline_within(self.rules.read_timeout)).await {
            Ok(read) => Ok(Some(read)),
            Err(fault) => {
                not_past_deadline(call)?;
                log_fault(call, &fault);
                Ok(None)
            }
        }
    }
}

/// When the call's own deadline is what ran out, that is the answer.
pub(super) fn not_past_deadline(call: &CallContext) -> Result<(), Error> {
    if tokio::time::Instant::now() >= call.deadline { Err(Error::deadline()) } else { Ok(()) }
}

/// One line for the operator; a store's errors hold no personal data.
pub(super) fn log_fault(call: &CallContext, fault: &register::Error) {
    tracing::debug!(request_id = %call.request_id, error = %fault, "register did not answer");
}

pub(super) fn provenance<T>(call: &CallContext, rules: &Rules, read: Option<&Read<T>>) -> Provenance {
    Provenance {
        fact_time: read.map(|_| call.now),
        checked_at: call.now,
        register_name: rules.register_name.clone(),
        completeness: rules.completeness,
        snapshot_time: read.and_then(|r| r.changed_at),
    }
}

/// UUIDv7 at the call's own moment: time is injected, the rest is random.
fn answer_id(call: &CallContext) -> Uuid {
    let seconds = u64::try_from(call.now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(call.now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(UuidTime::from_unix(NoContext, seconds, nanos))
}
