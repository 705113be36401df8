//! What is noted of a call while it is answered, for its one line of the log and its span.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::{Context, StringValue};

use crate::context::Client;

/// Spans of one call; what comes after is not recorded. A stream can be as long as its caller likes.
pub const SPANS: u32 = 1_000;

/// One call, as the telemetry layer and everything inside it see it.
#[derive(Debug)]
pub struct Call {
    /// The call's id.
    pub request_id: String,
    /// Who calls.
    pub client: Client,
    /// The client's name in metrics: its id, or `other` beyond the bound.
    pub label: StringValue,
    spans: AtomicU32,
    notes: Mutex<Notes>,
}

/// What became of a call: what went wrong, by its first failure, and what is worth telling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The reason, by its code.
    pub reason: Option<&'static str>,
    /// For the operator; never anything personal.
    pub detail: String,
    /// Failures after the first.
    pub more: u32,
    /// Where the handler panicked.
    pub panic: Option<String>,
    /// What an operator wants to know of a call that ended well.
    pub told: Option<String>,
}

impl Call {
    /// A call that begins.
    #[must_use]
    pub fn new(request_id: String, client: Client, label: StringValue) -> Self {
        Call { request_id, client, label, spans: AtomicU32::new(0), notes: Mutex::default() }
    }

    /// What was noted so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.noted().clone()
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Notes> {
        // A panic may have left a note half written; it is still the best there is.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more span of this call is recorded.
    pub(super) fn takes_span(&self) -> bool {
        self.spans.fetch_add(1, Ordering::Relaxed) < SPANS
    }

    fn fails(&self, reason: Option<&'static str>, detail: &dyn std::fmt::Display) {
        let mut notes = self.noted();
        if notes.reason.is_none() && notes.detail.is_empty() {
            notes.reason = reason;
            notes.detail = detail.to_string();
        } else {
            notes.more = notes.more.saturating_add(1);
        }
    }
}

/// The call that the current work is for.
#[must_use]
pub fn current() -> Option<Arc<Call>> {
    Context::map_current(|context| context.get::<Arc<Call>>().cloned())
}

/// Notes that something failed for the current call: a reason code when there is one, and what the
/// operator should know. The call's line of the log tells the first and counts the others. Outside of a
/// call it is a line of its own.
pub fn note(request_id: &str, reason: Option<&'static str>, detail: impl std::fmt::Display) {
    match current() {
        Some(call) => call.fails(reason, &detail),
        None => tracing::debug!(request_id, reason, %detail, "failed"),
    }
}

/// What the current call's line of the log tells of work that ended well and that an operator wants to
/// know of: counts, never values.
pub fn tell(text: String) {
    if let Some(call) = current() {
        call.noted().told = Some(text);
    }
}

/// Notes where the current call's handler panicked. Whether there is a call to note it of.
pub(super) fn note_panic(place: &str) -> bool {
    let Some(call) = current() else { return false };
    call.noted().panic = Some(place.to_string());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_told_and_the_others_are_counted() {
        note("id", None, "nobody's");
        assert!(!note_panic("a.rs:1"));
        let call = Arc::new(Call::new("id".into(), Client::default(), "none".into()));
        let _inside = Context::new().with_value(call.clone()).attach();
        note("id", Some("REGISTER_UNAVAILABLE"), "busy");
        note("id", None, "late");
        assert!(note_panic("b.rs:2"));
        let told = Notes {
            reason: Some("REGISTER_UNAVAILABLE"),
            detail: "busy".into(),
            more: 1,
            panic: Some("b.rs:2".into()),
            told: None,
        };
        assert_eq!(call.notes(), told);
        assert_eq!((0..2 * SPANS).filter(|_| call.takes_span()).count() as u32, SPANS);
    }
}
