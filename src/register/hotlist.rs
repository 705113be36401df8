//! The hotlist: numbers to stop at, for all clients or some, until a moment.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Error, Expect, Subject};

/// The most entries that one number can have; one more is refused with
/// [`Error::is_invalid`](super::Error::is_invalid).
pub const MAX_PER_NUMBER: usize = 16;

/// Whether a number with so many other entries can take one more.
pub(super) fn check_room(others: usize) -> Result<(), Error> {
    if others < MAX_PER_NUMBER {
        Ok(())
    } else {
        Err(Error::invalid(format!("a number has at most {MAX_PER_NUMBER} hotlist entries")))
    }
}

/// Which clients something holds for.
///
/// ```
/// use iinspect::register::hotlist::Clients;
/// let some = Clients::Only(["bank-a".to_string()].into());
/// assert!(some.include(Some("bank-a")));
/// assert!(!some.include(None));
/// assert!(Clients::All.include(None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// Every client, anonymous ones too.
    All,
    /// These client ids only.
    Only(BTreeSet<String>),
}

impl Clients {
    /// Whether a client is among them; `None` is a client without an identity.
    #[must_use]
    pub fn include(&self, client: Option<&str>) -> bool {
        match (self, client) {
            (Clients::All, _) => true,
            (Clients::Only(ids), Some(id)) => ids.contains(id),
            (Clients::Only(_), None) => false,
        }
    }
}

/// One reason to stop at a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// Whose verifications it stops.
    pub scope: Clients,
    /// Who is told that the number is listed; the others see a case for manual review.
    pub visibility: Clients,
    /// When it stops counting; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Why, for the operator; never shown to those who verify. At most 256 characters.
    pub note: String,
}

/// Where an entry is: the register holds no number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The keyed hash of the number it is about.
    pub subject: Subject,
    /// The entry's version, from 1.
    pub version: u64,
}

/// The version that putting an entry makes of what is there under its id. The entry of one number
/// is never made another's: whoever follows the old number would not hear of it.
pub(super) fn next_version(there: Option<Place>, subject: Subject, expect: Expect) -> Result<u64, Error> {
    if there.is_some_and(|place| place.subject != subject) {
        return Err(Error::conflict("the entry is another number's"));
    }
    expect.next(there.map(|place| place.version))
}

impl Entry {
    /// Whether it counts for a client at a moment.
    #[must_use]
    pub fn applies(&self, client: Option<&str>, now: Timestamp) -> bool {
        self.scope.include(client) && self.expires_at.is_none_or(|end| now < end)
    }
}
