//! GetRequirements: the plan as a message.

use crate::pb::v1;
use crate::rulebook::calendar::Window;
use crate::rulebook::codes::VisaOrPermit;
use crate::rulebook::law::{Basis, Period, Rule};
use crate::rulebook::requirements::{
    Cited, Dispute, IinNeed, PaperNeed, Plan, PlanStep, PrintsNeed, PurposeNeed, Way,
};
use crate::rulebook::{Cost, Term};

/// An entry: its own fields, and the fields 11 to 16 that every entry has, from what it cites.
macro_rules! entry {
    ($message:ident from $cited:expr; $( $field:ident: $value:expr, )*) => {{
        let cited = Six::of($cited);
        v1::$message {
            $( $field: $value, )*
            rule_id: cited.rule_id,
            legal_basis: cited.legal_basis,
            valid_from: cited.valid_from,
            valid_to: cited.valid_to,
            disputed: cited.disputed,
            note: cited.note,
        }
    }};
}

#[derive(Default)]
struct Six {
    rule_id: String,
    legal_basis: String,
    valid_from: String,
    valid_to: String,
    disputed: bool,
    note: String,
}

impl Six {
    fn of(cited: &Cited<'_>) -> Self {
        let note = cited.note.clone();
        let Some(basis) = cited.basis else { return Six { note, ..Six::default() } };
        let Period { from, to } = basis.valid;
        let date = |day: Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
        Six {
            rule_id: basis.id.clone(),
            legal_basis: basis.legal_basis.clone(),
            valid_from: date(from),
            valid_to: date(to),
            disputed: basis.disputed,
            note,
        }
    }
}

/// A rule as an entry cites it, with its own note alone.
fn plainly(basis: &Basis) -> Cited<'_> {
    Cited { basis: Some(basis), note: basis.note.clone() }
}

fn statement(cited: &Cited<'_>) -> String {
    cited.basis.map(|basis| basis.statement.clone()).unwrap_or_default()
}

pub(super) fn message(plan: &Plan<'_>, calendar: &str) -> v1::GetRequirementsResponse {
    let first = plan.first_open();
    v1::GetRequirementsResponse {
        iin_required: Some(iin(&plan.iin)),
        channels: plan.ways.iter().map(|w| way(w, calendar)).collect(),
        steps: plan.steps.iter().map(step).collect(),
        documents: plan.papers.iter().map(paper).collect(),
        fingerprints: Some(prints(&plan.prints)),
        term: first.and_then(|way| way.due).map(|d| due(d, calendar)),
        cost: first.and_then(|way| way.cost).map(cost),
        latest_submission: plan.latest_submission.map(|d| d.to_string()).unwrap_or_default(),
        warnings: plan.warnings.iter().map(|w| entry!(Warning from w; message: statement(w),)).collect(),
        rulebook_version: plan.version.to_string(),
        term_rules: first.and_then(|way| way.term).map(term).into_iter().collect(),
        disputes: plan.disputes.iter().map(dispute).collect(),
    }
}

fn iin(iin: &IinNeed<'_>) -> v1::IinRequirement {
    entry!(IinRequirement from &iin.cited;
        need: iin.need as i32,
        purposes: iin.purposes.iter().map(purpose).collect(),
    )
}

fn purpose(of: &PurposeNeed<'_>) -> v1::PurposeRequirement {
    entry!(PurposeRequirement from &of.cited;
        purpose: of.purpose as i32,
        need: of.need as i32,
        after: of.after.iter().map(|p| *p as i32).collect(),
        minimum_age: of.minimum_age.map_or(0, u32::from),
    )
}

fn way(way: &Way<'_>, calendar: &str) -> v1::ChannelOption {
    entry!(ChannelOption from &way.cited;
        channel: way.channel as i32,
        presence: way.presence as i32,
        allowed: way.refused.is_none(),
        reason: way.refused.map_or(0, |r| r.code().into()),
        categories: way.groups.iter().map(|c| *c as i32).collect(),
        term: way.due.map(|d| due(d, calendar)),
        cost: way.cost.map(cost),
    )
}

/// Nothing has been submitted yet, so that nothing is overdue.
fn due(due: Window, calendar: &str) -> v1::Due {
    v1::Due {
        earliest: due.earliest.to_string(),
        latest: due.latest.to_string(),
        working_days_min: due.min,
        working_days_max: due.max,
        overdue: false,
        calendar_version: calendar.into(),
    }
}

fn cost(rule: &Rule<Cost>) -> v1::Cost {
    let Cost { kind, currency, units, payable_in, observed_on } = &rule.says;
    let amount = v1::Amount { currency: currency.clone(), units: i64::from(*units), nanos: 0 };
    entry!(Cost from &plainly(&rule.basis);
        amount: Some(amount),
        kind: *kind as i32,
        payable_in: payable_in.clone(),
        observed_on: observed_on.to_string(),
    )
}

fn term(rule: &Rule<Term>) -> v1::TermRule {
    entry!(TermRule from &plainly(&rule.basis);
        working_days_min: rule.says.min,
        working_days_max: rule.says.max,
    )
}

fn step(step: &PlanStep<'_>) -> v1::PlanStep {
    let state = if step.not_needed { v1::StepState::NotNeeded } else { v1::StepState::Pending };
    entry!(PlanStep from &step.cited;
        stage: step.stage as i32,
        state: state.into(),
        action: statement(&step.cited),
    )
}

fn paper(paper: &PaperNeed<'_>) -> v1::RequiredDocument {
    entry!(RequiredDocument from &paper.cited;
        document_code: paper.code.into(),
        need: paper.need as i32,
        forms: paper.forms.iter().map(|f| *f as i32).collect(),
        description: statement(&paper.cited),
        valid_on: paper.valid_on.map(|d| d.to_string()).unwrap_or_default(),
    )
}

fn prints(prints: &PrintsNeed<'_>) -> v1::FingerprintRequirement {
    entry!(FingerprintRequirement from &prints.cited;
        need: prints.need as i32,
        due_from: prints.due_from.map(|d| d.to_string()).unwrap_or_default(),
        place: prints.place.clone(),
        blocks: prints.blocks.map_or(0, |b: VisaOrPermit| b as i32),
        blocks_iin: prints.blocks_iin,
    )
}

fn dispute(dispute: &Dispute<'_>) -> v1::Dispute {
    entry!(Dispute from &plainly(dispute.basis);
        statement: dispute.basis.statement.clone(),
        source: dispute.basis.source.clone(),
        decided_by: dispute.decided_by.id.clone(),
    )
}
