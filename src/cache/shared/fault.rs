//! What Redis's errors mean: the only place that looks into them.
//!
//! The server's own text is never passed on: it repeats keys, users and arguments.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use crate::cache::breaker::Hope;

/// Why Redis was of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// For the operator; nothing of the server's text, the URL or a key.
    pub(super) what: &'static str,
    /// Whether it may pass by itself.
    pub(super) hope: Hope,
    /// Whether another connection is needed.
    pub(super) lost: bool,
    /// Whether it is about writing alone.
    pub(super) writes: bool,
}

/// It may pass, and the connection is good.
const fn passing(what: &'static str) -> Fault {
    Fault { what, hope: Hope::Passing, lost: false, writes: false }
}

/// Another connection may do better.
const fn lost(what: &'static str) -> Fault {
    Fault { lost: true, ..passing(what) }
}

/// Somebody has to do something.
const fn hopeless(what: &'static str) -> Fault {
    Fault { what, hope: Hope::Hopeless, lost: true, writes: false }
}

/// It takes no writes.
const fn unwritable(what: &'static str) -> Fault {
    Fault { writes: true, ..passing(what) }
}

/// No answer within the time that a call has for it.
pub(super) const LATE: Fault = passing("does not answer in time");
/// No connection within the time there is for one.
pub(super) const UNREACHED: Fault = lost("no connection in time");
/// A file that the URL names.
pub(super) const FILES: Fault =
    hopeless("a file of the URL's TLS settings cannot be read, or holds no certificate or key");
/// What came was no answer to what was asked.
pub(super) const NONSENSE: Fault = lost("what answers does not keep to Redis's protocol");
/// None of the Sentinels could be asked.
pub(super) const NO_SENTINEL: Fault = lost("no Sentinel answers");
/// The Sentinels do not know the master.
pub(super) const NO_MASTER: Fault = hopeless("the Sentinels know no master of this name");
/// The Sentinels are behind.
pub(super) const NOT_MASTER: Fault = lost("the Sentinels name a server that is no master, or not yet");

const DENIED: Fault = Fault {
    lost: false,
    ..hopeless("permission denied: the user's access list lacks a command, a key or a channel")
};
const REFUSED_USER: Fault = hopeless("the server refuses this user or password");

impl Fault {
    /// What an error means.
    pub(super) fn of(e: &RedisError) -> Self {
        match e.kind() {
            ErrorKind::Io => io_fault(e),
            ErrorKind::AuthenticationFailed => REFUSED_USER,
            ErrorKind::RESP3NotSupported => hopeless("speaks no RESP3: Redis 6 or later is needed"),
            ErrorKind::ClusterConnectionNotFound => lost("no node of the cluster answers for this key"),
            ErrorKind::Server(kind) => by_kind(kind, e.detail()),
            ErrorKind::Extension => by_code(e.code().unwrap_or_default()),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => NONSENSE,
            _ => hopeless("the client refuses to ask"),
        }
    }

    /// What an answer means that is an error.
    pub(super) fn of_answer(value: &Value) -> Option<Self> {
        match value {
            Value::ServerError(e) => Some(Fault::of(&RedisError::from(e.clone()))),
            _ => None,
        }
    }

    /// Whether an answer says that the script is to be sent whole.
    pub(super) fn is_script_missing(value: &Value) -> bool {
        matches!(value, Value::ServerError(e) if e.kind() == Some(ServerErrorKind::NoScript))
    }
}

fn by_kind(kind: ServerErrorKind, detail: Option<&str>) -> Fault {
    match kind {
        ServerErrorKind::NoPerm => DENIED,
        ServerErrorKind::BusyLoading => passing("is loading its data"),
        ServerErrorKind::ReadOnly => {
            Fault { lost: true, ..unwritable("is a replica now: it takes no writes") }
        }
        ServerErrorKind::MasterDown => passing("is a replica that has lost its master"),
        ServerErrorKind::ClusterDown => passing("the cluster is down"),
        ServerErrorKind::TryAgain | ServerErrorKind::Ask => passing("the cluster is being moved"),
        ServerErrorKind::Moved => hopeless("is a node of a cluster: its URL begins with redis+cluster"),
        ServerErrorKind::ResponseError => match detail {
            // Looked at and not passed on.
            Some(text) if text.contains("max number of clients") => lost("has no connection left"),
            Some(text) if text.contains("DB index") => hopeless("has no database of this number"),
            _ => hopeless("refuses what it is asked"),
        },
        _ => passing("refuses what it is asked"),
    }
}

/// Errors that the client has no names for.
fn by_code(code: &str) -> Fault {
    match code {
        "OOM" => unwritable("is full (maxmemory) and evicts nothing: it takes no writes"),
        "MISCONF" => unwritable("cannot save to its disk, and takes no writes"),
        "NOREPLICAS" => unwritable("has too few replicas to take writes"),
        "WRONGPASS" | "NOAUTH" => REFUSED_USER,
        "NOPROTO" => hopeless("speaks no RESP3: Redis 6 or later is needed"),
        "BUSY" => passing("is busy with somebody's script"),
        "WRONGTYPE" => passing("a key holds what this service did not write"),
        _ => hopeless("refuses what it is asked"),
    }
}

/// An I/O error by its kind: its text may hold an address.
fn io_fault(e: &RedisError) -> Fault {
    // The client hands out what holds the error, not the error.
    let inner = e.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    match inner.and_then(|inner| inner.downcast_ref::<io::Error>()).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => lost("connection refused"),
        Some(io::ErrorKind::NotFound) => lost("there is no such host"),
        Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => UNREACHED,
        // What rustls has against the other side's certificate, or the other side against ours.
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            hopeless("TLS failed: a certificate is not accepted, or there is no TLS there")
        }
        _ => lost("the connection was lost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error as the client makes it of a server's text.
    fn server(text: &str) -> Fault {
        let value = redis::parse_redis_value(format!("-{text}\r\n").as_bytes()).unwrap();
        Fault::of_answer(&value).unwrap()
    }

    #[test]
    fn what_only_a_person_can_mend_is_told_from_what_may_pass() {
        let hopeless = [
            "NOPERM this user has no permissions to run the 'get' command",
            "WRONGPASS invalid username-password pair or user is disabled.",
            "NOAUTH Authentication required.",
            "MOVED 866 127.0.0.1:7001",
            "ERR unknown command",
            "ERR DB index is out of range",
            "SOMETHING new",
        ];
        for text in hopeless {
            assert_eq!(server(text).hope, Hope::Hopeless, "{text}");
        }
        let passing = [
            "LOADING Redis is loading the dataset in memory",
            "READONLY You can't write against a read only replica.",
            "CLUSTERDOWN The cluster is down",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "MASTERDOWN Link with MASTER is down",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "MISCONF Redis is configured to save RDB snapshots",
            "BUSY Redis is busy running a script.",
            "ERR max number of clients reached",
        ];
        for text in passing {
            assert_eq!(server(text).hope, Hope::Passing, "{text}");
        }
    }

    #[test]
    fn what_is_about_writing_alone_says_so() {
        for text in ["OOM full", "MISCONF disk", "READONLY replica", "NOREPLICAS Not enough good replicas"] {
            assert!(server(text).writes, "{text}");
        }
        assert!(server("READONLY replica").lost, "the master is elsewhere now");
        assert!(!server("OOM full").lost && !server("NOPERM no").lost);
    }

    #[test]
    fn nothing_of_the_servers_text_is_passed_on() {
        for text in ["ERR unknown command 'secret'", "WRONGPASS secret", "NOPERM secret", "SECRET secret"] {
            assert!(!server(text).what.to_lowercase().contains("secret"), "{text}");
        }
    }

    #[test]
    fn connections_fail_by_their_kind() {
        let of = |kind| Fault::of(&RedisError::from(io::Error::new(kind, "secret.kz:6379")));
        assert_eq!(of(io::ErrorKind::ConnectionRefused).what, "connection refused");
        assert_eq!(of(io::ErrorKind::InvalidData).hope, Hope::Hopeless);
        for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof, io::ErrorKind::TimedOut] {
            let fault = of(kind);
            assert!(fault.lost && fault.hope == Hope::Passing, "{kind}");
        }
    }
}
