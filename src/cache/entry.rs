//! What is remembered of one number: what one read of the register told, and how long ago that was.

use crate::register::{ChangedAt, Fact, Position, Read};

/// What one read told of one number. A number that the register does not hold is told, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record and the hotlist entries.
    pub fact: Fact,
    /// The head of the subject's shard in the snapshot that was read.
    pub position: Position,
    /// When that shard had last changed then: with the position it names the change, also where a
    /// register was restored and counts on from an earlier one.
    pub changed_at: ChangedAt,
}

impl From<Read<Fact>> for Entry {
    fn from(read: Read<Fact>) -> Self {
        Entry { fact: read.value, position: read.position, changed_at: read.changed_at }
    }
}
