//! A panic in a handler becomes INTERNAL and costs nobody else anything; the connection lives on.

use std::any::Any;

use http::Response;
use opentelemetry::metrics::Counter;
use tonic::body::Body;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use crate::error::Error;
use crate::grpc::status::from_error;
use crate::telemetry::metrics;
use crate::telemetry::names::calls::PANICS;

/// Answers INTERNAL and counts. The call's line of the log tells the place, never the panic's text.
#[derive(Clone, Debug)]
pub struct Internal {
    panics: Counter<u64>,
}

impl ResponseForPanic for Internal {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response<Body> {
        self.panics.add(1, &[]);
        from_error(&Error::internal("panic")).into_http()
    }
}

/// The layer.
#[must_use]
pub fn layer() -> CatchPanicLayer<Internal> {
    let panics = metrics::counter(&PANICS);
    // So that it is there to be watched before the first.
    panics.add(0, &[]);
    CatchPanicLayer::custom(Internal { panics })
}
