//! The index of a list: its entries sorted, 25 bytes each.

use der::{Reader, SliceReader};
use jiff::Timestamp;

use super::{LIST, Unverified, entry, plain};
use crate::signature::Fault;
use crate::signature::revocation::{Cause, Revoked, SKEW, Serial};

/// The fewest bytes of an entry with a serial number of 20 bytes: what the index makes room for.
const ENTRY: usize = 39;

/// One entry. Bytes alone, so that there are no gaps between them; the time is in seconds since 1970,
/// and ordered first to last like the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    serial: Serial,
    at: [u8; 4],
    cause: u8,
}

/// A list that its authority signed.
#[derive(Clone)]
pub struct List {
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is to come: from then on this one says nothing.
    pub next_update: Timestamp,
    /// Its number, which grows from list to list of one authority.
    pub number: Option<Serial>,
    /// The number of the list that this one holds the changes of; `None`: it is whole.
    pub base: Option<Serial>,
    entries: Vec<Entry>,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List")
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .field("delta", &self.base.is_some())
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl List {
    pub(super) fn read(list: &Unverified<'_>) -> Result<Self, Fault> {
        let mut entries = Vec::with_capacity(list.revoked.len() / ENTRY);
        let mut rest = list.revoked;
        while !rest.is_empty() {
            let ((serial, at, cause), after) = match plain::read(rest) {
                Some(read) => read,
                None => {
                    let mut reader = SliceReader::new(rest).map_err(|_| LIST)?;
                    let read = entry::read(&mut reader)?;
                    (read, &rest[rest.len() - usize::try_from(reader.remaining_len()).map_err(|_| LIST)?..])
                }
            };
            rest = after;
            let at = u32::try_from(at).unwrap_or(u32::MAX).to_be_bytes();
            entries.push(Entry { serial, at, cause: cause as u8 });
        }
        entries.shrink_to_fit();
        entries.sort_unstable();
        Ok(List {
            this_update: list.this_update,
            next_update: list.next_update,
            number: list.extensions.number,
            base: list.extensions.base,
            entries,
        })
    }

    /// Whether the list is in force at a moment.
    ///
    /// # Errors
    /// It is from the future, or the next one is due.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Fault> {
        const WHAT: &str = "the list of revoked certificates";
        if self.this_update > now.saturating_add(SKEW).unwrap_or(Timestamp::MAX) {
            Err(Fault::NotYetValid(WHAT))
        } else if now >= self.next_update {
            Err(Fault::Expired(WHAT))
        } else {
            Ok(())
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that the index takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// What the list says of a certificate. Of several entries the one that revokes counts.
    #[must_use]
    pub fn find(&self, serial: Serial) -> Option<Revoked> {
        let first = self.entries.partition_point(|entry| entry.serial < serial);
        let all = self.entries[first..].iter().take_while(|entry| entry.serial == serial);
        let found = all.map(|entry| Revoked {
            at: Timestamp::from_second(u32::from_be_bytes(entry.at).into()).unwrap_or(Timestamp::UNIX_EPOCH),
            cause: Cause::try_from(u32::from(entry.cause)).unwrap_or(Cause::Unspecified),
        });
        found.min_by_key(|revoked| revoked.cause == Cause::RemoveFromCRL)
    }
}
