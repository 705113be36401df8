//! The journal: what a node has seen of the change feed, and what that says of an entry: pure.
//!
//! An entry was read at a position of its shard. If the journal knows every change after that position
//! up to where it has followed, and none of them is the entry's subject's, then the entry is what the
//! register said when the feed was last read to its end. No clock of another node takes part, and no
//! message from one: an invalidation that got lost changes nothing.
//!
//! What is known is bounded. The oldest changes are forgotten first, and then an entry from before them
//! can no longer be told from an outdated one, and is not used.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::register::feed::{Change, Kind};
use crate::register::{ChangedAt, Position, Subject, Token};

/// What the journal says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It lacks nothing that was acknowledged before this moment.
    Confirmed(Instant),
    /// It was read further on than the feed has been followed: what it says is not known yet.
    Ahead,
    /// It is from before what is still known, or nothing is known yet.
    Unknown,
    /// The subject changed after it was read, or may have by a commit of this node that its feed has not
    /// shown yet; or it was read of another register than this: one that was since restored from a copy
    /// and has gone on from there.
    Outdated,
}

/// The feed does not go on as it began: a change is missing, or another stands in its place. The
/// register was restored from a copy, or a standby that lacked the last commits has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the feed does not go on from what was seen of it")]
pub struct Broken;

/// What a node has seen of the change feed.
#[derive(Clone, Debug)]
pub struct Journal {
    shards: Vec<Shard>,
    /// The changes that are remembered of one shard.
    room: usize,
    confirmed: Option<Instant>,
    own: Own,
}

/// Commits of this node that the feed has not shown yet. Whoever was told that something is written
/// gets nothing older from the node that told them.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Up to where a subject may have changed.
    of: HashMap<Subject, Position>,
    /// Up to where anything may have.
    any: Option<Token>,
}

/// Subjects of own commits that are known one by one; with more, everything counts as changed.
const OWN: usize = 10_000;

#[derive(Clone, Debug, Default)]
struct Shard {
    /// Every change after this is known.
    floor: Position,
    /// When the change at the floor was made, where that is known.
    floor_at: Option<ChangedAt>,
    /// The changes after the floor; the last of them is the head.
    changes: VecDeque<(Timestamp, Option<Subject>)>,
    /// The last of them of each subject.
    last: HashMap<Subject, Position>,
}

impl Journal {
    /// A journal from a position on, of at most `max` changes (and one per shard at least).
    #[must_use]
    pub fn new(from: &Token, max: usize) -> Self {
        let shard = |position: &Position| {
            // Before the first change there is none.
            let floor_at = (position.0 == 0).then_some(None);
            Shard { floor: *position, floor_at, ..Shard::default() }
        };
        let shards: Vec<_> = from.0.iter().map(shard).collect();
        let room = (max / shards.len().max(1)).max(1);
        Journal { shards, room, confirmed: None, own: Own::default() }
    }

    /// Up to where the feed has been followed.
    #[must_use]
    pub fn head(&self) -> Token {
        Token(self.shards.iter().map(Shard::head).collect())
    }

    /// From where to read on: one change back in each shard, so that every page shows whether the feed
    /// is still the one that was followed.
    #[must_use]
    pub fn resume(&self) -> Token {
        Token(self.shards.iter().map(|shard| Position(shard.head().0.saturating_sub(1))).collect())
    }

    /// Takes in a change. One that is known already must be the same.
    ///
    /// # Errors
    /// [`Broken`]: it must start anew.
    pub fn note(&mut self, change: &Change) -> Result<(), Broken> {
        let shard = self.shards.get_mut(usize::from(change.shard)).ok_or(Broken)?;
        if change.seq <= shard.head() {
            return shard.same(change);
        }
        if change.seq.0 != shard.head().0 + 1 {
            return Err(Broken);
        }
        shard.push(change, self.room);
        Ok(())
    }

    /// Everything acknowledged before this moment has been taken in.
    pub fn confirm(&mut self, at: Instant) {
        self.confirmed = self.confirmed.max(Some(at));
        let head = self.head();
        let count = self.count();
        let is_ahead = |subject: &Subject, position: &Position| {
            head.0.get(usize::from(subject.shard(count))).is_some_and(|head| position > head)
        };
        self.own.of.retain(|subject, position| is_ahead(subject, position));
        let ahead = |any: &Token| any.0.iter().zip(&head.0).any(|(position, head)| position > head);
        self.own.any = self.own.any.take().filter(ahead);
    }

    /// This node has committed something: the heads right after, and what it was about; `None` when that
    /// is not known, or too much.
    pub fn committed(&mut self, heads: &Token, subjects: Option<&[Subject]>) {
        let count = self.count();
        let position = |subject: &Subject| heads.0.get(usize::from(subject.shard(count))).copied();
        match subjects.filter(|subjects| self.own.of.len() + subjects.len() <= OWN) {
            Some(subjects) => {
                let changed = subjects.iter().filter_map(|subject| Some((*subject, position(subject)?)));
                for (subject, position) in changed {
                    let last = self.own.of.entry(subject).or_default();
                    *last = position.max(*last);
                }
            }
            None => {
                let any = self.own.any.get_or_insert_with(|| heads.clone());
                any.0.iter_mut().zip(&heads.0).for_each(|(any, head)| *any = (*head).max(*any));
            }
        }
    }

    fn count(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    /// Up to when everything acknowledged has been taken in; `None` before the end was first reached.
    #[must_use]
    pub fn confirmed(&self) -> Option<Instant> {
        self.confirmed
    }

    /// How many changes are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.changes.len()).sum()
    }

    /// None at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it says of an entry about a subject that was read at a position, of a shard that had last
    /// changed then.
    #[must_use]
    pub fn standing(&self, subject: Subject, position: Position, changed_at: ChangedAt) -> Standing {
        let at = usize::from(subject.shard(self.count()));
        let Some(shard) = self.shards.get(at) else { return Standing::Unknown };
        let last = shard.last.get(&subject);
        if last.is_some_and(|last| *last > position) || self.own.may_have_changed(subject, at, position) {
            return Standing::Outdated;
        }
        if position > shard.head() {
            return Standing::Ahead;
        }
        match (shard.at(position), self.confirmed) {
            // The same position with another moment is a position of another past.
            (Some(at), _) if at != changed_at => Standing::Outdated,
            (Some(_), Some(confirmed)) => Standing::Confirmed(confirmed),
            _ => Standing::Unknown,
        }
    }
}

impl Own {
    fn may_have_changed(&self, subject: Subject, shard: usize, position: Position) -> bool {
        let of = !self.of.is_empty() && self.of.get(&subject).is_some_and(|last| *last > position);
        of || self.any.as_ref().and_then(|any| any.0.get(shard)).is_some_and(|last| *last > position)
    }
}

impl Shard {
    fn head(&self) -> Position {
        Position(self.floor.0 + self.changes.len() as u64)
    }

    /// When the change at a position was made; `None` where that is not known.
    fn at(&self, position: Position) -> Option<ChangedAt> {
        match position.0.checked_sub(self.floor.0)? {
            0 => self.floor_at,
            n => self.change(n).map(|(at, _)| Some(*at)),
        }
    }

    /// The n-th change after the floor, from 1.
    fn change(&self, n: u64) -> Option<&(Timestamp, Option<Subject>)> {
        self.changes.get(usize::try_from(n).ok()?.checked_sub(1)?)
    }

    fn same(&mut self, change: &Change) -> Result<(), Broken> {
        let same = match change.seq.0.checked_sub(self.floor.0) {
            // Before what is known: nothing to compare.
            None => true,
            Some(0) => *self.floor_at.get_or_insert(Some(change.at)) == Some(change.at),
            Some(n) => self.change(n) == Some(&(change.at, told(change))),
        };
        if same { Ok(()) } else { Err(Broken) }
    }

    fn push(&mut self, change: &Change, room: usize) {
        let subject = told(change);
        self.changes.push_back((change.at, subject));
        if let Some(subject) = subject {
            self.last.insert(subject, change.seq);
        }
        // Of what changed all at once nothing is known but that it is over.
        while self.changes.len() > room || (change.kind == Kind::Batch && !self.changes.is_empty()) {
            self.forget();
        }
    }

    /// Forgets the oldest change.
    fn forget(&mut self) {
        let Some((at, subject)) = self.changes.pop_front() else { return };
        self.floor.0 += 1;
        self.floor_at = Some(Some(at));
        if let Some(subject) = subject
            && self.last.get(&subject) == Some(&self.floor)
        {
            self.last.remove(&subject);
        }
    }
}

/// Whose fact a change changes: an application is no part of one.
fn told(change: &Change) -> Option<Subject> {
    change.subject.filter(|_| change.kind != Kind::Application)
}

#[cfg(test)]
mod tests;
