//! How many writes of an import one commit takes: as many as a short time allows, so that others on the
//! same register can write in between. Pure.

use std::time::Duration;

/// How long a commit should take. Others wait for their turn as long, and 250 ms is what they may have
/// to: this leaves room for a slower disk in the next moment.
pub const COMMIT: Duration = Duration::from_millis(125);
/// The fewest writes of a commit: below this, commits cost more than writes.
pub const MIN: usize = 64;
/// The writes of the first commit.
pub const FIRST: usize = 500;

/// The pace of one import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    rows: usize,
    most: usize,
}

impl Pace {
    /// The pace of an import that has only begun, with at most so many writes in a commit.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.max(MIN);
        Pace { rows: FIRST.min(most), most }
    }

    /// How many writes the next commit takes.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A commit of so many writes took so long: the next one takes as many as fit into [`COMMIT`], but
    /// never more than twice or less than half of this one's, since one slow commit says little. One
    /// that was quick and had fewer to write than it could take says nothing: most of its time was
    /// what any commit costs.
    ///
    /// ```
    /// use iinspect::registrar::pace::{COMMIT, Pace};
    /// let mut pace = Pace::new(1_000);
    /// assert_eq!(pace.rows(), 500);
    /// pace.took(500, COMMIT * 10);
    /// assert_eq!(pace.rows(), 250);
    /// ```
    pub fn took(&mut self, writes: usize, took: Duration) {
        if took <= COMMIT && writes < self.rows {
            return;
        }
        let fitting = writes as f64 * COMMIT.as_secs_f64() / took.as_secs_f64().max(0.000_1);
        let fitting = fitting.clamp(self.rows as f64 / 2.0, self.rows as f64 * 2.0);
        self.rows = (fitting as usize).clamp(MIN, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_time_a_commit_takes_within_its_bounds() {
        let after = |rows: usize, writes: usize, took: Duration| {
            let mut pace = Pace { rows, most: 1_000 };
            pace.took(writes, took);
            pace.rows()
        };
        assert_eq!(after(400, 400, COMMIT / 10), 800);
        assert_eq!(after(500, 500, COMMIT), 500);
        assert_eq!(after(500, 500, COMMIT * 10), 250);
        // Of rows of which few had to be written, only a slow commit says something.
        assert_eq!(after(500, 1, COMMIT / 10), 500);
        assert_eq!(after(500, 50, COMMIT * 2), 250);
        assert_eq!(after(500, 0, Duration::ZERO), 500);
        assert_eq!(after(1_000, 1_000, Duration::ZERO), 1_000);
        assert_eq!(after(MIN, MIN, Duration::MAX), MIN);
        assert_eq!(Pace::new(1).rows(), MIN);
    }
}
