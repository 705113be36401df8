//! `[telemetry]`: logs.

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

/// Logs.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The filter, already known to parse.
    pub log_level: String,
    /// The form.
    pub log_format: LogFormat,
}

impl Telemetry {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let log_level = r.text("telemetry.log_level", 1..=512);
        if EnvFilter::try_new(&log_level).is_err() {
            r.fault("telemetry.log_level", "must be error, warn, info, debug, trace or a filter of them");
        }
        let formats = [("auto", LogFormat::Auto), ("json", LogFormat::Json), ("human", LogFormat::Human)];
        Telemetry { log_level, log_format: r.choice("telemetry.log_format", &formats, LogFormat::Auto) }
    }
}
