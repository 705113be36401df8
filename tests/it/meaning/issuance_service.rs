//! IssuanceService through the whole server, over each store.

mod certified;
mod correction;
mod form;
mod list;
mod nonsense;
mod once;
mod race;
mod way;

use iinspect::clock::Clock;
use iinspect::pb::v1::issuance_service_client::IssuanceServiceClient as Client;
use iinspect::pb::v1::register_service_client::RegisterServiceClient;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{self, ApplicationState as State, DocumentForm};
use iinspect::register::{Register, memory, postgres, sqlite};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::scene::{NOW, person_name};
use super::whole::Whole;

pub(super) use super::register_service::{answered, assert_refused, fields};

/// A server that forms test numbers over one store, and its callers.
pub(super) struct Stage {
    pub(super) whole: Whole,
    pub(super) client: Client<Channel>,
    pub(super) verification: VerificationServiceClient<Channel>,
    pub(super) operator: RegisterServiceClient<Channel>,
    pub(super) clock: Clock,
    register: Register,
    requests: u128,
    _folder: TempDir,
}

/// One over each store.
pub(super) async fn stages() -> Vec<Stage> {
    stages_with(&[("IINSPECT_ISSUANCE__AUTHORITY", "test")]).await
}

pub(super) async fn stages_with(settings: &[(&str, &str)]) -> Vec<Stage> {
    let folder = tempfile::tempdir().unwrap();
    let file = sqlite::Store::open(folder.path().join("register.db"), &sqlite::Options::default()).unwrap();
    let mut stages = vec![Stage::over(Register::Sqlite(file), folder, settings).await];
    if !crate::postgres::skipped() {
        let url = crate::postgres::shared().server.url(&crate::postgres::new_register());
        let store = postgres::Store::open(&url, &[], &postgres::Options::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        stages.push(Stage::over(Register::Postgres(store), folder, settings).await);
    }
    let memory = Register::Memory(memory::Store::new(4, 10_000));
    stages.push(Stage::over(memory, tempfile::tempdir().unwrap(), settings).await);
    stages
}

impl Stage {
    async fn over(register: Register, folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let clock = Clock::fixed(NOW.parse().unwrap());
        let complete = [("IINSPECT_REGISTER__COMPLETENESS", "complete")];
        let settings: Vec<_> = complete.into_iter().chain(settings.iter().copied()).collect();
        let whole = Whole::at(clock.clone(), register.clone(), &settings).await;
        let channel = whole.channel().await;
        Stage {
            client: Client::new(channel.clone()),
            verification: VerificationServiceClient::new(channel.clone()),
            operator: RegisterServiceClient::new(channel),
            whole,
            clock,
            register,
            requests: 0,
            _folder: folder,
        }
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

    pub(super) async fn submit(&mut self, form: v1::ApplicationForm) -> At {
        let request = v1::SubmitApplicationRequest {
            form: Some(form),
            request_id: self.fresh(),
            ..v1::SubmitApplicationRequest::default()
        };
        let told = answered(self.client.submit_application(request).await);
        At { application: told.application.unwrap(), version: told.version }
    }

    pub(super) async fn submit_anew(&mut self, at: &At, form: v1::ApplicationForm) -> At {
        let request = v1::SubmitApplicationRequest {
            form: Some(form),
            application_id: at.id(),
            expected_version: at.version,
            request_id: self.fresh(),
            ..v1::SubmitApplicationRequest::default()
        };
        let told = answered(self.client.submit_application(request).await);
        At { application: told.application.unwrap(), version: told.version }
    }

    pub(super) async fn record(&mut self, at: &At, code: &str, form: DocumentForm) -> At {
        let request = paper(at, code, form, &self.fresh());
        let told = answered(self.client.record_document(request).await);
        At { application: told.application.unwrap(), version: told.version }
    }

    /// Records every paper that is owed.
    pub(super) async fn record_all(&mut self, at: At) -> At {
        let mut at = at;
        for owed in at.application.outstanding.clone() {
            at = self.record(&at, &owed.document, DocumentForm::Original).await;
        }
        at
    }

    pub(super) async fn delay(&mut self, at: &At, working_days: u32) -> At {
        let request = v1::RecordDelayRequest {
            application_id: at.id(),
            cause: v1::DelayCause::Workload.into(),
            working_days,
            expected_version: at.version,
            request_id: self.fresh(),
            ..v1::RecordDelayRequest::default()
        };
        let told = answered(self.client.record_delay(request).await);
        At { application: told.application.unwrap(), version: told.version }
    }

    pub(super) async fn form(&mut self, at: &At, iin: &str) -> Result<v1::FormIinResponse, Status> {
        let request = formation(at, iin, &self.fresh());
        self.client.form_iin(request).await.map(Response::into_inner)
    }

    pub(super) async fn get(&mut self, id: &str) -> v1::GetApplicationResponse {
        let request = v1::GetApplicationRequest { application_id: id.into() };
        answered(self.client.get_application(request).await)
    }

    pub(super) async fn person(&mut self, iin: &str) -> Result<v1::GetPersonResponse, Status> {
        let request = v1::GetPersonRequest { iin: iin.into(), ..v1::GetPersonRequest::default() };
        self.operator.get_person(request).await.map(Response::into_inner)
    }

    pub(super) async fn status(&mut self, id: &str) -> v1::IssueStatusResponse {
        let key = Some(v1::issue_status_request::Key::ApplicationId(id.into()));
        let request = v1::IssueStatusRequest { key, ..v1::IssueStatusRequest::default() };
        answered(self.verification.issue_status(request).await)
    }
}

/// An application at a version.
#[derive(Clone)]
pub(super) struct At {
    pub(super) application: v1::Application,
    pub(super) version: u64,
}

impl At {
    pub(super) fn id(&self) -> String {
        self.application.id.clone()
    }

    pub(super) fn state(&self) -> &'static str {
        word(self.application.state())
    }

    pub(super) fn owes(&self) -> Vec<&str> {
        self.application.outstanding.iter().map(|o| o.document.as_str()).collect()
    }

    pub(super) fn due(&self) -> (&str, &str, bool) {
        let due = self.application.due.as_ref().unwrap();
        (&due.earliest, &due.latest, due.overdue)
    }

    /// The five steps in short.
    pub(super) fn steps(&self) -> Vec<&'static str> {
        let steps = self.application.steps.iter();
        steps.map(|s| s.state().as_str_name().trim_start_matches("STEP_STATE_")).collect()
    }

    pub(super) fn stage(&self) -> &'static str {
        self.application.stage().as_str_name().trim_start_matches("STAGE_")
    }
}

pub(super) fn word(state: State) -> &'static str {
    state.as_str_name().trim_start_matches("APPLICATION_STATE_")
}

/// A foreigner in person at a public service centre, who opens a bank account.
pub(super) fn form(passport: &str) -> v1::ApplicationForm {
    v1::ApplicationForm {
        kind: v1::ApplicationKind::Formation.into(),
        ground: v1::Ground::BankAccount.into(),
        purposes: vec![v1::Purpose::BankAccount.into()],
        channel: v1::Channel::Psc.into(),
        presence: v1::Presence::InPerson.into(),
        location: Some(v1::Location { country: "KAZ".into(), place_of_registration: "Almaty".into() }),
        stay: Some(v1::Stay {
            kind: v1::StayKind::Temporary.into(),
            since: "2026-11-01".into(),
            until: "2027-10-31".into(),
        }),
        applicant: Some(v1::Applicant {
            names: vec![person_name("Testov", "Timur", None)],
            birth_date: "1991-02-03".into(),
            sex: v1::Sex::Male.into(),
            citizenship: "UZB".into(),
            document: Some(document(passport)),
            passport_script: v1::Script::Latin.into(),
            birthplace_script: v1::Script::Latin.into(),
        }),
        visa_or_permit: v1::VisaOrPermit::None.into(),
        ..v1::ApplicationForm::default()
    }
}

pub(super) fn document(number: &str) -> v1::Document {
    v1::Document {
        r#type: "FOREIGN_PASSPORT".into(),
        number: number.into(),
        issuing_country: "UZB".into(),
        valid_until: "2031-01-01".into(),
    }
}

pub(super) fn paper(at: &At, code: &str, form: DocumentForm, request_id: &str) -> v1::RecordDocumentRequest {
    v1::RecordDocumentRequest {
        application_id: at.id(),
        document_code: code.into(),
        form: form.into(),
        expected_version: at.version,
        request_id: request_id.into(),
        ..v1::RecordDocumentRequest::default()
    }
}

pub(super) fn formation(at: &At, iin: &str, request_id: &str) -> v1::FormIinRequest {
    v1::FormIinRequest {
        application_id: at.id(),
        iin: iin.into(),
        expected_version: at.version,
        request_id: request_id.into(),
        ..v1::FormIinRequest::default()
    }
}

/// What a refusal tells under a key of ErrorInfo.
#[track_caller]
pub(super) fn told<T>(outcome: Result<T, Status>, code: Code, reason: &str, key: &str) -> String {
    let Err(status) = outcome else { panic!("answered") };
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((status.code(), info.reason.as_str()), (code, reason), "{status:?}");
    info.metadata.get(key).cloned().unwrap_or_default()
}
