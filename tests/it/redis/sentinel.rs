//! A Redis found through its Sentinels, who choose another master when one is gone.

use super::skipped;
use super::support::{fill, is_ill, is_up, position, round_trip, subject, tier, until};
use super::watched::Watched;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_master_is_followed_when_one_is_killed() {
    if skipped() {
        return;
    }
    let mut watched = Watched::start();
    let (a, b) = (tier(&watched.url()).await, tier(&watched.url()).await);
    round_trip(&a, &b).await;

    watched.master.kill();
    is_ill(&a, "").await;
    is_up(&a).await;
    fill(&a, subject(200), 7).await;
    until("the other node is there, too", || async { position(&b, subject(200)).await == Some(7) }).await;

    let client = redis::Client::open(format!("redis://:s3cret@127.0.0.1:{}", watched.copy.port)).unwrap();
    let role: Vec<redis::Value> = redis::cmd("ROLE").query(&mut client.get_connection().unwrap()).unwrap();
    assert_eq!(role[0], redis::Value::BulkString(b"master".to_vec()));

    // The old one comes back as a copy of the new one, and all goes on.
    watched.master.resume();
    fill(&a, subject(201), 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_master_is_followed_when_one_hangs() {
    if skipped() {
        return;
    }
    let watched = Watched::start();
    let shared = tier(&watched.url()).await;
    fill(&shared, subject(1), 1).await;
    watched.master.freeze();
    // Its connections stay open: nobody but the Sentinel says that it is gone.
    fill(&shared, subject(2), 2).await;
    watched.master.thaw();
    fill(&shared, subject(3), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_said_what_the_sentinels_lack() {
    if skipped() {
        return;
    }
    let watched = Watched::start();
    let url = watched.url();
    for (url, why) in [
        (url.replace("/primary", "/secret"), "know no master of this name"),
        (url.replace("=watch", "=secret"), "refuses this user or password"),
        (url.replace(&watched.sentinel.port.to_string(), "2"), "no Sentinel answers"),
    ] {
        let shared =
            iinspect::cache::shared::Shared::start(super::support::options(&url), super::support::keys(&[1]));
        is_ill(&shared, why).await;
        assert!(!format!("{:?}", *shared.status().borrow()).contains("secret"));
    }
}
