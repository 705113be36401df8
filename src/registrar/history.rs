//! One person's record, now or as it was, and its versions.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Registrar, fault};
use crate::clock::civil_date;
use crate::context::CallContext;
use crate::error::Error;
use crate::number::Iin;
use crate::reason::Reason;
use crate::register::{ChangedAt, Facts, Record, Version, Versioned};

/// What is asked of a number's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub iin: Iin,
    /// A past moment; `None`: now.
    pub as_of: Option<Timestamp>,
    /// How many versions, the newest first; at most [`MAX_MANY`](crate::register::MAX_MANY).
    pub versions: usize,
    /// Only those below this one.
    pub before: Option<u64>,
}

/// A record with its past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The record, as it stands on the day asked about.
    pub record: Versioned<Record>,
    /// The versions asked for, the newest first.
    pub versions: Vec<Version>,
    /// When the register was last changed, as far as the read saw.
    pub changed_at: ChangedAt,
}

impl Registrar {
    /// A number's record, from the primary.
    ///
    /// # Errors
    /// No such number, or none yet at that moment; the register cannot be asked.
    pub async fn person(&self, call: &CallContext, wanted: &Wanted) -> Result<Told, Error> {
        let deadline = call.deadline_within(self.read_timeout);
        let read = match wanted.as_of {
            None => self.register.one(wanted.iin, deadline).await,
            Some(at) => self.register.as_of(wanted.iin, at, deadline).await,
        };
        let read = read.map_err(|e| fault(call, &e))?;
        let held = read.value.record.ok_or_else(|| Error::not_found(Reason::NumberNotFound))?;
        let versions = if wanted.versions == 0 {
            Vec::new()
        } else {
            // None that the record told beside them does not know: one of after the past moment, or one
            // that was written between the two reads.
            let unknown = held.version.saturating_add(1);
            let before = wanted.before.map_or(unknown, |before| before.min(unknown));
            let versions = self.register.versions(wanted.iin, Some(before), wanted.versions, deadline).await;
            versions.map_err(|e| fault(call, &e))?
        };
        let day: Date = wanted.as_of.map_or(call.today, civil_date);
        let record = Versioned { value: held.value.settled(day), ..held };
        Ok(Told { record, versions, changed_at: read.changed_at })
    }
}
