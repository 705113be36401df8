//! Domain answers as messages of the contract.

use jiff::Timestamp;

use crate::cache::Source;
use crate::issuance::application;
use crate::issuance::{Due, Standing};
use crate::number::{self, Control, Details, Inspection, Sex};
use crate::pb::v1;
use crate::person::matching::{Level, PartMatch};
use crate::reason::{Reason, Severity};
use crate::register::NumberState;
use crate::verification::Completeness;
use crate::verification::answer::{Answer, Check, CheckKind, Outcome, Part, Provenance};
use crate::verification::issue_status::{IssueStatus, NumberStatus};
use crate::verification::possession::Signer;

/// A moment.
#[must_use]
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// What digits say.
#[must_use]
pub fn decoded(inspection: &Inspection) -> v1::DecodeResponse {
    v1::DecodeResponse {
        kind: match inspection.kind {
            number::Kind::Iin => v1::NumberKind::Iin,
            number::Kind::Bin => v1::NumberKind::Bin,
            number::Kind::Unknown => v1::NumberKind::Unknown,
        }
        .into(),
        valid: inspection.valid,
        findings: inspection.findings.iter().map(finding).collect(),
        details: inspection.details.as_ref().map(details),
    }
}

fn finding(finding: &number::Finding) -> v1::Finding {
    v1::Finding {
        reason: finding.reason.code().into(),
        severity: match finding.severity {
            Severity::Error => v1::Severity::Error,
            Severity::Warning => v1::Severity::Warning,
        }
        .into(),
        message: finding.reason.message().into(),
        legal_basis: finding.reason.legal_basis().into(),
    }
}

fn details(details: &Details) -> v1::decode_response::Details {
    match details {
        Details::Iin(iin) => {
            let (control_digit, control_pass) = control(iin.control);
            v1::decode_response::Details::Iin(v1::IinDetails {
                birth_date: iin.birth_date.map(|d| d.to_string()).unwrap_or_default(),
                century: iin.century.map_or(0, u32::from),
                sex: sex(iin.sex).into(),
                serial: Some(iin.serial.into()),
                control_digit,
                control_pass,
                foreigner_series: iin.foreigner_series,
                basis: v1::Basis::HistoricStructure.into(),
            })
        }
        Details::Bin(bin) => {
            let (control_digit, control_pass) = control(bin.control);
            v1::decode_response::Details::Bin(v1::BinDetails {
                registered: bin.registered.map(|r| r.to_string()).unwrap_or_default(),
                entity: match bin.entity {
                    number::bin::Entity::Resident => v1::BinEntity::Resident,
                    number::bin::Entity::NonResident => v1::BinEntity::NonResident,
                    number::bin::Entity::JointEntrepreneurship => v1::BinEntity::JointEntrepreneurship,
                }
                .into(),
                unit: match bin.unit {
                    number::bin::Unit::Head => v1::BinUnit::Head,
                    number::bin::Unit::Branch => v1::BinUnit::Branch,
                    number::bin::Unit::RepresentativeOffice => v1::BinUnit::RepresentativeOffice,
                    number::bin::Unit::OtherUnit => v1::BinUnit::Other,
                    number::bin::Unit::FarmHousehold => v1::BinUnit::FarmHousehold,
                }
                .into(),
                serial: Some(bin.serial),
                control_digit,
                control_pass,
            })
        }
    }
}

fn control(control: Control) -> (Option<u32>, Option<u32>) {
    match control {
        Control::First(digit) => (Some(digit.into()), Some(1)),
        Control::Second(digit) => (Some(digit.into()), Some(2)),
        Control::NeverIssued => (None, None),
    }
}

fn sex(sex: Option<Sex>) -> v1::Sex {
    match sex {
        None => v1::Sex::Unspecified,
        Some(Sex::Male) => v1::Sex::Male,
        Some(Sex::Female) => v1::Sex::Female,
    }
}

/// A verification's answer. `explain` fills texts for passed and skipped checks too: texts nobody
/// reads cost a quarter of the call.
#[must_use]
pub fn verified(
    answer: &Answer,
    explain: bool,
    request_id: String,
    client_reference: String,
) -> v1::VerifyResponse {
    v1::VerifyResponse {
        verification_id: answer.id.to_string(),
        verdict: answer.verdict as i32,
        checks: answer.checks.iter().map(|c| check(c, explain, &answer.purpose_basis)).collect(),
        assurance: answer.assurance as i32,
        subject_token: String::new(),
        provenance: Some(provenance(&answer.provenance)),
        receipt: String::new(),
        evidence: answer.evidence.iter().map(|rung| *rung as i32).collect(),
        reasons: answer.reasons.iter().map(|r| r.code().into()).collect(),
        required_assurance: answer.required_assurance as i32,
        request_id,
        client_reference,
        signer: answer.signer.as_ref().map(signer),
    }
}

/// Whose key signed.
fn signer(signer: &Signer) -> v1::Signer {
    let known = signer.revocation;
    v1::Signer {
        kind: signer.kind as i32 + 1,
        roles: signer.roles.iter().map(|role| *role as i32 + 1).collect(),
        not_before: Some(timestamp(signer.not_before)),
        not_after: Some(timestamp(signer.not_after)),
        algorithm: signer.algorithm.into(),
        certificate_sha256: signer.sha256.to_vec(),
        signing_time: signer.signing_time.map(timestamp),
        revocation_source: known.map_or(0, |(source, _)| source as i32 + 1),
        revocation_known_at: known.map(|(_, at)| timestamp(at)),
    }
}

/// What a purpose asks rests on the acts of its own rule, `purpose_basis`.
fn check(check: &Check, explain: bool, purpose_basis: &str) -> v1::Check {
    let (message, legal_basis) = match check.reason {
        Some(reason) if reason.legal_basis().is_empty() => (reason.message(), check.kind.legal_basis()),
        Some(reason) => (reason.message(), reason.legal_basis()),
        None if !explain => ("", ""),
        None if check.outcome == Outcome::Skipped => {
            ("Not asked, or pointless after an earlier failure.", check.kind.legal_basis())
        }
        None => (check.kind.explanation(), check.kind.legal_basis()),
    };
    let by_purpose = check.kind == CheckKind::Purpose || check.reason == Some(Reason::ClaimRequired);
    let by_purpose = by_purpose && !purpose_basis.is_empty() && !legal_basis.is_empty();
    v1::Check {
        kind: check.kind as i32,
        outcome: check.outcome as i32,
        reason: check.reason.map_or(0, |r| r.code().into()),
        message: message.into(),
        score: check.score.map(u32::from),
        legal_basis: if by_purpose { purpose_basis } else { legal_basis }.into(),
        parts: check.parts.iter().map(part).collect(),
    }
}

fn part(part: &Part) -> v1::CheckPart {
    let level = match part.matched {
        PartMatch::Compared(Level::Exact) => v1::MatchLevel::Exact,
        PartMatch::Compared(Level::Folded) => v1::MatchLevel::Folded,
        PartMatch::Compared(Level::Transliterated) => v1::MatchLevel::Transliterated,
        PartMatch::Compared(Level::Fuzzy) => v1::MatchLevel::Fuzzy,
        PartMatch::Compared(Level::NoMatch) => v1::MatchLevel::NoMatch,
        PartMatch::NotCompared | PartMatch::NotClaimed => v1::MatchLevel::Unspecified,
    };
    v1::CheckPart {
        part: part.part as i32,
        outcome: part.outcome as i32,
        level: level.into(),
        reason: part.reason.map_or(0, |r| r.code().into()),
    }
}

/// Where an answer comes from.
#[must_use]
pub fn provenance(from: &Provenance) -> v1::Provenance {
    let source = match from.source {
        None => v1::Source::Unspecified,
        Some(Source::Register) => v1::Source::Register,
        Some(Source::Local) => v1::Source::CacheLocal,
        Some(Source::Shared) => v1::Source::CacheShared,
    };
    v1::Provenance {
        source: source.into(),
        fact_time: from.fact_time.map(timestamp),
        rulebook_version: from.rulebook_version.as_deref().unwrap_or_default().into(),
        checked_at: Some(timestamp(from.checked_at)),
        register: Some(v1::Register {
            name: from.register_name.clone(),
            completeness: match from.completeness {
                Completeness::Complete => v1::Completeness::Complete,
                Completeness::Partial => v1::Completeness::Partial,
            }
            .into(),
            snapshot_time: from.snapshot_time.map(timestamp),
        }),
        policy_version: String::new(),
        as_of: from.as_of.map(timestamp),
    }
}

/// Where a number or an application stands.
#[must_use]
pub fn issue_status(status: &IssueStatus) -> v1::IssueStatusResponse {
    let mut applications = status.applications.iter().map(application);
    v1::IssueStatusResponse {
        number: status.number.as_ref().map(number_status),
        application: applications.next(),
        other_applications: applications.collect(),
        provenance: Some(provenance(&status.provenance)),
    }
}

fn number_status(status: &NumberStatus) -> v1::NumberStatus {
    v1::NumberStatus {
        state: match status.state {
            None => v1::NumberState::NotInRegister,
            Some(NumberState::InForce) => v1::NumberState::InForce,
            Some(NumberState::ConditionallyExcluded) => v1::NumberState::ConditionallyExcluded,
            Some(NumberState::Excluded) => v1::NumberState::Excluded,
            Some(NumberState::Superseded) => v1::NumberState::Superseded,
        }
        .into(),
        since: status.since.map(|d| d.to_string()).unwrap_or_default(),
        reason: status.reason.clone(),
        superseded_by: status.superseded_by.map(crate::number::Iin::to_text).unwrap_or_default(),
    }
}

/// An application as it stands, without personal data.
#[must_use]
pub fn application(standing: &Standing) -> v1::Application {
    let application = &standing.application;
    v1::Application {
        id: application.id.to_string(),
        kind: application_kind(application.kind).into(),
        state: application_state(application.state()).into(),
        stage: application.stage() as i32,
        steps: application
            .steps()
            .into_iter()
            .map(|(stage, progress)| v1::Step { stage: stage as i32, state: progress as i32 })
            .collect(),
        due: standing.due.as_ref().map(due),
        history: application
            .history()
            .map(|(at, state)| v1::HistoryEntry {
                at: Some(timestamp(at)),
                state: application_state(state).into(),
            })
            .collect(),
        refusal: application.refusal().map(|(at, reason, mend)| v1::Refusal {
            reason: refusal_reason(reason).into(),
            mend: mend.to_string(),
            at: Some(timestamp(at)),
        }),
        delays: application
            .delays()
            .map(|(at, cause, working_days)| v1::Delay {
                cause: delay_cause(cause).into(),
                working_days,
                at: Some(timestamp(at)),
            })
            .collect(),
        outstanding: application
            .outstanding()
            .into_iter()
            .map(|o| v1::Outstanding { document: o.document, note: o.note })
            .collect(),
    }
}

/// When an application is due.
#[must_use]
pub fn due(due: &Due) -> v1::Due {
    v1::Due {
        earliest: due.window.earliest.to_string(),
        latest: due.window.latest.to_string(),
        working_days_min: due.window.min,
        working_days_max: due.window.max,
        overdue: due.overdue,
        calendar_version: due.calendar.clone(),
    }
}

/// What an application is for.
#[must_use]
pub fn application_kind(kind: application::Kind) -> v1::ApplicationKind {
    match kind {
        application::Kind::Formation => v1::ApplicationKind::Formation,
        application::Kind::Correction => v1::ApplicationKind::Correction,
    }
}

/// Where an application stands.
#[must_use]
pub fn application_state(state: application::State) -> v1::ApplicationState {
    use application::State;
    match state {
        State::Received => v1::ApplicationState::Received,
        State::AwaitingDocuments => v1::ApplicationState::AwaitingDocuments,
        State::AwaitingFingerprints => v1::ApplicationState::AwaitingFingerprints,
        State::InProcessing => v1::ApplicationState::InProcessing,
        State::CorrectionRequested => v1::ApplicationState::CorrectionRequested,
        State::Refused => v1::ApplicationState::Refused,
        State::Withdrawn => v1::ApplicationState::Withdrawn,
        State::Completed => v1::ApplicationState::Completed,
    }
}

fn refusal_reason(reason: application::RefusalReason) -> v1::RefusalReason {
    use application::RefusalReason;
    match reason {
        RefusalReason::Incomplete => v1::RefusalReason::Incomplete,
        RefusalReason::InvalidPaper => v1::RefusalReason::InvalidPaper,
        RefusalReason::DataMismatch => v1::RefusalReason::DataMismatch,
        RefusalReason::SuspectedBadFaith => v1::RefusalReason::SuspectedBadFaith,
    }
}

fn delay_cause(cause: application::DelayCause) -> v1::DelayCause {
    use application::DelayCause;
    match cause {
        DelayCause::Workload => v1::DelayCause::Workload,
        DelayCause::Holiday => v1::DelayCause::Holiday,
        DelayCause::TechnicalFailure => v1::DelayCause::TechnicalFailure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Purpose;
    use crate::verification::{Assurance, Verdict, answer};

    /// Codes that the domain and the contract keep apart and must agree on.
    #[test]
    fn the_contract_and_the_domain_count_alike() {
        for reason in Reason::ALL {
            let proto = v1::Reason::try_from(i32::from(reason.code())).ok().unwrap();
            assert_eq!(proto.as_str_name(), format!("REASON_{}", reason.name()));
        }
        assert!(v1::Reason::try_from(Reason::ALL.len() as i32 + 1).is_err());
        let spelled = |text: String| {
            let words = text.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain([c]));
            words.collect::<String>().to_uppercase()
        };
        for kind in CheckKind::ALL {
            let name = v1::CheckKind::try_from(kind as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("CHECK_KIND{}", spelled(format!("{kind:?}"))));
        }
        for purpose in Purpose::ALL {
            let name = v1::Purpose::try_from(purpose as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("PURPOSE_{}", purpose.name()));
        }
        for rung in [Assurance::None].into_iter().chain(Assurance::RUNGS) {
            let name = v1::Assurance::try_from(rung as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("ASSURANCE{}", spelled(format!("{rung:?}"))));
        }
        for verdict in [Verdict::Verified, Verdict::Rejected, Verdict::Inconclusive] {
            let name = v1::Verdict::try_from(verdict as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("VERDICT{}", spelled(format!("{verdict:?}"))));
        }
        let outcomes = [
            Outcome::Pass,
            Outcome::Fail,
            Outcome::Warn,
            Outcome::NotCompared,
            Outcome::Unavailable,
            Outcome::Skipped,
        ];
        for outcome in outcomes {
            let name = v1::Outcome::try_from(outcome as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("OUTCOME{}", spelled(format!("{outcome:?}"))));
        }
        for code in 1..=7 {
            let name = v1::Part::try_from(code).ok().unwrap().as_str_name();
            assert!(name.starts_with("PART_"), "{name}");
        }
        assert_eq!(answer::PartKind::DocumentValidUntil as i32, v1::Part::DocumentValidUntil as i32);
        use crate::issuance::Progress;
        for progress in [Progress::Pending, Progress::Current, Progress::Done, Progress::NotNeeded] {
            let name = v1::StepState::try_from(progress as i32).ok().unwrap().as_str_name();
            assert_eq!(name, format!("STEP_STATE{}", spelled(format!("{progress:?}"))));
        }
    }
}
