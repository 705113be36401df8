//! What an applicant states: the message judged, and back.

use jiff::civil::Date;

use super::request::{code, codes};
use crate::grpc::register::answer::{country, name as name_message, plain};
use crate::grpc::register::person;
use crate::grpc::validate::Checker;
use crate::issuance::application::Kind;
use crate::issuance::form::{Applicant, Form, MAX_NAMES, Representative};
use crate::number::{Iin, Sex};
use crate::pb::v1;
use crate::person::Document;
use crate::rulebook::codes::{Category, Channel, Code, Presence, StayKind};

/// The longest place of registration, in Unicode scalars.
const MAX_PLACE: usize = 128;
/// The longest power of attorney.
const MAX_AUTHORITY: usize = 256;

/// What an application is for and what it states; `None` with faults noted.
pub(super) fn judged(
    c: &mut Checker,
    form: Option<&v1::ApplicationForm>,
    today: Date,
) -> Option<(Kind, Form)> {
    let Some(m) = form else {
        c.fault("form", "must be given");
        return None;
    };
    let kind = kind(c, m.kind);
    let ground = code(c, "form.ground", m.ground);
    if kind == Some(Kind::Formation) && m.ground == 0 {
        c.fault("form.ground", "must be set for a formation");
    }
    let channel: Option<Channel> = set(c, "form.channel", m.channel);
    let presence: Option<Presence> = set(c, "form.presence", m.presence);
    let location = m.location.clone().unwrap_or_default();
    c.kept_text("form.location.place_of_registration", &location.place_of_registration, MAX_PLACE);
    let (stay, since, until) = stay(c, m.stay.as_ref());
    let categories: Vec<Category> = codes(c, "form.categories", &m.categories);
    let applicant = applicant(c, m.applicant.as_ref(), &categories, today);
    let representative = representative(c, m.representative.as_ref(), presence);
    let iin = number(c, kind, &m.iin);
    let form = Form {
        ground,
        purposes: codes(c, "form.purposes", &m.purposes),
        channel: channel?,
        presence: presence?,
        country: c.country("form.location.country", &location.country),
        place_of_registration: location.place_of_registration,
        stay,
        stay_since: since,
        stay_until: until,
        applicant: applicant?,
        representative,
        categories,
        visa_or_permit: code(c, "form.visa_or_permit", m.visa_or_permit),
        expedited: m.expedited,
        iin,
    };
    Some((kind?, form))
}

fn kind(c: &mut Checker, value: i32) -> Option<Kind> {
    let kind = match v1::ApplicationKind::try_from(value) {
        Ok(v1::ApplicationKind::Formation) => Some(Kind::Formation),
        Ok(v1::ApplicationKind::Correction) => Some(Kind::Correction),
        Ok(v1::ApplicationKind::Unspecified) | Err(_) => None,
    };
    if kind.is_none() {
        c.fault("form.kind", "must be FORMATION or CORRECTION");
    }
    kind
}

fn set<T: Code>(c: &mut Checker, field: &str, value: i32) -> Option<T> {
    if value == 0 {
        c.fault(field, "must be set");
    }
    code(c, field, value)
}

/// The number that a correction is about.
fn number(c: &mut Checker, kind: Option<Kind>, text: &str) -> Option<Iin> {
    match kind {
        Some(Kind::Correction) => c.iin("form.iin", text),
        Some(Kind::Formation) if !text.is_empty() => {
            c.fault("form.iin", "must be empty: a formation is about no number yet");
            None
        }
        _ => None,
    }
}

fn stay(c: &mut Checker, m: Option<&v1::Stay>) -> (Option<StayKind>, Option<Date>, Option<Date>) {
    let m = m.cloned().unwrap_or_default();
    let (since, until) = (c.date("form.stay.since", &m.since), c.date("form.stay.until", &m.until));
    if since.zip(until).is_some_and(|(since, until)| until < since) {
        c.fault("form.stay.until", "must not be before form.stay.since");
    }
    (code(c, "form.stay.kind", m.kind), since, until)
}

fn applicant(
    c: &mut Checker,
    m: Option<&v1::Applicant>,
    categories: &[Category],
    today: Date,
) -> Option<Applicant> {
    const FIELD: &str = "form.applicant";
    let at = |name: &str| format!("{FIELD}.{name}");
    let Some(m) = m else {
        c.fault(FIELD, "must be given");
        return None;
    };
    let mut names = Vec::new();
    if (1..=MAX_NAMES).contains(&m.names.len()) {
        let each = m.names.iter().enumerate();
        names.extend(each.map(|(i, m)| person::name(c, &at(&format!("names[{i}]")), m)));
    } else {
        c.fault(&at("names"), format!("must have 1 to {MAX_NAMES} spellings"));
    }
    let birth_date = c.past_date(&at("birth_date"), &m.birth_date, today);
    if m.birth_date.is_empty() {
        c.fault(&at("birth_date"), "must be given");
    }
    if m.citizenship.is_empty() {
        c.fault(&at("citizenship"), "must be given; XXX when it is not known");
    }
    // Convicts and children without papers lawfully have none.
    let without = [Category::Convict, Category::ChildWithoutDocuments];
    if m.document.is_none() && !categories.iter().any(|category| without.contains(category)) {
        c.fault(&at("document"), "must be given, but for a convict or a child without documents");
    }
    let document = m.document.as_ref().map(|m| identity(c, &at("document"), m));
    Some(Applicant {
        names,
        birth_date: birth_date?,
        sex: c.sex(&at("sex"), m.sex),
        citizenship: c.country(&at("citizenship"), &m.citizenship),
        document,
        passport_script: code(c, &at("passport_script"), m.passport_script),
        birthplace_script: code(c, &at("birthplace_script"), m.birthplace_script),
    })
}

/// A document that a person can be found by: kind and country are part of that.
fn identity(c: &mut Checker, field: &str, m: &v1::Document) -> Document {
    for (part, empty) in [("type", m.r#type.is_empty()), ("issuing_country", m.issuing_country.is_empty())] {
        if empty {
            c.fault(&format!("{field}.{part}"), "must not be empty");
        }
    }
    person::document(c, field, m)
}

fn representative(
    c: &mut Checker,
    m: Option<&v1::Representative>,
    presence: Option<Presence>,
) -> Option<Representative> {
    const FIELD: &str = "form.representative";
    let acts = matches!(presence, Some(Presence::TrustedPerson | Presence::Guardian));
    let Some(m) = m else {
        if acts {
            c.fault(FIELD, "must be given with TRUSTED_PERSON and GUARDIAN");
        }
        return None;
    };
    if presence == Some(Presence::InPerson) {
        c.fault(FIELD, "goes with TRUSTED_PERSON and GUARDIAN only");
    }
    let field = format!("{FIELD}.name");
    let name = match &m.name {
        Some(name) => Some(person::name(c, &field, name)),
        None => {
            c.fault(&field, "must be given");
            None
        }
    };
    let field = format!("{FIELD}.authority");
    if m.authority.trim().is_empty() {
        c.fault(&field, "must be given");
    }
    c.kept_text(&field, &m.authority, MAX_AUTHORITY);
    let document = m.document.as_ref().map(|m| person::document(c, &format!("{FIELD}.document"), m));
    Some(Representative { name: name?, document, authority: m.authority.clone() })
}

fn number_of<T: Code>(value: Option<T>) -> i32 {
    // The sets count from 1 without a gap, in the contract's order.
    let place = value.and_then(|value| T::all().iter().position(|known| *known == value));
    place.and_then(|place| i32::try_from(place + 1).ok()).unwrap_or(0)
}

fn date(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// The form of a paper as the contract numbers it.
pub(super) fn paper_form(form: Option<crate::rulebook::codes::Form>) -> i32 {
    number_of(form)
}

/// The channel as the contract numbers it.
pub(super) fn channel(channel: Option<Channel>) -> i32 {
    number_of(channel)
}

/// What was stated, as a message.
pub(super) fn message(kind: Kind, form: &Form) -> v1::ApplicationForm {
    let applicant = &form.applicant;
    v1::ApplicationForm {
        kind: crate::grpc::convert::application_kind(kind).into(),
        ground: number_of(form.ground),
        purposes: form.purposes.iter().map(|purpose| *purpose as i32).collect(),
        channel: number_of(Some(form.channel)),
        presence: number_of(Some(form.presence)),
        location: Some(v1::Location {
            country: country(form.country.as_ref()),
            place_of_registration: form.place_of_registration.clone(),
        }),
        stay: Some(v1::Stay {
            kind: number_of(form.stay),
            since: date(form.stay_since),
            until: date(form.stay_until),
        }),
        applicant: Some(v1::Applicant {
            names: applicant.names.iter().map(name_message).collect(),
            birth_date: applicant.birth_date.to_string(),
            sex: match applicant.sex {
                None => v1::Sex::Unspecified,
                Some(Sex::Male) => v1::Sex::Male,
                Some(Sex::Female) => v1::Sex::Female,
            }
            .into(),
            citizenship: country(applicant.citizenship.as_ref()),
            document: applicant.document.as_ref().map(plain),
            passport_script: number_of(applicant.passport_script),
            birthplace_script: number_of(applicant.birthplace_script),
        }),
        representative: form.representative.as_ref().map(|r| v1::Representative {
            name: Some(name_message(&r.name)),
            document: r.document.as_ref().map(plain),
            authority: r.authority.clone(),
        }),
        categories: form.categories.iter().map(|category| number_of(Some(*category))).collect(),
        visa_or_permit: number_of(form.visa_or_permit),
        expedited: form.expedited,
        iin: form.iin.map(Iin::to_text).unwrap_or_default(),
    }
}
