//! Requests as they go over the wire, without a gRPC client.

use http::Request;

/// The head of a call.
pub(super) fn request(method: &str) -> Request<()> {
    Request::post(format!("http://localhost/iinspect.v1.VerificationService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap()
}

/// The same with far more headers than the server takes.
pub(super) fn huge(method: &str) -> Request<()> {
    let mut huge = request(method);
    for i in 0..64 {
        let name = http::HeaderName::try_from(format!("x-{i}")).unwrap();
        huge.headers_mut().insert(name, http::HeaderValue::try_from("x".repeat(1024)).unwrap());
    }
    huge
}
