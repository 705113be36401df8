//! Lists of applications, by pages.

use jiff::Timestamp;
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::form::channel;
use super::request::code;
use crate::error::Error;
use crate::grpc::convert;
use crate::grpc::register::request::checked;
use crate::grpc::validate::Checker;
use crate::issuance::State;
use crate::pb::v1;
use crate::register::Place;
use crate::registrar::application::{Filter, Listed, submitted_on};

/// Applications of a page when nothing is said.
const USUAL: i32 = 50;
/// The most applications of a page.
const MOST: i32 = 1_000;

/// A page that is asked for.
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) size: usize,
    pub(super) after: Option<Place>,
    /// By what the token of one list is told from another's.
    list: [u8; 4],
}

pub(super) fn request(m: &v1::ListApplicationsRequest) -> Result<Asked, Error> {
    let mut c = Checker::default();
    if m.page_size < 0 {
        c.fault("page_size", "must not be negative");
    }
    let size = if m.page_size == 0 { USUAL } else { m.page_size.clamp(0, MOST) };
    let state = c.choice("state", m.state, |wanted: v1::ApplicationState| {
        State::ALL.into_iter().find(|known| convert::application_state(*known) == wanted)
    });
    let (from, to) = (c.date("submitted_from", &m.submitted_from), c.date("submitted_to", &m.submitted_to));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        c.fault("submitted_to", "must not be before submitted_from");
    }
    let filter = Filter { state, overdue: m.overdue, channel: code(&mut c, "channel", m.channel), from, to };
    let list = list(m);
    let after = match m.page_token.as_str() {
        "" => None,
        text => {
            let place = place(text, list);
            if place.is_none() {
                c.fault("page_token", "must be a token from an earlier response to the same filters");
            }
            place
        }
    };
    let size = usize::try_from(size).ok();
    checked(c, size).map(|size| Asked { filter, size, after, list })
}

/// The filters in short: a token must not be gone on with by others.
fn list(m: &v1::ListApplicationsRequest) -> [u8; 4] {
    let filters = v1::ListApplicationsRequest { page_size: 0, page_token: String::new(), ..m.clone() };
    let digest = Sha256::digest(filters.encode_to_vec());
    [digest[0], digest[1], digest[2], digest[3]]
}

/// A place as a token: list, moment and id in hexadecimal digits.
fn token((at, id): Place, list: [u8; 4]) -> String {
    hex::encode([&list[..], &at.as_microsecond().to_be_bytes(), id.as_bytes()].concat())
}

fn place(text: &str, list: [u8; 4]) -> Option<Place> {
    let mut bytes = [0; 4 + 8 + 16];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    let (own, rest) = bytes.split_at_checked(4)?;
    let (at, id) = rest.split_at_checked(8)?;
    let at = Timestamp::from_microsecond(i64::from_be_bytes(at.try_into().ok()?)).ok()?;
    (own == list).then_some((at, Uuid::from_slice(id).ok()?))
}

pub(super) fn response(asked: &Asked, listed: &Listed) -> v1::ListApplicationsResponse {
    let summary = |held: &crate::register::Versioned<crate::issuance::Standing>| {
        let standing = &held.value;
        let application = &standing.application;
        let submission = application.submission();
        v1::ApplicationSummary {
            id: application.id.to_string(),
            kind: convert::application_kind(application.kind).into(),
            state: convert::application_state(application.state()).into(),
            stage: application.stage() as i32,
            channel: channel(submission.map(|s| s.form.channel)),
            submitted_on: submitted_on(application).to_string(),
            due: standing.due.as_ref().map(convert::due),
            version: held.version,
            client_reference: submission.map(|s| s.reference.clone()).unwrap_or_default(),
        }
    };
    v1::ListApplicationsResponse {
        applications: listed.applications.iter().map(summary).collect(),
        next_page_token: listed.next.map(|place| token(place, asked.list)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_its_list_alone() {
        let m = v1::ListApplicationsRequest::default();
        let at = (Timestamp::from_microsecond(-7).unwrap(), Uuid::from_u128(9));
        let text = token(at, list(&m));
        assert_eq!(place(&text, list(&m)), Some(at));
        let other = v1::ListApplicationsRequest { overdue: Some(false), ..m.clone() };
        assert_eq!(place(&text, list(&other)), None);
        let next = v1::ListApplicationsRequest { page_token: text.clone(), page_size: 3, ..m };
        assert_eq!(place(&text, list(&next)), Some(at), "the page is no filter");
        for broken in ["", "00", &text[1..], &format!("{}é", &text[..54]), &"g".repeat(56)] {
            assert_eq!(place(broken, list(&next)), None, "{broken}");
        }
    }
}
