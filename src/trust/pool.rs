//! Threads for arithmetic that takes milliseconds: signatures, lists of 22 MB.
//!
//! Calls without signatures must not wait behind it, so it never runs on the runtime's workers. The
//! threads are few and their queue is bounded: what finds it full is refused at once, and the caller
//! says so. Where there is not a processor for each thread, they are the ones that wait.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use thiserror::Error;
use tokio::sync::oneshot;

/// How far these threads step back behind those that answer calls, as `nice` has it: where both want one
/// processor they get about a tenth of it. Not less, so that signatures are never starved.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// Why some work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// As much as may wait is waiting: try again later.
    #[error("too much waits for the threads that check signatures")]
    Full,
    /// It ended without a result: a bug of ours.
    #[error("the work ended without a result")]
    Failed,
}

/// The threads. They end when the last handle is gone and the queue is empty.
#[derive(Clone, Debug)]
pub struct Pool {
    jobs: Sender<Job>,
    seen: Arc<Seen>,
}

/// What is counted for whoever looks.
#[derive(Debug, Default)]
struct Seen {
    threads: usize,
    busy: AtomicUsize,
    refused: AtomicU64,
}

/// How much there is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The threads.
    pub threads: usize,
    /// Of these, those at work.
    pub busy: usize,
    /// Jobs that wait for one.
    pub waiting: usize,
    /// Jobs refused since the start, since as many waited as may.
    pub refused: u64,
}

impl Pool {
    /// Starts `threads` threads with room for `queue` jobs to wait.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(threads: usize, queue: usize) -> io::Result<Self> {
        let (jobs, queued) = crossbeam_channel::bounded(queue);
        let seen = Arc::new(Seen { threads, ..Seen::default() });
        for n in 0..threads {
            let (queued, seen) = (queued.clone(), seen.clone());
            thread::Builder::new().name(format!("signatures-{n}")).spawn(move || {
                step_back();
                work(&queued, &seen.busy);
            })?;
        }
        Ok(Pool { jobs, seen })
    }

    /// Has something done and waits for it. Work whose caller is gone by the time its turn comes is
    /// left undone.
    ///
    /// ```
    /// use iinspect::trust::pool::Pool;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let pool = Pool::start(1, 8)?;
    /// assert_eq!(pool.run(|| 6 * 7).await, Ok(42));
    /// # std::io::Result::Ok(()) })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, result) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Nobody is left to be told when the caller is gone.
                let _ = answer.send(work());
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|e| match e {
            TrySendError::Full(_) => {
                self.seen.refused.fetch_add(1, Ordering::Relaxed);
                Refused::Full
            }
            TrySendError::Disconnected(_) => Refused::Failed,
        })?;
        result.await.map_err(|_| Refused::Failed)
    }

    /// Jobs that wait for a thread.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.jobs.len()
    }

    /// How much there is to do now.
    #[must_use]
    pub fn load(&self) -> Load {
        let Seen { threads, busy, refused } = &*self.seen;
        Load {
            threads: *threads,
            busy: busy.load(Ordering::Relaxed),
            waiting: self.waiting(),
            refused: refused.load(Ordering::Relaxed),
        }
    }
}

/// Lets the other threads go first. Only Linux has a priority for each thread.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::warn!(%error, "signatures are checked with the priority of calls");
    }
}

fn work(queued: &Receiver<Job>, busy: &AtomicUsize) {
    for job in queued {
        busy.fetch_add(1, Ordering::Relaxed);
        // A panic ends the job and not the thread. What it worked on is gone with it.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a panic while a signature was checked");
        }
        busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A pool whose one thread is busy until the sender is used or dropped.
    async fn busy(queue: usize) -> (Pool, mpsc::Sender<()>) {
        let pool = Pool::start(1, queue).unwrap();
        let (go, wait) = mpsc::channel();
        let (began, begun) = oneshot::channel();
        let handle = pool.clone();
        tokio::spawn(async move {
            handle
                .run(move || {
                    began.send(()).unwrap();
                    let _ = wait.recv();
                })
                .await
        });
        begun.await.unwrap();
        (pool, go)
    }

    #[tokio::test]
    async fn what_finds_the_queue_full_is_refused_at_once_and_the_rest_is_done() {
        let (pool, go) = busy(2).await;
        let waiting: Vec<_> = (0..2)
            .map(|n| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.run(move || n).await })
            })
            .collect();
        while pool.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|| 9).await, Err(Refused::Full));
        assert_eq!(pool.load(), Load { threads: 1, busy: 1, waiting: 2, refused: 1 });
        drop(go);
        for (n, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.await.unwrap(), Ok(n));
        }
        assert_eq!(pool.run(|| 9).await, Ok(9));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_left_undone() {
        let (pool, go) = busy(2).await;
        let (done, seen) = mpsc::channel();
        let mut abandoned = Box::pin(pool.run(move || done.send(()).unwrap()));
        assert!(futures_poll(&mut abandoned).await);
        drop(abandoned);
        drop(go);
        pool.run(|| ()).await.unwrap();
        assert!(seen.recv().is_err(), "its sender went without a word");
    }

    /// Polls once; whether it is still pending.
    async fn futures_poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())
        })
        .await
    }

    #[tokio::test]
    async fn a_panic_ends_the_job_and_no_thread() {
        let pool = Pool::start(1, 1).unwrap();
        assert_eq!(pool.run(|| panic!("as meant")).await, Err::<(), _>(Refused::Failed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_step_back_and_no_other_does() {
        let here = || rustix::process::getpriority_process(None).unwrap();
        let (before, pool) = (here(), Pool::start(1, 1).unwrap());
        let there = pool.run(here).await.unwrap();
        assert_eq!((there, here()), ((before + NICE).min(19), before));
    }

    /// However much waits for the threads, the runtime's only worker goes on.
    #[tokio::test]
    async fn the_runtime_does_not_wait_for_the_threads() {
        let (pool, go) = busy(64).await;
        let waiting: Vec<_> = (0..64)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.run(|| ()).await })
            })
            .collect();
        while pool.waiting() < 64 {
            tokio::task::yield_now().await;
        }
        // The thread is still held: this could not be reached if the worker had taken any of it.
        assert!(waiting.iter().all(|task| !task.is_finished()));
        drop(go);
        for task in waiting {
            task.await.unwrap().unwrap();
        }
    }
}
