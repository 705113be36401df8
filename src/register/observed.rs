//! What is seen of a register from outside: how long it takes, and who waits for it.

use std::sync::LazyLock;
use std::time::Instant;

use opentelemetry::metrics::Histogram;

use super::Error;
use crate::telemetry::metrics;
use crate::telemetry::names::register::{ASK, DURATION};
use crate::telemetry::names::shared::{ERROR_TYPE, OPERATION, STORE};
use crate::telemetry::span::{Context, Inside};

/// Of all registers of the process; made by the first question, which comes after telemetry has begun.
static DURATIONS: LazyLock<Histogram<f64>> = LazyLock::new(|| metrics::histogram(&DURATION));

/// How much a store has to do now, part by part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The part: `quick`, `long`, `writes` of SQLite; `primary`, `replica` of PostgreSQL.
    pub part: &'static str,
    /// Who waits for it.
    pub waiting: usize,
    /// Its connections, where calls take one out of a pool.
    pub connections: Option<Connections>,
}

impl Load {
    /// Two of one kind as one.
    pub(super) fn with(self, other: Load) -> Load {
        let sum = |a: Connections, b: Connections| Connections {
            idle: a.idle + b.idle,
            used: a.used + b.used,
            most: a.most + b.most,
        };
        Load {
            part: self.part,
            waiting: self.waiting + other.waiting,
            connections: self.connections.zip(other.connections).map(|(a, b)| sum(a, b)),
        }
    }
}

/// Connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Ready for a call.
    pub idle: usize,
    /// With a call.
    pub used: usize,
    /// The most there may be.
    pub most: usize,
}

/// A question that a store is being asked.
pub(super) struct Asked {
    store: &'static str,
    operation: &'static str,
    started: Instant,
    span: Inside,
}

impl Asked {
    pub(super) fn now(store: &'static str, operation: &'static str) -> Self {
        let about = || vec![STORE.of(store), OPERATION.of(operation)];
        Asked { store, operation, started: Instant::now(), span: Inside::new(&ASK, operation, about) }
    }

    /// What the store works in.
    pub(super) fn inside(&self) -> Context {
        self.span.context()
    }

    pub(super) fn answered<T>(self, answer: Result<T, Error>) -> Result<T, Error> {
        let seconds = self.started.elapsed().as_secs_f64();
        let [store, operation] = [STORE.of(self.store), OPERATION.of(self.operation)];
        match &answer {
            Ok(_) => DURATIONS.record(seconds, &[store, operation]),
            Err(error) => {
                DURATIONS.record(seconds, &[store, operation, ERROR_TYPE.of(error.word())]);
                self.span.fails(error.word());
            }
        }
        answer
    }
}
