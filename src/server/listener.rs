//! Connections: as many as the server takes, each with little time to say that it speaks HTTP/2.
//!
//! At the bound the server stops accepting and the kernel's backlog fills: nothing is dropped, and
//! the admin listener, which is another, goes on answering.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::peer::{Peer, Unread};
use super::tls::{self, Identity};
use super::together::Together;
use crate::reload::Current;

/// The client's part of the HTTP/2 preface, in bytes (RFC 9113, 3.4).
const PREFACE: usize = 24;
/// How long a connection may take to send it; and before that, to shake hands.
const PREFACE_TIME: Duration = Duration::from_secs(10);
/// How long accepting rests after a failure: out of files, it would only fail again at once.
const REST: Duration = Duration::from_millis(100);

/// What bounds the connections of a listener.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Open at once.
    pub(super) connections: usize,
    /// How long a client may leave an answer unread.
    pub(super) unread: Duration,
}

/// The connections of a listener, by TLS when there is an identity. Dropping the stream closes the
/// listener.
pub(super) fn incoming(
    listener: TcpListener,
    bounds: Bounds,
    tls: Option<Current<Identity>>,
) -> ReceiverStream<io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(bounds.connections.min(Semaphore::MAX_PERMITS)));
    tokio::spawn(async move {
        tokio::select! {
            () = accept(&listener, places, bounds.unread, tls.as_ref(), &sender) => {}
            () = sender.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}

async fn accept(
    listener: &TcpListener,
    places: Arc<Semaphore>,
    unread: Duration,
    tls: Option<&Current<Identity>>,
    sender: &mpsc::Sender<io::Result<Connection>>,
) {
    let mut failing = false;
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                failing = false;
                // Without it small answers wait for the peer's acknowledgement; it is no fault if
                // the peer is gone already.
                let _ = stream.set_nodelay(true);
                if let Some(tls) = tls {
                    // Apart: a client that is slow to shake hands holds its own place and no more.
                    tokio::spawn(shake_hands(stream, place, unread, tls.get(), sender.clone()));
                } else if sender
                    .send(Ok(Connection::new(Stream::Plain(stream), place, unread)))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "connections cannot be accepted");
                }
                failing = true;
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// A handshake that fails or takes too long is its client's affair: it says why to the client alone, as
/// TLS has it.
async fn shake_hands(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    unread: Duration,
    identity: Arc<Identity>,
    sender: mpsc::Sender<io::Result<Connection>>,
) {
    let handshake = TlsAcceptor::from(identity.config()).accept(stream);
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(PREFACE_TIME, handshake) => shaken,
        () = sender.closed() => return,
    };
    match shaken {
        Ok(Ok(stream)) => {
            let _ = sender.send(Ok(Connection::new(Stream::Tls(Box::new(stream)), place, unread))).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// What bytes come by.
#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls a method of either kind of stream.
macro_rules! either {
    ($stream:expr, $either:ident => $call:expr) => {
        match &mut *$stream {
            Stream::Plain(stream) => {
                let $either = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $either = Pin::new(&mut **stream);
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}

/// One connection and its place among all.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Together<Stream>,
    /// Until the preface is there: how much of it is missing, and until when it must come.
    preface: Option<(usize, Pin<Box<Sleep>>)>,
    /// Answers that the client does not take, for how long, and when that is looked at next.
    unread: Unread,
    unread_time: Duration,
    look: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: Stream, place: OwnedSemaphorePermit, unread_time: Duration) -> Self {
        let preface = Some((PREFACE, Box::pin(tokio::time::sleep(PREFACE_TIME))));
        let look = Box::pin(tokio::time::sleep(unread_time));
        let stream = Together::new(stream);
        Connection { stream, preface, unread: Unread::default(), unread_time, look, _place: place }
    }

    /// Whether the client leaves an answer unread for too long. Looks once per `unread_time`, so that it
    /// is found after once to twice of it.
    fn is_stuck(&mut self, cx: &mut Context<'_>) -> bool {
        while self.look.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if self.unread.oldest().is_some_and(|since| now.duration_since(since) >= self.unread_time) {
                return true;
            }
            self.look.as_mut().reset(now + self.unread_time);
        }
        false
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some((missing, end)) = &mut self.preface {
            *missing = missing.saturating_sub(buf.filled().len() - before);
            if *missing == 0 {
                self.preface = None;
            } else if read.is_pending() && end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        if read.is_pending() && self.is_stuck(cx) {
            tracing::debug!("a client left an answer unread: its connection is closed");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Self::ConnectInfo {
        let chain = match self.stream.get_ref() {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.get_ref().1.peer_certificates(),
        };
        let names = chain.and_then(|chain| chain.first()).map(tls::names).unwrap_or_default();
        Peer { names, unread: self.unread.clone() }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_stream::StreamExt;

    use super::*;

    async fn listening(bound: usize) -> (std::net::SocketAddr, ReceiverStream<io::Result<Connection>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bounds = Bounds { connections: bound, unread: Duration::from_secs(60) };
        (listener.local_addr().unwrap(), incoming(listener, bounds, None))
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_a_connection_ends() {
        let (address, mut connections) = listening(1).await;
        let _first = TcpStream::connect(address).await.unwrap();
        let held = connections.next().await.unwrap().unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(100), connections.next()).await;
        assert!(waiting.is_err(), "the second waits in the backlog");
        drop(held);
        let next = tokio::time::timeout(Duration::from_secs(5), connections.next()).await;
        assert!(next.unwrap().unwrap().is_ok());
    }

    #[tokio::test]
    async fn dropping_the_stream_closes_the_listener() {
        let (address, connections) = listening(1).await;
        drop(connections);
        let end = std::time::Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(address).await.is_ok() {
            assert!(std::time::Instant::now() < end);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_closed_and_one_that_speaks_is_not() {
        let (address, mut connections) = listening(2).await;
        let mut peer = TcpStream::connect(address).await.unwrap();
        let mut connection = connections.next().await.unwrap().unwrap();
        peer.write_all(&[b'x'; PREFACE - 1]).await.unwrap();
        let mut buf = [0; PREFACE];
        assert_eq!(connection.read(&mut buf).await.unwrap(), PREFACE - 1);
        connection.preface.as_mut().unwrap().1.as_mut().reset(tokio::time::Instant::now());
        assert_eq!(connection.read(&mut buf).await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let mut peer = TcpStream::connect(address).await.unwrap();
        let mut connection = connections.next().await.unwrap().unwrap();
        peer.write_all(&[b'x'; PREFACE]).await.unwrap();
        connection.read_exact(&mut buf).await.unwrap();
        assert!(connection.preface.is_none());
    }
}
