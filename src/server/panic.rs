//! A panic in a handler becomes INTERNAL and costs nobody else anything; the connection lives on.

use std::any::Any;

use http::Response;
use tonic::body::Body;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use crate::error::Error;
use crate::grpc::status::from_error;

/// Answers INTERNAL. The panic itself was logged by the hook, without its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Internal;

impl ResponseForPanic for Internal {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response<Body> {
        from_error(&Error::internal("panic")).into_http()
    }
}

/// The layer.
#[must_use]
pub fn layer() -> CatchPanicLayer<Internal> {
    CatchPanicLayer::custom(Internal)
}
