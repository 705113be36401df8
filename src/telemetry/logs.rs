//! Logs: to standard error, human on a terminal and JSON elsewhere, each line with the ids of its trace
//! when it belongs to a call.

use std::fmt;
use std::io::IsTerminal;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt as formats};

use super::{call, limit};
use crate::config::telemetry::{LogFormat, Telemetry};

/// Starts logging and makes panics log their place alone: a panic's text can hold anything.
/// Only the first call in a process counts.
pub(super) fn start(settings: &Telemetry) {
    let mut filter = EnvFilter::try_new(&settings.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    // What the SDK would say of a collector that does not answer is said, and counted, by us.
    if let (false, Ok(quiet)) = (settings.log_level.contains("opentelemetry"), "opentelemetry=off".parse()) {
        filter = filter.add_directive(quiet);
    }
    let filter = tracing_subscriber::filter::FilterExt::and(filter, limit::Repeats::default());
    let terminal = std::io::stderr().is_terminal();
    let human = match settings.log_format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    // A line that cannot be written is lost. To complain of it on the same standard error panics, as
    // when a window is closed: the server would abort instead of going down in order.
    let layer = formats::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let layer = if human {
        layer.with_ansi(terminal).fmt_fields(Human(DefaultFields::new())).with_filter(filter).boxed()
    } else {
        layer.json().flatten_event(true).map_event_format(Json).with_filter(filter).boxed()
    };
    if tracing_subscriber::registry().with(layer).try_init().is_ok() {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
            // The line of the call tells it, when there is one.
            if !call::note_panic(&place) {
                tracing::error!(place, "panic");
            }
        }));
    }
}

/// What is told beside a line's own fields.
struct Beside {
    /// Trace and span.
    ids: Option<(String, String)>,
    /// Lines like this one that were left out.
    suppressed: u64,
}

fn beside() -> Beside {
    let ids = Context::map_current(|context| {
        let span = context.span();
        let ids = span.span_context();
        ids.is_valid().then(|| (ids.trace_id().to_string(), ids.span_id().to_string()))
    });
    Beside { ids, suppressed: limit::take_suppressed() }
}

/// Lines of JSON, with two more members.
struct Json<F>(F);

impl<S, N, F> FormatEvent<S, N> for Json<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Beside { ids, suppressed } = beside();
        if ids.is_none() && suppressed == 0 {
            return self.0.format_event(context, out, event);
        }
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        out.write_str(line.trim_end().strip_suffix('}').unwrap_or(&line))?;
        if let Some((trace, span)) = ids {
            write!(out, ",\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"")?;
        }
        if suppressed > 0 {
            write!(out, ",\"suppressed\":{suppressed}")?;
        }
        out.write_str("}\n")
    }
}

/// The fields of a line for people, and the same two.
struct Human(DefaultFields);

impl<'a> FormatFields<'a> for Human {
    fn format_fields<R: RecordFields>(&self, mut out: Writer<'a>, fields: R) -> fmt::Result {
        let Beside { ids, suppressed } = beside();
        self.0.format_fields(out.by_ref(), fields)?;
        if let Some((trace, _)) = ids {
            write!(out, " trace_id={trace}")?;
        }
        if suppressed > 0 {
            write!(out, " suppressed={suppressed}")?;
        }
        Ok(())
    }
}
