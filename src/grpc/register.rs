//! RegisterService: the operator's side.

pub(super) mod answer;
mod changes;
mod hotlist;
mod import;
pub(super) mod person;
pub(super) mod request;

use std::sync::Arc;

use prost::Message;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use super::edge::{Edge, refuse};
use crate::context::CallContext;
use crate::error::Error;
use crate::pb::v1::{self, register_service_server::RegisterService};
use crate::registrar::Registrar;
use crate::server::health::Board;
use crate::verification::Completeness;

/// How many imports run at once. Each holds a message of up to `limits.request_bytes` in memory, and
/// all of them write to one register: more would only make each slower.
pub const IMPORTS: usize = 16;

/// What answers say of the register that was asked.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the configuration.
    pub name: String,
    /// Whether absence from it proves anything.
    pub completeness: Completeness,
}

/// The service over its use cases.
#[derive(Clone, Debug)]
pub struct Service {
    registrar: Registrar,
    edge: Edge,
    source: Source,
    imports: Arc<Semaphore>,
    board: Board,
}

type Answer<T> = Result<Response<T>, Status>;

impl Service {
    /// The service. Imports end when `board` is closed.
    #[must_use]
    pub fn new(registrar: Registrar, edge: Edge, source: Source, board: Board) -> Self {
        Service { registrar, edge, source, imports: Arc::new(Semaphore::new(IMPORTS)), board }
    }

    /// Resolves when imports are to end.
    async fn closed(&self) {
        // An error would mean that the server is gone: the same end.
        let _ = self.board.follow().wait_for(|view| view.closed).await;
    }
}

/// An outcome as the call's answer.
pub(super) fn told<T>(call: &CallContext, outcome: Result<T, Error>) -> Answer<T> {
    outcome.map(Response::new).map_err(|error| refuse(call, &error))
}

#[tonic::async_trait]
impl RegisterService for Service {
    async fn put_person(&self, request: Request<v1::PutPersonRequest>) -> Answer<v1::PutPersonResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, put) = request::put_person(&call, &message)?;
            let landed = self.registrar.put_person(&call, &asked, put, message.expected_version).await?;
            Ok(v1::PutPersonResponse { version: landed.version, created: landed.created })
        };
        told(&call, answer.await)
    }

    async fn get_person(&self, request: Request<v1::GetPersonRequest>) -> Answer<v1::GetPersonResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let wanted = request::get_person(&call, &message)?;
            let told = self.registrar.person(&call, &wanted).await?;
            Ok(answer::person(&call, &self.source, &wanted, told))
        };
        told(&call, answer.await)
    }

    async fn import_persons(
        &self,
        request: Request<Streaming<v1::ImportPersonsRequest>>,
    ) -> Answer<v1::ImportPersonsResponse> {
        let call = self.edge.context(&request);
        let Ok(_place) = self.imports.try_acquire() else { return Err(refuse(&call, &Error::overloaded())) };
        let driver = import::Driver::new(&self.registrar, &self.edge, &call, request.into_inner());
        tokio::select! {
            biased;
            answer = driver.run() => answer.map(Response::new),
            () = self.closed() => Err(refuse(&call, &Error::shutting_down())),
        }
    }

    async fn exclude_person(
        &self,
        request: Request<v1::ExcludePersonRequest>,
    ) -> Answer<v1::ExcludePersonResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, iin, step) = request::exclude(&call, &message)?;
            let version = self.registrar.step(&call, &asked, iin, step, message.expected_version).await?;
            Ok(v1::ExcludePersonResponse { version })
        };
        told(&call, answer.await)
    }

    async fn restore_person(
        &self,
        request: Request<v1::RestorePersonRequest>,
    ) -> Answer<v1::RestorePersonResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, iin, step) = request::restore(&call, &message)?;
            let version = self.registrar.step(&call, &asked, iin, step, message.expected_version).await?;
            Ok(v1::RestorePersonResponse { version })
        };
        told(&call, answer.await)
    }

    async fn supersede_iin(
        &self,
        request: Request<v1::SupersedeIinRequest>,
    ) -> Answer<v1::SupersedeIinResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, iin, succession) = request::supersede(&call, &message)?;
            let expected = message.expected_version;
            let replaced = self.registrar.supersede(&call, &asked, iin, succession, expected).await?;
            Ok(v1::SupersedeIinResponse {
                version: replaced.version,
                superseded_by_version: replaced.successor_version,
            })
        };
        told(&call, answer.await)
    }

    async fn put_hotlist_entry(
        &self,
        request: Request<v1::PutHotlistEntryRequest>,
    ) -> Answer<v1::PutHotlistEntryResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, listing) = hotlist::put(&call, &message)?;
            let listed = self.registrar.put_on_hotlist(&call, &asked, listing).await?;
            let entry = message.entry.map(|entry| v1::HotlistEntry { id: listed.id.to_string(), ..entry });
            Ok(v1::PutHotlistEntryResponse { entry, version: listed.version })
        };
        told(&call, answer.await)
    }

    async fn delete_hotlist_entry(
        &self,
        request: Request<v1::DeleteHotlistEntryRequest>,
    ) -> Answer<v1::DeleteHotlistEntryResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (asked, id) = hotlist::delete(&message)?;
            self.registrar.take_off_hotlist(&call, &asked, id, message.expected_version).await?;
            Ok(v1::DeleteHotlistEntryResponse {})
        };
        told(&call, answer.await)
    }

    async fn list_changes(
        &self,
        request: Request<v1::ListChangesRequest>,
    ) -> Answer<v1::ListChangesResponse> {
        let call = self.edge.context(&request);
        let message = request.into_inner();
        let answer = async {
            let (after, limit) = changes::request(&message)?;
            let changes = self.registrar.changes(&call, after.as_ref(), limit).await?;
            Ok(changes::response(&changes))
        };
        told(&call, answer.await)
    }
}

/// A message as the bytes that tell it from any other.
pub(super) fn body(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}
