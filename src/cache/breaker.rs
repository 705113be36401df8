//! A circuit breaker: who is ill is left alone, asked carefully, and used again once well. Pure: every
//! moment and every random number is an argument.
//!
//! Closed, calls go through and are counted; when too many of the last ones failed, or some in a row, it
//! opens. Open,
//! nothing goes through until a probe is due, later each time. Half-open, probes alone go through: some
//! good ones in a row close it, one bad one opens it.

use std::time::Duration;

use tokio::time::Instant;

/// When it opens and how it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Calls of the last while that are looked at: it is in halves, and each counts for one to two of them.
    pub window: Duration,
    /// The fewest calls of a window that say anything.
    pub calls: u32,
    /// The failures of a hundred calls from which on it opens. 1 to 100.
    pub percent: u32,
    /// Failures in a row that open it, however long they take to come.
    pub streak: u32,
    /// Good probes in a row that close it.
    pub probes: u32,
    /// The shortest wait for a probe after it opened; each time that a probe fails it doubles.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
    /// The wait when only a person can mend what is wrong.
    pub hopeless: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            window: Duration::from_secs(1),
            calls: 10,
            percent: 50,
            streak: 10,
            probes: 3,
            shortest: Duration::from_millis(50),
            longest: Duration::from_secs(1),
            hopeless: Duration::from_secs(5),
        }
    }
}

/// Which way it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Calls go through.
    Closed,
    /// Nothing does.
    Open,
    /// Probes do.
    HalfOpen,
}

/// How bad a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// It may well pass by itself.
    Passing,
    /// Somebody has to do something.
    Hopeless,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { good: u32 },
}

/// Calls of half a window.
#[derive(Clone, Copy, Debug, Default)]
struct Half {
    calls: u32,
    failed: u32,
}

/// The breaker. It begins open with a probe due at once: nothing is known yet.
///
/// ```
/// use iinspect::cache::breaker::{Breaker, Hope, Policy, Stand};
/// use tokio::time::Instant;
/// let now = Instant::now();
/// let mut breaker = Breaker::new(Policy { probes: 1, calls: 2, ..Policy::default() }, now);
/// assert!(breaker.try_probe(now));
/// breaker.probed(now);
/// assert_eq!(breaker.stand(), Stand::Closed);
/// breaker.failed(now, Hope::Passing, 0.0);
/// assert!(breaker.failed(now, Hope::Passing, 0.0), "it opens");
/// assert_eq!(breaker.stand(), Stand::Open);
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: Policy,
    state: State,
    /// The half under way and the one before it.
    halves: [Half; 2],
    half_began: Instant,
    /// Failures since the last good call.
    streak: u32,
    /// The wait before the next probe, were it to open now.
    wait: Duration,
}

impl Breaker {
    /// A breaker of which nothing is known.
    #[must_use]
    pub fn new(policy: Policy, now: Instant) -> Self {
        Breaker {
            policy,
            state: State::Open { until: now },
            halves: [Half::default(); 2],
            half_began: now,
            streak: 0,
            wait: policy.shortest,
        }
    }

    /// Which way it stands.
    #[must_use]
    pub fn stand(&self) -> Stand {
        match self.state {
            State::Closed => Stand::Closed,
            State::Open { .. } => Stand::Open,
            State::HalfOpen { .. } => Stand::HalfOpen,
        }
    }

    /// When the next probe is due; `None` unless it is open.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Open { until } => Some(until),
            _ => None,
        }
    }

    /// Whether a probe may go through now. One that may makes it half-open.
    pub fn try_probe(&mut self, now: Instant) -> bool {
        match self.state {
            State::Open { until } if until <= now => {
                self.state = State::HalfOpen { good: 0 };
                true
            }
            State::HalfOpen { .. } => true,
            _ => false,
        }
    }

    /// A probe went well.
    pub fn probed(&mut self, now: Instant) {
        let State::HalfOpen { good } = self.state else { return };
        if good + 1 < self.policy.probes {
            self.state = State::HalfOpen { good: good + 1 };
            return;
        }
        self.state = State::Closed;
        self.halves = [Half::default(); 2];
        self.half_began = now;
        self.streak = 0;
    }

    /// A call went well.
    pub fn succeeded(&mut self, now: Instant) {
        if matches!(self.state, State::Closed) {
            self.turn(now);
            self.streak = 0;
            self.halves[0].calls = self.halves[0].calls.saturating_add(1);
            // The waits begin anew only after it has been of use for a while: one that closes and opens
            // all the time is not hurried.
            let all = self.halves[0].calls.saturating_add(self.halves[1].calls);
            if all >= self.policy.calls {
                self.wait = self.policy.shortest;
            }
        }
    }

    /// A probe failed. `jitter` is a random number from 0 to 1.
    pub fn probe_failed(&mut self, now: Instant, hope: Hope, jitter: f64) {
        if matches!(self.state, State::HalfOpen { .. }) {
            self.open(now, hope, jitter);
        }
    }

    /// A call failed; `jitter` as before. Says whether it opened by this. One that was begun before it
    /// opened says nothing any more.
    pub fn failed(&mut self, now: Instant, hope: Hope, jitter: f64) -> bool {
        if !matches!(self.state, State::Closed) {
            return false;
        }
        self.turn(now);
        self.streak = self.streak.saturating_add(1);
        let half = &mut self.halves[0];
        half.calls = half.calls.saturating_add(1);
        half.failed = half.failed.saturating_add(1);
        let sum = |count: fn(&Half) -> u32| self.halves.iter().map(|h| u64::from(count(h))).sum::<u64>();
        let (calls, failed) = (sum(|h| h.calls), sum(|h| h.failed));
        let many =
            calls >= u64::from(self.policy.calls) && failed * 100 >= calls * u64::from(self.policy.percent);
        let opens = many || self.streak >= self.policy.streak;
        if opens {
            self.open(now, hope, jitter);
        }
        opens
    }

    /// What is needed for any call is gone. Says whether it opened by this.
    pub fn lost(&mut self, now: Instant, hope: Hope, jitter: f64) -> bool {
        let was_closed = matches!(self.state, State::Closed);
        if !matches!(self.state, State::Open { .. }) {
            self.open(now, hope, jitter);
        }
        was_closed
    }

    /// Opens, the next probe after half the wait to the whole of it, so that nodes which lost the same
    /// server do not all come back in the same moment.
    fn open(&mut self, now: Instant, hope: Hope, jitter: f64) {
        let wait = match hope {
            Hope::Passing => self.wait,
            Hope::Hopeless => self.policy.hopeless,
        };
        self.wait = (self.wait * 2).min(self.policy.longest);
        self.state = State::Open { until: now + wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0) };
    }

    /// Begins the next half when its time has come.
    fn turn(&mut self, now: Instant) {
        let half = self.policy.window / 2;
        let passed = now.saturating_duration_since(self.half_began);
        if passed >= half {
            let before = if passed < half * 2 { self.halves[0] } else { Half::default() };
            self.halves = [Half::default(), before];
            self.half_began = now;
        }
    }
}

#[cfg(test)]
mod tests;
