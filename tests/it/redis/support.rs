//! A tier over some Redis, and short ways to say things.

use std::sync::Arc;
use std::time::Duration;

use iinspect::cache::Entry;
use iinspect::cache::shared::{Options, Shared, Snapshot, Url};
use iinspect::keys::{Keys, Source};
use iinspect::register::{Fact, Position, Status, Subject};
use iinspect::reload::Current;

/// The longest that a test waits for something; far more than it takes.
pub(super) const END: Duration = Duration::from_secs(60);
/// For how long the tests' facts are kept.
pub(super) const TTL: Duration = Duration::from_secs(600);

/// What a test waits for Redis at most: of those that are not about waiting, so long that a busy
/// machine does not matter.
const PATIENT: Duration = Duration::from_secs(10);

pub(super) fn options(url: &str) -> Options {
    Options { url: Url::parse(url).unwrap(), wait: PATIENT, queue: 1024, tombstone: Duration::from_secs(60) }
}

/// Keys, the one that writes first.
pub(super) fn keys(bytes: &[u8]) -> Source {
    let lines: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}").repeat(32)).collect();
    Source::File(Current::fixed(Arc::new(Keys::parse(&lines.join("\n")).unwrap())))
}

/// A tier that has found its Redis.
pub(super) async fn tier(url: &str) -> Shared {
    let shared = Shared::start(options(url), keys(&[1]));
    is_up(&shared).await;
    shared
}

pub(super) async fn is_up(shared: &Shared) {
    let mut status = shared.status();
    let up = tokio::time::timeout(END, status.wait_for(|status| *status == Status::Up)).await;
    assert!(up.is_ok(), "{:?}", *shared.status().borrow());
}

/// Waits until it is down or takes no writes for a reason.
pub(super) async fn is_ill(shared: &Shared, why: &str) {
    let is_so = |status: &Status| match status {
        Status::Up => false,
        Status::ReadOnly(reason) | Status::Down(reason) => reason.contains(why),
    };
    let mut status = shared.status();
    let ill = tokio::time::timeout(END, status.wait_for(is_so)).await;
    assert!(ill.is_ok(), "{:?}, not {why}", *shared.status().borrow());
}

/// Tries again and again until something is so.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let tried = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(END, tried).await.is_ok(), "not so after {END:?}: {what}");
}

pub(super) fn subject(n: u8) -> Subject {
    Subject([n; 16])
}

/// What was read of a number that nobody holds.
pub(super) fn absent(position: u64) -> Arc<Entry> {
    Arc::new(Entry { fact: Fact::default(), position: Position(position), changed_at: None })
}

/// The position of what is remembered of a number.
pub(super) async fn position(shared: &Shared, subject: Subject) -> Option<u64> {
    shared.one(subject).await.map(|(entry, _)| entry.position.0)
}

/// Has a fact written and waits until it is there.
pub(super) async fn fill(shared: &Shared, subject: Subject, at: u64) {
    until("a fact is written", || async {
        shared.fill(subject, absent(at), TTL);
        position(shared, subject).await == Some(at)
    })
    .await;
}

/// Waits until the counters say something.
pub(super) async fn counted(shared: &Shared, what: &str, is_so: impl Fn(Snapshot) -> bool) {
    until(what, || async { is_so(shared.stats()) }).await;
}

/// All that two nodes do over one Redis: facts, tombstones, hints.
pub(super) async fn round_trip(a: &Shared, b: &Shared) {
    for n in 1..=40 {
        fill(a, subject(n), u64::from(n)).await;
    }
    let subjects: Vec<_> = (0..=40).map(subject).collect();
    until("the other node sees all of it", || async {
        let seen = b.get(&subjects).await;
        assert_eq!(seen[0], None, "never written");
        seen.iter().zip(0..).skip(1).all(|(found, n)| {
            found
                .as_ref()
                .is_some_and(|(entry, left)| *entry == *absent(n) && !left.is_zero() && *left <= TTL)
        })
    })
    .await;
    b.tombstones((1..=20).map(|n| (subject(n), Position(u64::from(n) + 1))).collect());
    until("what was changed is no longer seen", || async {
        let seen = a.get(&subjects).await;
        seen.iter().zip(0..).skip(1).all(|(found, n)| found.is_some() == (n > 20))
    })
    .await;
    let heard = b.hints();
    let before = *heard.borrow();
    until("a hint is heard", || async {
        a.publish();
        tokio::time::sleep(Duration::from_millis(20)).await;
        *heard.borrow() != before
    })
    .await;
}
