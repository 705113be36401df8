//! A whole fact as bytes. Whoever keeps these seals them: there is no checksum here.

use prost::Message;
use uuid::Uuid;

use super::body::{FactBody, ListedBody, VersionBody};
use super::{Undecodable, entry, entry_body, micros, moment, record, record_body};
use crate::register::{ChangedAt, Fact, Versioned};

/// A fact, and when its shard last changed, behind what `into` holds already. Moments keep to the
/// microsecond.
pub(crate) fn encode_fact(fact: &Fact, changed_at: ChangedAt, into: &mut Vec<u8>) {
    let body = FactBody {
        record: fact.record.as_ref().map(|version| VersionBody {
            state: version.value.state as u32,
            version: version.version,
            recorded_at: micros(version.recorded_at),
            record: Some(record_body(&version.value)),
        }),
        hotlist: fact
            .hotlist
            .iter()
            .map(|entry| ListedBody { id: entry.id.as_bytes().to_vec(), entry: Some(entry_body(entry)) })
            .collect(),
        changed_at: changed_at.map(micros),
    };
    into.reserve(body.encoded_len());
    // Encoding into a vector cannot run out of room.
    let _ = body.encode(into);
}

/// What was encoded. A part that is missing is refused: it would read as "not held".
pub(crate) fn decode_fact(bytes: &[u8]) -> Result<(Fact, ChangedAt), Undecodable> {
    let body = FactBody::decode(bytes).map_err(|_| Undecodable)?;
    let version = |version: VersionBody| {
        let state = u8::try_from(version.state).map_err(|_| Undecodable)?;
        let value = record(state, version.record.ok_or(Undecodable)?)?;
        Ok(Versioned { value, version: version.version, recorded_at: moment(version.recorded_at)? })
    };
    let listed = |listed: ListedBody| {
        let id = Uuid::from_slice(&listed.id).map_err(|_| Undecodable)?;
        entry(id, listed.entry.ok_or(Undecodable)?)
    };
    let fact = Fact {
        record: body.record.map(version).transpose()?,
        hotlist: body.hotlist.into_iter().map(listed).collect::<Result<_, _>>()?,
    };
    Ok((fact, body.changed_at.map(moment).transpose()?))
}
