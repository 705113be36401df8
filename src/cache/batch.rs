//! Lookups of different numbers at the same moment become one question to the register.
//!
//! Nothing waits to become many: a lookup goes at once while few questions are under way. Only when
//! the register is busy with so many does the next one wait, and takes along whatever came meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use super::metrics::Stats;
use crate::number::Iin;
use crate::register::{Error, Fact, Facts, MAX_MANY, Read, Register};
use crate::telemetry::names::cache::BATCH;
use crate::telemetry::names::shared::BATCH as BATCH_SIZE;
use crate::telemetry::span::{self, Context, FutureExt};

/// Questions under way at once. Few connections do the work of many, and calls of other kinds need some.
const UNDER_WAY: usize = 4;

/// A fact, and the moment before which everything acknowledged is in it.
pub(super) type Fresh = (Read<Fact>, Instant);

/// Lookups at the register.
#[derive(Debug)]
pub(super) struct Lookups {
    register: Register,
    /// Whether lookups are put together; a register that answers in microseconds is asked by the caller.
    together: bool,
    read_timeout: Duration,
    /// Lookups that may be under way or wait.
    places: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    stats: Arc<Stats>,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<Job>,
    under_way: usize,
}

#[derive(Debug)]
struct Job {
    iin: Iin,
    max_age: Duration,
    answer: oneshot::Sender<Result<Fresh, Error>>,
    /// The span of the call that asks, when somebody will see it.
    seen_by: Option<Context>,
    _place: OwnedSemaphorePermit,
}

impl Lookups {
    pub(super) fn new(
        register: Register,
        together: bool,
        read_timeout: Duration,
        places: usize,
        stats: Arc<Stats>,
    ) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        Arc::new(Lookups { register, together, read_timeout, places, waiting: Mutex::default(), stats })
    }

    /// The lock is held for moments and never over an await.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            self.stats.refused.add();
            Error::busy("as many lookups are under way as there may be")
        })
    }

    /// The fact about one number.
    pub(super) async fn one(
        self: &Arc<Self>,
        iin: Iin,
        max_age: Duration,
        deadline: Instant,
    ) -> Result<Fresh, Error> {
        let place = self.place()?;
        if !self.together {
            return fresh(|| self.register.one_within(iin, max_age, deadline)).await;
        }
        let (answer, answered) = oneshot::channel();
        let job = Job { iin, max_age, answer, seen_by: span::seen_by(), _place: place };
        self.queue(job);
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::unavailable("the lookup ended without an answer")),
            Err(_) => Err(Error::deadline("the lookup takes longer")),
        }
    }

    fn queue(self: &Arc<Self>, job: Job) {
        let mut waiting = self.waiting();
        waiting.jobs.push(job);
        if waiting.under_way < UNDER_WAY {
            waiting.under_way += 1;
            tokio::spawn(ask(Turn { lookups: self.clone(), ended: false }));
        }
    }

    /// The facts about many numbers, in the order asked.
    pub(super) async fn many(
        &self,
        iins: &[Iin],
        max_age: Duration,
        deadline: Instant,
    ) -> Result<(Vec<Read<Fact>>, Instant), Error> {
        let _place = self.place()?;
        let begun = Instant::now();
        Ok((self.register.many_within(iins, max_age, deadline).await?, begun))
    }

    /// The next that wait, for one question. When nobody waits the turn ends, under the same lock as
    /// whoever comes next takes.
    fn next(&self, turn: &mut Turn) -> Option<Vec<Job>> {
        let mut waiting = self.waiting();
        // Whoever has left is not asked for.
        waiting.jobs.retain(|job| !job.answer.is_closed());
        if waiting.jobs.is_empty() {
            waiting.under_way -= 1;
            turn.ended = true;
            return None;
        }
        let taken = waiting.jobs.len().min(MAX_MANY);
        Some(waiting.jobs.drain(..taken).collect())
    }
}

async fn fresh<F>(read: impl FnOnce() -> F) -> Result<Fresh, Error>
where
    F: Future<Output = Result<Read<Fact>, Error>>,
{
    let begun = Instant::now();
    let read = read().await?;
    let as_of = begun.checked_sub(read.behind).unwrap_or(begun);
    Ok((read, as_of))
}

/// One of the questions under way. One that falls makes room for the next all the same.
struct Turn {
    lookups: Arc<Lookups>,
    ended: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            self.lookups.waiting().under_way -= 1;
        }
    }
}

/// Asks until nobody waits.
async fn ask(mut turn: Turn) {
    let lookups = turn.lookups.clone();
    while let Some(jobs) = lookups.next(&mut turn) {
        lookups.answer(jobs).await;
    }
}

impl Lookups {
    async fn answer(&self, mut jobs: Vec<Job>) {
        let deadline = Instant::now() + self.read_timeout;
        if jobs.len() == 1
            && let Some(job) = jobs.pop()
        {
            let read = fresh(|| self.register.one_within(job.iin, job.max_age, deadline));
            let answer = read.with_context(job.seen_by.clone().unwrap_or_default()).await;
            let _ = job.answer.send(answer);
            return;
        }
        self.stats.batches.add();
        let iins: Vec<_> = jobs.iter().map(|job| job.iin).collect();
        let max_age = jobs.iter().map(|job| job.max_age).min().unwrap_or_default();
        let begun = Instant::now();
        let size = || vec![BATCH_SIZE.of(i64::try_from(iins.len()).unwrap_or(i64::MAX))];
        let seen = span::shared(&BATCH, jobs.iter().filter_map(|job| job.seen_by.as_ref()), size);
        let read = self.register.many_within(&iins, max_age, deadline);
        match read.with_context(seen.unwrap_or_default()).await {
            Ok(reads) => {
                for (job, read) in jobs.into_iter().zip(reads) {
                    let as_of = begun.checked_sub(read.behind).unwrap_or(begun);
                    let _ = job.answer.send(Ok((read, as_of)));
                }
            }
            // One damaged row must not take the others with it, nor a caller who allows no copy.
            Err(error) if error.is_corrupt() || error.is_stale() => {
                for job in jobs {
                    let answer = fresh(|| self.register.one_within(job.iin, job.max_age, deadline)).await;
                    let _ = job.answer.send(answer);
                }
            }
            Err(error) => {
                for job in jobs {
                    let _ = job.answer.send(Err(error.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::number;
    use crate::register::memory;

    fn lookups(places: usize) -> (Arc<Lookups>, Arc<Stats>) {
        let register = Register::Memory(memory::Store::new(3, 10));
        let stats = Arc::new(Stats::default());
        (Lookups::new(register, true, Duration::from_secs(1), places, stats.clone()), stats)
    }

    /// So many lookups that all begin before any of their questions is asked.
    async fn at_once(lookups: &Arc<Lookups>, count: usize) -> Vec<Result<Fresh, Error>> {
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut all = tokio::task::JoinSet::new();
        for n in 0..count {
            let lookups = lookups.clone();
            let begin =
                async move { (n, lookups.one(number(n % 5), Duration::from_secs(1), deadline).await) };
            all.spawn(begin);
        }
        let mut answers = all.join_all().await;
        answers.sort_by_key(|(n, _)| *n);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    #[tokio::test]
    async fn what_is_asked_for_at_once_is_one_question() {
        let (lookups, stats) = lookups(1_000);
        assert!(at_once(&lookups, 100).await.iter().all(Result::is_ok));
        assert_eq!((stats.batches.get(), stats.refused.get()), (1, 0));
        // And the next is asked without waiting for others.
        assert!(at_once(&lookups, 1).await[0].is_ok());
        assert_eq!((stats.batches.get(), lookups.waiting().under_way), (1, 0));
    }

    #[tokio::test]
    async fn more_than_there_is_room_for_are_refused() {
        let (lookups, stats) = lookups(10);
        let answers = at_once(&lookups, 25).await;
        assert!(answers[..10].iter().all(Result::is_ok));
        assert!(answers[10..].iter().all(|answer| answer.as_ref().is_err_and(Error::is_busy)));
        assert_eq!(stats.refused.get(), 15);
        assert!(at_once(&lookups, 10).await.iter().all(Result::is_ok), "the places are free again");
    }

    #[tokio::test]
    async fn who_has_left_is_not_asked_for() {
        let (lookups, stats) = lookups(10);
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut left = Box::pin(lookups.one(number(0), Duration::from_secs(1), deadline));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(left.as_mut().poll(cx).is_pending()));
        assert!(polled.await);
        drop(left);
        assert!(at_once(&lookups, 1).await[0].is_ok());
        assert_eq!(stats.batches.get(), 0, "a question for one");
        assert_eq!(lookups.places.available_permits(), 10);
    }
}
