//! The decision: a number, claims and a fact in; checks, verdict and assurance out. Pure.
//!
//! Every sentence of the contract's "What answers mean" that concerns Verify is decided in this
//! file and has its row in `tests/it/meaning.rs`.

use jiff::Timestamp;
use jiff::civil::Date;

use super::answer::{Assurance, Check, CheckKind, Outcome, Verdict};
use super::claims::Claims;
use super::possession::Proof;
use super::{Completeness, Rules};
use crate::number::{Details, Inspection, Kind};
use crate::person::Person;
use crate::reason::Reason;
use crate::register::{Fact, NumberState, hotlist};
use crate::rulebook::Purpose;
use crate::rulebook::codes::Claim;
use crate::rulebook::law::age;
use crate::rulebook::purpose::Asks;

/// What is decided about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What the digits say.
    pub inspection: &'a Inspection,
    /// What the person says.
    pub claims: &'a Claims,
    /// What the answer is for.
    pub purpose: Option<Purpose>,
    /// What the purpose asks by the rules of the day; `None` when there is no purpose, or no rule.
    pub asks: Option<&'a Asks>,
    /// The rung asked for, when the caller names one.
    pub required_assurance: Option<Assurance>,
    /// What the signature proves; `None`: there is none.
    pub signature: Option<&'a Proof>,
    /// Who asks.
    pub client: Option<&'a str>,
    /// The moment: the hotlist is always that of now.
    pub now: Timestamp,
    /// The day whose facts and rules decide: today, or the day that was asked about.
    pub today: Date,
}

impl Case<'_> {
    /// Whether the purpose asks for this kind of claim.
    fn needs(&self, kind: CheckKind) -> bool {
        self.asks.is_some_and(|asks| asks.claims.iter().any(|claim| checked_by(*claim) == kind))
    }
}

fn checked_by(claim: Claim) -> CheckKind {
    match claim {
        Claim::Name => CheckKind::Name,
        Claim::BirthDate => CheckKind::BirthDate,
        Claim::Sex => CheckKind::Sex,
        Claim::Citizenship => CheckKind::Citizenship,
        Claim::Document => CheckKind::Document,
    }
}

/// What the register said.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    /// It was not asked: the digits already decide.
    NotAsked,
    /// It gave no fact that the caller may be told by, and why.
    Unavailable(Reason),
    /// It answered.
    Answered(&'a Fact),
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// All 13 checks in order.
    pub checks: Vec<Check>,
    /// The highest rung without a gap below it.
    pub assurance: Assurance,
    /// Every rung reached, rising.
    pub evidence: Vec<Assurance>,
    /// Why not verified.
    pub reasons: Vec<Reason>,
    /// The rung that was required.
    pub required_assurance: Assurance,
}

/// Whether the register has to be asked at all: a number that the rule in force refuses has no
/// record, and asking would only cost.
#[must_use]
pub fn needs_register(case: &Case<'_>, rules: &Rules) -> bool {
    [format(case), control_digit(case), structure(case, rules)].iter().all(|c| c.outcome != Outcome::Fail)
}

/// Decides a case.
#[must_use]
pub fn decide(case: &Case<'_>, lookup: Lookup<'_>, rules: &Rules) -> Decision {
    let held = Held::of(lookup, rules.completeness);
    let checks: Vec<Check> = CheckKind::ALL
        .into_iter()
        .map(|kind| match kind {
            CheckKind::Format => format(case),
            CheckKind::ControlDigit => control_digit(case),
            CheckKind::Structure => structure(case, rules),
            CheckKind::Register => register(lookup, rules.completeness, case.today),
            CheckKind::Hotlist => hotlist(lookup, case),
            CheckKind::Name
            | CheckKind::BirthDate
            | CheckKind::Sex
            | CheckKind::Citizenship
            | CheckKind::Document => claim(kind, case, rules, &held),
            CheckKind::Purpose => purpose(case, &held),
            CheckKind::Signature => signature(case, &held),
            // It waits for its own part of the project; asking for it is refused before this.
            CheckKind::Consent => Check::skipped(kind),
        })
        .collect();
    conclude(case, rules, checks)
}

fn conclude(case: &Case<'_>, rules: &Rules, checks: Vec<Check>) -> Decision {
    let required = |c: &&Check| match c.kind {
        CheckKind::Format | CheckKind::ControlDigit | CheckKind::Register | CheckKind::Hotlist => true,
        CheckKind::Structure => rules.strict_structure,
        CheckKind::Purpose => case.purpose.is_some(),
        CheckKind::Signature => case.signature.is_some(),
        kind => case.claims.gives(kind) || case.needs(kind),
    };
    let why = |outcomes: &[Outcome]| -> Vec<Reason> {
        let decided = checks.iter().filter(required).filter(|c| outcomes.contains(&c.outcome));
        let mut reasons = Vec::new();
        for reason in decided.filter_map(|c| c.reason) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    };
    let evidence = evidence(case, &checks);
    let assurance = highest_without_gap(&evidence);
    let required_assurance = case.required_assurance.unwrap_or(match case.purpose {
        Some(_) => Assurance::Claims,
        None => Assurance::Register,
    });

    let failed = why(&[Outcome::Fail]);
    let (verdict, reasons) = if failed.is_empty() {
        let mut open = why(&[Outcome::NotCompared, Outcome::Unavailable]);
        if assurance < required_assurance {
            open.push(Reason::AssuranceTooLow);
        }
        (if open.is_empty() { Verdict::Verified } else { Verdict::Inconclusive }, open)
    } else {
        (Verdict::Rejected, failed)
    };
    Decision { verdict, checks, assurance, evidence, reasons, required_assurance }
}

/// The first finding of the kinds that a check is about.
fn finding(case: &Case<'_>, among: &[Reason]) -> Option<Reason> {
    case.inspection.findings.iter().map(|f| f.reason).find(|r| among.contains(r))
}

const FORMAT: [Reason; 4] =
    [Reason::MalformedLength, Reason::MalformedCharset, Reason::AllZero, Reason::LeadingZeroLost];
const CONTROL: [Reason; 2] = [Reason::ControlMismatch, Reason::NeverIssued];

fn format(case: &Case<'_>) -> Check {
    match finding(case, &FORMAT) {
        Some(reason) => Check::because(CheckKind::Format, Outcome::Fail, reason),
        None => Check::pass(CheckKind::Format),
    }
}

fn control_digit(case: &Case<'_>) -> Check {
    if finding(case, &FORMAT).is_some() {
        return Check::skipped(CheckKind::ControlDigit);
    }
    match finding(case, &CONTROL) {
        Some(reason) => Check::because(CheckKind::ControlDigit, Outcome::Fail, reason),
        None => Check::pass(CheckKind::ControlDigit),
    }
}

/// What the digits suggest: a company's number, else the first of the findings, else a claim that differs from the hint.
fn structure(case: &Case<'_>, rules: &Rules) -> Check {
    if finding(case, &FORMAT).is_some() {
        return Check::skipped(CheckKind::Structure);
    }
    let company = (case.inspection.kind == Kind::Bin).then_some(Reason::LooksLikeBin);
    let mut findings = case.inspection.findings.iter().map(|f| f.reason);
    let odd = company.or_else(|| findings.find(|r| !CONTROL.contains(r)));
    match odd.or_else(|| differs_from_hint(case)) {
        None => Check::pass(CheckKind::Structure),
        Some(reason) if rules.strict_structure => Check::because(CheckKind::Structure, Outcome::Fail, reason),
        Some(reason) => Check::because(CheckKind::Structure, Outcome::Warn, reason),
    }
}

fn differs_from_hint(case: &Case<'_>) -> Option<Reason> {
    let Some(Details::Iin(hint)) = &case.inspection.details else { return None };
    let date = matches!((hint.birth_date, case.claims.birth_date), (Some(h), Some(c)) if h != c);
    let sex = matches!((hint.sex, case.claims.sex), (Some(h), Some(c)) if h != c);
    (date || sex).then_some(Reason::DigitsDifferFromClaim)
}

fn register(lookup: Lookup<'_>, completeness: Completeness, today: Date) -> Check {
    const KIND: CheckKind = CheckKind::Register;
    match lookup {
        Lookup::NotAsked => Check::skipped(KIND),
        Lookup::Unavailable(why) => Check::because(KIND, Outcome::Unavailable, why),
        Lookup::Answered(fact) => match fact.record.as_ref().map(|r| r.value.on(today).state) {
            Some(NumberState::InForce) => Check::pass(KIND),
            Some(NumberState::Excluded) => Check::because(KIND, Outcome::Fail, Reason::Excluded),
            Some(NumberState::ConditionallyExcluded) => {
                Check::because(KIND, Outcome::Fail, Reason::ConditionallyExcluded)
            }
            Some(NumberState::Superseded) => Check::because(KIND, Outcome::Fail, Reason::Superseded),
            None if completeness == Completeness::Complete => {
                Check::because(KIND, Outcome::Fail, Reason::NotInRegister)
            }
            None => Check::because(KIND, Outcome::NotCompared, Reason::RegisterPartial),
        },
    }
}

/// Who may see an entry is told of it; for the others the case is left to a person.
fn hotlist(lookup: Lookup<'_>, case: &Case<'_>) -> Check {
    const KIND: CheckKind = CheckKind::Hotlist;
    let fact = match lookup {
        Lookup::NotAsked => return Check::skipped(KIND),
        Lookup::Unavailable(why) => return Check::because(KIND, Outcome::Unavailable, why),
        Lookup::Answered(fact) => fact,
    };
    let mut applying = fact.hotlist.iter().filter(|e| e.applies(case.client, case.now)).peekable();
    let visible = |e: &hotlist::Entry| e.visibility.include(case.client);
    if applying.peek().is_none() {
        Check::pass(KIND)
    } else if applying.any(visible) {
        Check::because(KIND, Outcome::Fail, Reason::Hotlisted)
    } else {
        Check::because(KIND, Outcome::Unavailable, Reason::ManualReview)
    }
}

/// What claims are compared with.
enum Held<'a> {
    /// A holder.
    Person(&'a Person),
    /// Nothing, and that says nothing.
    Nothing,
    /// Nothing, and that is already a failure.
    Pointless,
    /// The register gave no fact, and why.
    Unavailable(Reason),
}

impl<'a> Held<'a> {
    fn of(lookup: Lookup<'a>, completeness: Completeness) -> Self {
        match lookup {
            Lookup::NotAsked => Held::Pointless,
            Lookup::Unavailable(why) => Held::Unavailable(why),
            Lookup::Answered(fact) => match &fact.record {
                Some(record) => Held::Person(&record.value.person),
                None if completeness == Completeness::Complete => Held::Pointless,
                None => Held::Nothing,
            },
        }
    }
}

fn claim(kind: CheckKind, case: &Case<'_>, rules: &Rules, held: &Held<'_>) -> Check {
    if !case.claims.gives(kind) {
        // Left out, and the purpose needs it; after a failure it would change nothing.
        return match held {
            Held::Pointless => Check::skipped(kind),
            _ if case.needs(kind) => Check::because(kind, Outcome::Unavailable, Reason::ClaimRequired),
            _ => Check::skipped(kind),
        };
    }
    match held {
        Held::Person(person) => case.claims.compare(kind, person, rules.claims, case.today),
        Held::Nothing => Check::because(kind, Outcome::NotCompared, Reason::NothingToCompare),
        Held::Pointless => Check::skipped(kind),
        Held::Unavailable(why) => Check::because(kind, Outcome::Unavailable, *why),
    }
}

/// What the purpose asks: an age by the register's birth date, and claims. A claimed birth date can
/// fail the age and never pass it.
fn purpose(case: &Case<'_>, held: &Held<'_>) -> Check {
    const KIND: CheckKind = CheckKind::Purpose;
    if case.purpose.is_none() || matches!(held, Held::Pointless) {
        return Check::skipped(KIND);
    }
    let Some(asks) = case.asks else {
        return Check::because(KIND, Outcome::Unavailable, Reason::RuleUnknown);
    };
    let registered = match held {
        Held::Person(person) => person.birth_date,
        _ => None,
    };
    let too_young = |minimum: u8| {
        let born = registered.or(case.claims.birth_date);
        born.is_some_and(|born| age(born, case.today) < i16::from(minimum))
    };
    let given = |claim: &Claim| case.claims.gives(checked_by(*claim));
    if asks.minimum_age.is_some_and(too_young) {
        Check::because(KIND, Outcome::Fail, Reason::AgeNotReached)
    } else if !asks.claims.iter().all(given) {
        Check::because(KIND, Outcome::Unavailable, Reason::ClaimRequired)
    } else if asks.minimum_age.is_none() || registered.is_some() {
        Check::pass(KIND)
    } else if let Held::Unavailable(why) = held {
        Check::because(KIND, Outcome::Unavailable, *why)
    } else {
        Check::because(KIND, Outcome::NotCompared, Reason::NothingToCompare)
    }
}

/// A signature is judged by its own; for a number that is none, or nobody's, it proves nothing.
fn signature(case: &Case<'_>, held: &Held<'_>) -> Check {
    match (case.signature, held) {
        (None, _) | (_, Held::Pointless) => Check::skipped(CheckKind::Signature),
        (Some(proof), _) => proof.check(),
    }
}

/// The rungs reached. CLAIMS needs every claim given to hold and one that identifies among them:
/// half of all people would pass by sex alone.
fn evidence(case: &Case<'_>, checks: &[Check]) -> Vec<Assurance> {
    let outcome =
        |kind: CheckKind| checks.iter().find(|c| c.kind == kind).map_or(Outcome::Skipped, |c| c.outcome);
    let identifies =
        [CheckKind::Name, CheckKind::BirthDate, CheckKind::Document].iter().any(|k| outcome(*k).holds());
    let all_hold = Claims::KINDS.iter().filter(|k| case.claims.gives(**k)).all(|k| outcome(*k).holds());
    let reached = |rung: &Assurance| match rung {
        Assurance::None => false,
        Assurance::Structure => {
            outcome(CheckKind::Format).holds()
                && outcome(CheckKind::ControlDigit).holds()
                && outcome(CheckKind::Structure).holds()
        }
        Assurance::Register => outcome(CheckKind::Register).holds(),
        Assurance::Claims => identifies && all_hold,
        Assurance::Possession => {
            outcome(CheckKind::Signature).holds() && case.signature.is_some_and(Proof::is_presence)
        }
    };
    Assurance::RUNGS.into_iter().filter(reached).collect()
}

fn highest_without_gap(evidence: &[Assurance]) -> Assurance {
    Assurance::RUNGS.into_iter().take_while(|rung| evidence.contains(rung)).last().unwrap_or(Assurance::None)
}
