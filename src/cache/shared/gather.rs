//! What calls ask for at the same moment becomes one question.
//!
//! Nothing waits until there is more: the first steps back once behind what is ready to run, and takes along
//! what that asks for. One pipeline, one timer and one wake-up of the client then do for all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::core::Core;
use super::read::read;
use crate::cache::Entry;
use crate::register::Subject;

/// What is remembered of one number, and for how much longer.
type Got = Option<(Entry, Duration)>;

/// Numbers that are about to be asked for: at most one for each call that is under way.
#[derive(Default)]
pub(super) struct Gather(Mutex<Vec<Job>>);

struct Job {
    subject: Subject,
    answer: oneshot::Sender<Got>,
}

impl Gather {
    /// The lock is held for moments and never over an await.
    fn jobs(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is remembered of one number, asked for with others.
pub(super) async fn one(core: &Arc<Core>, subject: Subject) -> Got {
    let link = core.link.load();
    // A cluster's numbers are on many servers, and without a link nobody is asked.
    if link.as_ref().is_none_or(|link| !link.is_to_one_server()) {
        drop(link);
        return Box::pin(read(core, &[subject])).await.pop().flatten();
    }
    drop(link);
    let (answer, answered) = oneshot::channel();
    let is_first = {
        let mut jobs = core.gather.jobs();
        jobs.push(Job { subject, answer });
        jobs.len() == 1
    };
    if is_first {
        tokio::spawn(ask(core.clone()));
    }
    // The question has an end of its own, and is answered for each by then.
    answered.await.ok().flatten()
}

async fn ask(core: Arc<Core>) {
    tokio::task::yield_now().await;
    let mut jobs = std::mem::take(&mut *core.gather.jobs());
    // Whoever has left is not asked for.
    jobs.retain(|job| !job.answer.is_closed());
    let subjects: Vec<_> = jobs.iter().map(|job| job.subject).collect();
    for (job, got) in jobs.into_iter().zip(read(&core, &subjects).await) {
        let _ = job.answer.send(got);
    }
}
