//! Applications as messages.

use jiff::Timestamp;

use super::form;
use crate::grpc::convert;
use crate::grpc::register::answer::{name, plain};
use crate::issuance::application::Prints;
use crate::issuance::form::{Certified, Paper};
use crate::issuance::{Application, Standing, State};
use crate::number::Iin;
use crate::pb::v1;
use crate::register::Versioned;
use crate::registrar::application::{Answered, submitted_on};

/// The number that was formed or corrected; empty until then.
pub(super) fn iin(application: &Application) -> String {
    let done = application.state() == State::Completed;
    application.iin.filter(|_| done).map(Iin::to_text).unwrap_or_default()
}

pub(super) fn whole(held: &Versioned<Standing>) -> v1::GetApplicationResponse {
    let application = &held.value.application;
    let submission = application.submission();
    v1::GetApplicationResponse {
        application: Some(convert::application(&held.value)),
        version: held.version,
        form: submission.map(|s| form::message(application.kind, &s.form)),
        submitted_on: submitted_on(application).to_string(),
        documents: application.papers().recorded().map(|(at, paper)| recorded(at, paper)).collect(),
        fingerprints: application.prints().map(|(at, taken)| prints(at, taken)),
        iin: iin(application),
        client_reference: submission.map(|s| s.reference.clone()).unwrap_or_default(),
    }
}

/// The paper that a request recorded: the newest of its code then.
pub(super) fn paper(answered: &Answered, code: &str) -> Option<v1::RecordedDocument> {
    let papers = answered.standing.application.papers();
    papers.recorded().find(|(_, paper)| paper.code == code).map(|(at, paper)| recorded(at, paper))
}

fn recorded(at: Timestamp, paper: &Paper) -> v1::RecordedDocument {
    let (outcome, why) = match paper.certified {
        None => (v1::Outcome::Skipped, None),
        Some(Certified::Holds) => (v1::Outcome::Pass, None),
        Some(Certified::HoldsBut(why)) => (v1::Outcome::Warn, Some(why)),
        Some(Certified::Fails(why)) => (v1::Outcome::Fail, Some(why)),
        Some(Certified::Unknown(why)) => (v1::Outcome::Unavailable, Some(why)),
    };
    v1::RecordedDocument {
        document_code: paper.code.clone(),
        form: form::paper_form(paper.form),
        document: paper.document.as_ref().map(plain),
        name: paper.name.as_ref().map(name),
        signature_outcome: outcome.into(),
        signature_reason: why.map_or(0, |why| i32::from(why.code())),
        content_sha256: paper.sha256.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        at: Some(convert::timestamp(at)),
    }
}

/// That fingerprints were taken, as a request recorded it.
pub(super) fn taken(answered: &Answered) -> Option<v1::RecordedFingerprints> {
    answered.standing.application.prints().map(|(at, taken)| prints(at, taken))
}

fn prints(at: Timestamp, prints: &Prints) -> v1::RecordedFingerprints {
    v1::RecordedFingerprints {
        taken_on: prints.on.to_string(),
        place: prints.place.clone(),
        reference: prints.reference.clone(),
        at: Some(convert::timestamp(at)),
    }
}
