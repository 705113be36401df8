//! Records and versions as messages.

use prost::Message;

use super::Source;
use crate::cache;
use crate::context::CallContext;
use crate::grpc::convert;
use crate::number::{Iin, Sex};
use crate::pb::v1;
use crate::person::{Country, Document, Name};
use crate::register::{NumberState, Record, Version};
use crate::registrar::history::{Told, Wanted};
use crate::verification::Provenance;

/// The most bytes of versions in one answer: callers take 4 MiB unless they say otherwise. The first
/// one is told however large it is.
const VERSIONS: usize = 3 << 20;

pub(super) fn person(
    call: &CallContext,
    source: &Source,
    wanted: &Wanted,
    told: Told,
) -> v1::GetPersonResponse {
    let from = Provenance {
        rulebook_version: None,
        source: Some(cache::Source::Register),
        fact_time: Some(call.now),
        checked_at: call.now,
        register_name: source.name.clone(),
        completeness: source.completeness,
        snapshot_time: told.changed_at,
        as_of: wanted.as_of,
    };
    let mut room = VERSIONS;
    let versions = told.versions.into_iter().map(|held| version(wanted.iin, held));
    let fitting = versions.enumerate().take_while(|(i, version)| {
        let size = version.encoded_len();
        let fits = *i == 0 || size <= room;
        room = room.saturating_sub(size);
        fits
    });
    v1::GetPersonResponse {
        person: Some(record(wanted.iin, &told.record.value)),
        version: told.record.version,
        changed_at: Some(convert::timestamp(told.record.recorded_at)),
        provenance: Some(convert::provenance(&from)),
        versions: fitting.map(|(_, version)| version).collect(),
    }
}

fn version(iin: Iin, held: Version) -> v1::PersonVersion {
    v1::PersonVersion {
        person: Some(record(iin, &held.record.value)),
        version: held.record.version,
        recorded_at: Some(convert::timestamp(held.record.recorded_at)),
        actor: held.by.actor,
        on_behalf_of: held.by.on_behalf_of,
        end_user: held.by.end_user,
        client_reference: held.by.reference,
        reason: held.why,
    }
}

fn record(iin: Iin, record: &Record) -> v1::Person {
    let person = &record.person;
    v1::Person {
        iin: iin.to_text(),
        state: state(record.state).into(),
        names: person.names.iter().map(name).collect(),
        birth_date: person.birth_date.map(|date| date.to_string()).unwrap_or_default(),
        sex: match person.sex {
            None => v1::Sex::Unspecified,
            Some(Sex::Male) => v1::Sex::Male,
            Some(Sex::Female) => v1::Sex::Female,
        }
        .into(),
        citizenship: country(person.citizenship.as_ref()),
        documents: person.documents.iter().map(document).collect(),
        state_since: record.since.map(|date| date.to_string()).unwrap_or_default(),
        state_reason: record.state_reason.clone(),
        superseded_by: record.superseded_by.map(Iin::to_text).unwrap_or_default(),
        scheduled: record.scheduled.as_ref().map(|scheduled| v1::ScheduledState {
            state: state(scheduled.state).into(),
            effective_date: scheduled.on.to_string(),
            reason: scheduled.reason.clone(),
        }),
    }
}

fn state(state: NumberState) -> v1::NumberState {
    match state {
        NumberState::InForce => v1::NumberState::InForce,
        NumberState::ConditionallyExcluded => v1::NumberState::ConditionallyExcluded,
        NumberState::Excluded => v1::NumberState::Excluded,
        NumberState::Superseded => v1::NumberState::Superseded,
    }
}

pub(in crate::grpc) fn name(name: &Name) -> v1::PersonName {
    let Name { family, given, patronymic } = name.clone();
    v1::PersonName { family, given, patronymic }
}

pub(in crate::grpc) fn country(country: Option<&Country>) -> String {
    country.map(|country| country.as_str().to_string()).unwrap_or_default()
}

fn document(held: &Document) -> v1::PersonDocument {
    v1::PersonDocument {
        document: Some(plain(held)),
        name: held.name.as_ref().map(name),
        status: held.status.map(|status| status.as_str().to_string()).unwrap_or_default(),
    }
}

/// A document without its spelling of the name.
pub(in crate::grpc) fn plain(held: &Document) -> v1::Document {
    v1::Document {
        r#type: held.kind.clone(),
        number: held.number.clone(),
        issuing_country: country(held.country.as_ref()),
        valid_until: held.valid_until.map(|date| date.to_string()).unwrap_or_default(),
    }
}
