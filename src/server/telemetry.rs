//! Sees every call but health's, whatever becomes of it: its trace, its time, its line of the log.
//!
//! It stands right inside the request id, so that what is refused, late, broken or given up by its
//! caller is seen like any other. A call is over when the last of its answer is sent, or when nobody
//! waits for it any more.

mod body;
mod method;
mod names;
mod outcome;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Instant;

use http::{Request, Response};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::trace::{FutureExt, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use tonic::codegen::Bytes;
use tower::{Layer, Service};

use crate::clients::Clients;
use crate::grpc::edge::{ClientNames, RequestId};
use crate::reload::Current;
use crate::telemetry::call::Call;
use crate::telemetry::names::calls;
use crate::telemetry::names::shared::{
    CLIENT_ID, CLIENT_KIND, ERROR_TYPE, OUTCOME, REQUEST_ID, RPC_METHOD, RPC_STATUS, RPC_SYSTEM,
};
use crate::telemetry::{metrics, span};
use body::Watched;
use method::Method;
use names::Names;
use outcome::Outcome;

/// What all calls share.
#[derive(Debug)]
struct Shared {
    clients: Current<Clients>,
    names: Names,
    durations: Histogram<f64>,
    by_client: Counter<u64>,
}

/// The layer.
#[derive(Clone, Debug)]
pub struct Watching(Arc<Shared>);

impl Watching {
    /// Callers are named by `clients`, and at most `most` of them are told apart.
    #[must_use]
    pub fn new(clients: Current<Clients>, most: usize) -> Self {
        Watching(Arc::new(Shared {
            clients,
            names: Names::new(most),
            durations: metrics::histogram(&calls::DURATION),
            by_client: metrics::counter(&calls::BY_CLIENT),
        }))
    }
}

impl<S> Layer<S> for Watching {
    type Service = WithTelemetry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithTelemetry { inner, shared: self.0.clone() }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct WithTelemetry<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for WithTelemetry<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: http_body::Body<Data = Bytes> + Unpin,
{
    type Response = Response<Watched<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let record = Record::begin(&self.shared, &mut request);
        let answer = {
            let _inside = record.context.clone().attach();
            self.inner.call(request)
        };
        Box::pin(async move {
            let mut record = record;
            match answer.with_context(record.context.clone()).await {
                Ok(response) => {
                    // A refusal has its status among the headers, everything else at the end.
                    let ended = Outcome::of(response.headers());
                    let rest = match ended {
                        Some(outcome) => {
                            record.end(outcome);
                            None
                        }
                        None => Some(record),
                    };
                    Ok(response.map(|body| Watched::new(body, rest)))
                }
                Err(error) => {
                    record.end(Outcome::UNKNOWN);
                    Err(error)
                }
            }
        })
    }
}

/// A call that is under way. Dropped before its end, it was given up by its caller.
struct Record {
    shared: Arc<Shared>,
    call: Arc<Call>,
    method: Method,
    started: Instant,
    context: Context,
    ended: bool,
}

impl Record {
    fn begin<B>(shared: &Arc<Shared>, request: &mut Request<B>) -> Self {
        let method = Method::of(request.uri().path());
        let names = request.extensions().get::<ClientNames>();
        let client = names.map(|names| shared.clients.get().of(names)).unwrap_or_default();
        let label = shared.names.label(client.id.as_ref());
        let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        if client.id.is_some() {
            request.extensions_mut().insert(client.clone());
        }
        let call = Arc::new(Call::new(request_id, client, label));
        let context = if method.is_health() {
            Context::new()
        } else {
            span::begin(&calls::CALL, method.name(), request.headers())
        };
        Record {
            shared: shared.clone(),
            context: context.with_value(call.clone()),
            call,
            method,
            started: Instant::now(),
            ended: false,
        }
    }

    /// Once; what comes after is no news.
    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        if !self.method.is_health() {
            self.measure(outcome);
            self.trace(outcome);
            let _inside = self.context.clone().attach();
            self.log(outcome);
        }
    }

    fn kind(&self) -> KeyValue {
        CLIENT_KIND.of(self.call.client.kind.map_or("none", |kind| kind.word()))
    }

    fn measure(&self, outcome: Outcome) {
        let seconds = self.started.elapsed().as_secs_f64();
        let [system, method, status] =
            [RPC_SYSTEM.of("grpc"), RPC_METHOD.of(self.method.name()), RPC_STATUS.of(outcome.name())];
        if outcome.is_ok() {
            self.shared.durations.record(seconds, &[system, method, status, self.kind()]);
        } else {
            let error = ERROR_TYPE.of(outcome.name());
            self.shared.durations.record(seconds, &[system, method, status, self.kind(), error]);
        }
        if self.call.client.id.is_some() {
            let (id, method) = (CLIENT_ID.of(self.call.label.clone()), RPC_METHOD.of(self.method.name()));
            self.shared.by_client.add(1, &[id, self.kind(), method, OUTCOME.of(outcome.class())]);
        }
    }

    fn trace(&self, outcome: Outcome) {
        let span = self.context.span();
        if span.span_context().is_sampled() {
            span.set_attributes([
                RPC_SYSTEM.of("grpc"),
                RPC_METHOD.of(self.method.name()),
                RPC_STATUS.of(outcome.name()),
                REQUEST_ID.of(self.call.request_id.clone()),
                // The id itself: traces are routed by it, and have no bound on their values.
                CLIENT_ID.of(self.call.client.id.clone().unwrap_or_else(|| "none".into())),
                self.kind(),
            ]);
            if !outcome.is_ok() {
                span.set_attribute(ERROR_TYPE.of(outcome.name()));
            }
            // As the conventions have it, what is the caller's fault is no error of the server's span.
            if outcome.is_ours() {
                span.set_status(opentelemetry::trace::Status::error(""));
            }
            span.end();
        }
    }

    /// The call's one line. Fields are codes, counts and ids; `detail` is the operator's and holds
    /// nothing personal.
    fn log(&self, outcome: Outcome) {
        let notes = self.call.notes();
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = self.call.request_id,
                    method = self.method.name(),
                    status = outcome.name(),
                    ms = self.started.elapsed().as_secs_f64() * 1e3,
                    client = self.call.client.id.as_deref(),
                    reason = notes.reason,
                    detail = (!notes.detail.is_empty()).then_some(notes.detail.as_str()),
                    more = (notes.more > 0).then_some(notes.more),
                    place = notes.panic.as_deref(),
                    told = notes.told.as_deref(),
                    "call"
                )
            };
        }
        if outcome.is_broken() || notes.panic.is_some() {
            line!(error);
        } else if outcome.is_ours() || !notes.detail.is_empty() {
            line!(warn);
        } else if notes.told.is_some() {
            line!(info);
        } else {
            line!(debug);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.end(Outcome::CANCELLED);
    }
}

#[cfg(test)]
mod tests;
