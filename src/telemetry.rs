//! What is seen from outside: logs, metrics and traces.
//!
//! Nothing here can slow or stop the service. Logs are written as they come; metrics are read from
//! memory by whoever asks (Prometheus, on the admin listener) and sent by OTLP when that is configured;
//! spans are sent by OTLP from a bounded queue, on a runtime of their own.

pub mod call;
mod export;
mod limit;
mod logs;
pub mod metrics;
pub mod names;
mod sampler;
pub mod span;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Registry, TextEncoder};
use tokio::runtime::Runtime;

use crate::config::telemetry::Telemetry as Settings;
use names::shared::OUTCOME;
use names::telemetry::{EXPORTS, LOGS_SUPPRESSED, SIGNAL, SPANS_DROPPED, WHY};

/// Telemetry of a process that serves. Stop it before the process ends, or what waits is lost.
#[derive(Debug)]
pub struct Telemetry {
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
    registry: Registry,
    runtime: Option<Runtime>,
    timeout: std::time::Duration,
}

/// Metrics as Prometheus reads them. Without [`start`] there are none.
#[derive(Clone, Debug, Default)]
pub struct Scrape(Registry);

impl Scrape {
    /// All metrics now, in Prometheus's text format.
    #[must_use]
    pub fn text(&self) -> String {
        // Names and labels are ours and valid: that a family cannot be written would be a bug of the
        // exporter's, and costs a scrape.
        TextEncoder::new().encode_to_string(&self.0.gather()).unwrap_or_default()
    }
}

/// Starts logs, metrics and traces, once in a process.
///
/// # Errors
/// What of the settings cannot be used, such as a file that cannot be read.
pub fn start(settings: &Settings) -> Result<Telemetry, String> {
    logs::start(settings);
    let resource = Resource::builder()
        .with_service_name(settings.service_name.clone())
        .with_attribute(names::process::SERVICE_VERSION.of(env!("CARGO_PKG_VERSION")))
        .with_attribute(names::process::SERVICE_INSTANCE.of(uuid::Uuid::now_v7().to_string()))
        .build();
    let sends = settings.traces.is_some() || settings.metrics.is_some();
    let runtime =
        sends.then(export::runtime).transpose().map_err(|e| format!("no thread for telemetry: {e}"))?;
    let handle = runtime.as_ref().map(Runtime::handle);
    let (spans_sent, metrics_sent) = (Arc::new(export::Tally::default()), Arc::new(export::Tally::default()));

    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .without_target_info()
        .scope_info_enabled(false)
        .build()
        .map_err(|e| e.to_string())?;
    let mut meters = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource.clone());
    if let Some((to, runtime)) = settings.metrics.as_ref().zip(handle) {
        meters = meters.with_reader(export::metrics(to, settings, runtime, &metrics_sent)?);
    }
    let meters = meters.build();
    global::set_meter_provider(meters.clone());

    let mut tracers = None;
    if let Some((to, runtime)) = settings.traces.as_ref().zip(handle) {
        let provider = SdkTracerProvider::builder()
            .with_span_processor(export::spans(to, settings, runtime, &spans_sent)?)
            .with_sampler(sampler::ByCaller::new(settings.sample_ratio, settings.forced_traces))
            .with_resource(resource)
            .build();
        span::start(provider.tracer(metrics::SCOPE));
        tracers = Some(provider);
    }
    tell_of_itself(spans_sent, metrics_sent);
    Ok(Telemetry { meters, tracers, registry, runtime, timeout: settings.timeout })
}

fn tell_of_itself(spans: Arc<export::Tally>, metrics: Arc<export::Tally>) {
    let told = spans.clone();
    metrics::observe(&EXPORTS, move |tell| {
        for (signal, tally) in [("traces", &told), ("metrics", &metrics)] {
            tell(tally.ok.load(Ordering::Relaxed), &[SIGNAL.of(signal), OUTCOME.of("ok")]);
            tell(tally.failed.load(Ordering::Relaxed), &[SIGNAL.of(signal), OUTCOME.of("failed")]);
        }
    });
    metrics::observe(&SPANS_DROPPED, move |tell| {
        tell(spans.overflowed.load(Ordering::Relaxed), &[WHY.of("queue_full")]);
        tell(spans.lost.load(Ordering::Relaxed), &[WHY.of("export_failed")]);
    });
    metrics::observe(&LOGS_SUPPRESSED, |tell| tell(limit::suppressed(), &[]));
}

impl Telemetry {
    /// Metrics as Prometheus reads them.
    #[must_use]
    pub fn scrape(&self) -> Scrape {
        Scrape(self.registry.clone())
    }

    /// Sends what waits, for as long as one sending may take, and ends. Blocks; not for a task.
    pub fn stop(self) {
        // That a collector does not take the last of it was logged and counted.
        if let Some(tracers) = self.tracers {
            let _ = tracers.shutdown_with_timeout(self.timeout);
        }
        let _ = self.meters.shutdown_with_timeout(self.timeout);
        if let Some(runtime) = self.runtime {
            runtime.shutdown_background();
        }
    }
}
