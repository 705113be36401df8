//! Answers that are ready together leave together: one write for all of them, one TLS record, one packet.
//!
//! Otherwise each leaves by itself. HTTP/2 asks for a flush after every answer, and the runtime runs the
//! connection right after the call that woke it, while its neighbours, whose requests came in the same
//! packet, wait in the queue. So while other calls of the connection are under way, the first flush steps
//! back behind what is ready to run, and the second writes. A connection with one call writes at once.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are kept for the next flush; more are written without waiting for it. The largest frame of
/// HTTP/2, unless it is asked for larger ones, and small ones around it.
const MOST: usize = 32 * 1024;
/// Of the memory for them, what an idle connection keeps.
const KEPT: usize = 2 * 1024;

/// How many calls of a connection are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// One more, until the mark is dropped.
    pub(super) fn begin(&self) -> UnderWay {
        self.0.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.0.clone())
    }

    /// Only a hint: a call that has just begun or ended may be counted or not.
    fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// A call that is under way.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream whose writes wait for a flush.
#[derive(Debug)]
pub(super) struct Together<S> {
    stream: S,
    calls: Calls,
    waiting: Vec<u8>,
    /// Of what is waiting, how much is written.
    written: usize,
    stepped_back: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Together<S> {
    /// Over `stream`, whose calls are counted by `calls`.
    pub(super) fn new(stream: S, calls: Calls) -> Self {
        Together { stream, calls, waiting: Vec::new(), written: 0, stepped_back: false }
    }

    /// What it is over.
    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// What its calls are counted by.
    pub(super) fn calls(&self) -> &Calls {
        &self.calls
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
            if !std::mem::replace(&mut this.stepped_back, true) && this.calls.any() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(this.poll_written(cx))?;
        }
        this.stepped_back = false;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_written(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
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
        Together::new(Peer { most, busy: false, writes: 0, took: Vec::new() }, Calls::default())
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_flush_steps_back_once_while_others_are_under_way() {
        let mut stream = over(usize::MAX);
        let other = stream.calls().begin();
        stream.write_all(b"one ").await.unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        assert!(Pin::new(&mut stream).poll_flush(&mut Context::from_waker(&waker)).is_pending());
        assert!(woken.0.load(Ordering::SeqCst), "it comes back by itself");
        assert_eq!(stream.stream.writes, 0);
        stream.write_all(b"two").await.unwrap();
        assert!(Pin::new(&mut stream).poll_flush(&mut Context::from_waker(&waker)).is_ready());
        assert_eq!((stream.stream.took.as_slice(), stream.stream.writes), (&b"one two"[..], 1));
        // The next is another.
        stream.write_all(b"!").await.unwrap();
        assert!(Pin::new(&mut stream).poll_flush(&mut Context::from_waker(&waker)).is_pending());
        drop(other);
    }

    #[tokio::test]
    async fn the_only_call_of_a_connection_waits_for_nobody() {
        let mut stream = over(usize::MAX);
        drop(stream.calls().begin());
        stream.write_all(b"one").await.unwrap();
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut stream).poll_flush(&mut context).is_ready());
        assert_eq!(stream.stream.writes, 1);
    }

    #[tokio::test]
    async fn nothing_is_lost_or_kept_beyond_the_bound() {
        for most in [1_000, 7_001, usize::MAX] {
            let mut stream = over(most);
            let _other = stream.calls().begin();
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
