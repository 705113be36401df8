//! Requests that are repeated: carried out once, answered the same again.

use iinspect::register::change::{MAX_ANSWER, REPLAY_WINDOW, Request};
use iinspect::register::{Changeset, Error, Expect, Feed, Ledger, Origin, Replayed};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::support::{Stage, at, iin, put, put_if, request, seen, set, soon};

/// A write of the first number, as a request.
fn ask(digest: u8, at: Timestamp) -> Changeset {
    Changeset { at, request: request(1, digest), ..set(vec![put(iin(1), "x")]) }
}

async fn replay(stage: &Stage, digest: u8, now: Timestamp) -> Result<Option<Replayed>, Error> {
    stage.register.replay(Uuid::from_u128(1), [digest; 32], now, soon()).await
}

pub(super) async fn a_request_is_carried_out_once(stage: Stage) {
    let first = stage.apply(ask(1, at(0))).await;
    assert_eq!(first.replayed, None);
    stage.commit(vec![put(iin(2), "in between")]).await;
    let almost = at(0) + REPLAY_WINDOW - SignedDuration::from_micros(1);
    let again = stage.apply(ask(1, almost)).await;
    assert_eq!((again.replayed, again.token), (Some(vec![1]), first.token));
    assert_eq!(seen(&stage.one(iin(1)).await.value).0, 1);
    assert!(stage.register.commit(ask(2, almost), soon()).await.unwrap_err().is_already_exists());
    // A clock that goes back does not forget.
    assert!(stage.apply(ask(1, at(-100))).await.is_replayed());
    let late = stage.apply(ask(2, at(0) + REPLAY_WINDOW)).await;
    assert!(!late.is_replayed(), "forgotten after the window");
    assert_eq!(seen(&stage.one(iin(1)).await.value).0, 2);
}

pub(super) async fn the_kept_answer_can_be_asked_for(stage: Stage) {
    assert_eq!(replay(&stage, 1, at(0)).await, Ok(None));
    let token = stage.apply(ask(1, at(0))).await.token;
    stage.commit(vec![put(iin(2), "in between")]).await;
    let kept = Ok(Some(Replayed { token, answer: vec![1] }));
    let end = at(0) + REPLAY_WINDOW;
    for now in [at(-100), at(0), at(1), end - SignedDuration::from_micros(1)] {
        assert_eq!(replay(&stage, 1, now).await, kept, "{now}");
        assert!(replay(&stage, 2, now).await.unwrap_err().is_already_exists(), "{now}");
    }
    for digest in [1, 2] {
        assert_eq!(replay(&stage, digest, end).await, Ok(None), "forgotten after the window");
    }
    // Asking changes nothing.
    assert_eq!(replay(&stage, 1, at(0)).await, kept);
}

/// When the id is used anew after the window, the new answer is the one that is kept.
pub(super) async fn an_id_can_be_used_anew(stage: Stage) {
    stage.apply(ask(1, at(0))).await;
    let later = at(0) + REPLAY_WINDOW;
    let token = stage.apply(ask(2, later)).await.token;
    assert_eq!(replay(&stage, 2, later).await, Ok(Some(Replayed { token, answer: vec![2] })));
    assert!(replay(&stage, 1, later).await.unwrap_err().is_already_exists());
}

pub(super) async fn answers_of_any_length_are_kept(stage: Stage) {
    for (id, length) in [(1, 0), (2, 1), (3, MAX_ANSWER)] {
        let answer: Vec<u8> = (0..length).map(|i| i as u8).collect();
        let kept = Request { id: Uuid::from_u128(id), digest: [0; 32], answer: answer.clone() };
        let set = Changeset { request: Some(kept), ..set(vec![put(iin(1), "x")]) };
        stage.apply(set.clone()).await;
        assert_eq!(stage.apply(set).await.replayed, Some(answer.clone()));
        let again = stage.register.replay(Uuid::from_u128(id), [0; 32], at(0), soon()).await.unwrap();
        assert_eq!(again.unwrap().answer, answer);
    }
}

pub(super) async fn a_refused_request_leaves_its_id_free(stage: Stage) {
    let ask =
        |expect, digest| Changeset { request: request(1, digest), ..set(vec![put_if(iin(1), "x", expect)]) };
    assert!(stage.register.commit(ask(Expect::Version(4), 1), soon()).await.unwrap_err().is_conflict());
    assert_eq!(replay(&stage, 1, at(0)).await, Ok(None));
    assert_eq!(stage.register.heads(soon()).await.unwrap(), stage.start());
    assert!(!stage.apply(ask(Expect::Absent, 2)).await.is_replayed());
}

/// More of them than one commit forgets: what is forgotten is not answered, gone or not.
pub(super) async fn many_are_forgotten_at_once(stage: Stage) {
    let ask = |id, digest, at| Changeset { at, request: request(id, digest), ..set(vec![put(iin(1), "x")]) };
    for id in 0..70 {
        stage.apply(ask(id, 1, at(0))).await;
    }
    let later = at(0) + REPLAY_WINDOW;
    for id in 0..70 {
        assert!(!stage.apply(ask(id, 2, later)).await.is_replayed(), "{id}");
    }
}

/// Of those who spend the same, at once or later, one is told that it is the first.
pub(super) async fn what_is_spent_is_spent_once(stage: Stage) {
    let spend = |id: u128, at: Timestamp| {
        let register = stage.register.clone();
        async move { register.spend(Uuid::from_u128(id), Origin::of("test"), at, soon()).await }
    };
    let heads = stage.register.heads(soon()).await.unwrap();
    let tries: Vec<_> = (0..8).map(|_| tokio::spawn(spend(1, at(0)))).collect();
    let mut first = 0;
    for task in tries {
        first += usize::from(task.await.unwrap().unwrap());
    }
    assert_eq!(first, 1);
    let almost = at(0) + REPLAY_WINDOW - SignedDuration::from_micros(1);
    assert_eq!((spend(1, almost).await, spend(2, at(0)).await), (Ok(false), Ok(true)));
    // No fact has changed, and nobody is woken for it.
    assert_eq!(stage.register.heads(soon()).await.unwrap(), heads);
    // An id that a caller used for a request was not spent by that, and cannot be any more.
    let other = Changeset { request: request(3, 1), ..ask(1, at(0)) };
    stage.apply(other).await;
    assert!(spend(3, at(0)).await.unwrap_err().is_already_exists());
}
