//! Which calls are traced: as the caller says, and a part of the others.
//!
//! A caller's sampled flag costs us work, so that only so many traces per second can be forced by it;
//! beyond that the flag counts for nothing. A caller who says that a trace is not sampled is believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// The sampler of this process.
#[derive(Clone, Debug)]
pub(super) struct ByCaller {
    ratio: Sampler,
    forced: Arc<Forced>,
}

impl ByCaller {
    /// Samples `ratio` of the calls whose caller does not say, and at most `forced` calls a second
    /// since their caller says so.
    pub(super) fn new(ratio: f64, forced: u32) -> Self {
        ByCaller { ratio: Sampler::TraceIdRatioBased(ratio), forced: Arc::new(Forced::new(forced)) }
    }
}

impl ShouldSample for ByCaller {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let by_ratio = || self.ratio.should_sample(None, trace, name, kind, attributes, links);
        let decided = |yes: bool, state: TraceState| SamplingResult {
            decision: if yes { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: state,
        };
        let parent = parent.map(|context| context.span().span_context().clone()).filter(|p| p.is_valid());
        match parent {
            // Work that several calls share is linked to those of them that are sampled, and to no other.
            None if !links.is_empty() => decided(true, TraceState::default()),
            None => by_ratio(),
            Some(parent) => {
                let forced = parent.is_sampled() && (!parent.is_remote() || self.forced.take(Instant::now()));
                let yes = forced
                    || (parent.is_sampled() && by_ratio().decision == SamplingDecision::RecordAndSample);
                decided(yes, parent.trace_state().clone())
            }
        }
    }
}

/// So many a second, and no more than a second's worth at once.
#[derive(Debug)]
struct Forced {
    per_second: u32,
    start: Instant,
    /// The moment from which on there is room for all, in nanoseconds after `start` and a second.
    next: AtomicU64,
}

const SECOND: u64 = 1_000_000_000;

impl Forced {
    fn new(per_second: u32) -> Self {
        Forced { per_second, start: Instant::now(), next: AtomicU64::new(0) }
    }

    fn take(&self, now: Instant) -> bool {
        let Some(step) = SECOND.checked_div(u64::from(self.per_second)) else { return false };
        let now = u64::try_from(now.duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        // Each one moves the moment on by its share of a second; it may lead by less than a second.
        let room = |next: u64| {
            let next = next.max(now).saturating_add(step);
            (next <= now.saturating_add(SECOND)).then_some(next)
        };
        self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags};

    use super::*;

    fn decides(sampler: &ByCaller, flags: Option<TraceFlags>, trace: u128) -> bool {
        let trace = TraceId::from(trace);
        let context = |flags| {
            let state = TraceState::from_key_value([("bank", "1")]).unwrap();
            let remote = SpanContext::new(trace, SpanId::from(7), flags, true, state);
            Context::new().with_remote_span_context(remote)
        };
        let parent = flags.map(context);
        let result = sampler.should_sample(parent.as_ref(), trace, "", &SpanKind::Server, &[], &[]);
        let state = result.trace_state.get("bank");
        assert_eq!(state, parent.map(|_| "1"), "the caller's state goes on as it came");
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn a_caller_decides_within_the_bound_and_the_ratio_for_the_others() {
        let never = ByCaller::new(0.0, 2);
        let sampled = Some(TraceFlags::SAMPLED);
        assert!(!decides(&never, None, 1));
        assert!(!decides(&never, Some(TraceFlags::default()), 1));
        let forced = (0..10).filter(|_| decides(&never, sampled, u128::MAX)).count();
        assert!(forced >= 2, "{forced}");
        let always = ByCaller::new(1.0, 0);
        assert!(decides(&always, None, 1));
        assert!(decides(&always, sampled, 1), "beyond the bound it is a call like any other");
        assert!(!decides(&always, Some(TraceFlags::default()), 1), "who says no is believed");
        assert!(!decides(&ByCaller::new(0.0, 0), sampled, 1));
    }

    #[test]
    fn forced_traces_are_so_many_a_second() {
        let forced = Forced::new(4);
        let takes = |after: u64| {
            let now = forced.start + Duration::from_millis(after);
            (0..100).filter(|_| forced.take(now)).count()
        };
        assert_eq!(takes(0), 4);
        assert_eq!((takes(100), takes(250), takes(1000)), (0, 1, 3));
        assert_eq!(takes(60_000), 4, "a quiet minute saves nothing up");
        assert!(!Forced::new(0).take(Instant::now()));
    }
}
