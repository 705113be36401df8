//! `[limits]`: bounds on calls.

use std::num::NonZero;
use std::time::Duration;

use super::read::Reader;

/// Bounds on calls.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most time a call may take.
    pub deadline: Duration,
    /// Calls at once over all connections.
    pub concurrency: usize,
    /// Connections at once.
    pub connections: usize,
    /// Calls at once on one connection.
    pub streams_per_connection: u32,
    /// The largest request in bytes.
    pub request_bytes: usize,
    /// The largest request of Screen in bytes.
    pub screen_bytes: usize,
    /// Calls of Screen at once, at least one.
    pub screens: usize,
    /// Streams of VerifyStream at once.
    pub streams: usize,
    /// Items of one stream in hand at once.
    pub stream_concurrency: usize,
    /// Items of all streams in hand at once.
    pub stream_items: usize,
    /// Watches of WatchIssueStatus at once.
    pub watches: usize,
    /// Threads that check signatures.
    pub signature_threads: usize,
    /// Signatures that may wait for them.
    pub signature_queue: usize,
    /// The largest header block in bytes.
    pub header_bytes: u32,
    /// How long nothing of a request may come.
    pub body_idle: Duration,
    /// How long a client may leave an answer unread.
    pub unread: Duration,
    /// After how long a connection is asked to be made anew; zero: never.
    pub connection_age: Duration,
}

impl Limits {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Limits {
            deadline: r.duration("limits.deadline", Duration::from_millis(10)..=Duration::from_secs(300)),
            concurrency: r.count("limits.concurrency", 1..=1_000_000) as usize,
            connections: r.count("limits.connections", 1..=1_000_000) as usize,
            streams_per_connection: r.count("limits.streams_per_connection", 1..=100_000),
            request_bytes: r.count("limits.request_bytes", 1024..=64 * 1024 * 1024) as usize,
            screen_bytes: r.count("limits.screen_bytes", 1024..=64 * 1024 * 1024) as usize,
            // One is worked on while the other's columns come in; with more each takes longer and no more
            // are answered.
            screens: or_by_processors(r.count("limits.screens", 0..=10_000), |all| all * 2),
            streams: r.count("limits.streams", 1..=100_000) as usize,
            stream_concurrency: r.count("limits.stream_concurrency", 1..=10_000) as usize,
            stream_items: r.count("limits.stream_items", 1..=100_000) as usize,
            watches: r.count("limits.watches", 1..=100_000) as usize,
            signature_threads: or_by_processors(r.count("limits.signature_threads", 0..=256), |all| {
                all.div_ceil(2)
            }),
            signature_queue: r.count("limits.signature_queue", 1..=100_000) as usize,
            header_bytes: r.count("limits.header_bytes", 1024..=1024 * 1024),
            body_idle: r.duration("limits.body_idle", Duration::from_millis(100)..=Duration::from_secs(300)),
            unread: r.duration("limits.unread", Duration::from_millis(100)..=Duration::from_secs(3600)),
            connection_age: r
                .duration("limits.connection_age", Duration::ZERO..=Duration::from_secs(7 * 24 * 3600)),
        }
    }
}

/// What is set; 0: so many as follow from the processors there are.
fn or_by_processors(set: u32, of: impl Fn(usize) -> usize) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, NonZero::get);
    if set == 0 { of(all()) } else { set as usize }
}
