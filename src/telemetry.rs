//! What is seen from outside: logs, metrics and traces.
//!
//! Logs go to standard error, human on a terminal and JSON elsewhere.

pub mod metrics;
pub mod names;
pub mod span;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::telemetry::{LogFormat, Telemetry};

/// Starts logging and makes panics log their place alone: a panic's text can hold anything.
/// Only the first call in a process counts.
pub fn start(settings: &Telemetry) {
    let filter = EnvFilter::try_new(&settings.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let human = match settings.log_format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A line that cannot be written is lost. To complain of it on the same standard error panics, as
    // when a window is closed: the server would abort instead of going down in order.
    let builder = builder.log_internal_errors(false);
    let started = if human {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
            tracing::error!(place, "panic");
        }));
    }
}
