//! What is written: a changeset is built by pure code and committed whole.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Error, Record, Token, hotlist};
use crate::issuance::Application;
use crate::number::Iin;
use crate::person::Document;

/// The most writes of one changeset.
pub const MAX_WRITES: usize = 10_000;
/// From this many writes on, the feed gets one entry per touched shard instead of one per write.
pub const BATCH_FROM: usize = 64;
/// The longest text that says who or why, in Unicode scalars.
pub const MAX_TEXT: usize = 256;
/// How long a request id is remembered.
pub const REPLAY_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// What the writer believes is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Anything.
    Any,
    /// Nothing yet.
    Absent,
    /// This version.
    Version(u64),
}

impl Expect {
    /// The version that a write makes of the one that is there, or a conflict.
    pub(super) fn next(self, there: Option<u64>) -> Result<u64, Error> {
        let fits = match self {
            Expect::Any => true,
            Expect::Absent => there.is_none(),
            Expect::Version(version) => there == Some(version),
        };
        if fits { Ok(there.unwrap_or(0) + 1) } else { Err(Error::conflict("something else is there")) }
    }
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Puts a number's record, replacing the one before.
    Record {
        /// Whose.
        iin: Iin,
        /// The record.
        record: Box<Record>,
        /// What must be there.
        expect: Expect,
    },
    /// Puts a hotlist entry; the same id replaces.
    Hotlist {
        /// Whose.
        iin: Iin,
        /// The entry.
        entry: hotlist::Entry,
    },
    /// Takes a hotlist entry away; absent is fine, and then nothing has changed: no feed entry.
    HotlistRemoval {
        /// Whose.
        iin: Iin,
        /// Which.
        id: Uuid,
    },
    /// Puts an application with its whole history.
    Application {
        /// The application.
        application: Application,
        /// Under what it can be found by its applicant. `None` leaves what was recorded before:
        /// only a hash of it is kept, so a later writer could not hand it in again.
        applicant: Option<(Document, Date)>,
        /// What must be there.
        expect: Expect,
    },
}

/// Makes a write safe to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller's id for it.
    pub id: Uuid,
    /// A digest of everything that was asked.
    pub digest: [u8; 32],
}

/// Writes that happen together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changeset {
    /// When, by the caller's clock. Stores keep it to the microsecond.
    pub at: Timestamp,
    /// Who, as a client id; kept with the change. At most [`MAX_TEXT`] characters.
    pub actor: String,
    /// Why; kept with the change. At most [`MAX_TEXT`] characters.
    pub why: String,
    /// For a repeatable request.
    pub request: Option<Request>,
    /// What; at least one, at most [`MAX_WRITES`].
    pub writes: Vec<Write>,
}

impl Changeset {
    /// Whether it keeps within the bounds that hold for every store.
    ///
    /// # Errors
    /// [`Error::is_invalid`], naming the bound.
    pub fn check(&self) -> Result<(), Error> {
        let long = |text: &str| text.chars().nth(MAX_TEXT).is_some();
        if self.writes.is_empty() {
            return Err(Error::invalid("a changeset without writes"));
        }
        if self.writes.len() > MAX_WRITES {
            return Err(Error::invalid(format!("a changeset of more than {MAX_WRITES} writes")));
        }
        if long(&self.actor) || long(&self.why) {
            return Err(Error::invalid(format!("an actor or a why of more than {MAX_TEXT} characters")));
        }
        if self.writes.iter().any(|w| matches!(w, Write::Hotlist { entry, .. } if long(&entry.note))) {
            return Err(Error::invalid(format!("a hotlist note of more than {MAX_TEXT} characters")));
        }
        Ok(())
    }
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The heads right after it: a reader at or past them sees the change.
    pub token: Token,
    /// Nothing was written: the same request had been committed before.
    pub replayed: bool,
}
