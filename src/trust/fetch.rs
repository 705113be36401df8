//! Things fetched over HTTP, each within a time, a size and a number of redirects.
//!
//! Plain HTTP alone: lists and OCSP answers are signed, and their addresses in certificates begin with
//! `http:`. One connection per fetch, since they are minutes apart or to be had at once.

use std::time::Duration;

use http::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HOST, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION, USER_AGENT,
};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Who we say we are. The authority's filter redirects whoever says nothing.
const AGENT: &str = concat!("iinspect/", env!("CARGO_PKG_VERSION"));

/// What a fetch may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From looking up the name to the last byte.
    pub time: Duration,
    /// Bytes of the body.
    pub bytes: usize,
    /// Redirects that are followed; of questions that are sent (POST) none ever is.
    pub redirects: usize,
}

/// Why nothing was fetched. Names no address: that is the caller's to say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The address is none that can be fetched from.
    #[error("not an address that begins with http:")]
    Address,
    /// Nobody answers there.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// It took too long.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The answer is longer than it may be.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
    /// Another status than 200.
    #[error("HTTP status {0}")]
    Status(u16),
    /// Redirected too often, or to where nothing is fetched from.
    #[error("redirected too often, or away from HTTP")]
    Redirected,
    /// Something else than what was asked for, by the type it says to have.
    #[error("an answer of another type")]
    Type,
}

/// The longest `ETag` or `Last-Modified` that is remembered, in bytes.
const LONGEST_MARK: usize = 1024;

/// What a server tells one content of a file from another by, so that what is had already need not be sent
/// again. Nothing in it: the file is sent in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
}

impl Mark {
    fn of(headers: &HeaderMap) -> Self {
        let short = |name| headers.get(name).filter(|value| value.len() <= LONGEST_MARK).cloned();
        Mark { etag: short(ETAG), modified: short(LAST_MODIFIED) }
    }

    /// What is sent to have the file if it is another. A server that knows the first leaves the second
    /// (RFC 9110, 13.1.3).
    fn conditions(&self) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        let both = [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.modified)];
        both.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
    }
}

/// Fetches a file, redirects followed. `None`: it is still the one with the mark `had`.
///
/// # Errors
/// [`enum@Error`].
pub async fn get(url: &str, had: &Mark, limits: Limits) -> Result<Option<(Bytes, Mark)>, Error> {
    let until = Instant::now() + limits.time;
    let mut url: Uri = url.parse().map_err(|_| Error::Address)?;
    for _ in 0..=limits.redirects {
        let (answer, _connection) = send(&url, Asked::File(had), until, limits).await?;
        if answer.status() == StatusCode::NOT_MODIFIED && *had != Mark::default() {
            return Ok(None);
        }
        if !answer.status().is_redirection() || answer.status() == StatusCode::NOT_MODIFIED {
            let mark = Mark::of(answer.headers());
            return body(answer, until, limits).await.map(|file| Some((file, mark)));
        }
        let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok());
        url = place.and_then(|place| redirected(&url, place)).ok_or(Error::Redirected)?;
    }
    Err(Error::Redirected)
}

/// Sends a question and fetches its answer, which must be of this type.
///
/// # Errors
/// [`enum@Error`].
pub async fn post(url: &str, sent: (&str, Bytes), answered: &str, limits: Limits) -> Result<Bytes, Error> {
    let until = Instant::now() + limits.time;
    let url: Uri = url.parse().map_err(|_| Error::Address)?;
    let (answer, _connection) = send(&url, Asked::Question { sent, answered }, until, limits).await?;
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if answer.status().is_success()
        && !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(answered)
    {
        return Err(Error::Type);
    }
    body(answer, until, limits).await
}

/// Where a redirect leads; `None`: not to HTTP.
fn redirected(from: &Uri, place: &str) -> Option<Uri> {
    let to: Uri = if place.starts_with('/') && !place.starts_with("//") {
        format!("http://{}{place}", from.authority()?).parse().ok()?
    } else {
        place.parse().ok()?
    };
    (to.scheme_str() == Some("http")).then_some(to)
}

/// The task that moves a connection's bytes: it ends when the fetch does, however that ends.
struct Connection(tokio::task::AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is asked of a server.
enum Asked<'a> {
    /// A file, if it is another than the one with this mark.
    File(&'a Mark),
    /// A question, and the type of its answer.
    Question { sent: (&'a str, Bytes), answered: &'a str },
}

async fn send(
    url: &Uri,
    asked: Asked<'_>,
    until: Instant,
    limits: Limits,
) -> Result<(Response<Incoming>, Connection), Error> {
    let within = |_| Error::TimedOut(limits.time);
    if url.scheme_str() != Some("http") {
        return Err(Error::Address);
    }
    let (host, authority) = (url.host().ok_or(Error::Address)?, url.authority().ok_or(Error::Address)?);
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::builder().uri(path).header(HOST, authority.as_str()).header(USER_AGENT, AGENT);
    let request = match asked {
        Asked::Question { sent: (kind, bytes), answered } => {
            let request = request.method(Method::POST).header(CONTENT_TYPE, kind);
            request.header(ACCEPT, answered).body(Full::new(bytes))
        }
        Asked::File(had) => {
            let request =
                had.conditions().fold(request, |request, (name, value)| request.header(name, value));
            request.body(Full::default())
        }
    };
    let request = request.map_err(|_| Error::Address)?;

    // A name in brackets is an IPv6 address, which the socket wants without.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let connect = TcpStream::connect((host, url.port_u16().unwrap_or(80)));
    let stream = timeout_at(until, connect).await.map_err(within)?;
    let stream = stream.map_err(|e| Error::Unreachable(e.kind().to_string()))?;
    let exchange = async {
        let (mut sender, connection) =
            http1::Builder::new().max_buf_size(64 * 1024).handshake(TokioIo::new(stream)).await?;
        let task = tokio::spawn(async move {
            // What went wrong is told to whoever waits for the answer.
            let _ = connection.await;
        });
        let connection = Connection(task.abort_handle());
        Ok((sender.send_request(request).await?, connection))
    };
    timeout_at(until, exchange).await.map_err(within)?.map_err(|e: hyper::Error| broken(&e))
}

async fn body(answer: Response<Incoming>, until: Instant, limits: Limits) -> Result<Bytes, Error> {
    if answer.status() != StatusCode::OK {
        return Err(Error::Status(answer.status().as_u16()));
    }
    let too_long = Error::TooLong(limits.bytes);
    // Said beforehand, it need not be read to be refused.
    if hyper::body::Body::size_hint(answer.body()).lower() > limits.bytes as u64 {
        return Err(too_long);
    }
    let whole = timeout_at(until, Limited::new(answer.into_body(), limits.bytes).collect());
    match whole.await.map_err(|_| Error::TimedOut(limits.time))? {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => Err(too_long),
        Err(e) => Err(e.downcast_ref::<hyper::Error>().map_or(Error::Broken("body".into()), broken)),
    }
}

fn broken(e: &hyper::Error) -> Error {
    Error::Broken(e.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
