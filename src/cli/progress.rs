//! The progress bar of commands that take long: on a terminal only, on standard error.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar is drawn at most so many times a second, however often it is told something.
const DRAWS: u8 = 5;

/// What the length of the work is known in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Bytes of a file: how many rows it has is only known at its end.
    Bytes,
    /// Rows.
    Rows,
}

/// How far a command has come: done, rows a second, time left. Drawn on standard error when that
/// is a terminal; in a pipe there is nothing, and all calls are free. It goes away when dropped.
///
/// ```text
/// let progress = Progress::new(Measure::Bytes, file_length, 0, 0);
/// for row in rows {
///     progress.at(bytes_read, rows_read);
///     progress.aside(|| complain("line 7: ..."));
/// }
/// ```
pub(super) struct Progress {
    bar: ProgressBar,
    measure: Measure,
    started: Instant,
    /// Rows done before this run: they took none of its time.
    rows_before: u64,
}

impl Progress {
    /// A bar over work of this length, of which so much, and so many rows, were done by an earlier
    /// run. A length of 0 is one that is not known: then there is no bar, but counts and a rate.
    pub(super) fn new(measure: Measure, length: u64, done: u64, rows_before: u64) -> Self {
        let bar = if length == 0 { ProgressBar::no_length() } else { ProgressBar::new(length) };
        // Nothing is drawn until all is set.
        bar.set_draw_target(ProgressDrawTarget::hidden());
        let template = match (measure, length) {
            (_, 0) => "{spinner} {msg}, {elapsed} passed",
            (Measure::Bytes, _) => "{bar:30} {percent}% of {total_bytes}, {msg}, {eta} left",
            (Measure::Rows, _) => "{bar:30} {percent}% of {human_len}, {msg}, {eta} left",
        };
        // The templates are ours and a test reads them; were one wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(format!("{} rows", HumanCount(rows_before)));
        bar.set_position(done);
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS));
        bar.reset_eta();
        Progress { bar, measure, started: Instant::now(), rows_before }
    }

    /// So much is done, and it was so many rows, those of earlier runs included.
    pub(super) fn at(&self, done: u64, rows: u64) {
        if self.bar.is_hidden() {
            return;
        }
        let rate = rate(rows.saturating_sub(self.rows_before), self.started.elapsed());
        self.bar.set_message(format!("{} rows, {}/s", HumanCount(rows), HumanCount(rate)));
        self.bar.set_position(match self.measure {
            Measure::Bytes => done,
            Measure::Rows => rows,
        });
    }

    /// Prints something without the bar in its way.
    pub(super) fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How many a second, to the nearest.
pub(super) fn rate(count: u64, in_time: Duration) -> u64 {
    // Counts of rows are far below 2^52: the way over a float loses nothing.
    (count as f64 / in_time.as_secs_f64().max(0.001)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_whole_number_also_of_no_time() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2_000);
        assert_eq!(rate(0, Duration::ZERO), 0);
    }

    #[test]
    fn every_kind_of_bar_takes_what_it_is_told() {
        for (measure, length) in [(Measure::Bytes, 0), (Measure::Bytes, 10), (Measure::Rows, 10)] {
            let progress = Progress::new(measure, length, 5, 1);
            progress.at(7, 3);
            assert_eq!(progress.aside(|| 1), 1);
        }
    }
}
