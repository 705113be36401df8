//! The names of everything that is seen from outside: metrics, spans and their attributes.
//!
//! The only file with such names. `docs/METRICS.md` is generated from it, and a test compares what a
//! running server tells with that. RPC and database names are those of OpenTelemetry's semantic
//! conventions; the rest begins with `iinspect`. Prometheus writes `.` as `_`, adds the unit (`_seconds`)
//! and to counters `_total`.
//!
//! Whoever adds a part of the service adds a section here and to [`SECTIONS`], and uses its constants
//! with [`super::metrics`] and [`super::span`]. No attribute ever holds a number, a name, a document or
//! anything else that tells of a person, not even hashed; and no metric an attribute whose values have
//! no bound.

use opentelemetry::trace::SpanKind;
use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_semantic_conventions::{attribute as semconv, metric};

/// How a metric is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// What is so now.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// A metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name as OTLP has it.
    pub name: &'static str,
    /// How it is counted.
    pub kind: Kind,
    /// Its unit in UCUM; `{call}` and the like count things.
    pub unit: &'static str,
    /// What its values are told apart by.
    pub attributes: &'static [&'static Attribute],
    /// What it counts, in a sentence.
    pub description: &'static str,
}

impl Metric {
    /// Its name as Prometheus has it.
    ///
    /// ```
    /// use iinspect::telemetry::names::calls;
    /// assert_eq!(calls::DURATION.prometheus(), "rpc_server_call_duration_seconds");
    /// assert_eq!(calls::REFUSED.prometheus(), "iinspect_calls_refused_total");
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

/// A span.
#[derive(Debug)]
pub struct Span {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: SpanKind,
    /// What is told of it.
    pub attributes: &'static [&'static Attribute],
    /// The work that it stands for, in a sentence.
    pub description: &'static str,
}

/// An attribute of metrics and spans.
#[derive(Debug)]
pub struct Attribute {
    /// Its key.
    pub key: &'static str,
    /// What it says, and its values.
    pub description: &'static str,
}

impl Attribute {
    /// The attribute with a value.
    ///
    /// ```
    /// use iinspect::telemetry::names::shared::VERDICT;
    /// assert_eq!(VERDICT.of("verified").key.as_str(), "iinspect.verdict");
    /// ```
    pub fn of(&self, value: impl Into<Value>) -> KeyValue {
        KeyValue::new(Key::from_static_str(self.key), value)
    }
}

/// A part of the service with its names.
#[derive(Debug)]
pub struct Section {
    /// Its title in `docs/METRICS.md`.
    pub title: &'static str,
    /// Its metrics.
    pub metrics: &'static [&'static Metric],
    /// Its spans.
    pub spans: &'static [&'static Span],
    /// Its attributes.
    pub attributes: &'static [&'static Attribute],
}

/// Declares a section: a module with a constant per name and `SECTION` that lists them all.
macro_rules! section {
    ($(#[$doc:meta])* $module:ident $title:literal {
        $(attributes { $($attribute:ident = $key:expr, $says:literal;)* })?
        $(metrics { $($metric:ident = $kind:ident $name:expr, $unit:literal, [$($by:expr),*], $counts:literal;)* })?
        $(spans { $($span:ident = $span_kind:ident $span_name:expr, [$($with:expr),*], $work:literal;)* })?
    }) => {
        $(#[$doc])*
        pub mod $module {
            #[allow(unused_imports, reason = "not every section needs all of them")]
            use super::*;
            $($(#[doc = $says] pub static $attribute: Attribute = Attribute { key: $key, description: $says };)*)?
            $($(
                #[doc = $counts]
                pub static $metric: Metric = Metric {
                    name: $name, kind: Kind::$kind, unit: $unit, attributes: &[$(&$by),*], description: $counts,
                };
            )*)?
            $($(
                #[doc = $work]
                pub static $span: Span = Span {
                    name: $span_name, kind: SpanKind::$span_kind, attributes: &[$(&$with),*], description: $work,
                };
            )*)?
            pub(super) static SECTION: Section = Section {
                title: $title,
                metrics: &[$($(&$metric),*)?],
                spans: &[$($(&$span),*)?],
                attributes: &[$($(&$attribute),*)?],
            };
        }
    };
}

/// Every section, in the order of `docs/METRICS.md`.
pub static SECTIONS: &[&Section] = &[
    &shared::SECTION,
    &process::SECTION,
    &calls::SECTION,
    &verification::SECTION,
    &cache::SECTION,
    &register::SECTION,
    &signatures::SECTION,
    &telemetry::SECTION,
];

section! {
    /// Attributes that several parts share.
    shared "Shared attributes" {
        attributes {
            RPC_SYSTEM = semconv::RPC_SYSTEM_NAME, "Always `grpc`.";
            RPC_METHOD = semconv::RPC_METHOD, "The RPC in full, `iinspect.v1.VerificationService/Verify`; `_OTHER` for a path that is none.";
            RPC_STATUS = semconv::RPC_RESPONSE_STATUS_CODE, "The gRPC status code, `OK` or `DEADLINE_EXCEEDED`.";
            ERROR_TYPE = semconv::ERROR_TYPE, "Why something failed: a status code, or a word of the metric or span that has it.";
            REQUEST_ID = "iinspect.request_id", "The call's id, a UUID, as answered in `x-request-id`. On spans alone.";
            CLIENT_ID = "iinspect.client.id", "Who calls, by the file of clients; `none` for a caller without a name. In metrics `other` beyond `telemetry.client_names`.";
            CLIENT_KIND = "iinspect.client.kind", "`bank`, `employer`, `registrar`, or `none` for a caller without a name.";
            PURPOSE = "iinspect.purpose", "What the answer is for, such as `BANK_ACCOUNT`; `none` when the caller does not say.";
            VERDICT = "iinspect.verdict", "`verified`, `rejected` or `inconclusive`.";
            REASON = "iinspect.reason", "A reason code of docs/ERRORS.md; of several, the first, which decided most; `none` when there is none.";
            SOURCE = "iinspect.source", "Where the fact came from: `register` (or a copy of it), `local` (remembered in process), `shared` (by all nodes); `none` when none was needed or had.";
            OUTCOME = "iinspect.outcome", "How something ended, in the words of the metric or span that has it.";
            STORE = semconv::DB_SYSTEM_NAME, "`sqlite`, `postgresql` or `redis`.";
            OPERATION = semconv::DB_OPERATION_NAME, "What the register is asked, such as `one` or `commit`: the methods of the register's traits.";
            BATCH = semconv::DB_OPERATION_BATCH_SIZE, "How many questions, or numbers, were answered together.";
        }
    }
}

section! {
    /// The process and what it stands on.
    process "The process" {
        attributes {
            SERVICE_VERSION = semconv::SERVICE_VERSION, "Of the resource: the build's version.";
            SERVICE_INSTANCE = semconv::SERVICE_INSTANCE_ID, "Of the resource: a UUID made at each start.";
            VERSION = "version", "A version.";
            COMPONENT = "component", "What the service depends on, such as `register`.";
            FILE = "file", "A file that can change, such as `rulebook`.";
        }
        metrics {
            BUILD_INFO = Gauge "iinspect.build.info", "", [VERSION], "The build that answers.";
            SERVING = Gauge "iinspect.serving", "", [], "1 while the server takes calls.";
            COMPONENT_UP = Gauge "iinspect.component.up", "", [COMPONENT], "1 while the component answers.";
            RULEBOOK_INFO = Gauge "iinspect.rulebook.info", "", [VERSION], "The rulebook that answers.";
            FILE_AGE = Gauge "iinspect.file.age", "s", [FILE], "How long the file's content has been in use.";
            FILE_REFUSED = Gauge "iinspect.file.refused", "", [FILE], "1 while the file as it stands is refused and the last good one kept.";
        }
    }
}

section! {
    /// Calls, whoever answers them.
    calls "Calls" {
        attributes {
            WHAT = "iinspect.what", "`streams` (VerifyStream), `watches` (WatchIssueStatus) or `screens` (Screen).";
        }
        metrics {
            DURATION = Histogram metric::RPC_SERVER_CALL_DURATION, "s",
                [shared::RPC_SYSTEM, shared::RPC_METHOD, shared::RPC_STATUS, shared::ERROR_TYPE, shared::CLIENT_KIND],
                "How long calls took, to the last byte of their answer: every call but health's, refused, late and broken ones too.";
            IN_FLIGHT = Gauge "iinspect.calls.in_flight", "{call}", [], "Calls being answered.";
            OPEN = Gauge "iinspect.calls.open", "{call}", [WHAT], "Calls that are under way of the kinds that have a bound of their own.";
            ITEMS = Gauge "iinspect.stream.items", "{item}", [], "Items of all streams that are worked on.";
            REFUSED = Counter "iinspect.calls.refused", "{call}", [], "Calls refused by admission.";
            PANICS = Counter "iinspect.panics", "{panic}", [], "Calls that panicked and were answered INTERNAL.";
            BY_CLIENT = Counter "iinspect.client.calls", "{call}",
                [shared::CLIENT_ID, shared::CLIENT_KIND, shared::RPC_METHOD, shared::OUTCOME],
                "Calls of callers that have a name: `ok`, `refused` (the caller's fault) or `failed` (the service's).";
        }
        spans {
            CALL = Server "{rpc.method}",
                [
                    shared::RPC_SYSTEM, shared::RPC_METHOD, shared::RPC_STATUS, shared::ERROR_TYPE, shared::REQUEST_ID,
                    shared::CLIENT_ID, shared::CLIENT_KIND, shared::PURPOSE, shared::VERDICT, shared::REASON, shared::SOURCE
                ],
                "One call, to the last byte of its answer. It continues the caller's trace. Health's are never traced.";
        }
    }
}

section! {
    /// What was asked of numbers, and answered.
    verification "Verification" {
        metrics {
            VERDICTS = Counter "iinspect.verdicts", "{answer}",
                [shared::VERDICT, shared::PURPOSE, shared::REASON, shared::CLIENT_KIND],
                "Answers of Verify and VerifyStream.";
            BY_CLIENT = Counter "iinspect.client.verdicts", "{answer}",
                [shared::CLIENT_ID, shared::CLIENT_KIND, shared::PURPOSE, shared::VERDICT],
                "The same by who asked, for callers that have a name.";
            SCREENED = Counter "iinspect.screened", "{number}", [shared::VERDICT], "Numbers answered by Screen.";
        }
        spans {
            ITEM = Internal "verify item", [shared::PURPOSE, shared::VERDICT, shared::REASON, shared::SOURCE], "One item of VerifyStream.";
            MATCHING = Internal "matching", [], "Claims compared with the fact, and the verdict decided.";
        }
    }
}

section! {
    /// The register: lookups and commits.
    register "The register" {
        attributes {
            QUEUE = "iinspect.queue", "What is waited for: a thread of SQLite's for a lookup (`quick`), a long read (`long`) or a write (`writes`); a connection to PostgreSQL (`primary`, `replica`).";
            POOL = semconv::DB_CLIENT_CONNECTION_POOL_NAME, "`primary` or `replica`; of several replicas the sum.";
            STATE = semconv::DB_CLIENT_CONNECTION_STATE, "`idle` or `used`.";
        }
        metrics {
            WAITING = Gauge "iinspect.register.waiting", "{call}", [QUEUE], "Questions and writes that wait for their turn.";
            CONNECTIONS = Gauge metric::DB_CLIENT_CONNECTION_COUNT, "{connection}", [POOL, STATE], "Connections to PostgreSQL.";
            CONNECTIONS_MAX = Gauge metric::DB_CLIENT_CONNECTION_MAX, "{connection}", [POOL], "Connections to PostgreSQL that there may be.";
            DURATION = Histogram metric::DB_CLIENT_OPERATION_DURATION, "s",
                [shared::STORE, shared::OPERATION, shared::ERROR_TYPE],
                "How long the register took to answer, waiting for its turn included. `error.type`: `deadline`, `busy`, `unavailable` and the like.";
        }
        spans {
            ASK = Client "{db.operation.name}", [shared::STORE, shared::OPERATION, shared::ERROR_TYPE],
                "One question to the register, waiting for its turn included.";
            WORK = Internal "register thread", [], "What a thread of SQLite's does for one call.";
            CONNECTION = Internal "register connection", [], "Waiting for a connection to PostgreSQL, or making one.";
            BATCH = Internal "register batch", [shared::STORE, shared::BATCH],
                "One statement that answers several calls: a trace of its own, linked to each of theirs and they to it.";
        }
    }
}

section! {
    /// The cache: facts remembered, and what is told of them.
    cache "The cache" {
        attributes {
            CAUSE = "iinspect.cause", "Why an entry went or was not told, or what became of a read; in the words of the metric that has it.";
            HELD = "iinspect.held", "`held`: of numbers that the register holds; `absent`: of others.";
        }
        metrics {
            ANSWERS = Counter "iinspect.cache.answers", "{fact}", [shared::SOURCE], "Facts told, by where they were had; `none`: not to be had.";
            AGE = Histogram "iinspect.cache.age", "s", [], "How old facts were that were told from memory.";
            REFRESHING = Counter "iinspect.cache.refreshing", "{fact}", [], "Facts told in the last fifth of their time, while they are read again.";
            PASSED = Counter "iinspect.cache.passed", "{entry}", [CAUSE], "Entries that were found and not told: `expired`, `outdated`, `ahead`, `too_old`.";
            EVICTIONS = Counter "iinspect.cache.evictions", "{entry}", [CAUSE], "Entries that went: `expired`, `size`, `changed`, `replaced`.";
            READS = Counter "iinspect.cache.reads", "{read}", [CAUSE],
                "Reads and how they were shared: `joined` another's, `alone`, `spared` after a failure, `refused` since too many were under way, `refreshed` ahead of time, `batched` questions for many.";
            ENTRIES = Gauge "iinspect.cache.entries", "{entry}", [HELD], "Entries in process.";
            BYTES = Gauge "iinspect.cache.size", "By", [HELD], "Bytes of entries in process.";
            FLIGHTS = Gauge "iinspect.cache.flights", "{read}", [], "Reads under way that calls share.";
            FEED = Counter "iinspect.cache.feed.looks", "{look}", [shared::OUTCOME], "Looks at the change feed: `ok`, `failed`, or `restarted` since it did not go on as it began.";
            CHANGES = Counter "iinspect.cache.feed.changes", "{change}", [], "Changes of facts seen in the feed.";
            LAG = Counter "iinspect.cache.feed.lag", "s", [], "How long after they were made these were seen, all together, by two clocks.";
            BEHIND = Gauge "iinspect.cache.feed.behind", "s", [], "How long ago the feed was last seen to its end.";
            SHARED_READS = Counter "iinspect.cache.shared.reads", "{number}", [CAUSE],
                "Numbers that Redis was to be asked for: `hit`, `miss`, `tombstone`, `damaged`, `late`, `failed`; not asked for: `skipped` without a connection, `crowded`.";
            SHARED_FILLS = Counter "iinspect.cache.shared.fills", "{fact}", [CAUSE],
                "Facts for Redis: `written`, `older` than what is there, `dropped`, `failed`, `unfit` since too long.";
            TOMBSTONES = Counter "iinspect.cache.shared.invalidations", "{change}", [CAUSE],
                "Changes to be told to Redis: `written`, `older` than what is there, `dropped`, `failed`.";
            HINTS = Counter "iinspect.cache.shared.hints", "{hint}", [CAUSE], "Hints to look at the feed: `sent` to other servers, `received`.";
            BREAKER = Gauge "iinspect.cache.shared.breaker", "", [], "The breaker before Redis: 0 closed, 1 half open, 2 open.";
        }
        spans {
            LOOKUP = Internal "cache", [shared::SOURCE, shared::ERROR_TYPE], "A fact looked for, in every tier until it is found.";
            SHARED = Client "cache shared", [shared::STORE, shared::BATCH], "The tier that nodes share is asked. A read that several calls wait for is a span of the call that began it; the others are linked to it.";
            BATCH = Internal "cache batch", [shared::BATCH], "Lookups of several calls as one question to the register: a trace of its own, linked to each of theirs and they to it.";
            REFRESH = Internal "cache refresh", [], "A fact read again before its time is over: a trace of its own, linked to the call that was told it.";
        }
    }
}

section! {
    /// Electronic signatures: what judging them takes.
    signatures "Electronic signatures" {
        attributes {
            LIST = "iinspect.list", "The address of a list of revoked certificates, as `revocation.lists` has it: at most 16.";
        }
        metrics {
            THREADS = Gauge "iinspect.signatures.threads", "{thread}", [], "Threads that check signatures, lists and OCSP answers.";
            BUSY = Gauge "iinspect.signatures.busy", "{thread}", [], "Of these, threads at work.";
            WAITING = Gauge "iinspect.signatures.waiting", "{job}", [], "Signatures, lists and OCSP answers that wait for such a thread.";
            REFUSED = Counter "iinspect.signatures.refused", "{job}", [], "Those that found as many waiting as may.";
            OCSP = Counter "iinspect.ocsp.questions", "{question}", [shared::OUTCOME],
                "Certificates that a responder was to be asked for: `kept`, an answer from before; `answered`; `silent`, no answer; `untrusted`, one that is not believed; `busy`, not asked or not judged since too much was under way.";
            OCSP_DURATION = Histogram "iinspect.ocsp.duration", "s", [shared::OUTCOME],
                "How long a responder took, its answer judged: `answered`, `silent`, `untrusted`, `busy`.";
            LIST_AGE = Gauge "iinspect.revocation.list.age", "s", [LIST], "How long ago the authority made the list that is used.";
            LIST_LEFT = Gauge "iinspect.revocation.list.left", "s", [LIST],
                "How long that list still counts; 0: it is over, or none came yet.";
            LIST_ENTRIES = Gauge "iinspect.revocation.list.entries", "{certificate}", [LIST], "Revoked certificates in that list.";
            LIST_FETCHES = Counter "iinspect.revocation.list.fetches", "{fetch}", [LIST, shared::OUTCOME],
                "Fetches of a list: `taken`; `unchanged`, it is the one in use; `failed`, nothing came; `refused`, what came is not used.";
        }
    }
}

section! {
    /// What telemetry says of itself.
    telemetry "Telemetry itself" {
        attributes {
            SIGNAL = "iinspect.signal", "`traces` or `metrics`.";
            WHY = "iinspect.why", "`queue_full`: the collector does not keep up; `export_failed`: it refused or did not answer.";
        }
        metrics {
            EXPORTS = Counter "iinspect.telemetry.exports", "{export}", [SIGNAL, shared::OUTCOME], "Batches sent to the collector: `ok` or `failed`.";
            SPANS_DROPPED = Counter "iinspect.telemetry.spans.dropped", "{span}", [WHY], "Spans that no collector got.";
            LOGS_SUPPRESSED = Counter "iinspect.logs.suppressed", "{line}", [], "Lines left out since the same was said often a moment ago.";
        }
    }
}
