//! Requests about persons that make sense; the others name every field at fault.

use jiff::civil::Date;

use super::{body, person};
use crate::context::CallContext;
use crate::error::Error;
use crate::grpc::validate::{Checker, MAX_REFERENCE};
use crate::number::Iin;
use crate::pb::v1;
use crate::register::NumberState;
use crate::register::change::MAX_TEXT;
use crate::registrar::history::Wanted;
use crate::registrar::person::Put;
use crate::registrar::request::Asked;
use crate::registrar::standing::{Step, Succession};

/// The most versions that one answer tells.
const MAX_VERSIONS: u32 = 100;

/// The fields that mean the same in every mutation.
pub(in crate::grpc) struct Common<'a> {
    pub(in crate::grpc) request_id: &'a str,
    pub(in crate::grpc) client_reference: &'a str,
    pub(in crate::grpc) on_behalf_of: &'a str,
    pub(in crate::grpc) end_user: &'a str,
}

macro_rules! common {
    ($message:expr) => {
        $crate::grpc::register::request::Common {
            request_id: &$message.request_id,
            client_reference: &$message.client_reference,
            on_behalf_of: &$message.on_behalf_of,
            end_user: &$message.end_user,
        }
    };
}
pub(in crate::grpc) use common;

impl Common<'_> {
    /// Which request it is; `None` with faults noted.
    pub(in crate::grpc) fn check(&self, c: &mut Checker, rpc: &'static str, body: Vec<u8>) -> Option<Asked> {
        let id = c.required_uuid("request_id", self.request_id);
        self.check_references(c);
        Some(Asked {
            id: id?,
            rpc,
            body,
            on_behalf_of: self.on_behalf_of.into(),
            end_user: self.end_user.into(),
            reference: self.client_reference.into(),
        })
    }

    pub(super) fn check_references(&self, c: &mut Checker) {
        c.kept_text("client_reference", self.client_reference, MAX_REFERENCE);
        c.kept_text("on_behalf_of", self.on_behalf_of, MAX_REFERENCE);
        c.kept_text("end_user", self.end_user, MAX_REFERENCE);
    }
}

/// What a checked request needs is there, or the check itself is at fault.
pub(in crate::grpc) fn checked<T>(c: Checker, made: Option<T>) -> Result<T, Error> {
    c.finish()?;
    made.ok_or_else(|| Error::internal("a checked field is missing"))
}

/// The version of something that must be there.
pub(in crate::grpc) fn version(c: &mut Checker, expected: u64) {
    if expected == 0 {
        c.fault("expected_version", "must be the version that was read last");
    }
}

fn reason(c: &mut Checker, text: &str) -> String {
    if text.trim().is_empty() {
        c.fault("reason", "must not be empty");
    }
    c.kept_text("reason", text, MAX_TEXT);
    text.to_string()
}

/// From which day; today when nothing is said.
fn effective(c: &mut Checker, text: &str, call: &CallContext) -> Option<Date> {
    if text.is_empty() { Some(call.today) } else { c.date("effective_date", text) }
}

pub(super) fn put_person(call: &CallContext, m: &v1::PutPersonRequest) -> Result<(Asked, Put), Error> {
    let mut c = Checker::default();
    let put = person::put(&mut c, "person", m.person.as_ref(), call.today);
    let asked = common!(m).check(&mut c, "PutPerson", body(m));
    checked(c, asked.zip(put))
}

pub(super) fn get_person(call: &CallContext, m: &v1::GetPersonRequest) -> Result<Wanted, Error> {
    let mut c = Checker::default();
    let iin = c.iin("iin", &m.iin);
    let as_of = c.past("as_of", m.as_of.as_ref(), call.now);
    if m.versions > MAX_VERSIONS {
        c.fault("versions", format!("must be at most {MAX_VERSIONS}"));
    }
    if m.before_version != 0 && m.versions == 0 {
        c.fault("before_version", "goes with versions only");
    }
    let before = Some(m.before_version).filter(|version| *version != 0);
    let versions = usize::try_from(m.versions).unwrap_or_default();
    checked(c, iin.map(|iin| Wanted { iin, as_of, versions, before }))
}

pub(super) fn exclude(call: &CallContext, m: &v1::ExcludePersonRequest) -> Result<(Asked, Iin, Step), Error> {
    let mut c = Checker::default();
    let iin = c.iin("iin", &m.iin);
    let to = match m.state() {
        v1::NumberState::Excluded => Some(NumberState::Excluded),
        v1::NumberState::ConditionallyExcluded => Some(NumberState::ConditionallyExcluded),
        _ => {
            c.fault("state", "must be EXCLUDED or CONDITIONALLY_EXCLUDED");
            None
        }
    };
    let reason = reason(&mut c, &m.reason);
    let on = effective(&mut c, &m.effective_date, call);
    version(&mut c, m.expected_version);
    let asked = common!(m).check(&mut c, "ExcludePerson", body(m));
    let step = to.zip(on).map(|(to, on)| Step { to, on, reason });
    checked(c, asked.zip(iin).zip(step).map(|((asked, iin), step)| (asked, iin, step)))
}

pub(super) fn restore(call: &CallContext, m: &v1::RestorePersonRequest) -> Result<(Asked, Iin, Step), Error> {
    let mut c = Checker::default();
    let iin = c.iin("iin", &m.iin);
    let reason = reason(&mut c, &m.reason);
    let on = effective(&mut c, &m.effective_date, call);
    version(&mut c, m.expected_version);
    let asked = common!(m).check(&mut c, "RestorePerson", body(m));
    let step = on.map(|on| Step { to: NumberState::InForce, on, reason });
    checked(c, asked.zip(iin).zip(step).map(|((asked, iin), step)| (asked, iin, step)))
}

pub(super) fn supersede(
    call: &CallContext,
    m: &v1::SupersedeIinRequest,
) -> Result<(Asked, Iin, Succession), Error> {
    let mut c = Checker::default();
    let iin = c.iin("iin", &m.iin);
    let by = c.iin("superseded_by", &m.superseded_by);
    if iin.is_some() && iin == by {
        c.fault("superseded_by", "must be another number");
    }
    let reason = reason(&mut c, &m.reason);
    let on = effective(&mut c, &m.effective_date, call);
    if on.is_some_and(|on| on > call.today) {
        c.fault("effective_date", "must not be in the future");
    }
    version(&mut c, m.expected_version);
    let asked = common!(m).check(&mut c, "SupersedeIin", body(m));
    let succession = by.zip(on).map(|(by, on)| Succession { by, on, reason });
    checked(c, asked.zip(iin).zip(succession).map(|((asked, iin), succession)| (asked, iin, succession)))
}
