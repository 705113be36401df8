//! `grpc.health.v1`: Check, List and Watch over the server's board, answered from memory.

use std::collections::HashMap;
use std::pin::Pin;

use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};
use tonic::{Request, Response, Status};

use crate::pb::health::health_check_response::ServingStatus;
use crate::pb::health::health_server::Health;
use crate::pb::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use crate::server::health::{Board, View};

/// The service.
#[derive(Clone, Debug)]
pub struct Service {
    board: Board,
}

impl Service {
    /// The service over `board`.
    #[must_use]
    pub fn new(board: Board) -> Self {
        Service { board }
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
        let name = request.into_inner().service;
        let mut last = None;
        let changes = WatchStream::new(self.board.follow())
            .take_while(|view| !view.closed)
            .map(move |view| status(&view, &name).unwrap_or(ServingStatus::ServiceUnknown))
            .filter_map(move |status| (last.replace(status) != Some(status)).then(|| Ok(response(status))));
        Ok(Response::new(Box::pin(changes)))
    }
}
