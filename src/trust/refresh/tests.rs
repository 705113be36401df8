//! A server that serves lists made here: good ones, and what must never replace them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::pki::issuer::{Issuer, later, now};
use crate::pki::list::List;
use crate::pki::signer::Signer;
use crate::signature::certificate::Certificate;
use crate::signature::revocation::{Serial, Status};
use crate::telemetry::testing::seen;
use crate::trust::fetch::tests::{Reply, Server};

struct World {
    authority: Issuer,
    issuer: Arc<Certificate>,
    served: Arc<Mutex<Vec<u8>>>,
    url: String,
    keeper: Keeper,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let authority = Issuer::new(Signer::rsa(0), "CA");
        let issuer = Arc::new(Certificate::parse(&authority.certificate).unwrap());
        let served = Arc::new(Mutex::new(Vec::new()));
        let list = served.clone();
        let server =
            Server::start(move |_| Reply::Ok("application/pkix-crl", list.lock().unwrap().clone())).await;
        let folder = tempfile::tempdir().unwrap();
        let keeper = Keeper {
            authorities: Arc::new(vec![issuer.clone()]),
            known: Known::default(),
            pool: Pool::start(1, 8).unwrap(),
            spool: Some(Spool::open(folder.path()).unwrap()),
            time: Duration::from_secs(20),
            every: Duration::from_secs(3600),
            clock: Clock::fixed(now()),
        };
        World { url: server.url("/nca.crl"), authority, issuer, served, keeper, _folder: folder }
    }

    fn serve(&self, bytes: Vec<u8>) {
        *self.served.lock().unwrap() = bytes;
    }

    /// A service that starts anew over the same folder.
    fn restarted(&self) -> Source {
        Source::new(Keeper { known: Known::default(), ..self.keeper.clone() }, &self.url)
    }

    fn is_revoked(&self, source: &Source, byte: u8) -> Option<bool> {
        let found = source.keeper.known.status(&self.issuer, Serial::new(&[byte]).unwrap(), now());
        found.ok().map(|found| matches!(found.status, Status::Revoked(_)))
    }
}

#[tokio::test]
async fn the_last_good_list_stays_in_memory_and_on_disk() {
    let world = World::new().await;
    world.serve(List::new(14).revoke(&[5], None).signed(&world.authority));
    let mut source = world.restarted();
    source.restore().await;
    assert_eq!((world.is_revoked(&source, 5), source.state.borrow().error.clone()), (None, None));
    source.fetch().await;
    assert_eq!(world.is_revoked(&source, 5), Some(true));
    let good = source.state.borrow().clone();
    assert_eq!((good.entries, good.next_update, good.error), (1, Some(later(86400)), None));

    let forged = Issuer { signer: Signer::rsa(1), ..Issuer::new(Signer::rsa(0), "CA") };
    let stranger = Issuer::new(Signer::rsa(2), "Stranger");
    let cut = List::new(15).signed(&world.authority);
    let mut flipped = List::new(15).signed(&world.authority);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for bad in [
        Vec::new(),
        b"<html>404</html>".to_vec(),
        cut[..cut.len() - 1].to_vec(),
        flipped,
        List::new(15).signed(&forged),
        List::new(15).signed(&stranger),
        // Over; replaced long since; from the future.
        List { this_update: later(-60), next_update: Some(now()), ..List::new(15) }.signed(&world.authority),
        List::new(13).signed(&world.authority),
        List { this_update: later(301), ..List::new(15) }.signed(&world.authority),
    ] {
        world.serve(bad);
        source.fetch().await;
        let state = source.state.borrow().clone();
        assert!(state.error.is_some());
        assert_eq!((state.this_update, world.is_revoked(&source, 5)), (good.this_update, Some(true)));
        let mut restarted = world.restarted();
        restarted.restore().await;
        assert_eq!(world.is_revoked(&restarted, 5), Some(true), "what is on disk is the good one");
    }
    assert_eq!(source.failures, 9);

    world.serve(List { this_update: later(-60), ..List::new(15) }.signed(&world.authority));
    source.fetch().await;
    assert_eq!((world.is_revoked(&source, 5), source.failures), (Some(false), 0));
    assert_eq!(source.state.borrow().error, None);
}

/// A server that knows what was fetched from it before, and a clock that goes on.
#[tokio::test]
async fn a_list_that_is_the_same_is_not_sent_again_until_it_is_over() {
    seen();
    let world = World::new().await;
    let (first, second) =
        (List::new(14).revoke(&[5], None), List { this_update: later(-60), ..List::new(15) });
    let second = List { next_update: Some(later(2 * 86400)), ..second };
    let lists = [first.signed(&world.authority), second.signed(&world.authority)];
    let newest = Arc::new(AtomicUsize::new(0));
    let served = newest.clone();
    let server = Server::start(move |asked| {
        let n = served.load(Ordering::SeqCst);
        // Number 2 is a server that says of everything that it is the newest.
        if n == 2 && asked.head.contains("if-none-match")
            || asked.head.contains(&format!("if-none-match: \"{n}\""))
        {
            return Reply::Raw(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec());
        }
        let list = &lists[n.min(1)];
        let head = format!("HTTP/1.1 200 OK\r\netag: \"{n}\"\r\ncontent-length: {}\r\n\r\n", list.len());
        Reply::Raw([head.as_bytes(), list].concat())
    })
    .await;
    let url = server.url("/same.crl");
    let mut source = Source::new(world.keeper.clone(), &url);
    let counted = || {
        ["taken", "unchanged", "failed", "refused"].map(|outcome| {
            let outcome = format!("iinspect_outcome=\"{outcome}\"");
            let parts = ["iinspect_revocation_list_fetches_total", &url, &outcome];
            seen().sample(&parts).unwrap() as u64
        })
    };
    assert_eq!(counted(), [0, 0, 0, 0]);
    source.fetch().await;
    // What was wrong before is over when the server says that the list in use is the newest.
    source.fail(Ended::Failed, "a test".into());
    source.fetch().await;
    assert_eq!((counted(), source.failures), ([1, 1, 1, 0], 0));
    assert_eq!((source.state.borrow().error.clone(), world.is_revoked(&source, 5)), (None, Some(true)));
    newest.store(1, Ordering::SeqCst);
    source.fetch().await;
    assert_eq!((counted(), world.is_revoked(&source, 5)), ([2, 1, 1, 0], Some(false)));
    // Over, it is asked for whatever the server thinks of it, and what comes is judged.
    newest.store(2, Ordering::SeqCst);
    source.fetch().await;
    source.keeper.clock = Clock::fixed(later(2 * 86400));
    source.fetch().await;
    assert_eq!(counted(), [2, 2, 1, 1]);
}

#[tokio::test]
async fn what_somebody_put_on_disk_is_judged_and_the_fault_is_told() {
    let world = World::new().await;
    let spool = world.keeper.spool.clone().unwrap();
    let forged = Issuer { signer: Signer::rsa(1), ..Issuer::new(Signer::rsa(0), "CA") };
    for bad in [Vec::new(), b"x".to_vec(), List::new(9).signed(&forged)] {
        spool.write(&world.url, &bad).unwrap();
        let mut source = world.restarted();
        source.restore().await;
        assert_eq!(world.is_revoked(&source, 5), None);
        assert!(source.state.borrow().error.is_some());
    }
}

#[tokio::test]
async fn a_task_follows_and_starts_from_disk_while_nobody_answers() {
    let world = World::new().await;
    let list = List::new(14).revoke(&[5], None).signed(&world.authority);
    world.keeper.spool.clone().unwrap().write(&world.url, &list).unwrap();
    let source =
        Source::new(Keeper { known: Known::default(), ..world.keeper.clone() }, "http://127.0.0.1:1/nca.crl");
    // Its address is another: nothing on disk, nobody there.
    let mut state = source.state();
    let task = tokio::spawn(source.follow());
    let told = state.wait_for(|state| state.error.is_some()).await.unwrap().clone();
    assert_eq!(told.this_update, None);
    task.abort();

    world.serve(list);
    let source = Source::new(world.keeper.clone(), &world.url);
    let mut state = source.state();
    let task = tokio::spawn(source.follow());
    assert_eq!(state.wait_for(|state| state.entries == 1).await.unwrap().error, None);
    task.abort();
}

#[test]
fn lists_are_fetched_before_they_are_over_and_less_often_after_failures() {
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86400));
    let wait = |next: Option<i64>, failures, jitter| {
        super::wait(now(), next.map(later), hour, failures, jitter).as_secs()
    };
    assert_eq!(wait(Some(86400), 0, 0.0), 3600);
    assert_eq!(wait(Some(86400), 0, 1.0), 2880);
    assert_eq!(super::wait(now(), Some(later(86400)), 2 * day, 0, 0.0).as_secs(), 64800);
    assert_eq!(wait(Some(400), 0, 0.0), 300);
    assert_eq!((wait(Some(1), 0, 0.0), wait(Some(-99), 0, 0.0), wait(None, 0, 0.0)), (10, 10, 10));
    let after: Vec<u64> = (1..=8).map(|failures| wait(Some(86400), failures, 0.0)).collect();
    assert_eq!(after, [10, 20, 40, 80, 160, 320, 600, 600]);
    assert_eq!((wait(None, u32::MAX, 0.0), wait(None, u32::MAX, 1.0)), (600, 480));
}
