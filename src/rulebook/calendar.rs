//! Working days of Kazakhstan, as data with a version: the government moves days off every year.
//!
//! A holiday that falls on a day off makes the next working day a day off (Law of 13 December 2001
//! No 267-II on holidays, art. 5); Kurban Ait and 7 January do not (Labour Code, art. 84 p. 5).
//! Resolutions of the government exchange days (art. 85 p. 3). What lies beyond the calendar is
//! answered as such, never guessed.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, Weekday};

use super::law::Basis;

/// A holiday: a day of every year or dates, within its basis' period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Month and day, each year.
    pub days: Vec<(i8, i8)>,
    /// Dates, for a feast that follows the moon.
    pub dates: Vec<Date>,
    /// When it falls on a day off, the next working day is off.
    pub moves: bool,
}

/// Days that a resolution exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Days off.
    pub off: Vec<Date>,
    /// Days of a weekend that are worked.
    pub worked: Vec<Date>,
}

/// The longest calendar, in days.
pub const MAX_DAYS: usize = 36_600;

/// Which days are worked, from a first to a last day.
#[derive(Clone, PartialEq, Eq)]
pub struct Calendar {
    version: String,
    as_of: Date,
    first: Date,
    last: Date,
    /// A day each, from the first on.
    worked: Vec<bool>,
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({} {}..={})", self.version, self.first, self.last)
    }
}

/// The calendar ends: the answer would need a day that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the calendar ends: it knows the working days from {first} to {last}")]
pub struct Ends {
    /// The first day known.
    pub first: Date,
    /// The last day known.
    pub last: Date,
}

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day it may be ready.
    pub earliest: Date,
    /// The last day it is due.
    pub latest: Date,
    /// Working days to the earliest.
    pub min: u32,
    /// Working days to the latest.
    pub max: u32,
}

impl Calendar {
    /// The calendar of a stretch of days, out of holidays and exchanged days.
    #[must_use]
    pub fn new(
        version: String,
        as_of: Date,
        (first, last): (Date, Date),
        holidays: &[(&Basis, &Holiday)],
        transfers: &[&Transfer],
    ) -> Self {
        let exchanged = |pick: fn(&Transfer) -> &Vec<Date>| -> BTreeSet<Date> {
            transfers.iter().flat_map(|t| pick(t)).copied().collect()
        };
        let (off, worked) = (exchanged(|t| &t.off), exchanged(|t| &t.worked));
        let holiday = |day: Date, moves: bool| {
            holidays.iter().any(|(basis, h)| {
                (h.moves || !moves)
                    && basis.valid.contains(day)
                    && (h.days.contains(&(day.month(), day.day())) || h.dates.contains(&day))
            })
        };
        let weekend = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let plain = |day: Date| worked.contains(&day) || !(weekend(day) || off.contains(&day));
        let works = |day: Date| plain(day) && !holiday(day, false);
        let days: Vec<Date> =
            first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last).collect();
        let mut map: Vec<bool> = days.iter().map(|day| works(*day)).collect();
        // In order: two holidays on one weekend move to the next two working days.
        for (at, day) in days.iter().enumerate() {
            if holiday(*day, true)
                && weekend(*day)
                && let Some(next) = (at + 1..map.len()).find(|i| map[*i])
            {
                map[next] = false;
            }
        }
        Calendar { version, as_of, first, last, worked: map }
    }

    /// Its version, told with every date that it counted.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day whose knowledge it holds: later resolutions are not in it.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.as_of
    }

    /// The first and the last day it knows.
    #[must_use]
    pub fn span(&self) -> (Date, Date) {
        (self.first, self.last)
    }

    fn ends(&self) -> Ends {
        Ends { first: self.first, last: self.last }
    }

    /// Where a day stands.
    fn at(&self, day: Date) -> Result<usize, Ends> {
        let days = self.first.until(day).map_err(|_| self.ends())?.get_days();
        usize::try_from(days).ok().filter(|at| *at < self.worked.len()).ok_or_else(|| self.ends())
    }

    fn day(&self, at: usize) -> Result<Date, Ends> {
        let days = i64::try_from(at).map_err(|_| self.ends())?;
        self.first
            .checked_add(jiff::Span::new().try_days(days).map_err(|_| self.ends())?)
            .map_err(|_| self.ends())
    }

    /// Whether a day is worked.
    ///
    /// ```
    /// use iinspect::rulebook;
    /// use jiff::civil::date;
    /// let book = rulebook::built_in();
    /// // A Sunday worked for 3 January, which was off.
    /// assert_eq!(book.calendar().is_working_day(date(2025, 1, 5)), Ok(true));
    /// assert!(book.calendar().is_working_day(date(2028, 1, 3)).is_err());
    /// ```
    ///
    /// # Errors
    /// The calendar ends.
    pub fn is_working_day(&self, day: Date) -> Result<bool, Ends> {
        Ok(self.worked[self.at(day)?])
    }

    /// The day that is `count` working days after `from`, which is not counted itself; `from` may
    /// be any day, and is the answer for 0.
    ///
    /// ```
    /// use iinspect::rulebook;
    /// use jiff::civil::date;
    /// let book = rulebook::built_in();
    /// assert_eq!(book.calendar().add_working_days(date(2025, 12, 31), 1), Ok(date(2026, 1, 5)));
    /// ```
    ///
    /// # Errors
    /// The calendar ends.
    pub fn add_working_days(&self, from: Date, count: u32) -> Result<Date, Ends> {
        if count == 0 {
            return Ok(from);
        }
        let next = from.tomorrow().map_err(|_| self.ends())?;
        let start = self.at(next)?;
        let worked = (start..self.worked.len()).filter(|at| self.worked[*at]);
        let at = worked.take(count as usize).enumerate().last().filter(|(i, _)| i + 1 == count as usize);
        self.day(at.ok_or_else(|| self.ends())?.1)
    }

    /// The due window of something submitted on a day, that day not counted.
    ///
    /// # Errors
    /// The calendar ends.
    pub fn due(&self, from: Date, min: u32, max: u32) -> Result<Window, Ends> {
        let earliest = self.add_working_days(from, min)?;
        Ok(Window { earliest, latest: self.add_working_days(from, max)?, min, max })
    }

    /// The window moved by working days of delay; both of its ends move.
    ///
    /// # Errors
    /// The calendar ends.
    pub fn delayed(&self, due: Window, by: u32) -> Result<Window, Ends> {
        Ok(Window {
            earliest: self.add_working_days(due.earliest, by)?,
            latest: self.add_working_days(due.latest, by)?,
            min: due.min.saturating_add(by),
            max: due.max.saturating_add(by),
        })
    }

    /// The last working day on which to submit, so that something that takes up to `max` working
    /// days is there on `needed_by`.
    ///
    /// ```
    /// use iinspect::rulebook;
    /// use jiff::civil::date;
    /// let book = rulebook::built_in();
    /// assert_eq!(book.calendar().latest_submission(date(2026, 1, 8), 3), Ok(date(2025, 12, 31)));
    /// ```
    ///
    /// # Errors
    /// The calendar ends.
    pub fn latest_submission(&self, needed_by: Date, max: u32) -> Result<Date, Ends> {
        let last = self.at(needed_by)?;
        let before = (0..=last).rev().filter(|at| self.worked[*at]).nth(max as usize);
        self.day(before.ok_or_else(|| self.ends())?)
    }

    /// The working days of a year, if the calendar has all of it.
    #[must_use]
    pub fn working_days(&self, year: i16) -> Option<usize> {
        let first = self.at(Date::new(year, 1, 1).ok()?).ok()?;
        let last = self.at(Date::new(year, 12, 31).ok()?).ok()?;
        Some(self.worked[first..=last].iter().filter(|worked| **worked).count())
    }

    /// The days from Monday to Friday that are off, and the weekend's days that are worked, of a
    /// year.
    #[must_use]
    pub fn exceptions(&self, year: i16) -> (Vec<Date>, Vec<Date>) {
        let days = (0..self.worked.len()).filter_map(|at| Some((self.day(at).ok()?, self.worked[at])));
        let days: Vec<_> = days.filter(|(day, _)| day.year() == year).collect();
        let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let off = days.iter().filter(|(day, worked)| !weekend(day) && !worked).map(|(day, _)| *day);
        let worked = days.iter().filter(|(day, worked)| weekend(day) && *worked).map(|(day, _)| *day);
        (off.collect(), worked.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::rulebook::{self, Rulebook};

    fn book() -> Arc<Rulebook> {
        rulebook::built_in()
    }

    #[test]
    fn every_worked_due_date() {
        for line in
            "2024-05-03 1 2024-05-04|2024-05-06 1 2024-05-10|2024-12-31 1 2025-01-05|2024-12-31 2 2025-01-06|\
            2025-12-31 1 2026-01-05|2025-12-31 3 2026-01-08|2026-01-06 1 2026-01-08|2024-03-20 1 2024-03-26|\
            2025-03-20 1 2025-03-26|2026-03-20 1 2026-03-26|2027-03-12 1 2027-03-16|2025-08-29 1 2025-09-02|\
            2026-08-28 1 2026-08-31|2024-06-14 1 2024-06-17|2025-06-05 1 2025-06-09|2024-07-05 1 2024-07-09|\
            2026-05-26 1 2026-05-28|2024-01-05 1 2024-01-08"
                .split('|')
        {
            let words: Vec<_> = line.split_whitespace().collect();
            let (from, count, due): (Date, u32, Date) =
                (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2].parse().unwrap());
            assert_eq!(book().calendar().add_working_days(from, count), Ok(due), "{line}");
        }
    }

    #[test]
    fn working_days_of_each_year() {
        let book = book();
        let counted: Vec<_> = (2024..=2027).map(|year| book.calendar().working_days(year)).collect();
        assert_eq!(counted, [Some(249), Some(246), Some(247), Some(247)]);
        assert_eq!(book.calendar().working_days(2028), None);
    }

    #[test]
    fn what_moves_and_what_does_not() {
        let book = book();
        let works = |y, m, d| book.calendar().is_working_day(date(y, m, d)).unwrap();
        // Moved: 8 March 2025 is a Saturday.
        assert!(!works(2025, 3, 10) && works(2025, 3, 11));
        // Not moved: 7 January 2024 and Kurban Ait of 2024 and 2027 are Sundays.
        assert!(works(2024, 1, 8) && works(2024, 6, 17) && works(2027, 5, 17));
        // Constitution Day: in August until 2025, in March from 2027, neither in 2026.
        assert!(!works(2024, 8, 30) && !works(2025, 9, 1));
        assert!(works(2026, 8, 31) && works(2026, 3, 16) && works(2027, 8, 30) && !works(2027, 3, 15));
        // Exchanged by resolution.
        assert!(works(2024, 5, 4) && !works(2024, 5, 8) && works(2025, 1, 5) && !works(2025, 1, 3));
        assert_eq!(book.calendar().exceptions(2025).1, [date(2025, 1, 5)]);
    }

    #[test]
    fn beyond_the_calendar_is_said_and_never_guessed() {
        let book = book();
        let calendar = book.calendar();
        let ends = Ends { first: date(2024, 1, 1), last: date(2027, 12, 31) };
        assert_eq!(calendar.add_working_days(date(2027, 12, 30), 1), Ok(date(2027, 12, 31)));
        assert_eq!(calendar.add_working_days(date(2027, 12, 30), 2), Err(ends));
        assert_eq!(calendar.add_working_days(date(2027, 12, 31), 1), Err(ends));
        assert_eq!(calendar.add_working_days(date(2026, 1, 1), u32::MAX), Err(ends));
        assert_eq!(calendar.is_working_day(date(2023, 12, 31)), Err(ends));
        // The day of submission is not looked at.
        assert_eq!(calendar.add_working_days(date(2023, 12, 31), 1), Ok(date(2024, 1, 3)));
        assert_eq!(calendar.add_working_days(date(2023, 12, 30), 1), Err(ends));
        assert_eq!(calendar.latest_submission(date(2028, 1, 3), 1), Err(ends));
        assert_eq!(calendar.latest_submission(date(2024, 1, 3), 1), Err(ends));
        assert_eq!(calendar.add_working_days(Date::MAX, 1), Err(ends));
        assert!(ends.to_string().starts_with("the calendar ends"));
    }

    #[test]
    fn the_latest_day_to_submit_is_the_last_that_is_in_time() {
        let book = book();
        let calendar = book.calendar();
        for max in 1..=7 {
            let mut day = date(2024, 3, 1);
            while day < date(2027, 12, 1) {
                let latest = calendar.latest_submission(day, max).unwrap();
                assert!(calendar.is_working_day(latest).unwrap());
                assert!(calendar.add_working_days(latest, max).unwrap() <= day);
                let next = calendar.add_working_days(latest, 1).unwrap();
                assert!(calendar.add_working_days(next, max).unwrap() > day, "{day} {max}");
                day = day.tomorrow().unwrap();
            }
        }
    }

    #[test]
    fn a_delay_moves_both_ends() {
        let book = book();
        let calendar = book.calendar();
        let due = calendar.due(date(2025, 12, 31), 1, 3).unwrap();
        assert_eq!((due.earliest, due.latest), (date(2026, 1, 5), date(2026, 1, 8)));
        let later = calendar.delayed(due, 2).unwrap();
        assert_eq!((later.earliest, later.latest), (date(2026, 1, 8), date(2026, 1, 12)));
        assert_eq!((later.min, later.max), (3, 5));
        assert_eq!(calendar.due(date(2025, 12, 31), 3, 5), Ok(later), "as if the term were longer");
    }
}
