//! How much of VerifyStream is in hand: per stream, over all streams, and how many streams.
//!
//! An item is taken from its caller only together with a place to work on it. What waits, waits with
//! its caller, where HTTP/2 holds it back: nothing is read to be queued here.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;

/// A place of one item or one stream, free again when it is dropped.
pub type Place = OwnedSemaphorePermit;

/// The bounds, shared by all streams.
#[derive(Clone, Debug)]
pub struct Streams {
    open: Arc<Semaphore>,
    all_open: usize,
    items: Arc<Semaphore>,
    all_items: usize,
    per_stream: usize,
}

fn places(count: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}

impl Streams {
    /// At most `open` streams, `per_stream` items of each and `items` of all in hand.
    #[must_use]
    pub fn new(open: usize, per_stream: usize, items: usize) -> Self {
        Streams { open: places(open), all_open: open, items: places(items), all_items: items, per_stream }
    }

    /// A place for one more stream, unless there are as many as there may be.
    #[must_use]
    pub fn open(&self) -> Option<Place> {
        self.open.clone().try_acquire_owned().ok()
    }

    /// Streams open now.
    #[must_use]
    pub fn open_now(&self) -> usize {
        self.all_open.saturating_sub(self.open.available_permits())
    }

    /// How many items of one stream are in hand at most.
    #[must_use]
    pub fn per_stream(&self) -> usize {
        self.per_stream
    }

    /// Items of all streams in hand now.
    #[must_use]
    pub fn in_hand(&self) -> usize {
        self.all_items.saturating_sub(self.items.available_permits())
    }

    /// Takes from `items` as places come free.
    pub fn intake<S>(&self, items: S) -> Intake<S> {
        Intake { items, places: self.items.clone(), waiting: None }
    }
}

type Acquire = Pin<Box<dyn Future<Output = Result<Place, AcquireError>> + Send>>;

/// Items, each handed out with the place it takes.
pub struct Intake<S> {
    items: S,
    places: Arc<Semaphore>,
    /// Our turn in the queue for a place. Kept between polls, or whoever looks often would be last
    /// for ever.
    waiting: Option<Acquire>,
}

impl<S> fmt::Debug for Intake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Intake(..)")
    }
}

impl<S: Stream + Unpin> Intake<S> {
    /// The next item and its place; `None` at the end. Can be dropped and asked again.
    pub async fn next(&mut self) -> Option<(S::Item, Place)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(S::Item, Place)>> {
        let Ok(place) = ready!(self.poll_place(cx)) else { return Poll::Ready(None) };
        // With no item there the place goes back at once: a caller who is silent holds up nobody.
        Pin::new(&mut self.items).poll_next(cx).map(|item| item.map(|item| (item, place)))
    }

    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Result<Place, AcquireError>> {
        if self.waiting.is_none()
            && let Ok(place) = self.places.clone().try_acquire_owned()
        {
            return Poll::Ready(Ok(place));
        }
        let places = &self.places;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(places.clone().acquire_owned()));
        let place = ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        Poll::Ready(place)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    async fn is_pending<T>(future: impl Future<Output = T>) -> bool {
        let mut future = Box::pin(future);
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }

    #[tokio::test]
    async fn a_silent_stream_holds_no_place_and_a_full_server_leaves_items_where_they_are() {
        let streams = Streams::new(2, 4, 1);
        let (silent, items) = mpsc::channel::<u8>(1);
        let mut first = streams.intake(ReceiverStream::new(items));
        assert!(is_pending(first.next()).await);
        assert_eq!(streams.in_hand(), 0);

        let (busy, items) = mpsc::channel(1);
        let mut second = streams.intake(ReceiverStream::new(items));
        busy.send(1).await.unwrap();
        let (item, place) = second.next().await.unwrap();
        assert_eq!((item, streams.in_hand()), (1, 1));
        silent.send(2).await.unwrap();
        assert!(is_pending(first.next()).await, "no place");
        assert_eq!(silent.capacity(), 0, "the item was not read");
        drop(place);
        assert_eq!(first.next().await.unwrap().0, 2);
        drop(busy);
        assert!(second.next().await.is_none());
    }

    #[test]
    fn so_many_streams() {
        let streams = Streams::new(1, 1, 1);
        let place = streams.open();
        assert!(place.is_some() && streams.open().is_none());
        drop(place);
        assert!(streams.open().is_some());
    }
}
