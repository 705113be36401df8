//! Telemetry of the unit tests' one process: metrics and spans kept in memory.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, TraceId, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use prometheus::Registry;

use super::{Scrape, sampler, span};

/// What this process has seen. Tests share it: each looks for methods and traces of its own.
pub(crate) struct Seen {
    pub(crate) scrape: Scrape,
    spans: Kept,
    _meters: SdkMeterProvider,
    _tracers: SdkTracerProvider,
}

#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Kept {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Nothing is sampled but what a caller wants to be, in numbers that no test reaches.
pub(crate) fn seen() -> &'static Seen {
    static SEEN: OnceLock<Seen> = OnceLock::new();
    SEEN.get_or_init(|| {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .unwrap();
        let meters = SdkMeterProvider::builder().with_reader(exporter).build();
        global::set_meter_provider(meters.clone());
        let spans = Kept::default();
        let tracers = SdkTracerProvider::builder()
            .with_span_processor(spans.clone())
            .with_sampler(sampler::ByCaller::new(0.0, 1_000_000))
            .build();
        span::start(tracers.tracer("test"));
        Seen { scrape: Scrape(registry), spans, _meters: meters, _tracers: tracers }
    })
}

impl Seen {
    /// The spans of a trace that are over.
    pub(crate) fn trace(&self, id: TraceId) -> Vec<SpanData> {
        self.all().into_iter().filter(|span| span.span_context.trace_id() == id).collect()
    }

    pub(crate) fn all(&self) -> Vec<SpanData> {
        self.spans.0.lock().unwrap().clone()
    }

    /// The value of the one sample whose line has all of these.
    pub(crate) fn sample(&self, parts: &[&str]) -> Option<f64> {
        let text = self.scrape.text();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let found: Vec<_> = lines.filter(|line| parts.iter().all(|part| line.contains(part))).collect();
        assert!(found.len() < 2, "{found:?}");
        found.first().and_then(|line| line.rsplit(' ').next()?.parse().ok())
    }
}
