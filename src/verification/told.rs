//! What is counted of answers, and told of them on the call's span: codes alone.

use opentelemetry::StringValue;
use opentelemetry::metrics::Counter;

use super::answer::Verdict;
use super::decide::Decision;
use crate::cache::Source;
use crate::rulebook::Purpose;
use crate::telemetry::call;
use crate::telemetry::metrics::counter;
use crate::telemetry::names::shared::{CLIENT_ID, CLIENT_KIND, PURPOSE, REASON, SOURCE, VERDICT};
use crate::telemetry::names::verification::{BY_CLIENT, SCREENED, VERDICTS};
use crate::telemetry::span;

/// The counters of verification.
#[derive(Clone, Debug)]
pub(super) struct Told {
    verdicts: Counter<u64>,
    by_client: Counter<u64>,
    screened: Counter<u64>,
}

impl Told {
    pub(super) fn new() -> Self {
        Told { verdicts: counter(&VERDICTS), by_client: counter(&BY_CLIENT), screened: counter(&SCREENED) }
    }

    /// One answer of Verify.
    pub(super) fn answer(&self, purpose: Option<Purpose>, decision: &Decision, source: Option<Source>) {
        let verdict = decision.verdict.word();
        let purpose = purpose.map_or("none", Purpose::name);
        let reason = decision.reasons.first().map_or("none", |reason| reason.name());
        // None outside of a call, as in tests: such answers are nobody's.
        let (label, kind): (StringValue, _) =
            call::current().map_or(("none".into(), None), |call| (call.label.clone(), call.client.kind));
        let kind = kind.map(|kind| kind.word());
        let kinds = CLIENT_KIND.of(kind.unwrap_or("none"));
        let by = [VERDICT.of(verdict), PURPOSE.of(purpose), REASON.of(reason), kinds];
        self.verdicts.add(1, &by);
        let [verdict, purpose, reason, kinds] = by;
        if kind.is_some() {
            self.by_client.add(1, &[CLIENT_ID.of(label), kinds, purpose.clone(), verdict.clone()]);
        }
        span::tell(|| vec![verdict, purpose, reason, SOURCE.of(source.map_or("none", Source::name))]);
    }

    /// The column of verdicts of a Screen.
    pub(super) fn screened(&self, codes: &[u8]) {
        for verdict in Verdict::ALL {
            let count = codes.iter().filter(|code| **code == verdict as u8).count();
            if count > 0 {
                self.screened.add(count as u64, &[VERDICT.of(verdict.word())]);
            }
        }
    }
}
