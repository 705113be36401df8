//! The hotlist, as its operator keeps it.

use jiff::Timestamp;
use uuid::Uuid;

use super::request::{Asked, Kept, Plan, Planned};
use super::{Registrar, fault, same};
use crate::context::CallContext;
use crate::error::Error;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::hotlist::{Clients, Entry, MAX_PER_NUMBER};
use crate::register::{Expect, Facts, Write, subject};

/// An entry as its operator states it.
#[derive(Clone, PartialEq, Eq)]
pub struct Listing {
    /// The entry's id and the version of it seen last; `None`: a new one.
    pub there: Option<(Uuid, u64)>,
    /// The number it is about.
    pub iin: Iin,
    /// Whose verifications it stops.
    pub scope: Clients,
    /// Who is told.
    pub visibility: Clients,
    /// When it stops counting.
    pub expires_at: Option<Timestamp>,
    /// Why, for the operator.
    pub reason: String,
}

/// What came of putting an entry on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The entry's id.
    pub id: Uuid,
    /// Its version.
    pub version: u64,
}

impl Registrar {
    /// Puts an entry on, new or in place of the one there. When the number has as many as it can have,
    /// the one that expired longest ago makes room.
    ///
    /// # Errors
    /// No such entry of this number; another version of it; a number that is full of entries in force;
    /// the request id was used for something else; the register cannot be written.
    pub async fn put_on_hotlist(
        &self,
        call: &CallContext,
        asked: &Asked,
        listing: Listing,
    ) -> Result<Listed, Error> {
        let key = self.register.key().map_err(|e| fault(call, &e))?;
        let id = listing.there.map_or_else(|| new_id(key, asked.id), |(id, _)| id);
        let Kept { version, entry, .. } = self.once(call, asked, &Putting { listing, id }).await?;
        let id = Uuid::from_slice(&entry).map_err(|_| Error::internal("a kept entry has no id"))?;
        Ok(Listed { id, version })
    }

    /// Takes an entry off.
    ///
    /// # Errors
    /// No such entry; another version of it; the request id was used for something else; the register
    /// cannot be written.
    pub async fn take_off_hotlist(
        &self,
        call: &CallContext,
        asked: &Asked,
        id: Uuid,
        expected: u64,
    ) -> Result<(), Error> {
        self.once(call, asked, &Removing { id, expected }).await.map(|_| ())
    }
}

/// The id of a new entry: one for each request, so that one that comes again after its id was forgotten
/// does not make a second entry.
fn new_id(key: &subject::Key, request: Uuid) -> Uuid {
    let digest = key.digest(&[b"hotlist entry", request.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

struct Putting {
    listing: Listing,
    id: Uuid,
}

impl Plan for Putting {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let Listing { there, iin, scope, visibility, expires_at, reason } = &self.listing;
        let register = &registrar.register;
        let place = register.entry(self.id, call.deadline).await.map_err(|e| fault(call, &e))?;
        let subject = register.key().map_err(|e| fault(call, &e))?.number(*iin);
        let expect = match (there, place) {
            (Some((_, expected)), Some(place)) if place.subject == subject => {
                same(place.version, *expected)?;
                Expect::Version(place.version)
            }
            (Some(_), _) => return Err(Error::not_found(Reason::EntryNotFound)),
            (None, None) => Expect::Absent,
            (None, Some(_)) => return Err(Error::already_exists()),
        };
        let mut writes = Vec::with_capacity(2);
        if expect == Expect::Absent {
            let fact = register.one(*iin, call.deadline).await.map_err(|e| fault(call, &e))?.value;
            if fact.hotlist.len() >= MAX_PER_NUMBER {
                let expired = expired(&fact.hotlist, call.now);
                let id = expired.ok_or_else(|| Error::precondition(Reason::HotlistFull))?;
                writes.push(Write::HotlistRemoval { id, expect: Expect::Any });
            }
        }
        let entry = Entry {
            id: self.id,
            scope: scope.clone(),
            visibility: visibility.clone(),
            expires_at: *expires_at,
            note: reason.clone(),
        };
        writes.push(Write::Hotlist { iin: *iin, entry, expect });
        let why = if reason.is_empty() { "hotlist entry put on".into() } else { reason.clone() };
        let version = match expect {
            Expect::Version(version) => version + 1,
            _ => 1,
        };
        let answer = Kept { version, entry: self.id.as_bytes().to_vec(), ..Kept::default() };
        Ok(Planned { writes, why, answer })
    }
}

/// The entry that expired longest ago.
fn expired(entries: &[Entry], now: Timestamp) -> Option<Uuid> {
    let ended = entries.iter().filter_map(|entry| Some((entry.expires_at?, entry.id)));
    ended.filter(|(end, _)| *end <= now).min().map(|(_, id)| id)
}

struct Removing {
    id: Uuid,
    expected: u64,
}

impl Plan for Removing {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let place = registrar.register.entry(self.id, call.deadline).await.map_err(|e| fault(call, &e))?;
        let place = place.ok_or_else(|| Error::not_found(Reason::EntryNotFound))?;
        same(place.version, self.expected)?;
        let write = Write::HotlistRemoval { id: self.id, expect: Expect::Version(place.version) };
        let why = "hotlist entry taken off".into();
        Ok(Planned { writes: vec![write], why, answer: Kept::default() })
    }
}
