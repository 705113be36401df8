//! ImportPersons: rows landed once and in order, whatever breaks in between.

use std::time::Duration;

use iinspect::pb::v1::{self, ImportPersonsRequest, ImportPersonsResponse, ImportRow};
use iinspect::register::{Facts, Register, memory};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::*;

/// The n-th test number whose control digit is one.
fn nth(n: u64) -> String {
    (0..)
        .filter_map(|serial: u64| {
            let eleven = format!("90{:02}{serial:07}", 13 + n % 80);
            let digits: Vec<u64> = eleven.bytes().map(|b| u64::from(b - b'0')).collect();
            let sum = |w: fn(u64) -> u64| digits.iter().zip(1..).map(|(d, i)| d * w(i)).sum::<u64>() % 11;
            let first = sum(|i| i);
            (first < 10).then(|| format!("{eleven}{first}"))
        })
        .nth(usize::try_from(n / 80).unwrap())
        .unwrap()
}

fn person(n: u64, born: &str) -> v1::Person {
    v1::Person { iin: nth(n), birth_date: born.into(), ..v1::Person::default() }
}

fn row(row: u64, person: v1::Person) -> ImportRow {
    ImportRow { row, person: Some(person) }
}

fn rows(numbers: std::ops::RangeInclusive<u64>) -> Vec<ImportRow> {
    numbers.map(|n| row(n, person(n, "1990-01-05"))).collect()
}

fn batch(id: u128, rows: Vec<ImportRow>) -> ImportPersonsRequest {
    ImportPersonsRequest {
        batch_id: Uuid::from_u128(id).to_string(),
        rows,
        ..ImportPersonsRequest::default()
    }
}

async fn import(
    stage: &mut Stage,
    messages: Vec<ImportPersonsRequest>,
) -> Result<ImportPersonsResponse, Status> {
    stage.client.import_persons(tokio_stream::iter(messages)).await.map(Response::into_inner)
}

fn told(outcome: Result<ImportPersonsResponse, Status>) -> (u64, u64, u64) {
    let answer = outcome.unwrap_or_else(|s| panic!("{s:?}"));
    (answer.landed, answer.refused, answer.last_row)
}

#[tokio::test]
async fn rows_land_once_however_often_they_are_sent() {
    for mut stage in stages().await {
        let messages = vec![batch(1, rows(1..=900)), batch(1, rows(901..=1_500))];
        assert_eq!(told(import(&mut stage, messages.clone()).await), (1_500, 0, 1_500));
        assert_eq!(stage.record(&nth(1_500)).await.1, 1);
        // The whole again, and then some.
        let more = [messages, vec![batch(1, rows(1_501..=1_600))]].concat();
        assert_eq!(told(import(&mut stage, more).await), (1_600, 0, 1_600));
        assert_eq!(stage.record(&nth(1)).await.1, 1, "skipped");
        // How far it is.
        assert_eq!(told(import(&mut stage, vec![batch(1, Vec::new())]).await), (1_600, 0, 1_600));
        assert_eq!(told(import(&mut stage, vec![batch(2, Vec::new())]).await), (0, 0, 0));
        // Another batch of the same persons makes versions only of those that differ.
        let changed = vec![row(1, person(1, "1990-01-05")), row(2, person(2, "1991-01-05"))];
        assert_eq!(told(import(&mut stage, vec![batch(3, changed)]).await), (2, 0, 2));
        assert_eq!((stage.record(&nth(1)).await.1, stage.record(&nth(2)).await.1), (1, 2));
        stage.end().await;
    }
}

#[tokio::test]
async fn refused_rows_end_nothing_and_are_told_without_their_values() {
    for mut stage in stages().await {
        let bad = v1::Person {
            iin: "009900000009".into(),
            birth_date: "1990-02-30".into(),
            state: v1::NumberState::NotInRegister.into(),
            ..v1::Person::default()
        };
        let messages = vec![
            batch(1, vec![row(2, person(1, "")), ImportRow { row: 3, person: None }, row(7, bad.clone())]),
            batch(1, (10..160).map(|n| row(n, v1::Person { sex: 7, ..person(n, "") })).collect()),
            batch(1, vec![row(200, person(200, ""))]),
        ];
        let answer = import(&mut stage, messages).await.unwrap_or_else(|s| panic!("{s:?}"));
        assert_eq!((answer.landed, answer.refused, answer.last_row), (2, 152, 200));
        let first: Vec<_> = answer
            .errors
            .iter()
            .take(4)
            .map(|e| (e.row, e.field.as_str(), e.reason().as_str_name().trim_start_matches("REASON_")))
            .collect();
        let want = [
            (3, "person", "INVALID_REQUEST"),
            (7, "person.iin", "CONTROL_MISMATCH"),
            (7, "person.state", "INVALID_REQUEST"),
            (7, "person.birth_date", "DATE_IMPOSSIBLE"),
        ];
        assert_eq!(first, want);
        assert_eq!(answer.errors.last().unwrap().row, 107, "the first hundred rows");
        assert!(answer.errors.iter().all(|e| !e.message.contains("00990") && !e.message.contains("1990")));
        // A later stream of the batch is told the same.
        let again = import(&mut stage, vec![batch(1, Vec::new())]).await.unwrap_or_else(|s| panic!("{s:?}"));
        assert!(again == answer);
        // A batch of refused rows alone is one, too.
        let alone = import(&mut stage, vec![batch(2, vec![row(1, bad)])]).await;
        assert_eq!(told(alone), (0, 1, 1));
        stage.end().await;
    }
}

#[tokio::test]
async fn a_stream_that_makes_no_sense_is_refused() {
    for mut stage in stages().await {
        assert_eq!(fields(import(&mut stage, Vec::new()).await), ["batch_id"]);
        let huge = batch(1, rows(1..=1_001));
        assert_eq!(fields(import(&mut stage, vec![huge]).await), ["rows"]);
        for (bad, field) in
            [([1, 3, 3], "rows[2].row"), ([1, 0, 2], "rows[1].row"), ([0, 4, 6], "rows[0].row")]
        {
            let bad = bad.map(|n| row(n, person(n, ""))).to_vec();
            assert_eq!(fields(import(&mut stage, vec![batch(1, bad)]).await), [field]);
        }
        assert_eq!(told(import(&mut stage, vec![batch(1, Vec::new())]).await), (0, 0, 0), "nothing landed");
        stage.end().await;
    }
}

#[tokio::test]
async fn later_messages_say_the_same_or_nothing_and_rows_rise_over_all_of_them() {
    let mut stage = stages().await.pop().unwrap();
    let empty = ImportPersonsRequest { rows: rows(11..=12), ..ImportPersonsRequest::default() };
    assert_eq!(told(import(&mut stage, vec![batch(1, rows(1..=10)), empty]).await), (12, 0, 12));
    let other = ImportPersonsRequest { end_user: "x".into(), ..batch(2, Vec::new()) };
    let outcome = import(&mut stage, vec![batch(1, Vec::new()), other]).await;
    assert_eq!(fields(outcome), ["batch_id", "end_user"]);
    let outcome = import(&mut stage, vec![batch(1, rows(20..=25)), batch(1, rows(25..=26))]).await;
    assert_eq!(fields(outcome), ["rows[0].row"]);
    // Nothing of the message at fault, all of the one before.
    assert_eq!(told(import(&mut stage, vec![batch(1, Vec::new())]).await), (18, 0, 25));
    let late = ImportRow { row: 1 << 63, person: Some(person(30, "")) };
    assert_eq!(fields(import(&mut stage, vec![batch(1, vec![late])]).await), ["rows[0].row"]);
    stage.end().await;
}

#[tokio::test]
async fn two_streams_of_one_batch_land_no_row_twice() {
    for stage in stages().await {
        let messages = || (0..20).map(|i| batch(1, rows(i * 100 + 1..=i * 100 + 100))).collect::<Vec<_>>();
        let streams: Vec<_> = (0..4)
            .map(|_| {
                let mut client = stage.client.clone();
                let messages = messages();
                tokio::spawn(async move { client.import_persons(tokio_stream::iter(messages)).await })
            })
            .collect();
        for stream in streams {
            assert_eq!(told(stream.await.unwrap().map(Response::into_inner)), (2_000, 0, 2_000));
        }
        for n in [1, 777, 2_000] {
            let iin = iinspect::number::Iin::parse(&nth(n)).unwrap();
            let read = stage.register.one(iin, Instant::now() + Duration::from_secs(20)).await.unwrap();
            assert_eq!(read.value.record.unwrap().version, 1, "{n}");
        }
        stage.end().await;
    }
}

#[tokio::test]
async fn a_part_is_one_entry_of_the_feed_per_shard_and_history_names_the_batch() {
    let mut stage = stages().await.remove(0);
    let request_id = stage.fresh();
    let first = ImportPersonsRequest {
        request_id: request_id.clone(),
        client_reference: "nightly".into(),
        ..batch(9, rows(1..=40))
    };
    assert_eq!(told(import(&mut stage, vec![first]).await), (40, 0, 40));
    let changes = answered(stage.client.list_changes(v1::ListChangesRequest::default()).await).changes;
    assert_eq!(changes.len(), 1, "SQLite has one shard");
    assert!(changes[0].kind() == v1::ChangeKind::Import && changes[0].number_hash.is_empty());
    let ask = v1::GetPersonRequest { iin: nth(3), versions: 1, ..v1::GetPersonRequest::default() };
    let told = answered(stage.client.get_person(ask).await);
    let version = &told.versions[0];
    assert_eq!((version.actor.as_str(), version.client_reference.as_str()), ("anonymous", "nightly"));
    assert!(version.reason.contains(&Uuid::from_u128(9).to_string()) && version.reason.contains(&request_id));
    stage.end().await;
}

#[tokio::test]
async fn a_going_server_ends_an_import_that_can_be_taken_up_again() {
    let mut stage = stages().await.pop().unwrap();
    let (send, messages) = mpsc::channel(1);
    let mut client = stage.client.clone();
    let stream = tokio::spawn(async move { client.import_persons(ReceiverStream::new(messages)).await });
    send.send(batch(1, rows(1..=10))).await.unwrap();
    landed(&mut stage, &nth(10)).await;
    let Stage { whole, register, .. } = stage;
    whole.stop().await;
    let outcome = timeout(Duration::from_secs(20), stream).await.unwrap().unwrap();
    assert_refused(outcome, Code::Unavailable, "SHUTTING_DOWN");
    let mut stage = Stage::over(register, tempfile::tempdir().unwrap()).await;
    assert_eq!(told(import(&mut stage, vec![batch(1, rows(1..=20))]).await), (20, 0, 20));
    drop(send);
    stage.end().await;
}

/// Waits until a person of an import that is still open is there.
async fn landed(stage: &mut Stage, iin: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while stage.get(iin).await.is_err() {
        assert!(Instant::now() < end, "nothing landed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn so_many_at_once_and_a_place_is_free_again() {
    let mut stage = stages().await.pop().unwrap();
    let mut open = Vec::new();
    for n in 0..iinspect::grpc::register::IMPORTS as u64 {
        let (send, messages) = mpsc::channel(1);
        let mut client = stage.client.clone();
        let stream = tokio::spawn(async move { client.import_persons(ReceiverStream::new(messages)).await });
        send.send(batch(u128::from(n), vec![row(1, person(n, ""))])).await.unwrap();
        landed(&mut stage, &nth(n)).await;
        open.push((send, stream));
    }
    let outcome = import(&mut stage, vec![batch(99, Vec::new())]).await;
    assert_refused(outcome, Code::ResourceExhausted, "OVERLOADED");
    let (send, stream) = open.pop().unwrap();
    drop(send);
    assert_eq!(told(stream.await.unwrap().map(Response::into_inner)), (1, 0, 1));
    assert_eq!(told(import(&mut stage, vec![batch(99, Vec::new())]).await), (0, 0, 0));
    drop(open);
    stage.end().await;
}

#[tokio::test]
async fn a_busy_register_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let options = sqlite::Options { write_wait: Duration::from_millis(20), ..sqlite::Options::default() };
    let register = Register::Sqlite(sqlite::Store::open(&path, &options).unwrap());
    let mut stage = Stage::over(register, folder).await;
    // Another process that writes, for longer than a write waits for it.
    let locker = rusqlite::Connection::open(&path).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let first = put(&stage.fresh(), holder_record(), 0);
    assert_refused(stage.client.put_person(first).await, Code::Unavailable, "REGISTER_UNAVAILABLE");
    let mut client = stage.client.clone();
    let stream =
        tokio::spawn(
            async move { client.import_persons(tokio_stream::iter([batch(1, rows(1..=10))])).await },
        );
    // Writes are refused in their order: when this one is, the import's has been at least once.
    let again = put(&stage.fresh(), holder_record(), 0);
    assert_refused(stage.client.put_person(again).await, Code::Unavailable, "REGISTER_UNAVAILABLE");
    assert!(!stream.is_finished(), "it waits");
    drop(locker);
    let outcome = timeout(Duration::from_secs(20), stream).await.unwrap().unwrap();
    assert_eq!(told(outcome.map(Response::into_inner)), (10, 0, 10));
    stage.end().await;
}

#[tokio::test]
async fn a_register_that_is_gone_ends_an_import_as_unavailable() {
    let store = memory::Store::new(1, 10);
    let mut stage = Stage::over(Register::Memory(store.clone()), tempfile::tempdir().unwrap()).await;
    store.close().unwrap();
    let outcome = import(&mut stage, vec![batch(1, rows(1..=10))]).await;
    assert_refused(outcome, Code::Unavailable, "REGISTER_UNAVAILABLE");
    stage.end().await;
}
