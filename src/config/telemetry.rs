//! `[telemetry]`: logs, traces, metrics.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use tracing_subscriber::EnvFilter;

use super::read::Reader;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Human,
}

/// Logs, traces, metrics.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The filter, already known to parse.
    pub log_level: String,
    /// The form.
    pub log_format: LogFormat,
    /// Who takes traces.
    pub traces: Option<Uri>,
    /// Who takes metrics.
    pub metrics: Option<Uri>,
    /// The authority of the collector's certificate, when it is not one of the system's.
    pub ca: Option<PathBuf>,
    /// The bound on one sending.
    pub timeout: Duration,
    /// How often metrics are sent.
    pub metrics_every: Duration,
    /// The service's name.
    pub service_name: String,
    /// The part of calls that are traced when their caller does not say, 0 to 1.
    pub sample_ratio: f64,
    /// Traces per second that callers can force.
    pub forced_traces: u32,
    /// Spans that wait for the collector.
    pub span_queue: usize,
    /// Clients that are told apart.
    pub client_names: usize,
}

impl Telemetry {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let log_level = r.text("telemetry.log_level", 1..=512);
        if EnvFilter::try_new(&log_level).is_err() {
            r.fault("telemetry.log_level", "must be error, warn, info, debug, trace or a filter of them");
        }
        let formats = [("auto", LogFormat::Auto), ("json", LogFormat::Json), ("human", LogFormat::Human)];
        let both = r.collector("telemetry.otlp", false).unwrap_or_default();
        let mut own = |key: &str| r.collector(key, true).unwrap_or_else(|| both.clone());
        let (traces, metrics) = (own("telemetry.otlp_traces"), own("telemetry.otlp_metrics"));
        Telemetry {
            log_level,
            log_format: r.choice("telemetry.log_format", &formats, LogFormat::Auto),
            traces,
            metrics,
            ca: r.optional_path("telemetry.otlp_ca"),
            timeout: r
                .duration("telemetry.otlp_timeout", Duration::from_millis(10)..=Duration::from_secs(60)),
            metrics_every: r
                .duration("telemetry.metrics_every", Duration::from_secs(1)..=Duration::from_secs(3600)),
            service_name: r.text("telemetry.service_name", 1..=64),
            sample_ratio: r.ratio("telemetry.sample_ratio"),
            forced_traces: r.count("telemetry.forced_traces", 0..=100_000),
            span_queue: r.count("telemetry.span_queue", 64..=1_000_000) as usize,
            client_names: r.count("telemetry.client_names", 0..=1000) as usize,
        }
    }
}
