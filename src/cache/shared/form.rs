//! The values of the shared tier.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | the position at which the fact was read, the greatest byte first; in clear, so that the script that writes can compare it |
//! | 1, 12 | the key's id, the nonce |
//! | the rest but 16 | sealed: the length of what follows the next four bytes, how long it was to be kept in milliseconds (four bytes each), the fact, zeros |
//! | 16 | the tag |
//!
//! The first eight alone are a tombstone: whatever was read before that position is out of date.
//!
//! Name, subject, position and schema version are bound to what is sealed: a value that was moved to
//! another name, or given another position, does not open. Zeros fill a value up to one of a few
//! lengths, so that its length does not tell a number that is held from one that is not.

use std::time::Duration;

use crate::cache::Entry;
use crate::cache::key::{Name, Names, SCHEMA};
use crate::cache::seal::{Broken, OVERHEAD, Sealer};
use crate::keys::{Derived, Keys};
use crate::register::{Position, Subject, decode_fact, encode_fact};

/// Bytes of a position.
const HEAD: usize = 8;
/// Bytes before the fact: its length, and how long it was to be kept.
const PREAMBLE: usize = 8;
/// The lengths that values have. A record with a few spellings and documents fits the first.
pub(super) const LENGTHS: [usize; 4] = [1024, 4096, 16_384, 65_536];

/// A fact that is longer than the longest value, or cannot be sealed: it is not shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit;

/// What is there is not what a node with these keys wrote there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// What a name holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A fact, and how long it was to be kept when it was written.
    Fact(Box<Entry>, Duration),
    /// Nothing from before this position.
    Tombstone(Position),
}

impl Value {
    pub(super) fn position(&self) -> Position {
        match self {
            Value::Fact(entry, _) => entry.position,
            Value::Tombstone(position) => *position,
        }
    }
}

/// Names and seals of one deployment key.
pub(super) struct Key {
    names: Names,
    sealer: Sealer,
}

/// The live keys: the first writes, both are read.
pub(super) struct Ring {
    pub(super) current: Key,
    pub(super) previous: Option<Key>,
}

impl Ring {
    pub(super) fn new(keys: &Keys) -> Result<Self, Broken> {
        let uses = ["cache/name", "cache/value", "cache/id"].map(|label| keys.derive(label));
        let key = |of: fn(&Derived) -> Option<&_>| match uses.each_ref().map(of) {
            [Some(name), Some(value), Some(id)] => {
                Sealer::new(value, id[0]).map(|sealer| Some(Key { names: Names::new(name), sealer }))
            }
            _ => Ok(None),
        };
        let current = key(|derived| Some(&derived.current))?.ok_or(Broken)?;
        Ok(Ring { current, previous: key(|derived| derived.previous.as_ref())? })
    }

    /// Both keys, the one that writes first.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl Key {
    /// Where a subject's fact is kept.
    pub(super) fn name(&self, subject: Subject) -> Name {
        self.names.of(subject)
    }

    /// A name that holds nothing.
    pub(super) fn probe(&self) -> Name {
        self.names.probe()
    }

    /// The channel of hints.
    pub(super) fn channel(&self) -> Name {
        self.names.channel()
    }

    /// A fact as a value of a subject and its name, to be kept for `ttl`.
    pub(super) fn write(
        &self,
        (subject, name): (Subject, &Name),
        entry: &Entry,
        ttl: Duration,
    ) -> Result<Vec<u8>, Unfit> {
        let mut plain = vec![0; PREAMBLE];
        encode_fact(&entry.fact, entry.changed_at, &mut plain);
        let length = u32::try_from(plain.len() - PREAMBLE).map_err(|_| Unfit)?;
        let millis = u32::try_from(ttl.as_millis()).unwrap_or(u32::MAX);
        plain[..4].copy_from_slice(&length.to_be_bytes());
        plain[4..PREAMBLE].copy_from_slice(&millis.to_be_bytes());
        let around = HEAD + OVERHEAD;
        let whole = LENGTHS.into_iter().find(|whole| whole - around >= plain.len()).ok_or(Unfit)?;
        plain.resize(whole - around, 0);
        let mut value = Vec::with_capacity(whole);
        value.extend_from_slice(&entry.position.0.to_be_bytes());
        let context = context(subject, name, entry.position);
        self.sealer.seal(&context, &plain, &mut value).map_err(|Broken| Unfit)?;
        Ok(value)
    }

    /// A value read under a subject's name.
    pub(super) fn read(
        &self,
        (subject, name): (Subject, &Name),
        mut value: Vec<u8>,
    ) -> Result<Value, Damaged> {
        let (head, sealed) = value.split_first_chunk_mut::<HEAD>().ok_or(Damaged)?;
        let position = Position(u64::from_be_bytes(*head));
        if sealed.is_empty() {
            return Ok(Value::Tombstone(position));
        }
        let plain = self.sealer.open(&context(subject, name, position), sealed).map_err(|Broken| Damaged)?;
        let (length, rest) = plain.split_first_chunk::<4>().ok_or(Damaged)?;
        let (millis, rest) = rest.split_first_chunk::<4>().ok_or(Damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Damaged)?;
        let fact = rest.get(..length).ok_or(Damaged)?;
        let (fact, changed_at) = decode_fact(fact).map_err(|_| Damaged)?;
        let kept = Duration::from_millis(u32::from_be_bytes(*millis).into());
        Ok(Value::Fact(Box::new(Entry { fact, position, changed_at }), kept))
    }
}

/// What a value is bound to; every part has a fixed length.
fn context(subject: Subject, name: &Name, position: Position) -> Vec<u8> {
    [&[SCHEMA][..], name, &subject.0, &position.0.to_be_bytes()].concat()
}

/// The value that says: nothing from before this position.
pub(super) fn tombstone(position: Position) -> [u8; HEAD] {
    position.0.to_be_bytes()
}

#[cfg(test)]
mod tests;
