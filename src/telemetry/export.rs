//! How spans and metrics leave: by OTLP over gRPC, on a runtime of its own, so that no call ever waits
//! for a collector. What a collector does not take in time is dropped and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::Uri;
use opentelemetry::Context;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, Temporality};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter as ExportsSpans, SpanProcessor,
};
use tokio::runtime::{Builder, Handle, Runtime};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::config::telemetry::Telemetry;

/// The runtime that talks to the collector. One thread is enough: it moves a few batches a second.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name("telemetry").enable_all().build()
}

/// How sending went.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) ok: AtomicU64,
    pub(super) failed: AtomicU64,
    /// Spans of sendings that failed.
    pub(super) lost: AtomicU64,
    /// Spans that found the queue full.
    pub(super) overflowed: AtomicU64,
}

impl Tally {
    fn count(&self, signal: &'static str, outcome: &OTelSdkResult) {
        match outcome {
            Ok(()) => {
                self.ok.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(signal, %error, "the collector did not take what was sent");
            }
        }
    }
}

/// The processor that sends spans to `to`.
pub(super) fn spans(
    to: &Uri,
    settings: &Telemetry,
    runtime: &Handle,
    tally: &Arc<Tally>,
) -> Result<Bounded, String> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_channel(channel(to, settings, runtime)?)
        .with_timeout(settings.timeout)
        .build()
        .map_err(|e| e.to_string())?;
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter = Sending {
        inner: exporter,
        signal: "traces",
        timeout: settings.timeout,
        runtime: runtime.clone(),
        tally: tally.clone(),
        waiting: waiting.clone(),
    };
    // The SDK's own queue is never full: what waits is counted before it gets there.
    let config = BatchConfigBuilder::default().with_max_queue_size(settings.span_queue).build();
    let inner = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    Ok(Bounded { inner, waiting, most: settings.span_queue, tally: tally.clone() })
}

/// The reader that sends metrics to `to`.
pub(super) fn metrics(
    to: &Uri,
    settings: &Telemetry,
    runtime: &Handle,
    tally: &Arc<Tally>,
) -> Result<PeriodicReader<impl PushMetricExporter + use<>>, String> {
    let exporter = MetricExporter::builder()
        .with_tonic()
        .with_channel(channel(to, settings, runtime)?)
        .with_timeout(settings.timeout)
        .build()
        .map_err(|e| e.to_string())?;
    let exporter = Sending {
        inner: exporter,
        signal: "metrics",
        timeout: settings.timeout,
        runtime: runtime.clone(),
        tally: tally.clone(),
        waiting: Arc::default(),
    };
    Ok(PeriodicReader::builder(exporter).with_interval(settings.metrics_every).build())
}

/// A connection that is made when something is to be sent, and again when it breaks.
fn channel(to: &Uri, settings: &Telemetry, runtime: &Handle) -> Result<Channel, String> {
    let mut endpoint = Endpoint::from(to.clone()).timeout(settings.timeout).connect_timeout(settings.timeout);
    if to.scheme_str() == Some("https") {
        let tls = match &settings.ca {
            None => ClientTlsConfig::new().with_native_roots(),
            Some(path) => {
                let pem = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
            }
        };
        endpoint = endpoint.tls_config(tls).map_err(|e| format!("{to}: {e}"))?;
    }
    let _inside = runtime.enter();
    Ok(endpoint.connect_lazy())
}

/// An exporter whose sendings are bounded and counted.
#[derive(Debug)]
struct Sending<E> {
    inner: E,
    signal: &'static str,
    timeout: Duration,
    runtime: Handle,
    tally: Arc<Tally>,
    /// Spans that wait or are being sent.
    waiting: Arc<AtomicUsize>,
}

impl<E> Sending<E> {
    async fn within(&self, work: impl Future<Output = OTelSdkResult>) -> OTelSdkResult {
        // Timers belong to the runtime; whoever waits here is a thread of the SDK.
        let bounded = {
            let _inside = self.runtime.enter();
            tokio::time::timeout(self.timeout, work)
        };
        let outcome = bounded.await.unwrap_or(Err(OTelSdkError::Timeout(self.timeout)));
        self.tally.count(self.signal, &outcome);
        outcome
    }
}

impl<E: ExportsSpans> ExportsSpans for Sending<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let outcome = self.within(self.inner.export(batch)).await;
        if outcome.is_err() {
            self.tally.lost.fetch_add(count as u64, Ordering::Relaxed);
        }
        self.waiting.fetch_sub(count, Ordering::AcqRel);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Sending<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.within(self.inner.export(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.inner.temporality()
    }
}

/// Spans on their way to the collector, at most so many.
#[derive(Debug)]
pub(super) struct Bounded {
    inner: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    most: usize,
    tally: Arc<Tally>,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        let room = |waiting: usize| (waiting < self.most).then_some(waiting + 1);
        match self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, room) {
            Ok(_) => self.inner.on_end(span),
            Err(_) => {
                self.tally.overflowed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
