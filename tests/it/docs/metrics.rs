//! docs/METRICS.md from `telemetry/names.rs`.

use std::fmt::Write;

use iinspect::telemetry::names::{Attribute, Kind, SECTIONS};

const HEAD: &str = "<!-- Generated from src/telemetry/names.rs by tests/it/docs/metrics.rs: run `make docs`. -->

# Metrics and traces

Metrics are on the admin listener for Prometheus (`GET /metrics`), always. With `telemetry.otlp` (or
`--otlp`) metrics and traces go to an OpenTelemetry collector besides, by OTLP over gRPC. Nothing waits
for it: spans wait in a queue of `telemetry.span_queue`, what does not fit or is not taken within
`telemetry.otlp_timeout` is dropped and counted in `iinspect_telemetry_spans_dropped_total`.

No name below ever has a value that tells of a person ([PRIVACY.md](PRIVACY.md)), and no label values
without a bound: methods, codes and reasons are the program's own, clients are at most
`telemetry.client_names`, the rest is `other`. A metric has at most 2,000 combinations of values; what
comes beyond is counted under `otel_metric_overflow`.

## Traces

A call continues the trace of its caller by `traceparent` and `tracestate` (W3C Trace Context; a
`tracestate` of more than 512 bytes is left behind). Baggage is neither recorded nor forwarded. Whether a
call is recorded is its caller's decision: a sampled flag is followed for `telemetry.forced_traces` calls a
second, beyond which it counts for nothing; a flag that says no is always followed. Of calls without a
`traceparent`, `telemetry.sample_ratio` are recorded. Health is never traced. Every call has a trace id,
recorded or not: the log has it.

Work that several calls share (one statement for a batch of lookups, one commit for a group) is a
trace of its own, linked to those of the calls that are recorded, and they to it. A call has at most 1,000
spans.

Nothing is passed on to PostgreSQL: its protocol has no place for a trace, and a comment in a statement
would make a new statement of it for each call, which could not stay prepared.

`deploy/otel/` has a collector's configuration that sends the traces of each integration to a back end of
its own, by `iinspect.client.id`.

## OpenTelemetry's own variables

These set the same as the settings of `[telemetry]`; `IINSPECT_TELEMETRY__*` and flags win over them, and
they over the file. An empty one counts as unset.

| variable | stands for |
| --- | --- |
| `OTEL_SERVICE_NAME` | `telemetry.service_name` |
| `OTEL_EXPORTER_OTLP_ENDPOINT`, `_TRACES_ENDPOINT`, `_METRICS_ENDPOINT` | `telemetry.otlp`, `otlp_traces`, `otlp_metrics` |
| `OTEL_EXPORTER_OTLP_CERTIFICATE` | `telemetry.otlp_ca` |
| `OTEL_EXPORTER_OTLP_TIMEOUT` | `telemetry.otlp_timeout`, in milliseconds |
| `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_EXPORTER_OTLP_COMPRESSION` | must be `grpc`, `none` |
| `OTEL_EXPORTER_OTLP_HEADERS` | headers of every sending, such as a token |
| `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER` | `otlp`, or `none` for `otlp_traces`, `otlp_metrics` = `none` |
| `OTEL_TRACES_SAMPLER` | `parentbased_traceidratio`, `parentbased_always_on` (ratio 1), `parentbased_always_off` (ratio 0), `always_off` (and `forced_traces` 0) |
| `OTEL_TRACES_SAMPLER_ARG` | `telemetry.sample_ratio` |
| `OTEL_METRIC_EXPORT_INTERVAL` | `telemetry.metrics_every`, in milliseconds |
| `OTEL_BSP_MAX_QUEUE_SIZE` | `telemetry.span_queue` |
| `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` | how long spans wait, how many go at once |
| `OTEL_RESOURCE_ATTRIBUTES` | attributes of the resource |
| `OTEL_SDK_DISABLED` | `true`: nothing is sent; Prometheus is served all the same |

Other values of these are refused at the start.

## Names

A name ending in `_seconds` of a histogram stands for `_bucket`, `_sum` and `_count`, as Prometheus has it.
";

pub(super) fn document() -> String {
    let mut text = String::from(HEAD);
    for section in SECTIONS {
        let _ = writeln!(text, "\n### {}", section.title);
        if !section.metrics.is_empty() {
            text.push_str(
                "\n| metric (OTLP, Prometheus) | kind, unit | labels | what |\n| --- | --- | --- | --- |\n",
            );
        }
        for metric in section.metrics {
            let kind = match metric.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let unit = if metric.unit.is_empty() { String::new() } else { format!(", {}", metric.unit) };
            let _ = writeln!(
                text,
                "| `{}` `{}` | {kind}{unit} | {} | {} |",
                metric.name,
                metric.prometheus(),
                keys(metric.attributes),
                metric.description,
            );
        }
        if !section.spans.is_empty() {
            text.push_str("\n| span | kind | attributes | what |\n| --- | --- | --- | --- |\n");
        }
        for span in section.spans {
            let kind = format!("{:?}", span.kind).to_lowercase();
            let (name, with, what) = (span.name, keys(span.attributes), span.description);
            let _ = writeln!(text, "| `{name}` | {kind} | {with} | {what} |");
        }
        if !section.attributes.is_empty() {
            text.push_str("\n| attribute | what it says |\n| --- | --- |\n");
        }
        for attribute in section.attributes {
            let _ = writeln!(text, "| `{}` | {} |", attribute.key, attribute.description);
        }
    }
    text
}

fn keys(attributes: &[&Attribute]) -> String {
    let keys: Vec<_> = attributes.iter().map(|attribute| format!("`{}`", attribute.key)).collect();
    keys.join(", ")
}

/// Names are told once and in one form; what is used is described.
#[test]
fn names_are_in_one_form_and_told_once() {
    let (mut names, mut keys) = (Vec::new(), Vec::new());
    for section in SECTIONS {
        keys.extend(section.attributes.iter().map(|attribute| attribute.key));
        for metric in section.metrics {
            names.push(metric.name);
            assert!(
                metric.name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '_')),
                "{}",
                metric.name
            );
            let is_a_time = metric.name.ends_with(".duration") || metric.name.ends_with(".age");
            assert!(metric.kind != Kind::Histogram || is_a_time && metric.unit == "s", "{}", metric.name);
            assert!(!metric.name.ends_with(".duration") || metric.kind == Kind::Histogram, "{}", metric.name);
        }
    }
    let used = SECTIONS.iter().flat_map(|section| {
        let of_metrics = section.metrics.iter().flat_map(|metric| metric.attributes);
        of_metrics.chain(section.spans.iter().flat_map(|span| span.attributes))
    });
    for attribute in used {
        assert!(keys.contains(&attribute.key), "{} is described nowhere", attribute.key);
    }
    for mut all in [names, keys] {
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a name is there twice");
    }
}
