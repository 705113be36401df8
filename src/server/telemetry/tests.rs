use std::convert::Infallible;
use std::time::Duration;

use http_body_util::BodyExt;
use opentelemetry::TraceId;
use opentelemetry::trace::SpanId;
use tonic::body::Body;
use tower::ServiceExt;

use super::*;
use crate::grpc::edge::Deadline;
use crate::server::layers::Stack;
use crate::server::layers::tests::{settings, settings_of};
use crate::telemetry::testing::seen;

const SERVICE: &str = "iinspect.v1.RegisterService";

fn request(method: &str) -> http::request::Builder {
    Request::builder().uri(format!("/{SERVICE}/{method}"))
}

/// A body of one message and a status.
fn answer(status: &'static str) -> Response<Body> {
    let trailers = http::HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        http::HeaderValue::from_static(status),
    )]);
    let frames = [
        Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::from_static(b"message"))),
        Ok(http_body::Frame::trailers(trailers)),
    ];
    let body = http_body_util::StreamBody::new(tokio_stream::iter(frames));
    Response::new(Body::new(body))
}

fn count(method: &str, status: &str) -> Option<f64> {
    seen().sample(&[
        "rpc_server_call_duration_seconds_count",
        &format!("rpc_method=\"{SERVICE}/{method}\""),
        &format!("rpc_response_status_code=\"{status}\""),
    ])
}

/// Every way in which a call can end is counted once, under its own status.
#[tokio::test(start_paused = true)]
async fn every_outcome_is_counted_once() {
    seen();
    let handler = tower::service_fn(|request: Request<Body>| async move {
        match request.headers().get("do").map(|value| value.as_bytes()) {
            Some(b"hang") => std::future::pending().await,
            Some(b"panic") => panic!("as asked"),
            Some(b"not found") => Ok::<_, Infallible>(answer("5")),
            _ => Ok(answer("0")),
        }
    });
    let stack = Stack::new(&settings(8));
    let call = |what: &'static str| {
        let request = request("PutPerson").header("do", what).header("grpc-timeout", "1S");
        stack.layer(handler).oneshot(request.body(Body::empty()).unwrap())
    };
    let answered = call("answer").await.unwrap();
    assert_eq!(count("PutPerson", "OK"), None, "it is over when its last byte is sent");
    answered.into_body().collect().await.unwrap();
    assert_eq!(count("PutPerson", "OK"), Some(1.0));
    call("not found").await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(count("PutPerson", "NOT_FOUND"), Some(1.0));
    let panics = seen().sample(&["iinspect_panics_total "]).unwrap();
    assert_eq!(call("panic").await.unwrap().headers()["grpc-status"], "13");
    assert_eq!(count("PutPerson", "INTERNAL"), Some(1.0));
    assert!(seen().sample(&["iinspect_panics_total "]).unwrap() >= panics + 1.0);
    assert_eq!(call("hang").await.unwrap().headers()["grpc-status"], "4");
    assert_eq!(count("PutPerson", "DEADLINE_EXCEEDED"), Some(1.0));
    let none = Stack::new(&settings(0));
    none.layer(handler).oneshot(request("PutPerson").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(count("PutPerson", "RESOURCE_EXHAUSTED"), Some(1.0));
    // A caller who leaves before the answer, and one who leaves in the middle of it.
    drop(tokio::time::timeout(Duration::from_millis(1), call("hang")).await);
    drop(call("answer").await.unwrap());
    assert_eq!(count("PutPerson", "CANCELLED"), Some(2.0));
}

#[tokio::test]
async fn a_call_continues_its_callers_trace_and_nothing_else_of_it() {
    seen();
    let handler = tower::service_fn(|request: Request<Body>| async move {
        assert!(request.extensions().get::<Deadline>().is_some());
        span::within(&crate::telemetry::names::verification::ITEM, Vec::new, async {}).await;
        Ok::<_, Infallible>(answer("0"))
    });
    let stack = Stack::new(&settings(8));
    let ask = |method: &'static str, trace: u128, flags: &'static str| {
        let parent = format!("00-{trace:032x}-00000000000000ab-{flags}");
        let request = request(method)
            .header("traceparent", parent)
            .header("tracestate", "bank=1")
            .header("baggage", "iin=009900000008");
        let answer = stack.layer(handler).oneshot(request.body(Body::empty()).unwrap());
        async move {
            answer.await.unwrap().into_body().collect().await.unwrap();
            seen().trace(TraceId::from(trace))
        }
    };
    let spans = ask("GetPerson", 0xA1, "01").await;
    let [item, call] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(call.name, format!("{SERVICE}/GetPerson"));
    assert_eq!(call.parent_span_id, SpanId::from(0xAB));
    assert_eq!(call.span_context.trace_state().get("bank"), Some("1"));
    assert_eq!(item.parent_span_id, call.span_context.span_id());
    assert!(!format!("{spans:?}").contains("009900000008"), "baggage is not recorded");
    assert_eq!(ask("GetPerson", 0xA2, "00").await.len(), 0, "whose caller does not want it");

    // Health is neither traced nor measured.
    let health = Request::builder()
        .uri("/grpc.health.v1.Health/Check")
        .header("traceparent", format!("00-{:032x}-00000000000000ab-01", 0xA3));
    let handler = tower::service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(answer("0")) });
    let answered = stack.layer(handler).oneshot(health.body(Body::empty()).unwrap()).await.unwrap();
    answered.into_body().collect().await.unwrap();
    assert_eq!(seen().trace(TraceId::from(0xA3)).len(), 0);
    assert_eq!(seen().sample(&["grpc.health"]), None);
}

#[tokio::test]
async fn a_client_has_the_name_that_its_certificate_gives_it() {
    seen();
    let clients = Clients::parse(
        "version = \"1\"\n[[client]]\nid = \"alpha\"\nkind = \"bank\"\nnames = [\"a.example\"]\n",
    );
    let watching = Watching::new(Current::fixed(clients.unwrap().into()), 10);
    let stack = Stack::new(&settings_of(8, watching));
    let handler = tower::service_fn(|request: Request<Body>| async move {
        let client = request.extensions().get::<crate::context::Client>();
        assert_eq!(client.and_then(|client| client.id.as_deref()), Some("alpha"));
        Ok::<_, Infallible>(answer("3"))
    });
    let request = request("ListChanges")
        .header("traceparent", format!("00-{:032x}-00000000000000ab-01", 0xB1))
        .extension(ClientNames(["other.example".into(), "a.example".into()].into()));
    let answered = stack.layer(handler).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    answered.into_body().collect().await.unwrap();
    let refused =
        ["iinspect_client_calls_total", "iinspect_client_id=\"alpha\"", "iinspect_outcome=\"refused\""];
    assert_eq!(seen().sample(&refused), Some(1.0));
    let spans = seen().trace(TraceId::from(0xB1));
    let told = |key: &str| {
        let told = spans[0].attributes.iter().find(|a| a.key.as_str() == key);
        told.map(|a| a.value.to_string()).unwrap_or_default()
    };
    assert_eq!((told("iinspect.client.id"), told("iinspect.client.kind")), ("alpha".into(), "bank".into()));
    assert_eq!(told("error.type"), "INVALID_ARGUMENT");
}
