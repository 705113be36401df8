//! How records, hotlist entries and applications become bytes in a store, and back.
//!
//! A body is a protobuf message (so that fields can be added and old rows stay readable) behind
//! four bytes of SHA-256 over the row's key, its columns and the message. SQLite has no checksums
//! of its own: without these a flipped bit in a name would be served as a fact, and a wrong fact
//! that verifies is the worst this service can do.
//!
//! Rules for changing a message: tag numbers are never reused or given another type; a new field
//! must mean "not known" when it is absent.

mod body;
mod fact;

use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::hotlist::{Clients, Entry};
use super::{NumberState, Record, Scheduled, Subject, Versioned};
use crate::issuance::{Application, application};
use crate::number::{Iin, Sex};
use crate::person::{Document, Name, Person};

use body::{ApplicationBody, ClientsBody, DocumentBody, EntryBody, NameBody, RecordBody, ScheduledBody};

pub(crate) use fact::{decode_fact, encode_fact};

/// Bytes of the checksum in front of every body.
const SUM: usize = 4;

/// What is stored is not what was written. Says nothing of the content on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// A moment as stores keep it: to the microsecond, as PostgreSQL does.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The moment back.
pub(super) fn moment(micros: i64) -> Result<Timestamp, Undecodable> {
    Timestamp::from_microsecond(micros).map_err(|_| Undecodable)
}

fn day(date: Date) -> i32 {
    i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day())
}

fn date(day: i32) -> Result<Date, Undecodable> {
    let part = |n: i32| i8::try_from(n).map_err(|_| Undecodable);
    let year = i16::try_from(day.div_euclid(10_000)).map_err(|_| Undecodable)?;
    let rest = day.rem_euclid(10_000);
    Date::new(year, part(rest / 100)?, part(rest % 100)?).map_err(|_| Undecodable)
}

fn sum(context: &[&[u8]], message: &[u8]) -> [u8; SUM] {
    let mut hash = Sha256::new();
    // Every part of a context has a fixed length, so the parts cannot run into each other.
    for part in context {
        hash.update(part);
    }
    hash.update(message);
    let full = hash.finalize();
    [full[0], full[1], full[2], full[3]]
}

fn seal(context: &[&[u8]], message: &impl Message) -> Vec<u8> {
    let mut blob = vec![0; SUM];
    blob.reserve_exact(message.encoded_len());
    // Encoding into a vector cannot run out of room.
    let _ = message.encode(&mut blob);
    let sum = sum(context, &blob[SUM..]);
    blob[..SUM].copy_from_slice(&sum);
    blob
}

fn unseal<M: Message + Default>(context: &[&[u8]], blob: &[u8]) -> Result<M, Undecodable> {
    let (stored, message) = blob.split_at_checked(SUM).ok_or(Undecodable)?;
    if sum(context, message) != stored {
        return Err(Undecodable);
    }
    M::decode(message).map_err(|_| Undecodable)
}

/// The columns of a record's row beside its body.
#[derive(Clone, Copy)]
pub(super) struct RecordRow {
    pub(super) iin: Iin,
    pub(super) state: u8,
    pub(super) version: u64,
    pub(super) recorded_at: i64,
}

impl RecordRow {
    fn context<R>(self, with: impl FnOnce(&[&[u8]]) -> R) -> R {
        let (iin, version) = (self.iin.as_u64().to_be_bytes(), self.version.to_be_bytes());
        with(&[b"record", &iin, &[self.state], &version, &self.recorded_at.to_be_bytes()])
    }
}

pub(super) fn encode_record(row: RecordRow, record: &Record) -> Vec<u8> {
    let body = record_body(record);
    row.context(|context| seal(context, &body))
}

pub(super) fn decode_record(row: RecordRow, blob: &[u8]) -> Result<Versioned<Record>, Undecodable> {
    let body = row.context(|context| unseal(context, blob))?;
    let value = record(row.state, body)?;
    Ok(Versioned { value, version: row.version, recorded_at: moment(row.recorded_at)? })
}

fn record_body(record: &Record) -> RecordBody {
    RecordBody {
        since: record.since.map(day),
        state_reason: record.state_reason.clone(),
        superseded_by: record.superseded_by.map(Iin::as_u64),
        names: record.person.names.iter().map(name_body).collect(),
        birth_date: record.person.birth_date.map(day),
        sex: match record.person.sex {
            None => 0,
            Some(Sex::Male) => 1,
            Some(Sex::Female) => 2,
        },
        citizenship: record.person.citizenship.map(|c| c.as_str().to_string()).unwrap_or_default(),
        documents: record.person.documents.iter().map(document_body).collect(),
        scheduled: record.scheduled.as_ref().map(scheduled_body),
    }
}

fn record(state: u8, body: RecordBody) -> Result<Record, Undecodable> {
    Ok(Record {
        state: NumberState::from_code(state).ok_or(Undecodable)?,
        since: body.since.map(date).transpose()?,
        state_reason: body.state_reason,
        superseded_by: number(body.superseded_by)?,
        scheduled: body.scheduled.map(scheduled).transpose()?,
        person: Person {
            names: body.names.into_iter().map(name).collect(),
            birth_date: body.birth_date.map(date).transpose()?,
            sex: match body.sex {
                0 => None,
                1 => Some(Sex::Male),
                2 => Some(Sex::Female),
                _ => return Err(Undecodable),
            },
            citizenship: country(&body.citizenship)?,
            documents: body.documents.into_iter().map(document).collect::<Result<_, _>>()?,
        },
    })
}

fn number(stored: Option<u64>) -> Result<Option<Iin>, Undecodable> {
    stored.map(|n| Iin::from_u64(n).map_err(|_| Undecodable)).transpose()
}

fn country(code: &str) -> Result<Option<crate::person::Country>, Undecodable> {
    if code.is_empty() { Ok(None) } else { code.parse().map(Some).map_err(|_| Undecodable) }
}

fn scheduled_body(next: &Scheduled) -> ScheduledBody {
    ScheduledBody { state: next.state as u32, on: day(next.on), reason: next.reason.clone() }
}

fn scheduled(body: ScheduledBody) -> Result<Scheduled, Undecodable> {
    let state = u8::try_from(body.state).ok().and_then(NumberState::from_code).ok_or(Undecodable)?;
    Ok(Scheduled { state, on: date(body.on)?, reason: body.reason })
}

fn name_body(name: &Name) -> NameBody {
    NameBody { family: name.family.clone(), given: name.given.clone(), patronymic: name.patronymic.clone() }
}

fn name(body: NameBody) -> Name {
    Name { family: body.family, given: body.given, patronymic: body.patronymic }
}

fn document_body(document: &Document) -> DocumentBody {
    DocumentBody {
        kind: document.kind.clone(),
        number: document.number.clone(),
        country: document.country.map(|c| c.as_str().to_string()).unwrap_or_default(),
        valid_until: document.valid_until.map(day),
        name: document.name.as_ref().map(name_body),
        status: document.status.map(|status| status.as_str().to_string()).unwrap_or_default(),
    }
}

fn document(body: DocumentBody) -> Result<Document, Undecodable> {
    Ok(Document {
        kind: body.kind,
        number: body.number,
        country: country(&body.country)?,
        valid_until: body.valid_until.map(date).transpose()?,
        status: match body.status.as_str() {
            "" => None,
            code => Some(code.parse().map_err(|_| Undecodable)?),
        },
        name: body.name.map(name),
    })
}

pub(super) fn encode_entry(subject: Subject, entry: &Entry) -> Vec<u8> {
    seal(&[b"hotlist", &subject.0, entry.id.as_bytes()], &entry_body(entry))
}

pub(super) fn decode_entry(subject: Subject, id: Uuid, blob: &[u8]) -> Result<Entry, Undecodable> {
    entry(id, unseal(&[b"hotlist", &subject.0, id.as_bytes()], blob)?)
}

fn entry_body(entry: &Entry) -> EntryBody {
    let clients = |clients: &Clients| match clients {
        Clients::All => ClientsBody { all: true, ids: Vec::new() },
        Clients::Only(ids) => ClientsBody { all: false, ids: ids.iter().cloned().collect() },
    };
    EntryBody {
        scope: Some(clients(&entry.scope)),
        visibility: Some(clients(&entry.visibility)),
        expires_at: entry.expires_at.map(micros),
        note: entry.note.clone(),
    }
}

fn entry(id: Uuid, body: EntryBody) -> Result<Entry, Undecodable> {
    let clients = |body: Option<ClientsBody>| match body {
        Some(ClientsBody { all: true, .. }) => Ok(Clients::All),
        Some(ClientsBody { ids, .. }) => Ok(Clients::Only(ids.into_iter().collect())),
        None => Err(Undecodable),
    };
    Ok(Entry {
        id,
        scope: clients(body.scope)?,
        visibility: clients(body.visibility)?,
        expires_at: body.expires_at.map(moment).transpose()?,
        note: body.note,
    })
}

/// The columns of an application's row beside its body.
#[derive(Clone, Copy)]
pub(super) struct ApplicationRow {
    pub(super) id: Uuid,
    pub(super) version: u64,
    pub(super) recorded_at: i64,
}

impl ApplicationRow {
    fn context<R>(self, with: impl FnOnce(&[&[u8]]) -> R) -> R {
        let (version, at) = (self.version.to_be_bytes(), self.recorded_at.to_be_bytes());
        with(&[b"application", self.id.as_bytes(), &version, &at])
    }
}

pub(super) fn encode_application(row: ApplicationRow, application: &Application) -> Vec<u8> {
    let body = ApplicationBody {
        kind: match application.kind {
            application::Kind::Formation => 1,
            application::Kind::Correction => 2,
        },
        iin: application.iin.map(Iin::as_u64),
        // An event is plain data: turning it into JSON cannot fail. Were it to, the empty text
        // would be refused when read, not taken for an event.
        events: application.events.iter().map(|e| serde_json::to_string(e).unwrap_or_default()).collect(),
    };
    row.context(|context| seal(context, &body))
}

pub(super) fn decode_application(
    row: ApplicationRow,
    blob: &[u8],
) -> Result<Versioned<Application>, Undecodable> {
    let body: ApplicationBody = row.context(|context| unseal(context, blob))?;
    let value = Application {
        id: row.id,
        kind: match body.kind {
            1 => application::Kind::Formation,
            2 => application::Kind::Correction,
            _ => return Err(Undecodable),
        },
        iin: number(body.iin)?,
        events: body
            .events
            .iter()
            .map(|e| serde_json::from_str(e).map_err(|_| Undecodable))
            .collect::<Result<_, _>>()?,
    };
    Ok(Versioned { value, version: row.version, recorded_at: moment(row.recorded_at)? })
}

#[cfg(test)]
mod tests;
