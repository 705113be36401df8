//! VerifyStream through the whole server: order, faults, bounds, ends.

use std::collections::BTreeMap;
use std::time::Duration;

use iinspect::pb::v1::verification_service_client::VerificationServiceClient as Client;
use iinspect::pb::v1::verify_stream_response::Result as Answered;
use iinspect::pb::v1::{Verdict, VerifyStreamRequest, VerifyStreamResponse};
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use super::scene::*;
use super::whole::Whole;

fn item(id: &str, iin: &str) -> VerifyStreamRequest {
    VerifyStreamRequest { id: id.into(), request: Some(request(iin)) }
}

/// Opens a stream that stays open until the sender is dropped.
async fn open(
    client: &mut Client<Channel>,
) -> (mpsc::Sender<VerifyStreamRequest>, Streaming<VerifyStreamResponse>) {
    let (send, items) = mpsc::channel(1);
    let answers = client.verify_stream(ReceiverStream::new(items)).await.unwrap_or_else(|s| panic!("{s:?}"));
    (send, answers.into_inner())
}

async fn next(answers: &mut Streaming<VerifyStreamResponse>) -> Result<Option<VerifyStreamResponse>, Status> {
    timeout(Duration::from_secs(20), answers.message()).await.expect("no answer")
}

async fn must(answers: &mut Streaming<VerifyStreamResponse>) -> VerifyStreamResponse {
    next(answers).await.unwrap_or_else(|s| panic!("{s:?}")).expect("an answer")
}

async fn end(answers: &mut Streaming<VerifyStreamResponse>) -> Option<Status> {
    match next(answers).await {
        Ok(None) => None,
        Ok(Some(_)) => panic!("one answer too many"),
        Err(status) => Some(status),
    }
}

fn error(answer: &VerifyStreamResponse) -> Status {
    match answer.result.as_ref().unwrap() {
        Answered::Error(e) => {
            Status::with_details(Code::from_i32(e.code), e.message.clone(), e.encode_to_vec().into())
        }
        Answered::Response(_) => panic!("answered"),
    }
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    details.bad_request().unwrap().field_violations.iter().map(|v| v.field.clone()).collect()
}

#[tokio::test]
async fn every_item_has_its_answer_and_the_end_is_ok() {
    let whole = Whole::over_memory(&[]).await;
    let mut client = Client::new(whole.channel().await);
    let all: Vec<_> =
        (0..500).map(|i| item(&i.to_string(), if i % 2 == 0 { "1" } else { "009900000008" })).collect();
    let mut answers = client.verify_stream(tokio_stream::iter(all)).await.unwrap().into_inner();
    let mut got = BTreeMap::new();
    while let Some(answer) = next(&mut answers).await.unwrap_or_else(|s| panic!("{s:?}")) {
        let Some(Answered::Response(response)) = answer.result else { panic!("an error") };
        assert!(got.insert(answer.id, response.verdict()).is_none(), "once each");
    }
    assert_eq!(got.len(), 500);
    assert!((0..500).all(|i| (got[&i.to_string()] == Verdict::Rejected) == (i % 2 == 0)));
    whole.stop().await;
}

#[tokio::test]
async fn a_bad_item_has_the_error_of_verify_and_the_stream_goes_on() {
    let whole = Whole::over_memory(&[]).await;
    let mut client = Client::new(whole.channel().await);
    let (send, mut answers) = open(&mut client).await;

    send.send(VerifyStreamRequest { id: "a".into(), request: None }).await.unwrap();
    let missing = must(&mut answers).await;
    assert_eq!((missing.id.as_str(), fields(&error(&missing))), ("a", vec!["request".to_string()]));

    send.send(item("b", "")).await.unwrap();
    let empty = error(&must(&mut answers).await);
    let unary = client.verify(request("")).await.map(|_| ()).unwrap_err();
    assert_eq!((empty.code(), empty.message()), (unary.code(), unary.message()));
    assert_eq!(fields(&empty), fields(&unary));
    assert_eq!(
        empty.get_error_details().error_info().unwrap().reason,
        unary.get_error_details().error_info().unwrap().reason
    );

    for id in [String::new(), "x".repeat(65)] {
        send.send(item(&id, "1")).await.unwrap();
        let answer = must(&mut answers).await;
        assert_eq!((answer.id.as_str(), fields(&error(&answer))), ("", vec!["id".to_string()]));
    }
    send.send(item("c", "009900000008")).await.unwrap();
    assert!(matches!(must(&mut answers).await.result, Some(Answered::Response(_))));
    drop(send);
    assert!(end(&mut answers).await.is_none());
    whole.stop().await;
}

#[tokio::test]
async fn the_drain_answers_what_is_in_hand_and_says_why_it_ends() {
    let whole = Whole::over_memory(&[("IINSPECT_SERVER__DRAIN_DELAY", "0s")]).await;
    let mut client = Client::new(whole.channel().await);
    let (send, mut answers) = open(&mut client).await;
    send.send(item("a", "009900000008")).await.unwrap();
    assert_eq!(must(&mut answers).await.id, "a");
    let stopped = tokio::spawn(whole.stop());
    let status = end(&mut answers).await.expect("not OK: the caller had not finished");
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "SHUTTING_DOWN");
    timeout(Duration::from_secs(5), stopped).await.expect("an open stream held the drain up").unwrap();
    drop(send);
}

#[tokio::test]
async fn the_callers_timeout_ends_the_stream_and_the_servers_own_does_not() {
    let whole = Whole::over_memory(&[("IINSPECT_LIMITS__DEADLINE", "200ms")]).await;
    let mut client = Client::new(whole.channel().await);
    let (send, mut answers) = open(&mut client).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    send.send(item("late", "009900000008")).await.unwrap();
    assert!(matches!(must(&mut answers).await.result, Some(Answered::Response(_))));

    let (_open, items) = mpsc::channel::<VerifyStreamRequest>(1);
    let mut request = Request::new(ReceiverStream::new(items));
    request.set_timeout(Duration::from_millis(300));
    let mut answers = client.verify_stream(request).await.unwrap().into_inner();
    let status = end(&mut answers).await.expect("late");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    whole.stop().await;
}

#[tokio::test]
async fn so_many_streams_and_a_caller_who_leaves_frees_a_place() {
    let whole = Whole::over_memory(&[("IINSPECT_LIMITS__STREAMS", "1")]).await;
    let mut client = Client::new(whole.channel().await);
    let held = open(&mut client).await;
    let status = client.verify_stream(tokio_stream::empty()).await.map(|_| ()).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_details_retry_info().is_some());
    drop(held);
    timeout(Duration::from_secs(5), async {
        while client.verify_stream(tokio_stream::empty()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the place is not free");
    whole.stop().await;
}

/// A caller who sends without end and reads nothing: the server stops reading. Such a caller can hold
/// a shutdown up for the grace and no longer.
#[tokio::test]
async fn a_caller_who_does_not_read_is_not_read_either() {
    let whole = Whole::over_memory(&[("IINSPECT_SERVER__DRAIN_GRACE", "500ms")]).await;
    let mut client = Client::new(whole.channel().await);
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = sent.clone();
    let items = tokio_stream::iter(0u64..).map(move |i| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        item(&i.to_string(), "009900000008")
    });
    let mut answers = client.verify_stream(items).await.unwrap().into_inner();
    must(&mut answers).await;
    let seen = || sent.load(std::sync::atomic::Ordering::Relaxed);
    let mut last = 0;
    timeout(Duration::from_secs(20), async {
        while last != seen() {
            last = seen();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    })
    .await
    .expect("the server reads on without end");
    must(&mut answers).await;
    drop(answers);
    whole.stop().await;
}
