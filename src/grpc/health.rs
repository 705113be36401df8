//! `grpc.health.v1`: Check, List and Watch over the server's board, answered from memory.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};
use tonic::{Request, Response, Status};

use super::status::from_error;
use crate::error::Error;
use crate::pb::health::health_check_response::ServingStatus;
use crate::pb::health::health_server::Health;
use crate::pb::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use crate::server::health::{Board, View};

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    board: Board,
    watches: Arc<Semaphore>,
}

/// The most open watches; one more is refused with RESOURCE_EXHAUSTED.
const WATCHES: usize = 1024;

impl Service {
    /// The service over `board`.
    #[must_use]
    pub fn new(board: Board) -> Self {
        Service { board, watches: Arc::new(Semaphore::new(WATCHES)) }
    }
}

fn status(view: &View, service: &str) -> Option<ServingStatus> {
    let serving = view.serving(service)?;
    Some(if serving { ServingStatus::Serving } else { ServingStatus::NotServing })
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Health for Service {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = request.into_inner().service;
        status(&self.board.view(), &name)
            .map(|s| Response::new(response(s)))
            .ok_or_else(|| Status::not_found("There is no such service."))
    }

    async fn list(&self, _: Request<HealthListRequest>) -> Result<Response<HealthListResponse>, Status> {
        let view = self.board.view();
        let statuses: HashMap<_, _> = View::SERVICES
            .iter()
            .filter_map(|name| Some(((*name).to_string(), response(status(&view, name)?))))
            .collect();
        Ok(Response::new(HealthListResponse { statuses }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// Ends when the board is closed: an open watch must not hold up a shutdown.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let place = self.watches.clone().try_acquire_owned();
        let place = place.map_err(|_| from_error(&Error::overloaded()))?;
        // The caller's own text is not kept for the life of the watch: it can be long.
        let asked = request.into_inner().service;
        let name = View::SERVICES.into_iter().find(|known| *known == asked);
        let mut last = None;
        let changes = WatchStream::new(self.board.follow())
            .take_while(|view| !view.closed)
            .map(move |view| {
                let _ = &place;
                name.and_then(|name| status(&view, name)).unwrap_or(ServingStatus::ServiceUnknown)
            })
            .filter_map(move |status| (last.replace(status) != Some(status)).then(|| Ok(response(status))));
        Ok(Response::new(Box::pin(changes)))
    }
}
