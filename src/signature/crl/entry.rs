//! Entries and extensions of a list, read one after the other.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_DELTA_CRL_INDICATOR,
    ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use der::{Decode, Reader, SliceReader, Tag};
use jiff::Timestamp;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::time::Time;

use super::{LIST, number, value};
use crate::signature::Fault;
use crate::signature::revocation::{Cause, Serial};

/// Seconds since 1970.
pub(super) fn seconds(reader: &mut SliceReader<'_>) -> Result<u64, Fault> {
    Ok(Time::decode(reader).map_err(|_| LIST)?.to_unix_duration().as_secs())
}

pub(super) fn time(reader: &mut SliceReader<'_>) -> Result<Timestamp, Fault> {
    let seconds = i64::try_from(seconds(reader)?).map_err(|_| LIST)?;
    Timestamp::from_second(seconds).map_err(|_| LIST)
}

/// One entry: whose, since when, why.
pub(super) fn read(reader: &mut SliceReader<'_>) -> Result<(Serial, u64, Cause), Fault> {
    let mut parts = SliceReader::new(value(reader, Tag::Sequence)?).map_err(|_| LIST)?;
    let serial = Serial::new(value(&mut parts, Tag::Integer)?)
        .ok_or(Fault::Malformed("a serial number in the list of revoked certificates"))?;
    let at = seconds(&mut parts)?;
    let mut cause = Cause::Unspecified;
    if !parts.is_finished() {
        let mut seen = Vec::new();
        extensions(value(&mut parts, Tag::Sequence)?, &mut seen, |id, critical, content| {
            if id == ID_CE_CRL_REASONS {
                cause = Cause::from_der(content).map_err(|_| LIST)?;
            } else if critical {
                return Err(Fault::Profile("an entry with a critical extension that is not understood"));
            }
            Ok(())
        })?;
    }
    if parts.is_finished() { Ok((serial, at, cause)) } else { Err(LIST) }
}

/// What is read of a list's own extensions.
#[derive(Default)]
pub(super) struct OfList {
    pub(super) number: Option<Serial>,
    /// The list that this one is the changes of.
    pub(super) base: Option<Serial>,
    pub(super) issuer_key_id: Vec<u8>,
}

pub(super) fn of_list(reader: &mut SliceReader<'_>) -> Result<OfList, Fault> {
    let mut found = OfList::default();
    if reader.is_finished() {
        return Ok(found);
    }
    let tag = Tag::ContextSpecific { constructed: true, number: der::TagNumber::N0 };
    let mut explicit = SliceReader::new(value(reader, tag)?).map_err(|_| LIST)?;
    let all = value(&mut explicit, Tag::Sequence)?;
    if !explicit.is_finished() {
        return Err(LIST);
    }
    let integer = |content| {
        let mut reader = SliceReader::new(content).map_err(|_| LIST)?;
        number(value(&mut reader, Tag::Integer)?)
    };
    let mut seen = Vec::new();
    extensions(all, &mut seen, |id, critical, content| {
        match id {
            ID_CE_CRL_NUMBER => found.number = Some(integer(content)?),
            ID_CE_DELTA_CRL_INDICATOR => found.base = Some(integer(content)?),
            ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                let read = AuthorityKeyIdentifier::from_der(content).map_err(|_| LIST)?;
                found.issuer_key_id = read.key_identifier.map(|id| id.into_bytes()).unwrap_or_default();
            }
            ID_CE_ISSUING_DISTRIBUTION_POINT => {
                return Err(Fault::Profile("a list that covers some certificates only"));
            }
            _ if critical => {
                return Err(Fault::Profile("a list with a critical extension that is not understood"));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

/// Hands each extension to `take`: what it is, whether it is critical, its content.
fn extensions<'a>(
    all: &'a [u8],
    seen: &mut Vec<ObjectIdentifier>,
    mut take: impl FnMut(ObjectIdentifier, bool, &'a [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    /// The most extensions of a list or an entry.
    const MOST: usize = 16;
    let mut reader = SliceReader::new(all).map_err(|_| LIST)?;
    while !reader.is_finished() {
        let mut parts = SliceReader::new(value(&mut reader, Tag::Sequence)?).map_err(|_| LIST)?;
        let id = ObjectIdentifier::decode(&mut parts).map_err(|_| LIST)?;
        let critical =
            matches!(parts.peek_tag(), Ok(Tag::Boolean)) && bool::decode(&mut parts).map_err(|_| LIST)?;
        let content = value(&mut parts, Tag::OctetString)?;
        if !parts.is_finished() || seen.contains(&id) || seen.len() == MOST {
            return Err(LIST);
        }
        seen.push(id);
        take(id, critical, content)?;
    }
    Ok(())
}
