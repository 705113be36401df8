//! GetRequirements: a row for each sentence of the guide, asked of the gRPC service.

mod nonsense;
mod plan;
mod ways;

use std::time::Duration;

use iinspect::clock::Clock;
use iinspect::grpc::edge::Edge;
use iinspect::grpc::issuance::Service;
use iinspect::pb::v1::issuance_service_server::IssuanceService;
use iinspect::pb::v1::{self, GetRequirementsRequest, GetRequirementsResponse};
use iinspect::register::{Register, memory};
use iinspect::registrar::Registrar;
use iinspect::registrar::allocation::Authority;
use iinspect::registrar::application::Office;
use iinspect::reload::Current;
use iinspect::rulebook::{self, Profile};
use tonic::{Request, Status};

use super::scene::NOW;

fn service(profile: Profile) -> Service {
    let edge = Edge::new(Clock::fixed(NOW.parse().unwrap()), Duration::from_secs(5));
    let rulebook = Current::fixed(rulebook::built_in());
    // No application is made here.
    let registrar = Registrar::new(Register::Memory(memory::Store::new(1, 1)), Duration::from_secs(1));
    let office = Office::new(registrar, rulebook.clone(), profile, Authority::None);
    Service::new(edge, rulebook, profile, office)
}

async fn ask(request: GetRequirementsRequest) -> Result<GetRequirementsResponse, Status> {
    service(Profile::InForce).get_requirements(Request::new(request)).await.map(tonic::Response::into_inner)
}

async fn plan(request: GetRequirementsRequest) -> GetRequirementsResponse {
    ask(request).await.unwrap_or_else(|status| panic!("refused: {status:?}"))
}

/// One way on one day.
fn way(channel: v1::Channel, presence: v1::Presence, on_date: &str) -> GetRequirementsRequest {
    GetRequirementsRequest {
        channel: channel.into(),
        presence: presence.into(),
        on_date: on_date.into(),
        ..GetRequirementsRequest::default()
    }
}

fn paper<'a>(plan: &'a GetRequirementsResponse, code: &str) -> Option<&'a v1::RequiredDocument> {
    plan.documents.iter().find(|d| d.document_code == code)
}

fn warned(plan: &GetRequirementsResponse, rule: &str) -> bool {
    plan.warnings.iter().any(|w| w.rule_id == rule)
}
