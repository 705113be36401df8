//! The change feed: one ordered list per shard, from the first day.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::Error;
use super::subject::Subject;

/// The most changes that one page returns.
pub const MAX_PAGE: usize = 10_000;

/// A place in one shard's list: the number of the last change seen. 0: before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// A place in the whole feed: the head of every shard, in their order.
///
/// ```
/// use iinspect::register::Token;
/// let t: Token = "7.0.12".parse()?;
/// assert_eq!(t.to_string(), "7.0.12");
/// assert!("7..1".parse::<Token>().is_err());
/// # Ok::<(), iinspect::register::feed::BadToken>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub Vec<Position>);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a feed token")]
pub struct BadToken;

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, p) in self.0.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "." }, p.0)?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        text.split('.')
            .map(|n| n.parse().map(Position).map_err(|_| BadToken))
            .collect::<Result<_, _>>()
            .map(Token)
    }
}

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A number's record.
    Record = 1,
    /// A number's hotlist entries.
    Hotlist = 2,
    /// An application; told under its id, its number and its applicant's document.
    Application = 3,
    /// Many things of this shard at once: whatever is remembered of it is to be read again.
    Batch = 4,
    /// A number's record: it was excluded, wholly or conditionally, or is to be on a later day.
    Excluded = 5,
    /// A number's record: it was put in force again.
    Restored = 6,
    /// A number's record: it was replaced by another number, or replaces one.
    Superseded = 7,
}

impl Kind {
    /// The kind stored under this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        const ALL: [Kind; 7] = [
            Kind::Record,
            Kind::Hotlist,
            Kind::Application,
            Kind::Batch,
            Kind::Excluded,
            Kind::Restored,
            Kind::Superseded,
        ];
        ALL.into_iter().find(|k| *k as u8 == code)
    }

    /// Whether it can be told of a write of a record.
    pub(super) const fn is_of_a_record(self) -> bool {
        matches!(self, Kind::Record | Kind::Excluded | Kind::Restored | Kind::Superseded)
    }
}

/// One change. It names its subject by a keyed hash, never by the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In which shard.
    pub shard: u16,
    /// Its place there: 1, 2, 3, ...
    pub seq: Position,
    /// What changed; `None` for [`Kind::Batch`].
    pub subject: Option<Subject>,
    /// How.
    pub kind: Kind,
    /// When, by the writer's clock.
    pub at: Timestamp,
}

/// Some changes and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In order within each shard.
    pub changes: Vec<Change>,
    /// Hand it to the next call. Equal to the one handed in when nothing changed.
    pub next: Token,
}

impl Page {
    /// In which order a page takes from the shards of a token: how many are still to come, itself
    /// included, and which. Where it begins moves on as the token does, so that a page smaller
    /// than the number of shards does not always leave out the same ones.
    pub(super) fn order(token: &Token) -> impl Iterator<Item = (usize, u16)> {
        let shards = token.0.len();
        let sum = token.0.iter().fold(0u64, |sum, p| sum.wrapping_add(p.0));
        (0..shards).map(move |i| {
            let shard = (sum % shards as u64 + i as u64) % shards as u64;
            (shards - i, u16::try_from(shard).unwrap_or(u16::MAX))
        })
    }
}

/// What one shard is told of a commit.
pub(super) type Entries = Vec<(Option<Subject>, Kind)>;

/// What each touched shard is told: the changes in their order, or one entry for all of them.
pub(super) fn per_shard(shards: u16, changes: &[(Subject, Kind)], batch: bool) -> BTreeMap<u16, Entries> {
    let mut by_shard: BTreeMap<u16, Entries> = BTreeMap::new();
    for (subject, kind) in changes {
        let entries = by_shard.entry(subject.shard(shards)).or_default();
        if !batch {
            entries.push((Some(*subject), *kind));
        } else if entries.is_empty() {
            entries.push((None, Kind::Batch));
        }
    }
    by_shard
}

/// Whether the feed with these floors and heads can be gone on with from a token.
pub(super) fn check_token(token: &Token, ends: &[(Position, Position)]) -> Result<(), Error> {
    if token.0.len() != ends.len() {
        return Err(Error::invalid("a token of another number of shards"));
    }
    if token.0.iter().zip(ends).any(|(position, (floor, _))| position < floor) {
        return Err(Error::token_too_old("the feed begins after it"));
    }
    if token.0.iter().zip(ends).any(|(position, (_, head))| position > head) {
        return Err(Error::token_too_old("the feed ends before it: was the register restored?"));
    }
    Ok(())
}
