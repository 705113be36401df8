//! What is read of the server when somebody asks for metrics.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::admission::Admission;
use super::health::Board;
use crate::cache::breaker::Stand;
use crate::cache::metrics::{Evictions, Passed};
use crate::cache::shared::Snapshot;
use crate::cache::{Cache, Shared, Source};
use crate::clock::Clock;
use crate::register::Register;
use crate::reload::{self, Current};
use crate::rulebook::Rulebook;
use crate::telemetry::metrics::{observe, observe_times};
use crate::telemetry::names::shared::{OUTCOME, SOURCE};
use crate::telemetry::names::{cache as remembered, calls, process, register as names, signatures as judged};
use crate::trust::pool::Pool;
use crate::trust::refresh;
use crate::verification::stream::Streams;
use crate::verification::watch::Watches;

/// The server itself.
pub(super) fn server(board: &Board, admission: Admission, rulebook: Current<Rulebook>) {
    observe(&process::BUILD_INFO, |tell| tell(1, &[process::VERSION.of(env!("CARGO_PKG_VERSION"))]));
    let serving = board.clone();
    observe(&process::SERVING, move |tell| {
        tell(u64::from(serving.view().serving("").unwrap_or(false)), &[]);
    });
    let components = board.clone();
    observe(&process::COMPONENT_UP, move |tell| {
        for (component, status) in &components.view().components {
            tell(u64::from(status.is_up()), &[process::COMPONENT.of(component.name())]);
        }
    });
    observe(&process::RULEBOOK_INFO, move |tell| {
        tell(1, &[process::VERSION.of(rulebook.get().version().to_string())]);
    });
    let refusing = admission.clone();
    observe(&calls::IN_FLIGHT, move |tell| tell(admission.in_flight() as u64, &[]));
    observe(&calls::REFUSED, move |tell| tell(refusing.refused(), &[]));
}

/// The register's queues and pools.
pub(super) fn register(register: &Register) {
    let asked = register.clone();
    observe(&names::WAITING, move |tell| {
        for part in asked.load() {
            tell(part.waiting as u64, &[names::QUEUE.of(part.part)]);
        }
    });
    let asked = register.clone();
    observe(&names::CONNECTIONS, move |tell| {
        for part in asked.load() {
            let Some(connections) = part.connections else { continue };
            for (state, count) in [("idle", connections.idle), ("used", connections.used)] {
                tell(count as u64, &[names::POOL.of(part.part), names::STATE.of(state)]);
            }
        }
    });
    let asked = register.clone();
    observe(&names::CONNECTIONS_MAX, move |tell| {
        for part in asked.load() {
            if let Some(connections) = part.connections {
                tell(connections.most as u64, &[names::POOL.of(part.part)]);
            }
        }
    });
}

/// What the cache counts.
pub(super) fn cache(cache: &Cache) {
    let told = cache.clone();
    let stats = cache.stats();
    let of = stats.clone();
    observe(&remembered::ANSWERS, move |tell| {
        let had =
            [(Source::Local, &of.local), (Source::Shared, &of.shared), (Source::Register, &of.register)];
        for (source, count) in had {
            tell(count.get(), &[SOURCE.of(source.name())]);
        }
        tell(of.failed.get(), &[SOURCE.of("none")]);
    });
    let of = stats.clone();
    observe(&remembered::PASSED, move |tell| {
        for why in Passed::ALL {
            tell(of.passed(why), &[remembered::CAUSE.of(why.name())]);
        }
    });
    let of = stats.clone();
    observe(&remembered::EVICTIONS, move |tell| {
        for cause in Evictions::ALL {
            tell(of.evictions(cause), &[remembered::CAUSE.of(cause.name())]);
        }
    });
    let of = stats.clone();
    observe(&remembered::READS, move |tell| {
        let reads = [
            ("joined", &of.joined),
            ("alone", &of.alone),
            ("spared", &of.spared),
            ("refused", &of.refused),
            ("refreshed", &of.refreshes),
            ("batched", &of.batches),
        ];
        for (what, count) in reads {
            tell(count.get(), &[remembered::CAUSE.of(what)]);
        }
    });
    let of = stats.clone();
    observe(&remembered::FEED, move |tell| {
        for (outcome, count) in [("ok", &of.followed), ("failed", &of.lost), ("restarted", &of.restarts)] {
            tell(count.get(), &[OUTCOME.of(outcome)]);
        }
    });
    let of = stats.clone();
    observe(&remembered::CHANGES, move |tell| tell(of.changes.get(), &[]));
    let of = stats.clone();
    observe_times(&remembered::LAG, move |tell| tell(Duration::from_millis(of.changes_lag.get()), &[]));
    let (held, bytes) = (told.clone(), told.clone());
    observe(&remembered::ENTRIES, move |tell| {
        let sizes = held.sizes();
        tell(sizes.held, &[remembered::HELD.of("held")]);
        tell(sizes.absent, &[remembered::HELD.of("absent")]);
    });
    observe(&remembered::BYTES, move |tell| {
        let sizes = bytes.sizes();
        tell(sizes.held_bytes, &[remembered::HELD.of("held")]);
        tell(sizes.absent_bytes, &[remembered::HELD.of("absent")]);
    });
    let of = stats.clone();
    observe(&remembered::REFRESHING, move |tell| tell(of.ahead_of_refresh.get(), &[]));
    if let Some(shared) = cache.redis() {
        redis(shared);
    }
    let flights = told.clone();
    observe(&remembered::FLIGHTS, move |tell| tell(flights.sizes().flights as u64, &[]));
    observe_times(&remembered::BEHIND, move |tell| {
        if let Some(behind) = told.sizes().behind {
            tell(behind, &[]);
        }
    });
}

/// What the tier counts that servers share.
fn redis(shared: &Shared) {
    let counters = |metric, read: fn(&Snapshot) -> Vec<(&'static str, u64)>| {
        let shared = shared.clone();
        observe(metric, move |tell| {
            for (what, count) in read(&shared.stats()) {
                tell(count, &[remembered::CAUSE.of(what)]);
            }
        });
    };
    counters(&remembered::SHARED_READS, |stats| {
        vec![
            ("hit", stats.hits),
            ("miss", stats.misses),
            ("tombstone", stats.tombstones_met),
            ("damaged", stats.damaged),
            ("late", stats.late),
            ("failed", stats.failed),
            ("skipped", stats.skipped),
            ("crowded", stats.crowded),
        ]
    });
    counters(&remembered::SHARED_FILLS, |stats| {
        vec![
            ("written", stats.fills),
            ("older", stats.fills_older),
            ("dropped", stats.fills_dropped),
            ("failed", stats.fills_failed),
            ("unfit", stats.fills_unfit),
        ]
    });
    counters(&remembered::TOMBSTONES, |stats| {
        vec![
            ("written", stats.tombstones),
            ("older", stats.tombstones_older),
            ("dropped", stats.tombstones_dropped),
            ("failed", stats.tombstones_failed),
        ]
    });
    counters(&remembered::HINTS, |stats| {
        vec![("sent", stats.hints_sent), ("received", stats.hints_received)]
    });
    let shared = shared.clone();
    observe(&remembered::BREAKER, move |tell| {
        let stand = match shared.stand() {
            Stand::Closed => 0,
            Stand::HalfOpen => 1,
            Stand::Open => 2,
        };
        tell(stand, &[]);
    });
}

/// How much of what streams, watches and screens share is taken.
pub(super) fn streams(
    streams: Streams,
    watches: Watches,
    screens: impl Fn() -> usize + Send + Sync + 'static,
) {
    let open = streams.clone();
    observe(&calls::OPEN, move |tell| {
        for (what, count) in
            [("streams", open.open_now()), ("watches", watches.open()), ("screens", screens())]
        {
            tell(count as u64, &[calls::WHAT.of(what)]);
        }
    });
    observe(&calls::ITEMS, move |tell| tell(streams.in_hand() as u64, &[]));
}

/// Files that can change; their age is by `clock`.
pub(super) fn files(files: Vec<watch::Receiver<reload::State>>, clock: Clock) {
    let states = files.clone();
    observe(&process::FILE_AGE, move |tell| {
        for file in &states {
            let file = file.borrow();
            let age = clock.now().duration_since(file.loaded_at).as_secs();
            tell(u64::try_from(age).unwrap_or(0), &[process::FILE.of(file.name)]);
        }
    });
    observe(&process::FILE_REFUSED, move |tell| {
        for file in &files {
            let file = file.borrow();
            tell(u64::from(file.error.is_some()), &[process::FILE.of(file.name)]);
        }
    });
}

/// The threads that check signatures.
pub(super) fn threads(pool: &Pool) {
    let gauge = |metric, read: fn(&Pool) -> u64| {
        let pool = pool.clone();
        observe(metric, move |tell| tell(read(&pool), &[]));
    };
    gauge(&judged::THREADS, |pool| pool.load().threads as u64);
    gauge(&judged::BUSY, |pool| pool.load().busy as u64);
    gauge(&judged::WAITING, |pool| pool.load().waiting as u64);
    gauge(&judged::REFUSED, |pool| pool.load().refused);
}

/// Lists of revoked certificates; their age is by `clock`.
pub(super) fn lists(lists: Vec<watch::Receiver<refresh::State>>, clock: &Clock) {
    let time = |metric, read: fn(&refresh::State, Timestamp) -> Option<SignedDuration>| {
        let (lists, clock) = (lists.clone(), clock.clone());
        observe_times(metric, move |tell| {
            for list in &lists {
                let list = list.borrow();
                if let Some(time) = read(&list, clock.now()) {
                    // Of a clock that is behind the authority's, and of what is over: nothing.
                    tell(time.try_into().unwrap_or_default(), &[judged::LIST.of(list.url.clone())]);
                }
            }
        });
    };
    time(&judged::LIST_AGE, |list, now| list.this_update.map(|made| now.duration_since(made)));
    time(&judged::LIST_LEFT, |list, now| {
        Some(list.next_update.map_or(SignedDuration::ZERO, |next| next.duration_since(now)))
    });
    observe(&judged::LIST_ENTRIES, move |tell| {
        for list in &lists {
            let list = list.borrow();
            tell(list.entries as u64, &[judged::LIST.of(list.url.clone())]);
        }
    });
}
