//! Answers that are ready together leave together: one write for all of them, one TLS record, one packet.
//!
//! Otherwise each leaves by itself. HTTP/2 asks for a flush after every answer, and the runtime runs the
//! connection right after the call that woke it, while its neighbours, whose requests came in the same
//! packet, wait in the queue. So the first flush steps back behind what is ready to run, and the second
//! writes. That costs a turn of the queue, which is lost where nothing comes of it: a connection whose
//! last step back brought nothing steps back at each sixteenth flush alone, to see whether that has changed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are kept for the next flush; more are written without waiting for it. The largest frame of
/// HTTP/2, unless it is asked for larger ones, and small ones around it.
const MOST: usize = 32 * 1024;
/// Of the memory for them, what an idle connection keeps.
const KEPT: usize = 4 * 1024;

/// After so many flushes a connection whose answers left one by one tries again whether they still do.
const AGAIN: u8 = 16;

/// A stream whose writes wait for a flush.
#[derive(Debug)]
pub(super) struct Together<S> {
    stream: S,
    waiting: Vec<u8>,
    /// Of what is waiting, how much is written.
    written: usize,
    /// How much was waiting when the last flush stepped back, if it did.
    stepped_back: Option<usize>,
    /// Flushes that may pass before one steps back.
    until: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Together<S> {
    /// Over `stream`.
    pub(super) fn new(stream: S) -> Self {
        Together { stream, waiting: Vec::new(), written: 0, stepped_back: None, until: AGAIN }
    }

    /// What it is over.
    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Whether a flush is to step back.
    fn steps_back(&mut self) -> bool {
        let there = self.waiting.len();
        if let Some(then) = self.stepped_back.take() {
            self.until = if there > then { 0 } else { AGAIN };
            return false;
        }
        if self.until > 0 {
            self.until -= 1;
            return false;
        }
        self.stepped_back = Some(there);
        true
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.waiting.len() {
            let rest = &self.waiting[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.written += n,
            }
        }
        self.written = 0;
        self.waiting.clear();
        self.waiting.shrink_to(KEPT);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Together<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Together<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.waiting.len().saturating_add(buf.len()) > MOST {
            ready!(this.poll_written(cx))?;
            if buf.len() > MOST {
                return Pin::new(&mut this.stream).poll_write(cx, buf);
            }
        }
        this.waiting.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    /// They are put together here. Told so, HTTP/2 asks for a flush of its own only after answers of 1 KiB
    /// and more, instead of 256 bytes.
    fn is_write_vectored(&self) -> bool {
        false
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.waiting.is_empty() {
            // What is written in part is on its way.
            if this.written == 0 && this.steps_back() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(this.poll_written(cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_written(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Wake, Waker};

    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Takes at most so many bytes at once, and none every other time.
    #[derive(Debug)]
    struct Peer {
        most: usize,
        busy: bool,
        writes: usize,
        took: Vec<u8>,
    }

    impl AsyncRead for Peer {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Peer {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            self.busy = self.most < usize::MAX && !self.busy;
            if self.busy {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let n = buf.len().min(self.most);
            self.writes += 1;
            self.took.extend_from_slice(&buf[..n]);
            Poll::Ready(Ok(n))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn over(most: usize) -> Together<Peer> {
        Together::new(Peer { most, busy: false, writes: 0, took: Vec::new() })
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    /// Flushes that one answer takes, with others that are ready behind it.
    async fn answers(stream: &mut Together<Peer>, others: usize) -> usize {
        stream.write_all(b"answer ").await.unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        if Pin::new(&mut *stream).poll_flush(&mut context).is_ready() {
            return 1;
        }
        assert!(woken.0.load(Ordering::SeqCst), "it comes back by itself");
        for _ in 0..others {
            stream.write_all(b"other ").await.unwrap();
        }
        assert!(Pin::new(stream).poll_flush(&mut context).is_ready());
        2
    }

    #[tokio::test]
    async fn answers_that_are_ready_together_leave_together() {
        let mut stream = over(usize::MAX);
        let mut stepped_back = 0;
        for _ in 0..100 {
            stepped_back += usize::from(answers(&mut stream, 7).await == 2);
        }
        assert_eq!(stepped_back, 100 - usize::from(AGAIN), "from when it has found that others come");
        assert_eq!(stream.stream.writes, 100);
        assert_eq!(stream.stream.took.iter().filter(|byte| **byte == b' ').count(), 100 + 7 * stepped_back);
    }

    #[tokio::test]
    async fn answers_that_come_one_by_one_wait_for_nobody() {
        let mut stream = over(usize::MAX);
        let mut stepped_back = 0;
        for _ in 0..170 {
            stepped_back += usize::from(answers(&mut stream, 0).await == 2);
        }
        assert_eq!((stepped_back, stream.stream.writes), (10, 170));
        // Those that are ready together again are found again.
        for _ in 0..50 {
            answers(&mut stream, 3).await;
        }
        assert_eq!(answers(&mut stream, 3).await, 2);
    }

    #[tokio::test]
    async fn nothing_is_lost_or_kept_beyond_the_bound() {
        for most in [1_000, 7_001, usize::MAX] {
            let mut stream = over(most);
            stream.until = 0;
            let mut sent = Vec::new();
            for len in [1, 40_000, 300, 32_768, 32_767, 2, 100_000, 16_384, 16_384, 16_384] {
                let part: Vec<u8> = (0..len).map(|n| ((n + sent.len()) % 251) as u8).collect();
                stream.write_all(&part).await.unwrap();
                sent.extend(part);
                assert!(stream.waiting.len() <= MOST);
            }
            stream.flush().await.unwrap();
            assert!(stream.stream.took == sent, "{most}");
            assert!(stream.waiting.capacity() <= KEPT);
            stream.write_all(b"last").await.unwrap();
            stream.shutdown().await.unwrap();
            assert!(stream.stream.took.ends_with(b"last"));
        }
    }
}
