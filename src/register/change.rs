//! What is written: a changeset is built by pure code and committed whole.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Record, Token, hotlist};
use crate::issuance::Application;
use crate::number::Iin;
use crate::person::Document;

/// The most writes of one changeset.
pub const MAX_WRITES: usize = 10_000;
/// From this many writes on, the feed gets one entry per touched shard instead of one per write.
pub const BATCH_FROM: usize = 64;
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
    /// Takes a hotlist entry away; absent is fine.
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
        /// Under what it can be found by its applicant.
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
    /// When, by the caller's clock.
    pub at: Timestamp,
    /// Who, as a client id; kept with the change.
    pub actor: String,
    /// Why; kept with the change. At most 256 characters.
    pub why: String,
    /// For a repeatable request.
    pub request: Option<Request>,
    /// What; at least one, at most [`MAX_WRITES`].
    pub writes: Vec<Write>,
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The heads right after it: a reader at or past them sees the change.
    pub token: Token,
    /// Nothing was written: the same request had been committed before.
    pub replayed: bool,
}
