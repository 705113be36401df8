//! A small HTTP server that answers as each test says, and misbehaves as real ones do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// How a request is answered.
pub(crate) enum Reply {
    /// 200, of this type.
    Ok(&'static str, Vec<u8>),
    /// These very bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// Never.
    Silence,
}

impl Reply {
    fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Reply::Ok(kind, body) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                Some([head.as_bytes(), &body].concat())
            }
            Reply::Raw(bytes) => Some(bytes),
            Reply::Silence => None,
        }
    }
}

/// A request: its first line and headers in lower case, and its body.
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// The server; it ends with the test's runtime.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let (counter, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (counter, answer) = (counter.clone(), answer.clone());
                tokio::spawn(async move {
                    let Some(asked) = read(&mut stream).await else { return };
                    counter.fetch_add(1, Ordering::SeqCst);
                    match answer(asked).bytes() {
                        Some(bytes) => drop(stream.write_all(&bytes).await),
                        // Until the other side gives up.
                        None => drop(stream.read(&mut [0]).await),
                    }
                });
            }
        });
        Server { address, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .split_once("content-length: ")
                .map_or(0, |(_, rest)| rest.lines().next().unwrap_or_default().trim().parse().unwrap_or(0));
            if bytes.len() >= end + 4 + length {
                return Some(Asked { head, body: bytes.split_off(end + 4) });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(crate) const LIMITS: Limits = Limits { time: Duration::from_secs(20), bytes: 1000, redirects: 2 };

/// Quick limits, for what never answers: the test waits for the limit itself and for nothing else.
pub(crate) const IMPATIENT: Limits = Limits { time: Duration::from_millis(200), ..LIMITS };

/// Fetches a file that nothing is had of.
async fn get(url: &str, limits: Limits) -> Result<Bytes, Error> {
    super::get(url, &Mark::default(), limits).await.map(|file| file.unwrap().0)
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

async fn fetched(answer: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Result<Bytes, Error> {
    let server = Server::start(answer).await;
    get(&server.url("/list?x=1"), LIMITS).await
}

#[tokio::test]
async fn a_file_is_fetched_by_one_who_says_who_it_is() {
    let found = fetched(|asked| {
        assert!(asked.head.starts_with("get /list?x=1 http/1.1\r\n"), "{}", asked.head);
        assert!(asked.head.contains("user-agent: iinspect/") && asked.head.contains("host: 127.0.0.1:"));
        Reply::Ok("application/pkix-crl", b"whole".to_vec())
    });
    assert_eq!(found.await.unwrap(), "whole");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(fetched(move |_| raw(chunked)).await.unwrap(), "abcde");
}

#[tokio::test]
async fn a_file_is_sent_again_only_if_it_is_another() {
    let server = Server::start(|asked| {
        let had = asked.head.contains("if-none-match: \"one\"")
            && asked.head.contains("if-modified-since: sat, 01 aug 2026 00:00:00 gmt");
        let path = asked.head.split(' ').nth(1).unwrap_or_default().to_owned();
        let long = format!("etag: \"{}\"\r\n", "x".repeat(2000));
        match path.as_str() {
            "/" | "/moved" if had => raw("HTTP/1.1 304 Not Modified\r\netag: \"one\"\r\n\r\n"),
            "/" => raw("HTTP/1.1 200 OK\r\netag: \"one\"\r\nlast-modified: Sat, 01 Aug 2026 00:00:00 GMT\r\ncontent-length: 1\r\n\r\n1"),
            "/there" => raw("HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
            "/long" => raw(&format!("HTTP/1.1 200 OK\r\n{long}content-length: 1\r\n\r\n1")),
            _ => raw("HTTP/1.1 304 Not Modified\r\n\r\n"),
        }
    })
    .await;
    let none = Mark::default();
    let (file, mark) = super::get(&server.url("/"), &none, LIMITS).await.unwrap().unwrap();
    assert!(file == "1" && mark != none);
    for path in ["/", "/there"] {
        assert_eq!(super::get(&server.url(path), &mark, LIMITS).await.unwrap(), None, "{path}");
    }
    let other = Mark { etag: Some(HeaderValue::from_static("\"two\"")), ..mark.clone() };
    assert_eq!(super::get(&server.url("/"), &other, LIMITS).await.unwrap(), Some((file, mark)));
    // What was never asked is no answer, and what is too long is not remembered.
    assert_eq!(super::get(&server.url("/never"), &none, LIMITS).await, Err(Error::Status(304)));
    assert_eq!(super::get(&server.url("/long"), &none, LIMITS).await.unwrap().unwrap().1, none);
}

#[tokio::test]
async fn what_is_too_long_is_refused_whether_it_says_so_or_not() {
    assert_eq!(fetched(|_| Reply::Ok("", vec![b'x'; 1000])).await.unwrap().len(), 1000);
    assert_eq!(fetched(|_| Reply::Ok("", vec![b'x'; 1001])).await, Err(Error::TooLong(1000)));
    // Said to be huge: nothing of it is waited for.
    let said = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
    assert_eq!(fetched(move |_| raw(said)).await, Err(Error::TooLong(1000)));
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(100));
    assert_eq!(fetched(move |_| raw(&endless)).await, Err(Error::TooLong(1000)));
    let header = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1_000_000));
    let found = fetched(move |_| raw(&header)).await;
    assert!(matches!(found, Err(Error::Broken(_))), "{found:?}");
}

#[tokio::test]
async fn what_ends_too_soon_is_broken() {
    for cut in
        ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "not HTTP at all\r\n\r\n"]
    {
        assert!(matches!(fetched(move |_| raw(cut)).await, Err(Error::Broken(_))), "{cut}");
    }
}

#[tokio::test]
async fn who_does_not_answer_is_given_up() {
    let server = Server::start(|_| Reply::Silence).await;
    assert_eq!(get(&server.url("/"), IMPATIENT).await, Err(Error::TimedOut(IMPATIENT.time)));
    let slow = Server::start(|_| raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")).await;
    assert!(matches!(get(&slow.url("/"), LIMITS).await, Err(Error::Broken(_))));
    // A port that was just given back: nobody listens there.
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(get(&format!("http://{dead}/"), LIMITS).await, Err(Error::Unreachable(_))));
}

#[tokio::test]
async fn redirects_are_followed_so_often_and_within_http() {
    let to = |place: &str| {
        raw(&format!("HTTP/1.1 303 See Other\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"))
    };
    let server = Server::start(move |asked| {
        let path = asked.head.split(' ').nth(1).unwrap_or_default().to_owned();
        match path.as_str() {
            "/0" => Reply::Ok("", b"here".to_vec()),
            "/1" => to("/0"),
            "/2" => to("/1"),
            "/3" => to("/2"),
            "/loop" => to("/loop"),
            "/tls" => to("https://127.0.0.1/"),
            "/file" => to("file:///etc/hostname"),
            _ => raw("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        }
    })
    .await;
    assert_eq!(get(&server.url("/2"), LIMITS).await.unwrap(), "here");
    for place in ["/3", "/loop", "/tls", "/file"] {
        assert_eq!(get(&server.url(place), LIMITS).await, Err(Error::Redirected), "{place}");
    }
    assert_eq!(get(&server.url("/none"), LIMITS).await, Err(Error::Status(404)));
    for address in ["https://127.0.0.1/", "ftp://127.0.0.1/", "/", "", "http://"] {
        assert_eq!(get(address, LIMITS).await, Err(Error::Address), "{address}");
    }
}

#[tokio::test]
async fn a_question_is_sent_once_and_its_answer_has_its_type() {
    let server = Server::start(|asked| {
        assert!(asked.head.contains("content-type: a/question") && asked.head.contains("accept: an/answer"));
        match asked.body.as_slice() {
            b"good" => Reply::Ok("An/Answer; charset=x", b"yes".to_vec()),
            b"page" => Reply::Ok("text/html", b"<html>".to_vec()),
            _ => raw("HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
        }
    })
    .await;
    let ask = |body: &'static str| {
        let url = server.url("/");
        async move { post(&url, ("a/question", body.into()), "an/answer", LIMITS).await }
    };
    assert_eq!(ask("good").await.unwrap(), "yes");
    assert_eq!(ask("page").await, Err(Error::Type));
    assert_eq!(ask("elsewhere").await, Err(Error::Status(303)));
    assert_eq!(server.asked(), 3);
}
