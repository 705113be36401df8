//! Time, handed out: nothing that decides reads a clock itself, so tests can stand at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where "now" comes from.
///
/// ```
/// use iinspect::clock::Clock;
/// let clock = Clock::fixed("2026-11-22T12:00:00Z".parse()?);
/// assert_eq!(clock.now().to_string(), "2026-11-22T12:00:00Z");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Seconds since the epoch, moved by tests.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock that stands still until [`Clock::set`] moves it. Resolution: one second.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Clock(Source::Fixed(Arc::new(AtomicI64::new(at.as_second()))))
    }

    /// Moves a fixed clock; the machine's clock is left alone.
    pub fn set(&self, at: Timestamp) {
        if let Source::Fixed(cell) = &self.0 {
            cell.store(at.as_second(), Ordering::SeqCst);
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Fixed(cell) => Timestamp::from_second(cell.load(Ordering::SeqCst)).unwrap_or_default(),
        }
    }
}

/// The civil date in Kazakhstan (Asia/Almaty, which has been UTC+5 since 1 March 2024) at a moment.
///
/// ```
/// use iinspect::clock::civil_date;
/// // UTC+6: half past midnight; UTC+5: half an hour before it.
/// assert_eq!(civil_date("2024-01-31T18:30:00Z".parse()?).to_string(), "2024-02-01");
/// assert_eq!(civil_date("2024-02-29T18:30:00Z".parse()?).to_string(), "2024-02-29");
/// # Ok::<(), jiff::Error>(())
/// ```
#[must_use]
pub fn civil_date(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

/// The moment at which a day begins in Kazakhstan; `None` at the very ends of the calendar.
///
/// ```
/// use iinspect::clock::day_begins;
/// let day = "2027-01-01".parse()?;
/// assert_eq!(day_begins(day), Some("2026-12-31T19:00:00Z".parse()?));
/// # Ok::<(), jiff::Error>(())
/// ```
#[must_use]
pub fn day_begins(day: Date) -> Option<Timestamp> {
    day.to_zoned(zone()).ok().map(|begins| begins.timestamp())
}

fn zone() -> TimeZone {
    // The zone data is compiled in; UTC would only be met if that were broken, and is off by hours.
    TimeZone::get("Asia/Almaty").unwrap_or(TimeZone::UTC)
}
