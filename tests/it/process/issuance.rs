//! From what is needed to a number that verifies, on a demo server: the plan, the application and the
//! check as a person and a registrar make them. And a server that is killed between events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iinspect::number::Iin;
use iinspect::pb::v1::issuance_service_client::IssuanceServiceClient as Client;
use iinspect::pb::v1::register_service_client::RegisterServiceClient;
use iinspect::pb::v1::{self, ApplicationState as State};
use serde_json::Value;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

use super::child::*;

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output))
        .unwrap_or_else(|e| panic!("{e}: {}{}", stdout(output), stderr(output)))
}

fn form(number: &str) -> v1::ApplicationForm {
    v1::ApplicationForm {
        kind: v1::ApplicationKind::Formation.into(),
        ground: v1::Ground::BankAccount.into(),
        channel: v1::Channel::Psc.into(),
        presence: v1::Presence::InPerson.into(),
        location: Some(v1::Location { country: "KAZ".into(), place_of_registration: "Almaty".into() }),
        applicant: Some(v1::Applicant {
            names: vec![v1::PersonName { family: "Testov".into(), given: "Timur".into(), patronymic: None }],
            birth_date: "1991-02-03".into(),
            citizenship: "UZB".into(),
            document: Some(v1::Document {
                r#type: "FOREIGN_PASSPORT".into(),
                number: number.into(),
                issuing_country: "UZB".into(),
                valid_until: String::new(),
            }),
            passport_script: v1::Script::Latin.into(),
            birthplace_script: v1::Script::Latin.into(),
            ..v1::Applicant::default()
        }),
        ..v1::ApplicationForm::default()
    }
}

fn id() -> String {
    Uuid::now_v7().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_what_is_needed_to_a_number_that_verifies() {
    let server = Server::start(&["--demo"]);
    // What does it need? The papers are named by their codes.
    let applicant = ["--ground", "bank-account", "--channel", "psc", "--presence", "in-person"];
    let more = ["--country", "KAZ", "--citizenship", "UZB", "--birth-date", "1991-02-03"];
    let scripts = ["--passport-script", "latin", "--birthplace-script", "latin", "--output", "json"];
    let args = [&["requirements"], &applicant[..], &more[..], &scripts[..]].concat();
    let plan = json(&server.ask(&args));
    let needed = plan["documents"].as_array().unwrap().iter();
    let needed = needed.filter(|paper| paper["need"] == "NEED_REQUIRED");
    let needed: Vec<_> = needed.map(|paper| paper["documentCode"].as_str().unwrap().to_string()).collect();
    assert!(needed.contains(&"PASSPORT".to_string()), "{plan}");

    let mut client = Client::new(server.channel().await);
    let submit = v1::SubmitApplicationRequest {
        form: Some(form("T7654321")),
        request_id: id(),
        ..v1::SubmitApplicationRequest::default()
    };
    let submitted = client.submit_application(submit).await.unwrap().into_inner();
    let application = submitted.application.unwrap();
    let owed: Vec<_> = application.outstanding.iter().map(|o| o.document.clone()).collect();
    assert_eq!(owed, needed, "what the plan names is what is owed");
    let term = (plan["term"]["earliest"].as_str().unwrap(), plan["term"]["latest"].as_str().unwrap());
    let due = application.due.unwrap();
    assert_eq!((due.earliest.as_str(), due.latest.as_str()), term, "and the term is the plan's");

    let by_id = ["issue-status", "--application", &application.id, "--output"];
    let table = server.ask(&[&by_id[..], &["table"]].concat());
    let said = stdout(&table);
    for line in
        ["formation): awaiting documents", "2. papers: current  <- here", "- PASSPORT: ", "due: from "]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let mut version = submitted.version;
    for code in &owed {
        let record = v1::RecordDocumentRequest {
            application_id: application.id.clone(),
            document_code: code.clone(),
            form: v1::DocumentForm::Original.into(),
            expected_version: version,
            request_id: id(),
            ..v1::RecordDocumentRequest::default()
        };
        version = client.record_document(record).await.unwrap().into_inner().version;
    }
    let forming = v1::FormIinRequest {
        application_id: application.id.clone(),
        expected_version: version,
        request_id: id(),
        ..v1::FormIinRequest::default()
    };
    let formed = client.form_iin(forming).await.unwrap().into_inner();
    assert!(Iin::parse(&formed.iin).unwrap().is_test());

    let status = json(&server.ask(&[&by_id[..], &["json"]].concat()));
    assert_eq!(status["number"]["state"], "NUMBER_STATE_IN_FORCE");
    assert_eq!(status["application"]["state"], "APPLICATION_STATE_COMPLETED");
    let claims = ["--family", "TESTOV", "--given", "timur", "--birth-date", "1991-02-03"];
    let verify = [&["verify", &formed.iin], &claims[..], &["--purpose", "bank-account"]].concat();
    let verified = server.ask(&verify);
    assert_eq!((code(&verified), json(&verified)["verdict"].as_str()), (0, Some("VERDICT_VERIFIED")));
}

/// The n-th test number.
fn iin(n: u64) -> String {
    let number = (0..100).find_map(|year| {
        let eleven = year * 1_000_000_000 + (13 + n % 87) * 10_000_000 + n / 87;
        (0..10).find_map(|digit| Iin::parse(&format!("{eleven:011}{digit}")).ok())
    });
    number.unwrap().to_text()
}

/// What one application was told: its id, the last version, and the number once it was formed.
#[derive(Clone, Default)]
struct Told {
    id: String,
    version: u64,
    formed: bool,
    /// The last request and its answer's version, to be repeated.
    last: Option<(v1::FormIinRequest, u64)>,
}

type Book = Arc<Mutex<BTreeMap<u64, Told>>>;

/// Takes applications from their submission to their number, noting what was acknowledged, until the
/// server is gone.
async fn work(channel: Channel, book: Book, numbers: impl Iterator<Item = u64>) {
    let mut client = Client::new(channel);
    for n in numbers {
        if one(&mut client, &book, n).await.is_err() {
            return;
        }
    }
}

async fn one(client: &mut Client<Channel>, book: &Book, n: u64) -> Result<(), Status> {
    let note = |change: &dyn Fn(&mut Told)| change(book.lock().unwrap().entry(n).or_default());
    let submit = v1::SubmitApplicationRequest {
        form: Some(form(&format!("T{n}"))),
        request_id: id(),
        ..v1::SubmitApplicationRequest::default()
    };
    let submitted = client.submit_application(submit).await?.into_inner();
    let application = submitted.application.unwrap();
    let mut version = submitted.version;
    note(&|told| (told.id, told.version) = (application.id.clone(), version));
    for owed in &application.outstanding {
        let record = v1::RecordDocumentRequest {
            application_id: application.id.clone(),
            document_code: owed.document.clone(),
            form: v1::DocumentForm::Original.into(),
            expected_version: version,
            request_id: id(),
            ..v1::RecordDocumentRequest::default()
        };
        version = client.record_document(record).await?.into_inner().version;
        note(&|told| told.version = version);
    }
    let forming = v1::FormIinRequest {
        application_id: application.id.clone(),
        iin: iin(n),
        expected_version: version,
        request_id: id(),
        ..v1::FormIinRequest::default()
    };
    let formed = client.form_iin(forming.clone()).await?.into_inner();
    note(&|told| {
        told.version = formed.version;
        told.formed = true;
        told.last = Some((forming.clone(), formed.version));
    });
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_events_loses_nothing_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let register = url_of(&folder.path().join("register.db"));
    let book = Book::default();
    for round in 0..3_u64 {
        let server = Server::start(&["--register", &register]);
        let mut tasks = JoinSet::new();
        for worker in 0..4 {
            let numbers = (0..10_000).map(move |i| round * 100_000 + worker * 10_000 + i);
            tasks.spawn(work(server.channel().await, book.clone(), numbers));
        }
        // Once numbers are formed under load, it is killed at a moment that differs each time.
        let enough = (round + 1) * 10;
        let formed = || book.lock().unwrap().values().filter(|told| told.formed).count() as u64;
        tokio::time::timeout(Duration::from_secs(30), async {
            while formed() < enough {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            tokio::time::sleep(Duration::from_millis(7 * round)).await;
        })
        .await
        .expect("numbers are formed");
        drop(server);
        tokio::time::timeout(Duration::from_secs(30), tasks.join_all()).await.expect("callers see the end");
    }
    let server = Server::start(&["--register", &register]);
    let mut client = Client::new(server.channel().await);
    let mut operator = RegisterServiceClient::new(server.channel().await);
    let told = book.lock().unwrap().clone();
    let mut unfinished = 0;
    for (n, told) in &told {
        let request = v1::GetApplicationRequest { application_id: told.id.clone() };
        let held = client.get_application(request).await.unwrap().into_inner();
        assert!(held.version >= told.version, "{n}: an acknowledged event is lost");
        let completed = held.application.unwrap().state() == State::Completed;
        assert!(completed || !told.formed, "{n}: an acknowledged number is lost");
        unfinished += u64::from(!completed);
        // The person is there exactly when the application is complete: never one without the other.
        let request = v1::GetPersonRequest { iin: iin(*n), ..v1::GetPersonRequest::default() };
        match operator.get_person(request).await {
            Ok(person) => {
                assert!(completed, "{n}: a number without its application");
                assert_eq!((held.iin, person.into_inner().version), (iin(*n), 1));
            }
            Err(status) => {
                assert_eq!(status.code(), Code::NotFound, "{status:?}");
                assert!(!completed, "{n}: an application without its number");
            }
        }
        if let Some((request, version)) = &told.last {
            let again = client.form_iin(request.clone()).await.unwrap().into_inner();
            assert_eq!(again.version, *version, "{n}: a repeated request is not carried out again");
        }
    }
    // What was not acknowledged may be there all the same: whole, too.
    let mut token = String::new();
    let mut listed = 0;
    loop {
        let request = v1::ListApplicationsRequest {
            page_size: 1_000,
            page_token: token,
            ..v1::ListApplicationsRequest::default()
        };
        let page = client.list_applications(request).await.unwrap().into_inner();
        listed += page.applications.len();
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(listed >= told.len(), "{listed} of {}", told.len());
    println!("{} applications told of, {unfinished} unfinished, {listed} there", told.len());
}
