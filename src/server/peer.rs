//! A connection as its calls see it: who the client is, and which answers it has not taken yet.
//!
//! HTTP/2 lets a client hold back an answer for as long as it likes, and nothing of the answer is
//! asked for meanwhile: a timer in its body would never be looked at. So the connection keeps a book
//! of what it is owed the reading of, and is closed when the oldest of it is too old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::grpc::edge::ClientNames;

/// The connection that a call came by, in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    pub(super) names: ClientNames,
    pub(super) unread: Unread,
}

/// Answers on their way to one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread(Arc<Mutex<Book>>);

/// As many places as answers were ever on their way at once: at most one a stream.
#[derive(Debug, Default)]
struct Book {
    since: Vec<Option<Instant>>,
    free: Vec<usize>,
}

impl Unread {
    /// An answer is ready; it is on its way until the mark is dropped.
    pub(super) fn note(&self) -> Mark {
        let now = Some(Instant::now());
        let mut book = self.book();
        let place = if let Some(place) = book.free.pop() {
            book.since[place] = now;
            place
        } else {
            book.since.push(now);
            book.since.len() - 1
        };
        drop(book);
        Mark { unread: self.clone(), place }
    }

    /// Since when the oldest is on its way.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.book().since.iter().flatten().min().copied()
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
    place: usize,
}

impl Drop for Mark {
    fn drop(&mut self) {
        let mut book = self.unread.book();
        book.since[self.place] = None;
        book.free.push(self.place);
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
