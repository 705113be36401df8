//! Copies of the primary, and how fresh a read from one is known to be.
//!
//! No clock of another machine is asked. A sampler notes the primary's heads, and the moment before
//! it asked: whatever was acknowledged by then is below them. A read from a replica brings its own
//! position; where that is at or past the heads of a sample, the read lacks nothing that was
//! acknowledged before the sample's moment, whatever the replica thinks of its own lag.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Core;
use super::ask::{self, Limits};
use super::lookup::{AllHeads, Lookup};
use super::pool::{Pool, Target};
use super::session::{Book, Session};
use crate::number::Iin;
use crate::register::{Error, Fact, Position, Read};

/// The most that a replica may be behind, whatever is configured: samples of so long are kept.
const MOST_LAG: Duration = Duration::from_secs(60);

/// The longest from one sample to the next.
const SAMPLE: Duration = Duration::from_millis(250);

/// How long a replica that failed is left alone.
const REST: Duration = Duration::from_secs(2);

/// A replica that does not answer within less than this is not blamed for it.
const NEAR: Duration = Duration::from_millis(100);

/// The copies, and what is known of the primary.
pub(super) struct Replicas {
    copies: Vec<Copy>,
    turn: AtomicUsize,
    samples: Samples,
    /// The most that a copy may be behind.
    lag: Duration,
}

struct Copy {
    pool: Arc<Pool>,
    /// Until when it is left alone; `None` while it answers.
    rests: Mutex<Option<Instant>>,
}

impl Copy {
    /// Told once for each time that it begins to fail: nobody else would notice, since the primary
    /// answers instead.
    fn fails(&self, e: &Error) {
        if lock(&self.rests).replace(Instant::now() + REST).is_none() {
            tracing::warn!(error = %e, "a replica of the register does not answer: the primary does");
        }
    }

    fn works(&self) {
        if lock(&self.rests).take().is_some() {
            tracing::info!("a replica of the register answers again");
        }
    }
}

/// What a replica answered.
pub(super) enum Answer {
    /// Facts that are fresh enough.
    Fresh(Vec<Read<Fact>>),
    /// It answered, and it cannot be shown that it is fresh enough.
    Stale,
    /// There is none that answers.
    None,
}

impl Replicas {
    pub(super) fn new(pools: Vec<Arc<Pool>>, lag: Duration) -> Self {
        let copies = pools.into_iter().map(|pool| Copy { pool, rests: Mutex::default() }).collect();
        let lag = lag.min(MOST_LAG);
        Replicas { copies, turn: AtomicUsize::new(0), samples: Samples::new(lag), lag }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }

    pub(super) fn pools(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.copies.iter().map(|copy| &copy.pool)
    }

    /// Whether there can be a proof at all: a sample of the primary that is young enough.
    pub(super) fn can_prove(&self, max_age: Duration) -> bool {
        self.samples.newest().is_some_and(|age| age <= max_age.min(self.lag))
    }

    /// Asks the next replica.
    pub(super) async fn lookup(
        &self,
        book: &Book,
        limits: Limits,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
    ) -> Answer {
        let Some(copy) = self.next() else { return Answer::None };
        let question = Lookup { iins: iins.to_vec() };
        let near = deadline.saturating_duration_since(Instant::now()) < NEAR;
        match ask::ask(&copy.pool, limits, question, deadline).await {
            Ok(reads) => {
                copy.works();
                self.judge(book, iins, reads, max_age)
            }
            Err(e) => {
                // One that has much to do, or hardly any time, is not one that fails.
                if !(e.is_busy() || (near && e.is_deadline())) {
                    copy.fails(&e);
                }
                Answer::None
            }
        }
    }

    /// In turn, those that failed lately left out.
    fn next(&self) -> Option<&Copy> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        (0..self.copies.len())
            .filter_map(|i| self.copies.get(first.wrapping_add(i) % self.copies.len()))
            .find(|copy| lock(&copy.rests).is_none_or(|until| now >= until))
    }

    fn judge(&self, book: &Book, iins: &[Iin], mut reads: Vec<Read<Fact>>, max_age: Duration) -> Answer {
        let shards = iins.iter().map(|iin| book.key.number(*iin).shard(book.shards));
        let touched: Vec<_> = shards.zip(&reads).map(|(shard, read)| (shard, read.position)).collect();
        let Some(behind) = self.samples.behind(&touched, max_age.min(self.lag)) else { return Answer::Stale };
        reads.iter_mut().for_each(|read| read.behind = behind);
        Answer::Fresh(reads)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The heads of the primary, lately.
struct Samples {
    every: Duration,
    most: usize,
    /// The oldest first.
    noted: Mutex<VecDeque<(Instant, Vec<Position>)>>,
}

impl Samples {
    fn new(lag: Duration) -> Self {
        let every = (lag / 4).clamp(Duration::from_millis(1), SAMPLE);
        let most = usize::try_from(lag.as_millis() / every.as_millis()).unwrap_or(0) + 2;
        Samples { every, most, noted: Mutex::default() }
    }

    fn note(&self, before: Instant, heads: Vec<Position>) {
        let mut noted = lock(&self.noted);
        if noted.len() >= self.most {
            noted.pop_front();
        }
        noted.push_back((before, heads));
    }

    fn newest(&self) -> Option<Duration> {
        lock(&self.noted).back().map(|(at, _)| at.elapsed())
    }

    /// The age of the newest sample that these positions are at or past.
    fn behind(&self, touched: &[(u16, Position)], most: Duration) -> Option<Duration> {
        let reached = |heads: &[Position]| {
            touched.iter().all(|(shard, at)| heads.get(usize::from(*shard)).is_some_and(|head| at >= head))
        };
        let noted = lock(&self.noted);
        let newest = noted.iter().rev().find(|(_, heads)| reached(heads));
        newest.map(|(at, _)| at.elapsed()).filter(|age| *age <= most)
    }
}

/// Takes samples of the primary until it is aborted, on a connection of its own: calls that use up
/// theirs must not make replicas useless just when they are needed.
pub(super) async fn sample(core: Arc<Core>) {
    let mut ticks = interval(core.replicas.samples.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut session = None;
    loop {
        ticks.tick().await;
        let patience = core.replicas.lag.max(SAMPLE);
        session = timeout(patience, take(&core, session)).await.ok().and_then(Result::ok);
    }
}

async fn take(core: &Core, session: Option<Session>) -> Result<Session, Error> {
    let target: &Target = core.primary.target();
    let mut session = match session {
        Some(session) => session,
        None => target.connect().await?.0,
    };
    let before = Instant::now();
    let heads = ask::in_transaction(&mut session, SAMPLE, &AllHeads).await?;
    core.replicas.samples.note(before, heads.0);
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_position_proves_the_newest_sample_that_it_has_reached() {
        let samples = Samples::new(Duration::from_secs(1));
        for head in 1..=3 {
            samples.note(Instant::now(), vec![Position(head), Position(10)]);
            tokio::time::advance(Duration::from_millis(200)).await;
        }
        let behind = |touched: &[(u16, u64)], most| {
            let touched: Vec<_> = touched.iter().map(|(shard, at)| (*shard, Position(*at))).collect();
            samples.behind(&touched, Duration::from_millis(most)).map(|age| age.as_millis())
        };
        assert_eq!(behind(&[(0, 3)], 1_000), Some(200));
        assert_eq!(behind(&[(0, 2)], 1_000), Some(400));
        assert_eq!(behind(&[(0, 2), (1, 10)], 1_000), Some(400));
        assert_eq!(behind(&[(0, 2)], 399), None);
        assert_eq!(behind(&[(0, 0)], 1_000), None);
        assert_eq!(behind(&[(0, 3), (1, 9)], 1_000), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_samples_are_kept() {
        let samples = Samples::new(MOST_LAG);
        for head in 0..1_000 {
            samples.note(Instant::now(), vec![Position(head)]);
        }
        assert_eq!(lock(&samples.noted).len(), 242);
    }
}
