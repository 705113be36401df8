//! RegisterService through the whole server, over each store.

mod feed;
mod hotlist;
mod import;
mod persons;
mod steps;

use std::time::Duration;

use iinspect::clock::Clock;
use iinspect::pb::v1::register_service_client::RegisterServiceClient as Client;
use iinspect::pb::v1::{self, NumberState as State};
use iinspect::register::{Register, memory, postgres, sqlite};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::scene::{NOW, holder, number, person_name};
use super::whole::Whole;

/// A server over one store, and a caller.
pub(super) struct Stage {
    pub(super) whole: Whole,
    pub(super) client: Client<Channel>,
    pub(super) register: Register,
    pub(super) clock: Clock,
    requests: u128,
    _folder: TempDir,
}

/// One of each store.
pub(super) async fn stages() -> Vec<Stage> {
    let folder = tempfile::tempdir().unwrap();
    let file = sqlite::Store::open(folder.path().join("register.db"), &sqlite::Options::default()).unwrap();
    let mut stages = vec![Stage::over(Register::Sqlite(file), folder).await];
    if !crate::postgres::skipped() {
        let url = crate::postgres::shared().server.url(&crate::postgres::new_register());
        // What answers mean is tested, and not how a machine under load is refused.
        let patient = postgres::Options { acquire: Duration::from_secs(10), ..postgres::Options::default() };
        let store = postgres::Store::open(&url, &[], &patient).unwrap();
        stages.push(Stage::over(Register::Postgres(store), tempfile::tempdir().unwrap()).await);
    }
    let memory = Register::Memory(memory::Store::new(4, 1_000));
    stages.push(Stage::over(memory, tempfile::tempdir().unwrap()).await);
    stages
}

impl Stage {
    pub(super) async fn over(register: Register, folder: TempDir) -> Self {
        let clock = Clock::fixed(NOW.parse().unwrap());
        let whole = Whole::at(clock.clone(), register.clone(), &[]).await;
        let client = Client::new(whole.channel().await);
        Stage { whole, client, register, clock, requests: 0, _folder: folder }
    }

    pub(super) async fn end(self) {
        self.whole.stop().await;
        self.register.close().unwrap();
    }

    /// A request id not used before.
    pub(super) fn fresh(&mut self) -> String {
        self.requests += 1;
        Uuid::from_u128(self.requests).to_string()
    }

    /// Puts the holder in force: version 1.
    pub(super) async fn with_holder(&mut self) -> u64 {
        let put = put(&self.fresh(), holder_record(), 0);
        answered(self.client.put_person(put).await).version
    }

    pub(super) async fn get(&mut self, iin: &str) -> Result<v1::GetPersonResponse, Status> {
        let request = v1::GetPersonRequest { iin: iin.into(), ..v1::GetPersonRequest::default() };
        self.client.get_person(request).await.map(Response::into_inner)
    }

    /// The record of a number that must be there.
    pub(super) async fn record(&mut self, iin: &str) -> (v1::Person, u64) {
        let got = self.get(iin).await.unwrap_or_else(|s| panic!("{s:?}"));
        (got.person.unwrap(), got.version)
    }
}

pub(super) fn iin() -> String {
    holder().to_text()
}

pub(super) fn holder_record() -> v1::Person {
    v1::Person {
        iin: iin(),
        names: vec![person_name("Тестова", "Айша", Some("Нурқызы"))],
        birth_date: "1990-01-05".into(),
        sex: v1::Sex::Female.into(),
        citizenship: "KAZ".into(),
        documents: vec![v1::PersonDocument {
            status: "00".into(),
            document: Some(v1::Document {
                r#type: "IDENTITY_CARD".into(),
                number: "012345678".into(),
                issuing_country: "KAZ".into(),
                valid_until: "2030-06-30".into(),
            }),
            name: Some(person_name("Testova", "Aisha", None)),
        }],
        state_since: "2020-02-03".into(),
        state_reason: "formed".into(),
        ..v1::Person::default()
    }
}

pub(super) fn put(request_id: &str, person: v1::Person, expected_version: u64) -> v1::PutPersonRequest {
    v1::PutPersonRequest {
        person: Some(person),
        expected_version,
        request_id: request_id.into(),
        ..v1::PutPersonRequest::default()
    }
}

pub(super) fn answered<T>(outcome: Result<Response<T>, Status>) -> T {
    outcome.map(Response::into_inner).unwrap_or_else(|status| panic!("{status:?}"))
}

/// Code and reason of a refusal.
#[track_caller]
pub(super) fn refused<T>(outcome: Result<T, Status>) -> (Code, String) {
    let Err(status) = outcome else { panic!("answered") };
    let details = status.get_error_details();
    (status.code(), details.error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

#[track_caller]
pub(super) fn assert_refused<T>(outcome: Result<T, Status>, code: Code, reason: &str) {
    assert_eq!(refused(outcome), (code, reason.to_string()));
}

/// The fields at fault.
#[track_caller]
pub(super) fn fields<T>(outcome: Result<T, Status>) -> Vec<String> {
    let Err(status) = outcome else { panic!("answered") };
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    details.bad_request().unwrap().field_violations.iter().map(|v| v.field.clone()).collect()
}

pub(super) fn state(person: &v1::Person) -> &'static str {
    person.state().as_str_name().trim_start_matches("NUMBER_STATE_")
}

/// A number of nobody.
pub(super) fn other() -> String {
    number("90210530002").to_text()
}

/// A step out of force.
pub(super) fn exclude(request_id: &str, to: State, on: &str, version: u64) -> v1::ExcludePersonRequest {
    v1::ExcludePersonRequest {
        iin: iin(),
        state: to.into(),
        reason: "left".into(),
        effective_date: on.into(),
        expected_version: version,
        request_id: request_id.into(),
        ..v1::ExcludePersonRequest::default()
    }
}

pub(super) fn restore(request_id: &str, on: &str, version: u64) -> v1::RestorePersonRequest {
    v1::RestorePersonRequest {
        iin: iin(),
        reason: "a court's reversal".into(),
        effective_date: on.into(),
        expected_version: version,
        request_id: request_id.into(),
        ..v1::RestorePersonRequest::default()
    }
}
