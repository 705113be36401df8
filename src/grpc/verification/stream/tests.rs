use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::super::out::{self, Answers};
use super::*;
use crate::clock::Clock;

type Items = ReceiverStream<Result<VerifyStreamRequest, Status>>;

/// Work that waits for a gate, counted while it lasts; the number says what becomes of it.
#[derive(Clone)]
struct Work {
    gate: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
    under_way: Arc<AtomicUsize>,
}

impl Work {
    fn new() -> Self {
        Work { gate: Arc::new(Semaphore::new(0)), begun: Arc::default(), under_way: Arc::default() }
    }

    async fn answer(self, m: VerifyRequest) -> Result<VerifyResponse, Status> {
        struct Count(Arc<AtomicUsize>);
        impl Drop for Count {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _count = Count(self.under_way.clone());
        match m.iin.as_str() {
            "panic" => panic!("an item"),
            "slow" => std::future::pending().await,
            "quick" => {}
            _ => self.gate.acquire().await.unwrap().forget(),
        }
        Ok(VerifyResponse { verification_id: m.iin, ..VerifyResponse::default() })
    }
}

/// A stream of its own; `close` ends it as a drain does.
struct Stage {
    send: mpsc::Sender<Result<VerifyStreamRequest, Status>>,
    answers: Answers<VerifyStreamResponse>,
    close: tokio::sync::watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn start(streams: &Streams, work: &Work) -> Stage {
    let edge = Edge::new(Clock::system(), Duration::from_secs(10));
    let call = edge.context(&tonic::Request::new(()));
    let (send, items) = mpsc::channel(100);
    let (out, answers) = out::channel(ROOM);
    let work = work.clone();
    let items: Items = ReceiverStream::new(items);
    let driver = Driver::new(edge, call, None, streams, items, move |_, m| work.clone().answer(m));
    let (close, mut closed) = tokio::sync::watch::channel(false);
    let closed = async move {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    Stage { send, answers, close, task: tokio::spawn(driver.run(out, closed)) }
}

impl Stage {
    async fn send(&self, id: &str, what: &str) {
        let request = Some(VerifyRequest { iin: what.into(), ..VerifyRequest::default() });
        self.send.send(Ok(VerifyStreamRequest { id: id.into(), request })).await.unwrap();
    }

    async fn next(&mut self) -> Option<Result<(String, Code), Status>> {
        let next = timeout(Duration::from_secs(20), self.answers.next()).await.unwrap();
        next.map(|answer| answer.map(|a| (a.id, code(a.result))))
    }
}

fn code(result: Option<Answered>) -> Code {
    match result.unwrap() {
        Answered::Response(_) => Code::Ok,
        Answered::Error(e) => Code::from_i32(e.code),
    }
}

async fn until(holds: impl Fn() -> bool) {
    for _ in 0..4_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never");
}

#[tokio::test]
async fn answers_overtake_each_other_and_a_panic_costs_its_item_alone() {
    let (streams, work) = (Streams::new(1, 8, 8), Work::new());
    let mut stage = start(&streams, &work);
    stage.send("gated", "gated").await;
    stage.send("broken", "panic").await;
    assert_eq!(stage.next().await.unwrap().unwrap(), ("broken".into(), Code::Internal));
    stage.send("quick", "quick").await;
    assert_eq!(stage.next().await.unwrap().unwrap(), ("quick".into(), Code::Ok));
    stage.send("gated", "quick").await;
    assert_eq!(stage.next().await.unwrap().unwrap(), ("gated".into(), Code::InvalidArgument), "under way");
    work.gate.add_permits(1);
    assert_eq!(stage.next().await.unwrap().unwrap(), ("gated".into(), Code::Ok));
    stage.send("gated", "quick").await;
    assert_eq!(stage.next().await.unwrap().unwrap(), ("gated".into(), Code::Ok), "free again");
    let Stage { send, mut answers, .. } = stage;
    drop(send);
    assert!(answers.next().await.is_none());
    assert_eq!(streams.in_hand(), 0);
}

#[tokio::test]
async fn so_many_items_of_a_stream_and_so_many_of_all() {
    let (streams, work) = (Streams::new(2, 2, 3), Work::new());
    let (one, other) = (start(&streams, &work), start(&streams, &work));
    for i in 0..10 {
        one.send(&i.to_string(), "gated").await;
        other.send(&i.to_string(), "gated").await;
    }
    until(|| streams.in_hand() == 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(work.under_way.load(Ordering::SeqCst), 3);
    let unread =
        one.send.max_capacity() - one.send.capacity() + other.send.max_capacity() - other.send.capacity();
    assert_eq!(unread, 17, "what cannot be worked on is not read");
    work.gate.add_permits(100);
    for mut stage in [one, other] {
        for _ in 0..10 {
            assert_eq!(stage.next().await.unwrap().unwrap().1, Code::Ok);
        }
    }
    until(|| streams.in_hand() == 0).await;
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_work() {
    let (streams, work) = (Streams::new(1, 8, 8), Work::new());
    let stage = start(&streams, &work);
    for i in 0..5 {
        stage.send(&i.to_string(), "slow").await;
    }
    until(|| work.under_way.load(Ordering::SeqCst) == 5).await;
    let Stage { send, answers, close: _close, task } = stage;
    drop(answers);
    timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
    until(|| work.under_way.load(Ordering::SeqCst) == 0 && streams.in_hand() == 0).await;
    assert!(send.is_closed());
}

#[tokio::test]
async fn a_caller_who_does_not_read_stops_the_reading() {
    let (streams, work) = (Streams::new(1, 4, 8), Work::new());
    let mut stage = start(&streams, &work);
    for i in 0..60 {
        stage.send(&i.to_string(), "quick").await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = work.begun.load(Ordering::SeqCst);
    assert!(begun <= ROOM + 1 + 4, "{begun} items were taken");
    for _ in 0..60 {
        assert_eq!(stage.next().await.unwrap().unwrap().1, Code::Ok);
    }
}

#[tokio::test]
async fn a_drain_answers_what_is_in_hand_and_takes_no_more() {
    let (streams, work) = (Streams::new(1, 8, 8), Work::new());
    let mut stage = start(&streams, &work);
    stage.send("a", "gated").await;
    until(|| streams.in_hand() == 1).await;
    stage.close.send_replace(true);
    tokio::time::sleep(Duration::from_millis(50)).await;
    stage.send("b", "quick").await;
    work.gate.add_permits(1);
    assert_eq!(stage.next().await.unwrap().unwrap(), ("a".into(), Code::Ok));
    assert_eq!(stage.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(stage.next().await.is_none());

    // A caller who had finished is told OK.
    let mut stage = start(&streams, &work);
    stage.send("a", "gated").await;
    until(|| streams.in_hand() == 1).await;
    let (send, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut stage.send, send));
    tokio::time::sleep(Duration::from_millis(50)).await;
    stage.close.send_replace(true);
    work.gate.add_permits(1);
    assert_eq!(stage.next().await.unwrap().unwrap(), ("a".into(), Code::Ok));
    assert!(stage.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn each_item_has_its_own_deadline() {
    let (streams, work) = (Streams::new(1, 8, 8), Work::new());
    let mut stage = start(&streams, &work);
    for _ in 0..2 {
        stage.send("slow", "slow").await;
        assert_eq!(stage.next().await.unwrap().unwrap(), ("slow".into(), Code::DeadlineExceeded));
    }
    stage.send("quick", "quick").await;
    assert_eq!(stage.next().await.unwrap().unwrap(), ("quick".into(), Code::Ok));
}
