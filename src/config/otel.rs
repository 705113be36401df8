//! OpenTelemetry's own environment variables, as settings of `[telemetry]`.
//!
//! They come over the file and below `IINSPECT_*`. Those that say how the SDK works inside
//! (`OTEL_BSP_SCHEDULE_DELAY`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS` and the like) are
//! read by the SDK itself. A value that cannot be honoured is a fault; an empty one counts as unset, as
//! the specification has it.

/// One variable: the setting it stands for with the value, or what is allowed.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) outcome: Result<Vec<(&'static str, String)>, &'static str>,
}

/// The variables that are set, the general ones first, so that the particular ones win.
pub(super) fn variables(env: &[(String, String)]) -> Vec<Variable> {
    KNOWN
        .iter()
        .filter_map(|(name, read)| {
            let (_, value) = env.iter().find(|(known, value)| known == name && !value.trim().is_empty())?;
            Some(Variable { name: (*name).to_string(), outcome: read(value.trim()) })
        })
        .collect()
}

type Reading = fn(&str) -> Result<Vec<(&'static str, String)>, &'static str>;

const KNOWN: [(&str, Reading); 17] = [
    ("OTEL_SERVICE_NAME", |v| one("telemetry.service_name", v)),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", |v| one("telemetry.otlp", v)),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", |v| one("telemetry.otlp_traces", v)),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", |v| one("telemetry.otlp_metrics", v)),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", |v| one("telemetry.otlp_ca", v)),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", |v| milliseconds("telemetry.otlp_timeout", v)),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", grpc),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", grpc),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", grpc),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", |v| {
        if v == "none" { Ok(Vec::new()) } else { Err("must be none: nothing is compressed") }
    }),
    ("OTEL_METRIC_EXPORT_INTERVAL", |v| milliseconds("telemetry.metrics_every", v)),
    ("OTEL_BSP_MAX_QUEUE_SIZE", |v| one("telemetry.span_queue", v)),
    ("OTEL_TRACES_SAMPLER_ARG", |v| one("telemetry.sample_ratio", v)),
    ("OTEL_TRACES_SAMPLER", sampler),
    ("OTEL_TRACES_EXPORTER", |v| exporter("telemetry.otlp_traces", v)),
    ("OTEL_METRICS_EXPORTER", |v| exporter("telemetry.otlp_metrics", v)),
    ("OTEL_SDK_DISABLED", |v| {
        let nowhere = ["telemetry.otlp_traces", "telemetry.otlp_metrics"].map(|key| (key, "none".into()));
        Ok(if v.eq_ignore_ascii_case("true") { nowhere.into() } else { Vec::new() })
    }),
];

fn one(key: &'static str, value: &str) -> Result<Vec<(&'static str, String)>, &'static str> {
    Ok(vec![(key, value.to_string())])
}

fn milliseconds(key: &'static str, value: &str) -> Result<Vec<(&'static str, String)>, &'static str> {
    match value.parse::<u32>() {
        Ok(n) => one(key, &format!("{n}ms")),
        Err(_) => Err("must be a whole number of milliseconds"),
    }
}

fn grpc(value: &str) -> Result<Vec<(&'static str, String)>, &'static str> {
    if value == "grpc" { Ok(Vec::new()) } else { Err("must be grpc: OTLP is spoken over gRPC alone") }
}

fn exporter(key: &'static str, value: &str) -> Result<Vec<(&'static str, String)>, &'static str> {
    match value {
        "otlp" => Ok(Vec::new()),
        "none" => one(key, "none"),
        _ => Err("must be otlp or none; Prometheus reads the admin listener in any case"),
    }
}

/// A caller's decision is always heard, within `telemetry.forced_traces`: samplers that would not listen
/// are not offered.
fn sampler(value: &str) -> Result<Vec<(&'static str, String)>, &'static str> {
    match value {
        "parentbased_always_on" => one("telemetry.sample_ratio", "1"),
        "parentbased_always_off" => one("telemetry.sample_ratio", "0"),
        "parentbased_traceidratio" => Ok(Vec::new()),
        "always_off" => {
            Ok(vec![("telemetry.sample_ratio", "0".into()), ("telemetry.forced_traces", "0".into())])
        }
        _ => Err(
            "must be parentbased_traceidratio, parentbased_always_on, parentbased_always_off or always_off",
        ),
    }
}
