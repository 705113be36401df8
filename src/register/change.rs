//! What is written: a changeset is built by pure code and committed whole.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::feed::Kind;
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
/// The longest answer that is kept for a repeated request, in bytes.
pub const MAX_ANSWER: usize = 1_024;
/// The longest note that is kept with a batch, in bytes.
pub const MAX_BATCH_NOTE: usize = 64 * 1_024;
/// The most rows of a batch: databases count with a sign.
const MAX_ROWS: u64 = i64::MAX as u64;
/// The digest of what is spent, see [`super::Ledger::spend`]: there is nothing more to ask for.
pub(super) const SPENT: [u8; 32] = *b"spent once: nothing more to ask.";
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
        self.check(there).map(|()| there.unwrap_or(0) + 1)
    }

    /// A conflict, unless this is there.
    pub(super) fn check(self, there: Option<u64>) -> Result<(), Error> {
        let fits = match self {
            Expect::Any => true,
            Expect::Absent => there.is_none(),
            Expect::Version(version) => there == Some(version),
        };
        if fits { Ok(()) } else { Err(Error::conflict("something else is there")) }
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
        /// What the feed tells of it: [`Kind::Record`], [`Kind::Excluded`], [`Kind::Restored`] or
        /// [`Kind::Superseded`].
        told: Kind,
    },
    /// Puts a hotlist entry; the same id replaces. An id that another number's entry has is a
    /// conflict.
    Hotlist {
        /// Whose.
        iin: Iin,
        /// The entry.
        entry: hotlist::Entry,
        /// What must be there under its id.
        expect: Expect,
    },
    /// Takes a hotlist entry away. With [`Expect::Any`] absent is fine, and then nothing has
    /// changed: no feed entry.
    HotlistRemoval {
        /// Which.
        id: Uuid,
        /// What must be there.
        expect: Expect,
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

impl Write {
    /// Puts a number's record, told as [`Kind::Record`].
    #[must_use]
    pub fn record(iin: Iin, record: Record, expect: Expect) -> Self {
        Write::Record { iin, record: Box::new(record), expect, told: Kind::Record }
    }

    /// Puts a hotlist entry, whatever is there under its id.
    #[must_use]
    pub fn hotlist(iin: Iin, entry: hotlist::Entry) -> Self {
        Write::Hotlist { iin, entry, expect: Expect::Any }
    }
}

/// Makes a write safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller's id for it.
    pub id: Uuid,
    /// A digest of everything that was asked.
    pub digest: [u8; 32],
    /// What the caller is answered, kept for when it asks again: at most [`MAX_ANSWER`] bytes, and
    /// no personal data.
    pub answer: Vec<u8>,
}

/// What a repeated request was answered with the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The heads right after it.
    pub token: Token,
    /// [`Request::answer`].
    pub answer: Vec<u8>,
}

/// Who wrote, kept with the change for good. Each at most [`MAX_TEXT`] characters; empty: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client, by its id; or the program's own part, such as `register import`.
    pub actor: String,
    /// Whom the client acted for.
    pub on_behalf_of: String,
    /// The client's employee or system user.
    pub end_user: String,
    /// The client's own reference.
    pub reference: String,
}

impl Origin {
    /// The program's own part, or a client of which nothing but its id is known.
    ///
    /// ```
    /// assert_eq!(iinspect::register::Origin::of("demo").actor, "demo");
    /// ```
    #[must_use]
    pub fn of(actor: &str) -> Self {
        Origin { actor: actor.to_string(), ..Origin::default() }
    }

    pub(super) fn parts(&self) -> [&str; 4] {
        [&self.actor, &self.on_behalf_of, &self.end_user, &self.reference]
    }
}

/// How far the batch of an import is. Committed with the rows it counts, so that what is told of a
/// batch and what is in the register cannot differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The caller's id for it.
    pub id: Uuid,
    /// The last row done: 0 before the first.
    pub last_row: u64,
    /// Rows that are in.
    pub landed: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// What else is to be remembered of it, in its writer's form: at most [`MAX_BATCH_NOTE`] bytes,
    /// and no personal data.
    pub note: Vec<u8>,
}

/// Writes that happen together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changeset {
    /// When, by the caller's clock. Stores keep it to the microsecond.
    pub at: Timestamp,
    /// Who; kept with the change.
    pub by: Origin,
    /// Why; kept with the change. At most [`MAX_TEXT`] characters.
    pub why: String,
    /// For a repeatable request.
    pub request: Option<Request>,
    /// For a part of an import: how far the batch is with it, and the last row done before it, which
    /// is what must be there. Such a changeset may be without writes, and the feed gets one entry
    /// per touched shard for it, however few they are.
    pub batch: Option<(Batch, u64)>,
    /// What; at most [`MAX_WRITES`], and at least one but for a part of an import and for what is spent.
    pub writes: Vec<Write>,
}

impl Changeset {
    /// Writes that are no caller's request and no part of a batch.
    #[must_use]
    pub fn new(at: Timestamp, by: Origin, why: impl Into<String>, writes: Vec<Write>) -> Self {
        Changeset { at, by, why: why.into(), request: None, batch: None, writes }
    }

    /// Whether it keeps within the bounds that hold for every store.
    ///
    /// # Errors
    /// [`Error::is_invalid`], naming the bound.
    pub fn check(&self) -> Result<(), Error> {
        let long = |text: &str| text.chars().nth(MAX_TEXT).is_some();
        if self.writes.is_empty() && self.batch.is_none() && !self.is_spending() {
            return Err(Error::invalid("a changeset without writes"));
        }
        if self.writes.len() > MAX_WRITES {
            return Err(Error::invalid(format!("a changeset of more than {MAX_WRITES} writes")));
        }
        if self.by.parts().into_iter().any(long) || long(&self.why) {
            return Err(Error::invalid(format!("an origin or a why of more than {MAX_TEXT} characters")));
        }
        if self.request.as_ref().is_some_and(|r| r.answer.len() > MAX_ANSWER) {
            return Err(Error::invalid(format!("an answer of more than {MAX_ANSWER} bytes")));
        }
        if self.batch.as_ref().is_some_and(|(b, _)| b.note.len() > MAX_BATCH_NOTE) {
            return Err(Error::invalid(format!("a batch's note of more than {MAX_BATCH_NOTE} bytes")));
        }
        if self.batch.as_ref().is_some_and(|(b, _)| b.last_row.max(b.landed).max(b.refused) > MAX_ROWS) {
            return Err(Error::invalid("a batch of more rows than can be counted"));
        }
        if self.writes.iter().any(|w| matches!(w, Write::Record { told, .. } if !told.is_of_a_record())) {
            return Err(Error::invalid("a record told as something else"));
        }
        if self.writes.iter().any(|w| matches!(w, Write::Hotlist { entry, .. } if long(&entry.note))) {
            return Err(Error::invalid(format!("a hotlist note of more than {MAX_TEXT} characters")));
        }
        Ok(())
    }

    /// Whether all it does is to be remembered.
    fn is_spending(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.digest == SPENT)
    }

    /// Whether the feed is told of it as a whole and not write by write.
    pub(super) fn is_batch(&self) -> bool {
        self.batch.is_some() || self.writes.len() >= BATCH_FROM
    }
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The heads right after it: a reader at or past them sees the change.
    pub token: Token,
    /// The answer of the first time, when the same request had been committed before: then nothing
    /// was written.
    pub replayed: Option<Vec<u8>>,
}

impl Committed {
    /// Whether nothing was written: the same request had been committed before.
    #[must_use]
    pub fn is_replayed(&self) -> bool {
        self.replayed.is_some()
    }
}
