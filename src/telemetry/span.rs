//! Spans: what of a call took how long. They are OpenTelemetry's own, so nothing that is logged can
//! become part of one by accident, and a call that is not sampled costs a look at its context.
//!
//! The current span travels in OpenTelemetry's [`Context`]. Awaited work has it by itself. Work that goes
//! to another task or thread takes [`here`] along: `task.with_context(span::here())`. Attributes are
//! made by a closure, which is called only when somebody will see them.

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, OnceLock};

pub use opentelemetry::trace::FutureExt;
pub use opentelemetry::{Context, KeyValue};

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer};

use super::call::Call;
use super::names::Span;

/// Makes the spans of this process; none while it is not set.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Spans are made by `tracer` from now on. Only the first call in a process counts.
pub(super) fn start(tracer: SdkTracer) {
    let _ = TRACER.set(tracer);
}

/// The current context, for work that goes to another task or thread.
#[must_use]
pub fn here() -> Context {
    Context::current()
}

/// The current context, when somebody will see what is recorded in it.
#[must_use]
pub fn seen_by() -> Option<Context> {
    Context::map_current(|context| is_sampled(context).then(|| context.clone()))
}

/// Whether somebody will see what is recorded now.
#[must_use]
pub fn is_seen() -> bool {
    Context::map_current(is_sampled)
}

fn is_sampled(context: &Context) -> bool {
    context.has_active_span() && context.span().span_context().is_sampled()
}

/// The context of a call that begins, in the trace of its caller when the headers name one (W3C
/// `traceparent` and `tracestate`; baggage is not looked at). It has ids in any case, for the log; it is
/// recorded when the sampler says so.
#[must_use]
pub fn begin(span: &'static Span, name: &'static str, headers: &HeaderMap) -> Context {
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    let Some(tracer) = TRACER.get() else {
        let remote = parent.span().span_context().clone();
        let ids = RandomIdGenerator::default();
        let trace = if remote.is_valid() { remote.trace_id() } else { ids.new_trace_id() };
        let own = SpanContext::new(trace, ids.new_span_id(), TraceFlags::default(), false, TraceState::NONE);
        return Context::new().with_remote_span_context(own);
    };
    let builder = SpanBuilder::from_name(name).with_kind(span.kind.clone());
    let made = tracer.build_with_context(builder, &parent);
    let own = made.span_context();
    if own.is_sampled() {
        Context::new().with_span(made)
    } else {
        Context::new().with_remote_span_context(own.clone())
    }
}

/// The longest `tracestate` that is taken over, in bytes: what the standard asks to be passed on.
const TRACE_STATE: usize = 512;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?.to_str().ok()?;
        (key != "tracestate" || value.len() <= TRACE_STATE).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// A span inside the current one, or none when nobody will see it; over when it is dropped. Where work
/// is awaited in the middle of other work, this spares a future around it.
#[derive(Debug)]
pub struct Inside {
    context: Context,
    is_own: bool,
}

impl Inside {
    /// Begins under a name of a small fixed set, mostly that of `span`.
    #[must_use]
    pub fn new(span: &'static Span, name: &'static str, attributes: impl FnOnce() -> Vec<KeyValue>) -> Self {
        let current = Context::current();
        match child(&current, span, name, attributes) {
            Some(context) => Inside { context, is_own: true },
            None => Inside { context: current, is_own: false },
        }
    }

    /// What the work is awaited with.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context.clone()
    }

    /// Tells more of it.
    pub fn tells(&self, attributes: impl FnOnce() -> Vec<KeyValue>) {
        if self.is_own {
            self.context.span().set_attributes(attributes());
        }
    }

    /// Marks it as failed; `why` is a word of a fixed set.
    pub fn fails(&self, why: &'static str) {
        if self.is_own {
            self.context.span().set_attribute(super::names::shared::ERROR_TYPE.of(why));
            self.context.span().set_status(Status::error(""));
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Tasks that go on may still hold it: the work is over all the same.
        if self.is_own {
            self.context.span().end();
        }
    }
}

/// Awaits `work` in a span inside the current one.
pub async fn within<F: Future>(
    span: &'static Span,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: F,
) -> F::Output {
    let inside = Inside::new(span, span.name, attributes);
    work.with_context(inside.context()).await
}

/// Does `work`, which blocks or computes, in a span inside the current one.
pub fn during<T>(
    span: &'static Span,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: impl FnOnce() -> T,
) -> T {
    during_in(&Context::current(), span, attributes, work)
}

/// The same inside another span than the current one: on a thread that works for others.
pub fn during_in<T>(
    parent: &Context,
    span: &'static Span,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: impl FnOnce() -> T,
) -> T {
    match child(parent, span, span.name, attributes) {
        None => work(),
        Some(inside) => {
            let _inside = inside.attach();
            work()
        }
    }
}

/// The context of work that several calls share (a batch, a single flight): a trace of its own, linked to
/// each of theirs that is sampled, and theirs to it. `None` when none is. Await work with it by
/// [`FutureExt::with_context`], or do it by [`shared_during`]; the span ends with the last of the context.
pub fn shared<'a>(
    span: &'static Span,
    sharers: impl IntoIterator<Item = &'a Context>,
    attributes: impl FnOnce() -> Vec<KeyValue>,
) -> Option<Context> {
    let tracer = TRACER.get()?;
    let sharers: Vec<_> = sharers.into_iter().filter(|sharer| is_sampled(sharer)).take(MAX_LINKS).collect();
    if sharers.is_empty() {
        return None;
    }
    let links = sharers.iter().map(|s| Link::with_context(s.span().span_context().clone())).collect();
    let builder = SpanBuilder::from_name(span.name)
        .with_kind(span.kind.clone())
        .with_attributes(attributes())
        .with_links(links);
    let root = Context::new();
    let made = tracer.build_with_context(builder, &root);
    for sharer in sharers {
        sharer.span().add_link(made.span_context().clone(), Vec::new());
    }
    Some(root.with_span(made))
}

/// Does work that several calls share, in a span as of [`shared`].
pub fn shared_during<'a, T>(
    span: &'static Span,
    sharers: impl IntoIterator<Item = &'a Context>,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: impl FnOnce() -> T,
) -> T {
    let inside = shared(span, sharers, attributes);
    let _inside = inside.map(Context::attach);
    work()
}

/// Calls that the span of shared work is linked to; the SDK keeps no more.
const MAX_LINKS: usize = 128;

/// Links the current span to work of another call's that it takes part in, and that to it.
pub fn join(work: &Context) {
    Context::map_current(|current| {
        if is_sampled(current) {
            current.span().add_link(work.span().span_context().clone(), Vec::new());
            work.span().add_link(current.span().span_context().clone(), Vec::new());
        }
    });
}

/// Tells more of the current span.
pub fn tell(attributes: impl FnOnce() -> Vec<KeyValue>) {
    if is_seen() {
        let attributes = attributes();
        Context::map_current(|current| current.span().set_attributes(attributes));
    }
}

fn child(
    parent: &Context,
    span: &'static Span,
    name: &'static str,
    attributes: impl FnOnce() -> Vec<KeyValue>,
) -> Option<Context> {
    if !is_sampled(parent) {
        return None;
    }
    let tracer = TRACER.get()?;
    let mut attributes = attributes();
    if let Some(call) = parent.get::<Arc<Call>>() {
        if !call.takes_span() {
            return None;
        }
        // On each, since a collector that gives every client its own sees one span at a time.
        attributes.extend(call.client.id.clone().map(|id| super::names::shared::CLIENT_ID.of(id)));
    }
    let builder =
        SpanBuilder::from_name(Cow::Borrowed(name)).with_kind(span.kind.clone()).with_attributes(attributes);
    Some(parent.with_span(tracer.build_with_context(builder, parent)))
}
