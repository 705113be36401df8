//! Spans: what of a call took how long. They are OpenTelemetry's own, so nothing that is logged can
//! become part of one by accident, and a call that is not sampled costs a look at its context.
//!
//! The current span travels in OpenTelemetry's [`Context`]. Awaited work has it by itself. Work that goes
//! to another task or thread takes [`here`] along: `task.with_context(span::here())`. Attributes are
//! made by a closure, which is called only when somebody will see them.

use std::borrow::Cow;
use std::future::Future;
use std::sync::OnceLock;

pub use opentelemetry::trace::FutureExt;
pub use opentelemetry::{Context, KeyValue};

use opentelemetry::trace::{Link, SpanBuilder, Status, TraceContextExt, Tracer};
use opentelemetry_sdk::trace::SdkTracer;

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

/// Whether somebody will see what is recorded now.
#[must_use]
pub fn is_seen() -> bool {
    Context::map_current(is_sampled)
}

fn is_sampled(context: &Context) -> bool {
    context.has_active_span() && context.span().span_context().is_sampled()
}

/// Awaits `work` in a span inside the current one, under the name that `span` has.
pub async fn within<F: Future>(
    span: &'static Span,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: F,
) -> F::Output {
    within_named(span, span.name, attributes, work).await
}

/// The same under a name of its own, one of a small fixed set.
pub async fn within_named<F: Future>(
    span: &'static Span,
    name: &'static str,
    attributes: impl FnOnce() -> Vec<KeyValue>,
    work: F,
) -> F::Output {
    match child(&Context::current(), span, name, attributes) {
        None => work.await,
        Some(inside) => {
            let output = work.with_context(inside.clone()).await;
            // Tasks that go on may still hold it: the work is over all the same.
            inside.span().end();
            output
        }
    }
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
/// each of theirs that is sampled. `None` when none is. Attach it, or await with
/// [`FutureExt::with_context`]; the span ends with the last of the context.
pub fn shared<'a>(
    span: &'static Span,
    sharers: impl IntoIterator<Item = &'a Context>,
    attributes: impl FnOnce() -> Vec<KeyValue>,
) -> Option<Context> {
    let tracer = TRACER.get()?;
    let links: Vec<Link> = sharers
        .into_iter()
        .filter(|sharer| is_sampled(sharer))
        .take(MAX_LINKS)
        .map(|sharer| Link::with_context(sharer.span().span_context().clone()))
        .collect();
    if links.is_empty() {
        return None;
    }
    let builder = SpanBuilder::from_name(span.name)
        .with_kind(span.kind.clone())
        .with_attributes(attributes())
        .with_links(links);
    let root = Context::new();
    Some(root.with_span(tracer.build_with_context(builder, &root)))
}

/// Calls that the span of shared work is linked to; the SDK keeps no more.
const MAX_LINKS: usize = 128;

/// Links the current span to the work that it shares with others.
pub fn link(work: &Context) {
    if is_seen() {
        let context = work.span().span_context().clone();
        Context::map_current(|current| current.span().add_link(context, Vec::new()));
    }
}

/// Tells more of the current span.
pub fn tell(attributes: impl FnOnce() -> Vec<KeyValue>) {
    if is_seen() {
        let attributes = attributes();
        Context::map_current(|current| current.span().set_attributes(attributes));
    }
}

/// Marks the current span as failed; `why` is a word of a fixed set.
pub fn fail(why: &'static str) {
    if is_seen() {
        Context::map_current(|current| {
            current.span().set_attribute(super::names::shared::ERROR_TYPE.of(why));
            current.span().set_status(Status::error(""));
        });
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
    let builder = SpanBuilder::from_name(Cow::Borrowed(name))
        .with_kind(span.kind.clone())
        .with_attributes(attributes());
    Some(parent.with_span(TRACER.get()?.build_with_context(builder, parent)))
}
