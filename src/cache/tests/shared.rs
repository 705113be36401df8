//! A shared tier in memory that can be away, and lose what it is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::cache::Entry;
use crate::register::{Position, Subject};

#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    held: Mutex<HashMap<Subject, Kept>>,
    away: AtomicBool,
    deaf: AtomicBool,
    hints: watch::Sender<u64>,
}

#[derive(Clone, Debug)]
struct Kept {
    position: Position,
    entry: Option<Arc<Entry>>,
    ends: Instant,
}

impl Shared {
    pub(in crate::cache) fn get(&self, subjects: &[Subject]) -> Vec<Option<(Entry, Duration)>> {
        let held = self.0.held.lock().unwrap();
        let now = Instant::now();
        let get = |subject| {
            let kept: &Kept = held.get(subject).filter(|kept| kept.ends > now)?;
            Some((Entry::clone(kept.entry.as_ref()?), kept.ends - now))
        };
        let away = self.0.away.load(Ordering::SeqCst);
        subjects.iter().map(|subject| get(subject).filter(|_| !away)).collect()
    }

    pub(in crate::cache) fn fill(&self, subject: Subject, entry: Arc<Entry>, ttl: Duration) {
        self.put(subject, entry.position, Some(entry.clone()), ttl);
    }

    pub(in crate::cache) fn tombstones(&self, changes: Vec<(Subject, Position)>) {
        if !self.0.deaf.load(Ordering::SeqCst) {
            for (subject, position) in changes {
                self.put(subject, position, None, Duration::from_secs(3600));
            }
        }
    }

    fn put(&self, subject: Subject, position: Position, entry: Option<Arc<Entry>>, ttl: Duration) {
        let mut held = self.0.held.lock().unwrap();
        let (now, away) = (Instant::now(), self.0.away.load(Ordering::SeqCst));
        let newer = held.get(&subject).is_some_and(|kept| kept.position > position && kept.ends > now);
        if !newer && !away {
            held.insert(subject, Kept { position, entry, ends: now + ttl });
        }
    }

    pub(in crate::cache) fn publish(&self) {
        self.0.hints.send_modify(|n| *n += 1);
    }

    pub(in crate::cache) fn hints(&self) -> watch::Receiver<u64> {
        self.0.hints.subscribe()
    }

    /// Whether it answers and takes anything.
    pub(super) fn is_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    /// Whether what it is told to forget gets lost.
    pub(super) fn is_deaf(&self, deaf: bool) {
        self.0.deaf.store(deaf, Ordering::SeqCst);
    }
}
