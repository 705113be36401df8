//! Requests about applications that make sense; the others name every field at fault.

use uuid::Uuid;

use super::form;
use super::request::code;
use crate::context::CallContext;
use crate::error::Error;
use crate::grpc::evidence;
use crate::grpc::register::body;
use crate::grpc::register::person;
use crate::grpc::register::request::{checked, common, version};
use crate::grpc::validate::Checker;
use crate::issuance::Command;
use crate::issuance::application::{DelayCause, Outstanding, Prints, RefusalReason};
use crate::issuance::command::MAX_ANEW;
use crate::issuance::form::Paper;
use crate::number::Iin;
use crate::pb::v1;
use crate::person::document::is_kind;
use crate::registrar::application::{Signed, Submitted};
use crate::registrar::request::Asked;

/// The longest text that says what to mend.
const MAX_MEND: usize = 1_024;
/// The longest note of a paper that is owed anew.
const MAX_NOTE: usize = 256;
/// The longest name of an office.
const MAX_OFFICE: usize = 128;
/// The longest reference of an office.
const MAX_OFFICE_REFERENCE: usize = 64;
/// The longest delay, in working days.
const MAX_DELAY: u32 = 250;

/// Which application, and its version seen last.
pub(super) type Which = (Uuid, u64);

/// An id is opaque to callers: one that was never given out is simply not found.
pub(super) fn id(c: &mut Checker, text: &str) -> Uuid {
    c.number_text("application_id", text);
    Uuid::try_parse(text).unwrap_or(Uuid::nil())
}

fn which(c: &mut Checker, text: &str, expected: u64) -> Which {
    version(c, expected);
    (id(c, text), expected)
}

pub(super) fn submit(
    call: &CallContext,
    m: &v1::SubmitApplicationRequest,
) -> Result<(Asked, Submitted), Error> {
    let mut c = Checker::default();
    let stated = form::judged(&mut c, m.form.as_ref(), call.today);
    let on = c.past_date("submitted_on", &m.submitted_on, call.today);
    let anew = match m.application_id.as_str() {
        "" => {
            if m.expected_version != 0 {
                c.fault("expected_version", "must be 0 without application_id");
            }
            None
        }
        text => Some(which(&mut c, text, m.expected_version)),
    };
    if let Some((_, form)) = &stated
        && on.is_some_and(|on| form.applicant.birth_date > on)
    {
        c.fault("submitted_on", "must not be before the applicant's birth");
    }
    let asked = common!(m).check(&mut c, "SubmitApplication", body(m));
    let submitted = stated.map(|(kind, form)| Submitted { kind, form, on, anew });
    checked(c, asked.zip(submitted))
}

/// A paper that is to be recorded, and the signature that certifies it.
pub(super) type Recorded = (Asked, Which, Paper, Option<Signed>);

pub(super) fn document(m: &v1::RecordDocumentRequest) -> Result<Recorded, Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    paper_code(&mut c, "document_code", &m.document_code);
    let form = code(&mut c, "form", m.form);
    let document = m.document.as_ref().map(|m| person::document(&mut c, "document", m));
    let name = m.name.as_ref().map(|m| person::name(&mut c, "name", m));
    let sha256 = <[u8; 32]>::try_from(m.content_sha256.as_slice()).ok();
    if sha256.is_none() && !m.content_sha256.is_empty() {
        c.fault("content_sha256", "must be 32 bytes or empty");
    }
    let signed = m.signature.as_ref().and_then(|m| evidence::of_paper(&mut c, m));
    let asked = common!(m).check(&mut c, "RecordDocument", body(m));
    let paper = Paper { code: m.document_code.clone(), form, document, name, sha256, certified: None };
    checked(c, asked).map(|asked| (asked, which, paper, signed))
}

fn paper_code(c: &mut Checker, field: &str, text: &str) {
    if !is_kind(text) {
        c.fault(field, "must be a code of at most 32 capitals, digits and underscores");
    }
}

pub(super) fn prints(
    call: &CallContext,
    m: &v1::RecordFingerprintsRequest,
) -> Result<(Asked, Which, Command), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let on = c.past_date("taken_on", &m.taken_on, call.today);
    if m.taken_on.is_empty() {
        c.fault("taken_on", "must be given");
    }
    c.kept_text("place", &m.place, MAX_OFFICE);
    c.kept_text("reference", &m.reference, MAX_OFFICE_REFERENCE);
    let asked = common!(m).check(&mut c, "RecordFingerprints", body(m));
    let prints = on.map(|on| Prints { on, place: m.place.clone(), reference: m.reference.clone() });
    checked(c, asked.zip(prints)).map(|(asked, prints)| (asked, which, Command::RecordFingerprints(prints)))
}

pub(super) fn delay(m: &v1::RecordDelayRequest) -> Result<(Asked, Which, Command), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let cause = match m.cause() {
        v1::DelayCause::Workload => Some(DelayCause::Workload),
        v1::DelayCause::Holiday => Some(DelayCause::Holiday),
        v1::DelayCause::TechnicalFailure => Some(DelayCause::TechnicalFailure),
        v1::DelayCause::Unspecified => {
            c.fault("cause", "must be WORKLOAD, HOLIDAY or TECHNICAL_FAILURE");
            None
        }
    };
    if !(1..=MAX_DELAY).contains(&m.working_days) {
        c.fault("working_days", format!("must be from 1 to {MAX_DELAY}"));
    }
    let asked = common!(m).check(&mut c, "RecordDelay", body(m));
    checked(c, asked.zip(cause))
        .map(|(asked, cause)| (asked, which, Command::RecordDelay(cause, m.working_days)))
}

fn reason(c: &mut Checker, reason: v1::RefusalReason) -> Option<RefusalReason> {
    match reason {
        v1::RefusalReason::Incomplete => Some(RefusalReason::Incomplete),
        v1::RefusalReason::InvalidPaper => Some(RefusalReason::InvalidPaper),
        v1::RefusalReason::DataMismatch => Some(RefusalReason::DataMismatch),
        v1::RefusalReason::SuspectedBadFaith => Some(RefusalReason::SuspectedBadFaith),
        v1::RefusalReason::Unspecified => {
            c.fault("reason", "must be INCOMPLETE, INVALID_PAPER, DATA_MISMATCH or SUSPECTED_BAD_FAITH");
            None
        }
    }
}

fn mend(c: &mut Checker, text: &str) -> String {
    if text.trim().is_empty() {
        c.fault("mend", "must not be empty");
    }
    c.kept_text("mend", text, MAX_MEND);
    text.to_string()
}

pub(super) fn correction(m: &v1::RequestCorrectionRequest) -> Result<(Asked, Which, Command), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let reason = reason(&mut c, m.reason());
    let mend = mend(&mut c, &m.mend);
    if m.outstanding.len() > MAX_ANEW {
        c.fault("outstanding", format!("must have at most {MAX_ANEW} papers"));
    }
    for (i, owed) in m.outstanding.iter().take(MAX_ANEW).enumerate() {
        paper_code(&mut c, &format!("outstanding[{i}].document"), &owed.document);
        c.kept_text(&format!("outstanding[{i}].note"), &owed.note, MAX_NOTE);
    }
    let asked = common!(m).check(&mut c, "RequestCorrection", body(m));
    let owed = m.outstanding.iter();
    let owed = owed.map(|o| Outstanding { document: o.document.clone(), note: o.note.clone() });
    let command = reason.map(|reason| Command::RequestCorrection(reason, mend, owed.collect()));
    checked(c, asked.zip(command)).map(|(asked, command)| (asked, which, command))
}

pub(super) fn refusal(m: &v1::RefuseApplicationRequest) -> Result<(Asked, Which, Command), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let reason = reason(&mut c, m.reason());
    let mend = mend(&mut c, &m.mend);
    let asked = common!(m).check(&mut c, "RefuseApplication", body(m));
    let command = reason.map(|reason| Command::Refuse(reason, mend));
    checked(c, asked.zip(command)).map(|(asked, command)| (asked, which, command))
}

pub(super) fn withdrawal(m: &v1::WithdrawApplicationRequest) -> Result<(Asked, Which, Command), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let asked = common!(m).check(&mut c, "WithdrawApplication", body(m));
    checked(c, asked).map(|asked| (asked, which, Command::Withdraw))
}

pub(super) fn formation(m: &v1::FormIinRequest) -> Result<(Asked, Which, Option<Iin>), Error> {
    let mut c = Checker::default();
    let which = which(&mut c, &m.application_id, m.expected_version);
    let iin = if m.iin.is_empty() { None } else { c.iin("iin", &m.iin) };
    let asked = common!(m).check(&mut c, "FormIin", body(m));
    checked(c, asked).map(|asked| (asked, which, iin))
}
