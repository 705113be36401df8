//! A server killed while it writes: what it has acknowledged is there, what it has not can be sent
//! again, and nothing is there twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use iinspect::number::control;
use iinspect::pb::v1::register_service_client::RegisterServiceClient as Client;
use iinspect::pb::v1::{
    GetPersonRequest, ImportPersonsRequest, ImportPersonsResponse, ImportRow, Person, PutPersonRequest,
};
use tonic::transport::Channel;
use uuid::Uuid;

use super::child::*;

/// Callers that write one person after the other.
const WRITERS: u64 = 4;
/// Parts of the import, of 100 rows each.
const PARTS: u64 = 100;
/// Kills in a row, each of a server that took up where the last was.
const KILLS: usize = 3;

/// Test numbers of a month of their own.
fn numbers(month: u64) -> impl Iterator<Item = String> {
    (0..).filter_map(move |serial: u64| {
        let eleven = format!("90{month}{serial:07}");
        let mut digits = [0; 11];
        for (digit, byte) in digits.iter_mut().zip(eleven.bytes()) {
            *digit = byte - b'0';
        }
        control(&digits).digit().map(|digit| format!("{eleven}{digit}"))
    })
}

fn put(iin: &str, id: u128) -> PutPersonRequest {
    PutPersonRequest {
        person: Some(Person { iin: iin.into(), ..Person::default() }),
        request_id: Uuid::from_u128(id).to_string(),
        ..PutPersonRequest::default()
    }
}

fn parts() -> Vec<ImportPersonsRequest> {
    let iins: Vec<_> = numbers(50).take(100 * PARTS as usize).collect();
    let row = |(iin, row): (&String, u64)| ImportRow {
        row,
        person: Some(Person { iin: iin.clone(), ..Person::default() }),
    };
    let part = |(i, iins): (usize, &[String])| ImportPersonsRequest {
        batch_id: Uuid::from_u128(1).to_string(),
        rows: iins.iter().zip(i as u64 * 100 + 1..).map(row).collect(),
        ..ImportPersonsRequest::default()
    };
    iins.chunks(100).enumerate().map(part).collect()
}

async fn import(
    client: &mut Client<Channel>,
    parts: Vec<ImportPersonsRequest>,
) -> Option<ImportPersonsResponse> {
    client.import_persons(tokio_stream::iter(parts)).await.ok().map(tonic::Response::into_inner)
}

async fn version(client: &mut Client<Channel>, iin: &str) -> Option<u64> {
    let request = GetPersonRequest { iin: iin.into(), ..GetPersonRequest::default() };
    client.get_person(request).await.ok().map(|got| got.into_inner().version)
}

/// Writes until the server is gone: how many were acknowledged. The next was sent and not answered.
async fn write(mut client: Client<Channel>, writer: u64, from: u64, told: Arc<AtomicUsize>) -> u64 {
    let iins = numbers(60 + writer).enumerate().skip(usize::try_from(from).unwrap());
    for (n, iin) in iins {
        match client.put_person(put(&iin, (u128::from(writer) << 64) | n as u128)).await {
            // The first of this server may be the one that the last did not answer.
            Ok(answer) => assert_eq!((answer.into_inner().version, told.fetch_add(1, Ordering::SeqCst)).0, 1),
            Err(_) => return n as u64,
        }
    }
    unreachable!("numbers without end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_and_what_was_not_can_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--register".to_string(), url_of(&folder.path().join("register.db"))];
    let mut acknowledged: BTreeMap<u64, u64> = (0..WRITERS).map(|writer| (writer, 0)).collect();
    let mut reached = 0;
    let parts = parts();
    let ask = || vec![ImportPersonsRequest { rows: Vec::new(), ..parts[0].clone() }];
    for _ in 0..KILLS {
        let mut server = Server::start(&arguments);
        let client = Client::new(server.channel().await);
        let told = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = acknowledged
            .iter()
            .map(|(writer, from)| tokio::spawn(write(client.clone(), *writer, *from, told.clone())))
            .collect();
        let (mut importer, all) = (client.clone(), parts.clone());
        let stream = tokio::spawn(async move { import(&mut importer, all).await });
        let mut asker = client.clone();
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let at = import(&mut asker, ask()).await.map_or(0, |answer| answer.last_row);
            if at > reached && told.load(Ordering::SeqCst) > 100 {
                reached = at;
                break;
            }
            assert!(Instant::now() < end, "nothing is written: {}", server.log());
        }
        server.signal("KILL");
        server.wait();
        for (writer, count) in writers.into_iter().zip(acknowledged.values_mut()) {
            *count = writer.await.unwrap();
        }
        let _ = stream.await.unwrap();
    }
    assert!(acknowledged.values().sum::<u64>() > 100 * KILLS as u64);
    let server = Server::start(&arguments);
    let mut client = Client::new(server.channel().await);
    for (writer, count) in acknowledged {
        let mut iins = numbers(60 + writer).take(usize::try_from(count).unwrap() + 2).enumerate();
        for (n, iin) in iins.by_ref().take(usize::try_from(count).unwrap()) {
            assert_eq!(version(&mut client, &iin).await, Some(1), "{n} of {writer}");
        }
        // Sent and not answered: it may be there or not, and is after the same request.
        let (n, iin) = iins.next().unwrap();
        let again = client.put_person(put(&iin, (u128::from(writer) << 64) | n as u128)).await;
        let again = again.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
        assert_eq!((again.version, again.created), (1, true));
        let (_, never) = iins.next().unwrap();
        assert_eq!(version(&mut client, &never).await, None, "never sent");
    }
    let whole = import(&mut client, parts).await.expect("an answer");
    assert!(whole.last_row >= reached);
    assert_eq!((whole.landed, whole.refused, whole.last_row), (100 * PARTS, 0, 100 * PARTS));
    for iin in numbers(50).take(100 * PARTS as usize).step_by(997) {
        assert_eq!(version(&mut client, &iin).await, Some(1), "each row once");
    }
}
