//! What an applicant needs to get a number: the rules of a day, applied to one applicant. Pure.
//!
//! Every entry of the plan points to the rule it rests on, and what contradicts such a rule is told
//! beside it.

mod fingerprint;
mod paper;
mod warning;
mod way;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::calendar::{Ends, Window};
use super::codes::{Category, Channel, Code, Form, Need, Presence, Profile, Stage, VisaOrPermit};
use super::law::{Basis, Facts, Fit, Rule, reaches};
use super::{Applicant, Cost, Purpose, Rulebook, Term};
use crate::reason::Reason;

pub use way::{Refusal, admits};

/// What an entry rests on, and what it says to this applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<'a> {
    /// The rule; `None` when the rulebook has none, which the entry then says.
    pub basis: Option<&'a Basis>,
    /// For the applicant, in English; may be empty.
    pub note: String,
}

impl<'a> Cited<'a> {
    /// The rule's own note and more, if there is more.
    fn new(basis: &'a Basis, more: &str) -> Self {
        let note = [basis.note.as_str(), more].iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>();
        Cited { basis: Some(basis), note: note.join(" ") }
    }

    fn nothing(note: &str) -> Self {
        Cited { basis: None, note: note.into() }
    }
}

/// Whether a number is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IinNeed<'a> {
    /// As a whole.
    pub need: Need,
    /// For each purpose asked about.
    pub purposes: Vec<PurposeNeed<'a>>,
    /// Why.
    pub cited: Cited<'a>,
}

/// Whether one purpose needs a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeNeed<'a> {
    /// Which.
    pub purpose: Purpose,
    /// Whether.
    pub need: Need,
    /// Purposes that come first.
    pub after: &'a [Purpose],
    /// The youngest age.
    pub minimum_age: Option<u8>,
    /// Why.
    pub cited: Cited<'a>,
}

/// One way to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// Where.
    pub channel: Channel,
    /// Who comes.
    pub presence: Presence,
    /// Why it is not open to this applicant that day; `None`: it is.
    pub refused: Option<Reason>,
    /// The only groups it is open to.
    pub groups: &'a [Category],
    /// When a number is due this way.
    pub due: Option<Window>,
    /// The rule that says how long it takes.
    pub term: Option<&'a Rule<Term>>,
    /// What it costs.
    pub cost: Option<&'a Rule<Cost>>,
    /// Why.
    pub cited: Cited<'a>,
}

/// One of the five steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStep<'a> {
    /// Which.
    pub stage: Stage,
    /// Not needed for this applicant.
    pub not_needed: bool,
    /// What to do, and on what rule.
    pub cited: Cited<'a>,
}

/// One paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperNeed<'a> {
    /// Its code.
    pub code: &'a str,
    /// Whether it is needed.
    pub need: Need,
    /// The forms it may have.
    pub forms: &'a [Form],
    /// The day it must still be valid on.
    pub valid_on: Option<Date>,
    /// What it is, and on what rule.
    pub cited: Cited<'a>,
}

/// Fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintsNeed<'a> {
    /// Whether they are due on the day.
    pub need: Need,
    /// The first day they are due for this applicant.
    pub due_from: Option<Date>,
    /// Where they are taken.
    pub place: String,
    /// The paper that waits for them.
    pub blocks: Option<VisaOrPermit>,
    /// The number waits for them, too.
    pub blocks_iin: bool,
    /// Why.
    pub cited: Cited<'a>,
}

/// What contradicts a rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute<'a> {
    /// What is stated, and by whom.
    pub basis: &'a Basis,
    /// The rule that decided.
    pub decided_by: &'a Basis,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The rulebook's version.
    pub version: &'a Arc<str>,
    /// Whether a number is needed.
    pub iin: IinNeed<'a>,
    /// Each way that the request leaves open, in the contract's order.
    pub ways: Vec<Way<'a>>,
    /// The five steps in order.
    pub steps: Vec<PlanStep<'a>>,
    /// The papers.
    pub papers: Vec<PaperNeed<'a>>,
    /// Fingerprints.
    pub prints: PrintsNeed<'a>,
    /// The last day to submit for the day the number is needed by, by the longest term.
    pub latest_submission: Option<Date>,
    /// What to take heed of.
    pub warnings: Vec<Cited<'a>>,
    /// What contradicts the rules that decided.
    pub disputes: Vec<Dispute<'a>>,
}

impl<'a> Plan<'a> {
    /// The first way that is open to the applicant: what term, cost and the latest day are of.
    #[must_use]
    pub fn first_open(&self) -> Option<&Way<'a>> {
        self.ways.iter().find(|way| way.refused.is_none())
    }
}

/// One case: the rules of a day under a profile, and what is known of the applicant.
struct Case<'a> {
    book: &'a Rulebook,
    profile: Profile,
    applicant: &'a Applicant,
    facts: Facts,
}

/// A rule that may decide, and the fields of the request that it depends on.
type Candidate<'a, P> = (&'a Rule<P>, Vec<&'static str>);

impl<'a> Case<'a> {
    /// The rules that may decide, in order, up to the first that surely applies.
    fn candidates<P>(&self, rules: &'a [Rule<P>], facts: &Facts) -> Vec<Candidate<'a, P>> {
        let mut found = Vec::new();
        for rule in rules.iter().filter(|r| r.decides(self.profile, self.applicant.on)) {
            match rule.when.fits(facts) {
                Fit::No => {}
                Fit::Depends(fields) => found.push((rule, fields)),
                Fit::Yes => {
                    found.push((rule, Vec::new()));
                    break;
                }
            }
        }
        found
    }

    /// The first rule that surely applies.
    fn sure<P>(&self, rules: &'a [Rule<P>], facts: &Facts) -> Option<&'a Rule<P>> {
        self.candidates(rules, facts).pop().filter(|(_, open)| open.is_empty()).map(|(rule, _)| rule)
    }

    fn iin(&self) -> IinNeed<'a> {
        let asked = &self.applicant.purposes;
        let all: &[Purpose] = if asked.is_empty() { &Purpose::ALL } else { asked };
        let purposes: Vec<_> = all.iter().map(|purpose| self.purpose(*purpose)).collect();
        let found = self.candidates(&self.book.iin, &self.facts);
        // Whose citizenship is not known is told what holds of everybody else: the last.
        let Some((rule, _)) = found.last() else {
            let cited = Cited::nothing("The rulebook has no rule of that day.");
            return IinNeed { need: Need::Depends, purposes, cited };
        };
        let open = agreed(found.iter().map(|(r, open)| (r.says.need, open.as_slice())));
        // A number is needed when it is for any of the purposes, whoever asks.
        let any = purposes.iter().any(|p| p.need == Need::Required);
        let (need, open) = match open {
            _ if any => (Need::Required, Vec::new()),
            Ok(need) => (need, Vec::new()),
            Err(open) => (Need::Depends, open),
        };
        IinNeed { need, purposes, cited: Cited::new(&rule.basis, &depends_on(&open)) }
    }

    fn purpose(&self, purpose: Purpose) -> PurposeNeed<'a> {
        let Some(rule) = self.book.purpose(purpose, self.applicant.on) else {
            let cited = Cited::nothing("The rulebook has no rule of that day.");
            return PurposeNeed { purpose, need: Need::Depends, after: &[], minimum_age: None, cited };
        };
        let says = &rule.says;
        let opens = says.minimum_age.zip(self.applicant.birth_date);
        let opens = opens.and_then(|(age, born)| reaches(born, age)).filter(|day| *day > self.applicant.on);
        let more = opens.map(|day| format!("Open to this applicant from {day}.")).unwrap_or_default();
        PurposeNeed {
            purpose,
            need: says.need,
            after: &says.after,
            minimum_age: says.minimum_age,
            cited: Cited::new(&rule.basis, &more),
        }
    }

    fn steps(&self, plan: &Draft<'a>) -> Vec<PlanStep<'a>> {
        let first = plan.ways.iter().find(|way| way.refused.is_none());
        let found = Stage::ALL.iter().filter_map(|stage| {
            let of_stage = |r: &&Rule<super::Step>| r.says.stage == *stage;
            let deciding = |r: &&Rule<super::Step>| r.decides(self.profile, self.applicant.on);
            self.book.steps.iter().filter(deciding).find(of_stage)
        });
        let step = |rule: &'a Rule<super::Step>| {
            let stage = rule.says.stage;
            let more = match stage {
                Stage::Goal => self.goals(),
                Stage::Papers => plan.papers_in_words(),
                Stage::Fingerprints => plan.prints.cited.note.clone(),
                Stage::Submission => first.map_or_else(String::new, |way| {
                    format!("The first way that is open: {} {}.", way.channel.name(), way.presence.name())
                }),
                Stage::Waiting => first.and_then(|way| way.due).map_or_else(String::new, |due| {
                    format!(
                        "Submitted on {}, it is due from {} to {}.",
                        self.applicant.on, due.earliest, due.latest
                    )
                }),
            };
            let not_needed = stage == Stage::Fingerprints && plan.prints.need == Need::NotRequired;
            PlanStep { stage, not_needed, cited: Cited::new(&rule.basis, &more) }
        };
        found.map(step).collect()
    }

    fn goals(&self) -> String {
        let stated = self.applicant.ground.map(|g| format!("Ground: {}.", g.name()));
        let names: Vec<_> = self.applicant.purposes.iter().map(|p| p.name()).collect();
        let purposes = (!names.is_empty()).then(|| format!("For: {}.", names.join(", ")));
        stated.into_iter().chain(purposes).collect::<Vec<_>>().join(" ")
    }

    /// What contradicts the rules that are cited, and the other way round.
    fn disputes(&self, cited: &[&'a Basis]) -> Vec<Dispute<'a>> {
        let ids: BTreeSet<&str> = cited.iter().map(|b| b.id.as_str()).collect();
        let mut found = Vec::new();
        for (_, other) in self.book.bases() {
            if ids.contains(other.id.as_str()) || !other.valid.contains(self.applicant.on) {
                continue;
            }
            let decided =
                cited.iter().find(|b| other.against.contains(&b.id) || b.against.contains(&other.id));
            found.extend(decided.map(|decided_by| Dispute { basis: other, decided_by }));
        }
        found
    }
}

/// The plan so far.
struct Draft<'a> {
    ways: Vec<Way<'a>>,
    papers: Vec<PaperNeed<'a>>,
    prints: PrintsNeed<'a>,
    latest: Option<Result<Date, Ends>>,
    /// The calendar did not reach far enough somewhere.
    ends: Option<Ends>,
}

impl Draft<'_> {
    fn papers_in_words(&self) -> String {
        let of =
            |need| -> Vec<&str> { self.papers.iter().filter(|p| p.need == need).map(|p| p.code).collect() };
        let (needed, open) = (of(Need::Required), of(Need::Depends));
        let mut words = Vec::new();
        if !needed.is_empty() {
            words.push(format!("Needed: {}.", needed.join(", ")));
        }
        if !open.is_empty() {
            words.push(format!("Perhaps: {}.", open.join(", ")));
        }
        words.join(" ")
    }
}

/// What all candidates agree in, or the fields that decide between them.
fn agreed<'f>(found: impl Iterator<Item = (Need, &'f [&'static str])>) -> Result<Need, Vec<&'static str>> {
    let (mut first, mut differ, mut open) = (None, false, Vec::new());
    for (need, fields) in found {
        differ |= *first.get_or_insert(need) != need;
        for field in fields {
            if !open.contains(field) {
                open.push(*field);
            }
        }
    }
    match first {
        Some(need) if !differ && need != Need::Depends => Ok(need),
        _ => Err(open),
    }
}

fn depends_on(fields: &[&str]) -> String {
    if fields.is_empty() { String::new() } else { format!("Depends on: {}.", fields.join(", ")) }
}

/// The plan for an applicant, by the rules of the day of submission.
///
/// ```
/// use iinspect::rulebook::{self, Applicant, Profile, requirements};
/// use iinspect::rulebook::codes::{Channel, Presence};
/// use jiff::civil::date;
///
/// let book = rulebook::built_in();
/// let asked = Applicant {
///     channel: Some(Channel::Psc),
///     presence: Some(Presence::InPerson),
///     on: date(2025, 12, 31),
///     needed_by: Some(date(2026, 1, 8)),
///     ..Applicant::default()
/// };
/// let plan = requirements::plan(&book, Profile::InForce, &asked);
/// assert_eq!(plan.first_open().unwrap().due.unwrap().latest, date(2026, 1, 8));
/// assert_eq!(plan.latest_submission, Some(date(2025, 12, 31)));
/// ```
#[must_use]
pub fn plan<'a>(book: &'a Rulebook, profile: Profile, applicant: &'a Applicant) -> Plan<'a> {
    let case = Case { book, profile, applicant, facts: applicant.facts(book) };
    let (ways, ends) = case.ways();
    let max = ways.iter().find(|way| way.refused.is_none()).and_then(|way| way.term).map(|r| r.says.max);
    let latest = applicant.needed_by.zip(max).map(|(day, max)| book.calendar.latest_submission(day, max));
    let ends = ends.or(latest.and_then(Result::err));
    let draft = Draft { papers: case.papers(), prints: case.prints(), ways, latest, ends };
    let (steps, warnings, iin) = (case.steps(&draft), case.warnings(&draft), case.iin());
    let Draft { ways, papers, prints, latest, .. } = draft;
    let mut plan = Plan {
        version: &book.version,
        iin,
        ways,
        steps,
        papers,
        prints,
        latest_submission: latest.and_then(Result::ok),
        warnings,
        disputes: Vec::new(),
    };
    plan.disputes = case.disputes(&plan.cited());
    plan
}

impl<'a> Plan<'a> {
    /// Every rule that an entry rests on.
    fn cited(&self) -> Vec<&'a Basis> {
        let ways = self.ways.iter().flat_map(|way| {
            let counted = way.term.map(|r| &r.basis).into_iter().chain(way.cost.map(|r| &r.basis));
            way.cited.basis.into_iter().chain(counted)
        });
        let mut all: Vec<&'a Basis> = self.iin.cited.basis.into_iter().collect();
        all.extend(self.iin.purposes.iter().filter_map(|p| p.cited.basis));
        all.extend(ways);
        all.extend(self.steps.iter().filter_map(|s| s.cited.basis));
        all.extend(self.papers.iter().filter_map(|p| p.cited.basis));
        all.extend(self.prints.cited.basis);
        all.extend(self.warnings.iter().filter_map(|w| w.basis));
        all
    }
}

#[cfg(test)]
mod tests;
