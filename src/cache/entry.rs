//! What is remembered of one number: what one read of the register told, and how long ago that was.

use std::sync::Arc;
use std::time::Duration;

use crate::person::{Document, Name};
use crate::register::hotlist::{self, Clients};
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

/// Where a fact was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Read from the register for this call.
    Register,
    /// Remembered in this process.
    Local,
    /// Remembered in the tier that nodes share.
    Shared,
}

impl Source {
    /// Its name in metrics and spans.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Source::Register => "register",
            Source::Local => "local",
            Source::Shared => "shared",
        }
    }
}

/// A fact, and how it was had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The fact with its position.
    pub entry: Arc<Entry>,
    /// It lacks nothing that was acknowledged longer than this before its call came in.
    pub age: Duration,
    /// Where it was taken from.
    pub source: Source,
}

impl From<Read<Fact>> for Found {
    /// Of a read that was made for this call.
    fn from(read: Read<Fact>) -> Self {
        let age = read.behind;
        Found { entry: Arc::new(Entry::from(read)), age, source: Source::Register }
    }
}

impl Entry {
    /// About how many bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let record = self.fact.record.as_ref().map_or(0, |record| {
            let record = &record.value;
            let scheduled = record.scheduled.as_ref().map_or(0, |next| next.reason.len());
            let person = &record.person;
            let names = person.names.iter().map(name).sum::<usize>();
            let documents = person.documents.iter().map(document).sum::<usize>();
            record.state_reason.len() + scheduled + names + documents
        });
        let hotlist = self.fact.hotlist.iter().map(listed).sum::<usize>();
        size_of::<Self>() + record + hotlist
    }
}

fn name(name: &Name) -> usize {
    size_of::<Name>() + name.family.len() + name.given.len() + name.patronymic.as_ref().map_or(0, String::len)
}

fn document(document: &Document) -> usize {
    let own = document.kind.len() + document.number.len();
    size_of::<Document>() + own + document.name.as_ref().map_or(0, name)
}

fn listed(entry: &hotlist::Entry) -> usize {
    // A set's nodes have room for some more than they hold.
    let clients = |clients: &Clients| match clients {
        Clients::All => 0,
        Clients::Only(ids) => ids.iter().map(|id| 2 * size_of::<String>() + id.len()).sum(),
    };
    size_of::<hotlist::Entry>() + entry.note.len() + clients(&entry.scope) + clients(&entry.visibility)
}
