//! A person of the contract as a record to put in: the rules of `registrar::entry`, by the contract's
//! fields.

use jiff::civil::Date;

use crate::grpc::validate::Checker;
use crate::pb::v1;
use crate::person::document::MAX_NUMBER;
use crate::person::document::status::BadStatus;
use crate::person::name::MAX_PART;
use crate::person::{Document, Name, Person};
use crate::register::NumberState;
use crate::register::change::MAX_TEXT;
use crate::registrar::entry::{MAX_EACH, too_many};
use crate::registrar::person::Put;

/// What a message states under `field`; `None` with faults noted.
pub(super) fn put(c: &mut Checker, field: &str, person: Option<&v1::Person>, today: Date) -> Option<Put> {
    let Some(m) = person else {
        c.fault(field, "must be given");
        return None;
    };
    let at = |name: &str| format!("{field}.{name}");
    let iin = c.iin(&at("iin"), &m.iin);
    let state = state(c, &at("state"), m.state);
    let names = names(c, &at("names"), &m.names);
    let birth_date = c.past_date(&at("birth_date"), &m.birth_date, today);
    let sex = c.sex(&at("sex"), m.sex);
    let citizenship = c.country(&at("citizenship"), &m.citizenship);
    let documents = documents(c, &at("documents"), &m.documents);
    let since = c.past_date(&at("state_since"), &m.state_since, today);
    c.kept_text(&at("state_reason"), &m.state_reason, MAX_TEXT);
    let superseded_by = match m.superseded_by.as_str() {
        "" => None,
        text => c.iin(&at("superseded_by"), text),
    };
    if superseded_by.is_some() && state != Some(NumberState::Superseded) {
        c.fault(&at("superseded_by"), "only a number that is SUPERSEDED has one");
    }
    if superseded_by.is_some() && superseded_by == iin {
        c.fault(&at("superseded_by"), "a number cannot replace itself");
    }
    if m.scheduled.is_some() {
        c.fault(&at("scheduled"), "must be left out: ExcludePerson and RestorePerson schedule changes");
    }
    let person = Person { names, birth_date, sex, citizenship, documents };
    Some(Put { iin: iin?, state, since, reason: m.state_reason.clone(), superseded_by, person })
}

/// `None` for UNSPECIFIED.
fn state(c: &mut Checker, field: &str, value: i32) -> Option<NumberState> {
    use v1::NumberState as State;
    match State::try_from(value) {
        Ok(State::Unspecified) => None,
        Ok(State::InForce) => Some(NumberState::InForce),
        Ok(State::ConditionallyExcluded) => Some(NumberState::ConditionallyExcluded),
        Ok(State::Excluded) => Some(NumberState::Excluded),
        Ok(State::Superseded) => Some(NumberState::Superseded),
        Ok(State::NotInRegister) | Err(_) => {
            c.fault(field, "must be IN_FORCE, CONDITIONALLY_EXCLUDED, EXCLUDED or SUPERSEDED");
            None
        }
    }
}

/// A name that is kept.
pub(in crate::grpc) fn name(c: &mut Checker, field: &str, m: &v1::PersonName) -> Name {
    c.kept_text(&format!("{field}.family"), &m.family, MAX_PART);
    c.kept_text(&format!("{field}.given"), &m.given, MAX_PART);
    if let Some(patronymic) = &m.patronymic {
        c.kept_text(&format!("{field}.patronymic"), patronymic, MAX_PART);
    }
    let name = Name { family: m.family.clone(), given: m.given.clone(), patronymic: m.patronymic.clone() };
    if name.is_empty() {
        c.fault(field, "must have a family name or a given name");
    }
    name
}

/// Of a list that is too long not even the first ones are looked at: what is wrong is its length.
fn few<'a, T>(c: &mut Checker, field: &str, list: &'a [T]) -> &'a [T] {
    if list.len() <= MAX_EACH {
        return list;
    }
    c.fault(field, too_many());
    &[]
}

fn names(c: &mut Checker, field: &str, list: &[v1::PersonName]) -> Vec<Name> {
    let list = few(c, field, list);
    list.iter().enumerate().map(|(i, m)| name(c, &format!("{field}[{i}]"), m)).collect()
}

fn documents(c: &mut Checker, field: &str, list: &[v1::PersonDocument]) -> Vec<Document> {
    let list = few(c, field, list);
    let judged = list.iter().enumerate().filter_map(|(i, m)| {
        let name = m.name.as_ref().map(|m| name(c, &format!("{field}[{i}].name"), m));
        let status = match m.status.as_str() {
            "" => None,
            code => code
                .parse()
                .map_err(|bad: BadStatus| c.fault(&format!("{field}[{i}].status"), bad.to_string()))
                .ok(),
        };
        let field = format!("{field}[{i}].document");
        let Some(m) = &m.document else {
            c.fault(&field, "must be given");
            return None;
        };
        Some(Document { name, status, ..document(c, &field, m) })
    });
    judged.collect()
}

/// A document that is kept.
pub(in crate::grpc) fn document(c: &mut Checker, field: &str, m: &v1::Document) -> Document {
    if m.number.chars().any(char::is_control) {
        c.kept_text(&format!("{field}.number"), &m.number, MAX_NUMBER);
    }
    c.document(field, m)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::error::Kind;

    fn judged(change: impl FnOnce(&mut v1::Person)) -> Vec<String> {
        let mut m = v1::Person { iin: "009900000008".into(), ..v1::Person::default() };
        change(&mut m);
        let mut c = Checker::default();
        put(&mut c, "person", Some(&m), date(2026, 11, 24));
        match c.finish() {
            Ok(()) => Vec::new(),
            Err(error) => match error.kind() {
                Kind::Invalid(violations) => violations.iter().map(|v| v.field.clone()).collect(),
                other => panic!("{other:?}"),
            },
        }
    }

    fn named(family: &str) -> v1::PersonName {
        v1::PersonName { family: family.into(), ..v1::PersonName::default() }
    }

    #[test]
    fn the_least_and_the_most_that_a_record_may_be() {
        assert!(judged(|_| ()).is_empty());
        assert!(judged(|m| m.names = vec![named(&"ә".repeat(128)); 64]).is_empty());
        assert_eq!(judged(|m| m.names = vec![named("a"); 65]), ["person.names"]);
        assert_eq!(judged(|m| m.documents = vec![v1::PersonDocument::default(); 65]), ["person.documents"]);
        assert_eq!(judged(|m| m.names = vec![named(&"ә".repeat(129))]), ["person.names[0].family"]);
    }

    #[test]
    fn every_field_at_fault_is_named_by_its_path() {
        let broken = judged(|m| {
            let document =
                v1::Document { number: "N\n1".into(), valid_until: "2030".into(), ..Default::default() };
            *m = v1::Person {
                iin: "009900000009".into(),
                state: v1::NumberState::NotInRegister.into(),
                names: vec![named(""), named("a\tb")],
                birth_date: "2026-11-25".into(),
                sex: 9,
                citizenship: "ZZZ".into(),
                documents: vec![
                    v1::PersonDocument::default(),
                    v1::PersonDocument {
                        document: Some(document),
                        name: Some(named("")),
                        status: "8".into(),
                    },
                ],
                state_since: "2026-11-25".into(),
                state_reason: "x".repeat(257),
                superseded_by: "009900000008".into(),
                scheduled: Some(v1::ScheduledState::default()),
            };
        });
        let want = [
            "iin",
            "state",
            "names[0]",
            "names[1].family",
            "birth_date",
            "sex",
            "citizenship",
            "documents[0].document",
            "documents[1].name",
            "documents[1].status",
            "documents[1].document.number",
            "documents[1].document.valid_until",
            "state_since",
            "state_reason",
            "superseded_by",
            "scheduled",
        ];
        assert_eq!(broken, want.map(|field| format!("person.{field}")));
    }

    #[test]
    fn what_is_told_of_a_record_that_is_all_wrong_fits_into_an_answer() {
        let many = vec![v1::PersonDocument { name: Some(named("")), ..v1::PersonDocument::default() }; 64];
        assert_eq!(judged(|m| m.documents = many).len(), crate::grpc::validate::MAX_VIOLATIONS);
    }

    #[test]
    fn only_a_superseded_number_has_another_and_never_itself() {
        let other = |m: &mut v1::Person| m.superseded_by = "009900030008".into();
        assert_eq!(judged(other), ["person.superseded_by"]);
        let superseded = |m: &mut v1::Person| m.set_state(v1::NumberState::Superseded);
        assert!(judged(|m| (other(m), superseded(m)).0).is_empty());
        assert!(judged(superseded).is_empty(), "the other number may not be known");
        let itself = |m: &mut v1::Person| m.superseded_by.clone_from(&m.iin);
        assert_eq!(judged(|m| (itself(m), superseded(m)).0), ["person.superseded_by"]);
    }
}
