//! WatchIssueStatus through the whole server: the state, its changes, coming back, bounds, ends.

use std::time::Duration;

use iinspect::issuance::EventKind;
use iinspect::pb::v1::verification_service_client::VerificationServiceClient as Client;
use iinspect::pb::v1::verification_service_server::VerificationService;
use iinspect::pb::v1::watch_issue_status_request::Key;
use iinspect::pb::v1::{self, ApplicationState, WatchIssueStatusRequest, WatchIssueStatusResponse};
use iinspect::person::Person;
use iinspect::register::{NumberState, Register, hotlist, memory, sqlite};
use tokio::time::{sleep, timeout};
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::scene::*;
use super::status::{application, passport};
use super::whole::Whole;

const POLL: (&str, &str) = ("IINSPECT_REGISTER__FEED_POLL", "20ms");

/// The server, and a hand on its register.
struct Stage {
    whole: Whole,
    scene: Scene,
    client: Client<Channel>,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn over(register: Register, folder: tempfile::TempDir, settings: &[(&str, &str)]) -> Self {
        let settings: Vec<_> = settings.iter().copied().chain([POLL]).collect();
        let scene = Scene::over(register.clone(), Setting::default());
        scene.put(holder(), NumberState::InForce, person()).await;
        let whole = Whole::over(register, &settings).await;
        let client = Client::new(whole.channel().await);
        Stage { whole, scene, client, folder }
    }

    async fn memory(keep: u64, settings: &[(&str, &str)]) -> Self {
        let register = Register::Memory(memory::Store::new(2, keep));
        Stage::over(register, tempfile::tempdir().unwrap(), settings).await
    }

    async fn sqlite(keep: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = sqlite::Options { feed_keep: keep, ..sqlite::Options::default() };
        let store = sqlite::Store::open(folder.path().join("register.db"), &options).unwrap();
        Stage::over(Register::Sqlite(store), folder, &[]).await
    }

    async fn each(keep: u64) -> [Self; 2] {
        [Stage::memory(keep, &[]).await, Stage::sqlite(keep).await]
    }

    async fn try_watch(&mut self, request: WatchIssueStatusRequest) -> Result<Watched, Status> {
        self.client.watch_issue_status(request).await.map(|r| Watched(r.into_inner()))
    }

    async fn watch(&mut self, request: WatchIssueStatusRequest) -> Watched {
        self.try_watch(request).await.unwrap_or_else(|s| panic!("{s:?}"))
    }

    async fn refused(&mut self, request: WatchIssueStatusRequest) -> Status {
        match self.try_watch(request).await {
            Ok(_) => panic!("watched"),
            Err(status) => status,
        }
    }

    async fn stop(self) {
        self.whole.stop().await;
        self.scene.register.close().unwrap();
    }
}

struct Watched(Streaming<WatchIssueStatusResponse>);

impl Watched {
    async fn next(&mut self) -> WatchIssueStatusResponse {
        match timeout(Duration::from_secs(20), self.0.message()).await.expect("nothing was told") {
            Ok(told) => told.expect("the watch ended"),
            Err(status) => panic!("{status:?}"),
        }
    }

    async fn is_silent(&mut self) {
        if let Ok(said) = timeout(Duration::from_millis(200), self.0.message()).await {
            let told = said.unwrap_or_else(|s| panic!("{s:?}")).expect("it is told or silent");
            panic!("told: {}", number_state(&told));
        }
    }

    async fn ends(&mut self) {
        let end = timeout(Duration::from_secs(20), self.0.message()).await.expect("no end");
        assert!(end.unwrap_or_else(|s| panic!("{s:?}")).is_none(), "one state too many");
    }
}

fn by(key: Key) -> WatchIssueStatusRequest {
    WatchIssueStatusRequest { key: Some(key), ..WatchIssueStatusRequest::default() }
}

fn by_number(iin: iinspect::number::Iin) -> WatchIssueStatusRequest {
    by(Key::Iin(iin.to_text()))
}

fn from(token: &str, request: WatchIssueStatusRequest) -> WatchIssueStatusRequest {
    WatchIssueStatusRequest { resume_token: token.into(), ..request }
}

fn number_state(told: &WatchIssueStatusResponse) -> &'static str {
    let number = told.status.as_ref().and_then(|s| s.number.as_ref());
    number.map_or("none", |n| n.state().as_str_name().trim_start_matches("NUMBER_STATE_"))
}

fn newest(told: WatchIssueStatusResponse) -> v1::Application {
    told.status.unwrap().application.unwrap()
}

#[tokio::test]
async fn a_number_is_told_as_it_stands_and_as_it_changes_absence_included() {
    for mut stage in Stage::each(1000).await {
        let absent = number("90210530002");
        let mut watched = stage.watch(by_number(holder())).await;
        let mut new = stage.watch(by_number(absent)).await;
        let told = watched.next().await;
        assert_eq!((told.snapshot, number_state(&told)), (true, "IN_FORCE"));
        assert_eq!(number_state(&new.next().await), "NOT_IN_REGISTER");

        stage.scene.put(holder(), NumberState::Excluded, person()).await;
        let told = watched.next().await;
        assert_eq!((told.snapshot, number_state(&told)), (false, "EXCLUDED"));
        stage.scene.put(absent, NumberState::InForce, Person::default()).await;
        assert_eq!(number_state(&new.next().await), "IN_FORCE");

        // Neither what is no part of the state, nor another's.
        stage.scene.put(holder(), NumberState::Excluded, Person::default()).await;
        stage.scene.put(number("90210530005"), NumberState::Excluded, person()).await;
        stage.scene.list(holder(), hotlist::Clients::All, None).await;
        watched.is_silent().await;
        stage.stop().await;
    }
}

#[tokio::test]
async fn an_application_is_told_by_id_and_by_document_with_the_number_it_leads_to() {
    for mut stage in Stage::each(1000).await {
        let (born, formed) = (jiff::civil::date(1999, 1, 31), number("90210530005"));
        let applicant = || Some((passport(), born));
        stage.scene.apply(application(1, None, 0, vec![]), applicant()).await;
        let document = v1::Document {
            r#type: "FOREIGN_PASSPORT".into(),
            number: "T777".into(),
            issuing_country: "UZB".into(),
            valid_until: String::new(),
        };
        let id = Uuid::from_u128(1).to_string();
        let mut by_id = stage.watch(by(Key::ApplicationId(id))).await;
        let birth_date = "1999-01-31".into();
        let mut by_document =
            stage.watch(WatchIssueStatusRequest { birth_date, ..by(Key::Document(document)) }).await;
        for watched in [&mut by_id, &mut by_document] {
            let told = watched.next().await;
            assert_eq!((told.snapshot, number_state(&told)), (true, "none"));
            assert!(newest(told).state() == ApplicationState::Received);
        }

        // The application leads to a number, and that is watched from then on.
        let begun = vec![EventKind::ProcessingStarted];
        stage.scene.apply(application(1, Some(formed), 0, begun), None).await;
        for watched in [&mut by_id, &mut by_document] {
            let told = watched.next().await;
            assert_eq!(number_state(&told), "NOT_IN_REGISTER");
            assert!(newest(told).state() == ApplicationState::InProcessing);
        }
        stage.scene.put(formed, NumberState::InForce, Person::default()).await;
        for watched in [&mut by_id, &mut by_document] {
            assert_eq!(number_state(&watched.next().await), "IN_FORCE");
        }

        // Another application of the same person is none of the first one's business.
        stage.scene.apply(application(2, None, 100, vec![]), applicant()).await;
        assert_eq!(newest(by_document.next().await).id, Uuid::from_u128(2).to_string());
        by_id.is_silent().await;

        let unknown = stage.refused(by(Key::ApplicationId(Uuid::from_u128(9).to_string()))).await;
        assert_eq!(unknown.code(), Code::NotFound);
        stage.stop().await;
    }
}

/// A caller who leaves after every answer, while others write: the last state always comes.
#[tokio::test]
async fn who_comes_back_misses_nothing() {
    for mut stage in Stage::each(100_000).await {
        let writer = {
            let scene = Scene::over(stage.scene.register.clone(), Setting::default());
            tokio::spawn(async move {
                for i in 0..150 {
                    let state = [NumberState::InForce, NumberState::ConditionallyExcluded][i % 2];
                    scene.put(holder(), state, person()).await;
                    scene.put(number("90210530005"), state, person()).await;
                    sleep(Duration::from_millis(2)).await;
                }
                scene.put(holder(), NumberState::Excluded, person()).await;
            })
        };
        let (mut token, mut asked) = (String::new(), 0);
        loop {
            let told = stage.watch(from(&token, by_number(holder()))).await.next().await;
            assert_eq!(told.snapshot, asked == 0);
            (token, asked) = (told.resume_token.clone(), asked + 1);
            if number_state(&told) == "EXCLUDED" {
                break;
            }
        }
        writer.await.unwrap();
        assert!(asked > 1, "the first answer was the last");

        // A token from after the last change: nothing is told until there is another.
        let token = timeout(Duration::from_secs(20), async {
            loop {
                let token = stage.watch(by_number(holder())).await.next().await.resume_token;
                let mut watched = stage.watch(from(&token, by_number(holder()))).await;
                if timeout(Duration::from_millis(100), watched.0.message()).await.is_err() {
                    return token;
                }
            }
        });
        let token = token.await.expect("the state is told again and again");
        stage.scene.put(number("90210530005"), NumberState::Excluded, person()).await;
        let mut watched = stage.watch(from(&token, by_number(holder()))).await;
        watched.is_silent().await;
        stage.scene.put(holder(), NumberState::InForce, person()).await;
        let told = watched.next().await;
        assert_eq!((told.snapshot, number_state(&told)), (false, "IN_FORCE"));
        stage.stop().await;
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_named_and_one_too_old_says_so() {
    for mut stage in Stage::each(5).await {
        let mut open = stage.watch(by_number(holder())).await;
        let token = open.next().await.resume_token;
        for bad in ["x".to_string(), format!("{token}.0"), "-1".into()] {
            let status = stage.refused(from(&bad, by_number(holder()))).await;
            assert_eq!(status.code(), Code::InvalidArgument);
            let details = status.get_error_details();
            assert_eq!(details.bad_request().unwrap().field_violations[0].field, "resume_token");
        }
        let status = stage.refused(from("x", by(Key::Iin("1".into())))).await;
        assert_eq!(status.get_error_details().bad_request().unwrap().field_violations.len(), 2);

        // More than is kept: the token is refused, and an open watch finds its way on.
        for _ in 0..20 {
            stage.scene.put(holder(), NumberState::InForce, person()).await;
        }
        stage.scene.put(holder(), NumberState::Excluded, person()).await;
        let status = stage.refused(from(&token, by_number(holder()))).await;
        assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "TOKEN_TOO_OLD");
        assert_eq!(number_state(&open.next().await), "EXCLUDED");
        stage.stop().await;
    }
}

/// Asked below HTTP/2, whose windows would take many answers of a reader who does not read.
#[tokio::test]
async fn a_slow_reader_gets_the_newest_state_and_no_queue() {
    let scene = Scene::new(Setting::default()).await;
    let answers = scene.service.watch_issue_status(Request::new(by_number(holder()))).await;
    let mut answers = answers.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
    for i in 0..20 {
        let state = [NumberState::Superseded, NumberState::ConditionallyExcluded][i % 2];
        scene.put(holder(), state, person()).await;
        sleep(Duration::from_millis(15)).await;
    }
    scene.put(holder(), NumberState::Excluded, person()).await;
    let mut told = Vec::new();
    while told.last() != Some(&"EXCLUDED") {
        let answer = timeout(Duration::from_secs(20), answers.next()).await.expect("nothing was told");
        told.push(number_state(&answer.unwrap().unwrap_or_else(|s| panic!("{s:?}"))));
    }
    assert_eq!(told, ["IN_FORCE", "EXCLUDED"]);
}

#[tokio::test]
async fn a_change_of_many_things_at_once_is_found() {
    for mut stage in Stage::each(1000).await {
        let mut watched = stage.watch(by_number(holder())).await;
        watched.next().await;
        let record = iinspect::register::Record {
            scheduled: None,
            state: NumberState::Excluded,
            since: None,
            state_reason: String::new(),
            superseded_by: None,
            person: Person::default(),
        };
        let mut numbers = vec![holder()];
        numbers.extend((0..200).filter_map(|i| {
            let eleven = format!("90210530{i:03}");
            let digits: Vec<u8> = eleven.bytes().map(|b| b - b'0').collect();
            let digit = iinspect::number::control(&digits.try_into().ok()?).digit()?;
            iinspect::number::Iin::parse(&format!("{eleven}{digit}")).ok()
        }));
        assert!(numbers.len() > 100);
        stage.scene.put_all(&numbers, &record).await;
        assert_eq!(number_state(&watched.next().await), "EXCLUDED");
        stage.stop().await;
    }
}

#[tokio::test]
async fn the_drain_ends_a_watch_with_ok_and_a_register_that_is_away_does_not_end_it() {
    let mut stage = Stage::memory(1000, &[]).await;
    let mut watched = stage.watch(by_number(holder())).await;
    assert_eq!(number_state(&watched.next().await), "IN_FORCE");
    stage.scene.register.close().unwrap();
    watched.is_silent().await;
    let status = stage.refused(by_number(holder())).await;
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "REGISTER_UNAVAILABLE");
    let stopped = tokio::spawn(stage.stop());
    watched.ends().await;
    timeout(Duration::from_secs(5), stopped).await.expect("an open watch held the drain up").unwrap();
}

/// A table that is gone for a while stands for whatever keeps a register from answering.
#[tokio::test]
async fn a_register_that_is_back_tells_what_changed_meanwhile() {
    let mut stage = Stage::sqlite(1000).await;
    let mut watched = stage.watch(by_number(holder())).await;
    watched.next().await;
    // A watch that has begun reads once more: not while the table goes, between its two reads.
    watched.is_silent().await;
    let other = rusqlite::Connection::open(stage.folder.path().join("register.db")).unwrap();
    other.execute_batch("ALTER TABLE application RENAME TO away").unwrap();
    stage.scene.put(holder(), NumberState::Excluded, person()).await;
    watched.is_silent().await;
    other.execute_batch("ALTER TABLE away RENAME TO application").unwrap();
    assert_eq!(number_state(&watched.next().await), "EXCLUDED");
    stage.stop().await;
}

#[tokio::test]
async fn so_many_watches_and_a_caller_who_leaves_frees_a_place() {
    let mut stage = Stage::memory(1000, &[("IINSPECT_LIMITS__WATCHES", "1")]).await;
    let mut held = stage.watch(by_number(holder())).await;
    held.next().await;
    let status = stage.refused(by_number(holder())).await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_details_retry_info().is_some());
    drop(held);
    timeout(Duration::from_secs(5), async {
        while stage.try_watch(by_number(holder())).await.is_err() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the place is not free");
    stage.stop().await;
}

#[tokio::test]
async fn the_callers_timeout_ends_a_watch_and_the_servers_own_does_not() {
    let mut stage = Stage::memory(1000, &[("IINSPECT_LIMITS__DEADLINE", "200ms")]).await;
    let mut watched = stage.watch(by_number(holder())).await;
    watched.next().await;
    sleep(Duration::from_millis(300)).await;
    stage.scene.put(holder(), NumberState::Excluded, person()).await;
    assert_eq!(number_state(&watched.next().await), "EXCLUDED");

    let mut request = Request::new(by_number(holder()));
    request.set_timeout(Duration::from_millis(300));
    let mut late = Watched(stage.client.watch_issue_status(request).await.unwrap().into_inner());
    late.next().await;
    let status = late.0.message().await.map(|_| ()).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    stage.stop().await;
}
