//! One read for all who ask for the same number at once.
//!
//! The read is a task of its own: whoever asked first can hang up without failing the rest. A call takes
//! part in a read only if that began late enough for what the call allows; otherwise it begins another.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use crate::register::Subject;
use crate::telemetry::span::{self, Context, FutureExt};

/// Reads under way, at most so many.
pub(super) struct Flights<T> {
    table: Mutex<Table<T>>,
    max: usize,
}

struct Table<T> {
    flights: HashMap<Subject, Flight<T>>,
    next: u64,
}

struct Flight<T> {
    id: u64,
    begun: Instant,
    /// The span of the call that began it, when somebody will see it.
    seen_by: Option<Context>,
    landed: watch::Receiver<Option<T>>,
}

/// A read that a call takes part in.
pub(super) struct Seat<T> {
    landed: watch::Receiver<Option<T>>,
    /// When the read began.
    pub(super) begun: Instant,
    /// Whether another call began it.
    pub(super) joined: bool,
}

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flights(..)")
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(super) fn new(max: usize) -> Arc<Self> {
        let table = Mutex::new(Table { flights: HashMap::new(), next: 0 });
        Arc::new(Flights { table, max })
    }

    /// The lock is held for moments and never over an await.
    fn table(&self) -> MutexGuard<'_, Table<T>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat in a read of the subject that began no earlier than `not_before`; or in one that begins
    /// now by `read`; `None` when as many are under way as there may be.
    pub(super) fn board<F: Future<Output = T> + Send + 'static>(
        self: &Arc<Self>,
        subject: Subject,
        not_before: Instant,
        read: impl FnOnce() -> F,
    ) -> Option<Seat<T>> {
        let mut table = self.table();
        let there = table.flights.get(&subject);
        if let Some(flight) = there.filter(|flight| flight.begun >= not_before) {
            let (landed, begun) = (flight.landed.clone(), flight.begun);
            if let Some(work) = &flight.seen_by {
                span::join(work);
            }
            return Some(Seat { landed, begun, joined: true });
        }
        if there.is_none() && table.flights.len() >= self.max {
            return None;
        }
        let (sender, landed) = watch::channel(None);
        let (id, begun) = (table.next, Instant::now());
        table.next += 1;
        // One that began too early for this call goes on for those who are in it.
        let seen_by = span::seen_by();
        table.flights.insert(subject, Flight { id, begun, seen_by, landed: landed.clone() });
        drop(table);
        let over = Over { flights: self.clone(), subject, id };
        let read = read();
        let flying = async move {
            let _over = over;
            sender.send_replace(Some(read.await));
        };
        tokio::spawn(flying.with_context(span::here()));
        Some(Seat { landed, begun, joined: false })
    }

    /// How many reads are under way.
    pub(super) fn under_way(&self) -> usize {
        self.table().flights.len()
    }
}

impl<T: Clone> Seat<T> {
    /// What the read led to; `None` when it ended without (its task fell).
    pub(super) async fn landed(mut self) -> Option<T> {
        self.landed.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// Takes a read out of the table when it is over, also when it panics.
struct Over<T> {
    flights: Arc<Flights<T>>,
    subject: Subject,
    id: u64,
}

impl<T> Drop for Over<T> {
    fn drop(&mut self) {
        let mut table = self.flights.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.flights.get(&self.subject).is_some_and(|flight| flight.id == self.id) {
            table.flights.remove(&self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;

    const A: Subject = Subject([1; 16]);
    const B: Subject = Subject([2; 16]);

    /// A read that ends when it is let go, and how many there were.
    #[derive(Clone)]
    struct Gate {
        open: Arc<Semaphore>,
        reads: Arc<AtomicUsize>,
    }

    impl Gate {
        fn new() -> Self {
            Gate { open: Arc::new(Semaphore::new(0)), reads: Arc::default() }
        }

        fn read(&self) -> impl Future<Output = usize> + Send + 'static + use<> {
            let gate = self.clone();
            async move {
                let nth = gate.reads.fetch_add(1, Ordering::SeqCst);
                gate.open.acquire().await.unwrap().forget();
                nth
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_take_part_in_one_read_and_the_first_may_leave() {
        let (flights, gate) = (Flights::new(10), Gate::new());
        let now = Instant::now();
        let first = flights.board(A, now, || gate.read()).unwrap();
        let rest: Vec<_> = (0..50).map(|_| flights.board(A, now, || gate.read()).unwrap()).collect();
        assert!(!first.joined && rest.iter().all(|seat| seat.joined));
        drop(first);
        gate.open.add_permits(1);
        for seat in rest {
            assert_eq!(seat.landed().await, Some(0));
        }
        assert_eq!(gate.reads.load(Ordering::SeqCst), 1);
        tokio::task::yield_now().await;
        assert_eq!(flights.under_way(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_takes_part_only_in_what_began_late_enough() {
        let (flights, gate) = (Flights::new(10), Gate::new());
        let begun = Instant::now();
        let early = flights.board(A, begun, || gate.read()).unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let patient = flights.board(A, begun, || gate.read()).unwrap();
        assert!(patient.joined && patient.begun == begun);
        let strict = flights.board(A, Instant::now(), || gate.read()).unwrap();
        assert!(!strict.joined);
        // Who comes now gets the later one, and the earlier one's end does not take that away.
        gate.open.add_permits(1);
        assert_eq!((early.landed().await, patient.landed().await), (Some(0), Some(0)));
        tokio::task::yield_now().await;
        let late = flights.board(A, begun, || gate.read()).unwrap();
        assert!(late.joined);
        gate.open.add_permits(1);
        assert_eq!((strict.landed().await, late.landed().await), (Some(1), Some(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_reads_and_the_next_goes_alone() {
        let (flights, gate) = (Flights::new(1), Gate::new());
        let now = Instant::now();
        let first = flights.board(A, now, || gate.read()).unwrap();
        assert!(flights.board(B, now, || gate.read()).is_none());
        assert!(flights.board(A, now, || gate.read()).unwrap().joined, "no more reads for this one");
        gate.open.add_permits(1);
        assert_eq!(first.landed().await, Some(0));
        tokio::task::yield_now().await;
        assert!(flights.board(B, now, || gate.read()).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_falls_leaves_nobody_waiting() {
        let flights = Flights::<usize>::new(10);
        let now = Instant::now();
        let seat = flights.board(A, now, || async { panic!("on purpose") }).unwrap();
        assert_eq!(seat.landed().await, None);
        assert_eq!(flights.under_way(), 0);
    }
}
