//! Failures that repeat: a warning or an error is said a few times, then counted, and the next line of
//! its kind says how many were left out. A dead database must not fill a disk with one sentence.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter};

/// Lines of one kind in one [`WINDOW`]; the others are counted.
pub(super) const LINES: u64 = 10;
/// How long a count lasts.
pub(super) const WINDOW: Duration = Duration::from_secs(10);
/// Kinds that are told apart. Beyond it all others are one kind.
const KINDS: usize = 512;
/// The fields that make lines of one place in the source different kinds. Each has few values.
const TELLING: [&str; 7] = ["method", "status", "reason", "component", "file", "signal", "place"];

/// Lines left out since the start.
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What the line that is about to be written tells of those left out before it.
    static BEFORE: Cell<u64> = const { Cell::new(0) };
}

/// How many lines were left out since the start.
pub(super) fn suppressed() -> u64 {
    SUPPRESSED.load(Ordering::Relaxed)
}

/// How many lines like the one that is being written were left out before it.
pub(super) fn take_suppressed() -> u64 {
    BEFORE.take()
}

/// The filter.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<HashMap<u64, Count>>);

#[derive(Debug)]
struct Count {
    since: Instant,
    lines: u64,
    suppressed: u64,
}

impl Repeats {
    /// Whether a line of a kind is written now, and how many were left out before it.
    fn admit(&self, kind: u64, now: Instant) -> Option<u64> {
        // What it guards is a few numbers, each right by itself.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KINDS && !counts.contains_key(&kind) {
            counts.retain(|_, count| count.suppressed > 0 || now.duration_since(count.since) < WINDOW);
        }
        let kind = if counts.len() >= KINDS && !counts.contains_key(&kind) { 0 } else { kind };
        let count = counts.entry(kind).or_insert(Count { since: now, lines: 0, suppressed: 0 });
        if now.duration_since(count.since) >= WINDOW {
            (count.since, count.lines) = (now, 0);
        }
        if count.lines >= LINES {
            count.suppressed += 1;
            SUPPRESSED.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        count.lines += 1;
        Some(std::mem::take(&mut count.suppressed))
    }
}

impl<S: Subscriber> Filter<S> for Repeats {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        // Lower levels were asked for to see everything.
        if *event.metadata().level() > Level::WARN {
            BEFORE.set(0);
            return true;
        }
        let mut kind = Kind(DefaultHasher::new());
        event.metadata().callsite().hash(&mut kind.0);
        event.record(&mut kind);
        let admitted = self.admit(kind.0.finish(), Instant::now());
        BEFORE.set(admitted.unwrap_or(0));
        admitted.is_some()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}

struct Kind(DefaultHasher);

impl Visit for Kind {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if TELLING.contains(&field.name()) {
            field.name().hash(&mut self.0);
            // Hashing does not fail.
            let _ = write!(self, "{value:?}");
        }
    }
}

impl Write for Kind {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_said_a_few_times_and_then_counted_until_the_next_window() {
        let (repeats, start) = (Repeats::default(), Instant::now());
        for _ in 0..LINES {
            assert_eq!(repeats.admit(1, start), Some(0));
        }
        assert_eq!((repeats.admit(1, start), repeats.admit(1, start)), (None, None));
        assert_eq!(repeats.admit(2, start), Some(0), "another kind is another count");
        assert_eq!(repeats.admit(1, start + WINDOW), Some(2));
        assert_eq!(repeats.admit(1, start + WINDOW), Some(0), "told once");
    }

    #[test]
    fn kinds_beyond_the_bound_are_one_kind_until_others_are_over() {
        let (repeats, start) = (Repeats::default(), Instant::now());
        for kind in 1..=KINDS as u64 {
            repeats.admit(kind, start);
        }
        let admitted = (0..2 * LINES).filter(|n| repeats.admit(1_000_000 + n, start).is_some()).count();
        assert_eq!(admitted as u64, LINES);
        assert_eq!(repeats.admit(2_000_000, start + WINDOW), Some(0), "the old ones are gone");
        assert!(repeats.0.lock().unwrap().len() < 4);
    }
}
