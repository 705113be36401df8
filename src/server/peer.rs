//! A connection as its calls see it: who the client is, which answers it has not taken yet, and how
//! many calls are under way.
//!
//! HTTP/2 lets a client hold back an answer for as long as it likes, and nothing of the answer is
//! asked for meanwhile: a timer in its body would never be looked at. So the connection keeps a book
//! of what it is owed the reading of, and is closed when the oldest of it is too old.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::together::Calls;
use crate::grpc::edge::ClientNames;

/// The connection that a call came by, in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    pub(super) names: ClientNames,
    pub(super) unread: Unread,
    pub(super) calls: Calls,
}

/// Answers on their way to one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    next: u64,
    /// In the order in which they were ready: the first is the oldest.
    since: BTreeMap<u64, Instant>,
}

impl Unread {
    /// An answer is ready; it is on its way until the mark is dropped.
    pub(super) fn note(&self) -> Mark {
        let mut book = self.book();
        let id = book.next;
        book.next += 1;
        book.since.insert(id, Instant::now());
        drop(book);
        Mark { unread: self.clone(), id }
    }

    /// Since when the oldest is on its way.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.book().since.first_key_value().map(|(_, since)| *since)
    }

    /// The lock is held for moments and never over an await.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One answer on its way.
#[derive(Debug)]
pub(super) struct Mark {
    unread: Unread,
    id: u64,
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.unread.book().since.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_is_the_first_that_is_not_taken_yet() {
        let unread = Unread::default();
        assert_eq!(unread.oldest(), None);
        let began = Instant::now();
        let first = unread.note();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let second = unread.note();
        assert_eq!(unread.oldest(), Some(began));
        drop(first);
        assert_eq!(unread.oldest(), Some(began + Duration::from_secs(1)));
        drop(second);
        assert_eq!(unread.oldest(), None);
    }
}
