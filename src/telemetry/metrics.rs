//! Instruments by their names: each as [`names`](super::names) describes it.
//!
//! What is made before [`super::start`], or where it is never called, counts nothing and costs nothing:
//! make instruments where a component is made, not in statics of the library.

use std::time::Duration;

use opentelemetry::metrics::{AsyncInstrument, Counter, Gauge, Histogram, Meter};
use opentelemetry::{InstrumentationScope, KeyValue, global};

use super::names::{Kind, Metric};

/// The name of the instrumentation scope of metrics and spans.
pub(super) const SCOPE: &str = env!("CARGO_PKG_NAME");

fn meter() -> Meter {
    let scope = InstrumentationScope::builder(SCOPE).with_version(env!("CARGO_PKG_VERSION"));
    global::meter_with_scope(scope.build())
}

/// A counter: `counter(&names::calls::REFUSED).add(1, &[])`.
#[must_use]
pub fn counter(metric: &'static Metric) -> Counter<u64> {
    debug_assert_eq!(metric.kind, Kind::Counter, "{}", metric.name);
    meter().u64_counter(metric.name).with_unit(metric.unit).with_description(metric.description).build()
}

/// A gauge that is set when its value changes.
#[must_use]
pub fn gauge(metric: &'static Metric) -> Gauge<u64> {
    debug_assert_eq!(metric.kind, Kind::Gauge, "{}", metric.name);
    meter().u64_gauge(metric.name).with_unit(metric.unit).with_description(metric.description).build()
}

/// A histogram of seconds.
#[must_use]
pub fn histogram(metric: &'static Metric) -> Histogram<f64> {
    debug_assert_eq!(metric.kind, Kind::Histogram, "{}", metric.name);
    meter()
        .f64_histogram(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.description)
        .with_boundaries(SECONDS.to_vec())
        .build()
}

/// Builds an instrument that is read by a callback: a counter or a gauge, as the metric has it.
macro_rules! observable {
    ($metric:expr, $callback:expr, $counter:ident, $gauge:ident) => {{
        let (metric, meter, callback) = ($metric, meter(), $callback);
        macro_rules! build {
            ($instrument:ident) => {{
                let instrument = meter.$instrument(metric.name).with_unit(metric.unit);
                instrument.with_description(metric.description).with_callback(callback).build();
            }};
        }
        match metric.kind {
            Kind::Counter => build!($counter),
            Kind::Gauge | Kind::Histogram => {
                debug_assert_eq!(metric.kind, Kind::Gauge, "{}", metric.name);
                build!($gauge);
            }
        }
    }};
}

/// A gauge or counter that is read when somebody asks for metrics: `read` hands each value to what it is
/// given. It runs on whatever thread asks, and must answer from memory. It lives as long as the process.
pub fn observe(
    metric: &'static Metric,
    read: impl Fn(&mut dyn FnMut(u64, &[KeyValue])) + Send + Sync + 'static,
) {
    let callback = move |instrument: &dyn AsyncInstrument<u64>| {
        read(&mut |value, attributes| instrument.observe(value, attributes));
    };
    observable!(metric, callback, u64_observable_counter, u64_observable_gauge);
}

/// As [`observe`], of times: Prometheus wants them in seconds.
pub fn observe_times(
    metric: &'static Metric,
    read: impl Fn(&mut dyn FnMut(Duration, &[KeyValue])) + Send + Sync + 'static,
) {
    let callback = move |instrument: &dyn AsyncInstrument<f64>| {
        read(&mut |time, attributes| instrument.observe(time.as_secs_f64(), attributes));
    };
    observable!(metric, callback, f64_observable_counter, f64_observable_gauge);
}

/// The upper bounds of a histogram's classes, in seconds: a lookup takes microseconds, a late call ten
/// seconds.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
