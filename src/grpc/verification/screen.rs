//! Screen: columns of the contract to columns of the domain and back.

use super::purpose;
use crate::error::Error;
use crate::grpc::convert;
use crate::grpc::validate::{Checker, MAX_NUMBER_TEXT, MAX_REFERENCE};
use crate::pb::v1;
use crate::reason::Reason;
use crate::verification::screen::{Depth, MAX_NUMBERS, Numbers, Request, Screened};

/// The most texts at fault that one refusal names: a column of the wrong kind has 100,000 of them.
const MAX_NAMED: usize = 20;

/// Takes the message apart: the columns are moved, not copied.
pub(super) fn request(m: v1::ScreenRequest) -> Result<Request, Error> {
    let mut c = Checker::default();
    let numbers = numbers(&mut c, m.iins, m.number_strings);
    let depth = c.choice("depth", m.depth, |d: v1::ScreenDepth| match d {
        v1::ScreenDepth::Unspecified => None,
        v1::ScreenDepth::Structure => Some(Depth::Structure),
        v1::ScreenDepth::Register => Some(Depth::Register),
    });
    purpose(&mut c, m.purpose);
    let max_age = c.max_age("max_age", m.max_age.as_ref());
    c.uuid("request_id", &m.request_id);
    c.at_most("client_reference", &m.client_reference, MAX_REFERENCE);
    c.at_most("on_behalf_of", &m.on_behalf_of, MAX_REFERENCE);
    c.at_most("end_user", &m.end_user, MAX_REFERENCE);
    c.not_yet("consent", m.consent.is_some());
    c.not_yet("on_behalf_of", !m.on_behalf_of.is_empty());
    c.not_yet("end_user", !m.end_user.is_empty());
    c.finish()?;
    Ok(Request { numbers, depth: depth.unwrap_or_default(), max_age })
}

/// The column that is filled, and what is wrong with the two.
fn numbers(c: &mut Checker, iins: Vec<u64>, texts: Vec<String>) -> Numbers {
    let mut fault = |field: &str, what: String| c.violation(field, Reason::InvalidRequest, what);
    if iins.is_empty() == texts.is_empty() {
        let what = if iins.is_empty() {
            "must be filled, or else number_strings"
        } else {
            "must not be filled beside number_strings"
        };
        fault("iins", what.into());
    }
    for (field, count) in [("iins", iins.len()), ("number_strings", texts.len())] {
        if count > MAX_NUMBERS {
            fault(field, format!("must have at most {MAX_NUMBERS} numbers"));
        }
    }
    let long = texts.iter().enumerate().filter(|(_, text)| text.chars().nth(MAX_NUMBER_TEXT).is_some());
    for (i, _) in long.take(MAX_NAMED) {
        fault(&format!("number_strings[{i}]"), format!("must have at most {MAX_NUMBER_TEXT} characters"));
    }
    if texts.is_empty() { Numbers::Integers(iins) } else { Numbers::Texts(texts) }
}

pub(super) fn response(screened: Screened) -> v1::ScreenResponse {
    let count = |(reason, count): (Reason, u32)| v1::ReasonCount { reason: reason.code().into(), count };
    v1::ScreenResponse {
        verdicts: screened.verdicts,
        reasons: screened.reasons,
        counts: screened.counts.into_iter().map(count).collect(),
        provenance: Some(convert::provenance(&screened.provenance)),
    }
}
