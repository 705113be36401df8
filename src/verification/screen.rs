//! Screen: a column of numbers, two bytes of answer each.
//!
//! Each number gets the decision that Verify would give it without claims, from the same function;
//! only verdict and first reason are kept of it. A portfolio of 100,000 numbers so costs 200 kB
//! besides the request, and what is in hand of it at any moment is two chunks.

use std::fmt::{self, Write};
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Duration;

use super::answer::{Assurance, Outcome, Provenance};
use super::claims::Claims;
use super::decide::{self, Case, Decision, Lookup};
use super::verify::{Seen, log_fault, not_past_deadline, why_no_fact};
use super::{Rules, Verification};
use crate::cache::{Found, Many};
use crate::context::CallContext;
use crate::error::Error;
use crate::number::{self, Iin, Inspection};
use crate::reason::Reason;
use crate::register::{Facts, MAX_MANY};

/// The most numbers of one call.
pub const MAX_NUMBERS: usize = 100_000;

/// How deep to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The digits alone: the register is not asked, and `Verified` says no more than that the
    /// digits obey the rule in force.
    #[default]
    Structure,
    /// The digits, the register and the hotlist.
    Register,
}

impl Depth {
    /// The rung that a call of this depth requires: its own, whatever the purpose. A column has no
    /// claims, so that nothing above could ever be reached.
    #[must_use]
    pub fn required(self) -> Assurance {
        match self {
            Depth::Structure => Assurance::Structure,
            Depth::Register => Assurance::Register,
        }
    }
}

/// A column of numbers, shown by nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Numbers {
    /// As integers, leading zeros left out.
    Integers(Vec<u64>),
    /// As written.
    Texts(Vec<String>),
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Numbers({})", self.len())
    }
}

impl Numbers {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Numbers::Integers(all) => all.len(),
            Numbers::Texts(all) => all.len(),
        }
    }

    /// None at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them as text; an integer is written into `scratch`.
    fn text<'a>(&'a self, at: usize, scratch: &'a mut String) -> &'a str {
        match self {
            Numbers::Texts(all) => all.get(at).map_or("", String::as_str),
            Numbers::Integers(all) => {
                scratch.clear();
                // Writing to a String does not fail.
                let _ = write!(scratch, "{:012}", all.get(at).copied().unwrap_or_default());
                scratch
            }
        }
    }
}

/// What is to be screened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The column.
    pub numbers: Numbers,
    /// How deep.
    pub depth: Depth,
    /// How old facts may be; `None`: as configured.
    pub max_age: Option<Duration>,
}

/// The answer: columns as long as the request's and in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened {
    /// The code of each [`Verdict`](super::Verdict).
    pub verdicts: Vec<u8>,
    /// The code of the first reason that decided, else of the first warning, else 0.
    pub reasons: Vec<u8>,
    /// How often each reason stands in that column, by rising code.
    pub counts: Vec<(Reason, u32)>,
    /// Where the answers come from.
    pub provenance: Provenance,
}

impl Verification {
    /// Screens a column.
    ///
    /// A register that cannot be asked makes the numbers it was to be asked about inconclusive, and
    /// is not asked again in this call. Dropping the future ends the work.
    ///
    /// # Errors
    /// The call's own deadline has passed.
    pub async fn screen(&self, call: &CallContext, request: &Request) -> Result<Screened, Error> {
        let count = request.numbers.len();
        let (mut verdicts, mut reasons) = (vec![0; count], vec![0; count]);
        // Two lanes of one task: while one decides, the register works for the other.
        let mut lanes = [Vec::new(), Vec::new()];
        let columns = verdicts.chunks_mut(MAX_MANY).zip(reasons.chunks_mut(MAX_MANY));
        for (i, (verdicts, reasons)) in columns.enumerate() {
            lanes[i % 2].push(Chunk { first: i * MAX_MANY, verdicts, reasons });
        }
        let [one, other] = lanes;
        let column =
            Column { verification: self, call, request, claims: Claims::default(), down: OnceLock::new() };
        let (one, other) = tokio::try_join!(column.lane(one), column.lane(other))?;
        let seen = one.into_iter().chain(other).reduce(Seen::with);
        self.told.screened(&verdicts);
        Ok(Screened {
            counts: counts(&reasons),
            verdicts,
            reasons,
            provenance: self.provenance(call, &self.rulebook.get(), seen),
        })
    }
}

/// How often each code occurs.
fn counts(reasons: &[u8]) -> Vec<(Reason, u32)> {
    let mut counts = [0; 256];
    for code in reasons {
        counts[usize::from(*code)] += 1;
    }
    let counted = |reason: &Reason| (*reason, counts[usize::from(reason.code())]);
    Reason::ALL.iter().map(counted).filter(|(_, count)| *count > 0).collect()
}

/// Where the answers of some numbers go.
struct Chunk<'a> {
    /// The place of the first in the column.
    first: usize,
    verdicts: &'a mut [u8],
    reasons: &'a mut [u8],
}

impl Chunk<'_> {
    fn places(&self) -> Range<usize> {
        0..self.verdicts.len()
    }

    fn put(&mut self, at: usize, decision: &Decision) {
        let warning = || decision.checks.iter().find(|c| c.outcome == Outcome::Warn).and_then(|c| c.reason);
        let reason = decision.reasons.first().copied().or_else(warning);
        self.verdicts[at] = decision.verdict as u8;
        self.reasons[at] = reason.map_or(0, Reason::code);
    }
}

impl Seen {
    /// Both: the newest change, and the age and origin of the oldest fact.
    fn with(self, other: Seen) -> Seen {
        let oldest = if other.age > self.age { other } else { self };
        Seen { changed_at: self.changed_at.max(other.changed_at), ..oldest }
    }
}

/// A number that the register has to be asked about.
struct Open {
    at: usize,
    inspection: Inspection,
}

/// One call.
struct Column<'a> {
    verification: &'a Verification,
    call: &'a CallContext,
    request: &'a Request,
    claims: Claims,
    /// Why the register has failed once: the rest of the call does not wait for it too.
    down: OnceLock<Reason>,
}

impl Column<'_> {
    async fn lane(&self, chunks: Vec<Chunk<'_>>) -> Result<Option<Seen>, Error> {
        let mut seen = None;
        for mut chunk in chunks {
            not_past_deadline(self.call)?;
            self.chunk(&mut chunk, &mut seen).await?;
            // Others want the worker, too: no call holds it for longer than a chunk.
            tokio::task::yield_now().await;
        }
        Ok(seen)
    }

    async fn chunk(&self, chunk: &mut Chunk<'_>, seen: &mut Option<Seen>) -> Result<(), Error> {
        let (mut open, mut iins) = (Vec::new(), Vec::new());
        let mut scratch = String::new();
        for at in chunk.places() {
            let text = self.request.numbers.text(chunk.first + at, &mut scratch);
            let inspection = number::inspect(text, self.call.today);
            let case = self.case(&inspection);
            match Iin::parse(text) {
                Ok(iin) if self.asks(&case) => {
                    iins.push(iin);
                    open.push(Open { at, inspection });
                }
                _ => chunk.put(at, &self.decide(&case, Lookup::NotAsked)),
            }
        }
        if iins.is_empty() {
            return Ok(());
        }
        let facts = self.ask(&iins).await?;
        for (i, Open { at, inspection }) in open.iter().enumerate() {
            let lookup = match facts.get(i).and_then(Option::as_ref) {
                Some(found) => {
                    let this = Seen::from(found);
                    *seen = Some(seen.map_or(this, |seen| seen.with(this)));
                    Lookup::Answered(&found.entry.fact)
                }
                None => Lookup::Unavailable(self.why_down()),
            };
            chunk.put(*at, &self.decide(&self.case(inspection), lookup));
        }
        Ok(())
    }

    fn rules(&self) -> &Rules {
        &self.verification.rules
    }

    fn case<'a>(&'a self, inspection: &'a Inspection) -> Case<'a> {
        Case {
            inspection,
            claims: &self.claims,
            purpose: None,
            asks: None,
            required_assurance: Some(self.request.depth.required()),
            signature: None,
            client: self.call.client.id.as_deref(),
            now: self.call.now,
            today: self.call.today,
        }
    }

    fn asks(&self, case: &Case<'_>) -> bool {
        self.request.depth == Depth::Register && decide::needs_register(case, self.rules())
    }

    fn decide(&self, case: &Case<'_>, lookup: Lookup<'_>) -> Decision {
        decide::decide(case, lookup, self.rules())
    }

    /// The facts in the order asked; none where the register would have to be asked and cannot be.
    async fn ask(&self, iins: &[Iin]) -> Result<Vec<Option<Found>>, Error> {
        let deadline = self.call.deadline_within(self.rules().read_timeout);
        let max_age = self.request.max_age.unwrap_or(self.rules().max_age);
        let down = self.down.get().is_some();
        let register = &self.verification.register;
        let asked = match &self.verification.cache {
            Some(cache) => cache.many(self.call.now, iins, max_age, deadline, !down).await,
            None if down => return Ok(Vec::new()),
            None => register.many_within(iins, max_age, deadline).await.map(Many::from),
        };
        let (found, failed) = match asked {
            Ok(Many { found, failed }) => (found, failed),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        if let Some(fault) = failed {
            not_past_deadline(self.call)?;
            log_fault(self.call, &fault);
            // The first of two lanes says why; both stop asking.
            let _ = self.down.set(why_no_fact(&fault));
        }
        Ok(found)
    }

    fn why_down(&self) -> Reason {
        self.down.get().copied().unwrap_or(Reason::RegisterUnavailable)
    }
}
