//! A Redis Cluster of three nodes.

use std::process::Command;

use super::kinds::RIGHTS;
use super::support::{fill, is_up, position, round_trip, subject, tier, until};
use super::{Redis, port, skipped};

/// What a cluster takes beside them.
const MORE_RIGHTS: &str = "+cluster|slots +ping";

/// Three nodes with a third of the names each. Without copies: what a node holds is away when it is.
fn cluster() -> Vec<Redis> {
    let node = || {
        let bus = port();
        Redis::start(&format!(
            "cluster-enabled yes\ncluster-port {bus}\ncluster-node-timeout 2000\ncluster-require-full-coverage no\n\
             user cache on >s3cret resetkeys resetchannels {RIGHTS} {MORE_RIGHTS}\n"
        ))
    };
    let nodes = vec![node(), node(), node()];
    let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
    let made =
        Command::new("redis-cli").args(["--cluster", "create"]).args(addresses).arg("--cluster-yes").output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_where_the_cluster_keeps_them() {
    if skipped() {
        return;
    }
    assert!(include_str!("../../../docs/OPERATIONS.md").contains(MORE_RIGHTS));
    let mut nodes = cluster();
    let url = format!("redis+cluster://cache:s3cret@127.0.0.1:{},127.0.0.1:{}", nodes[0].port, nodes[1].port);
    let (a, b) = (tier(&url).await, tier(&url).await);
    round_trip(&a, &b).await;
    for node in &nodes {
        assert!(node.run::<u64>("DBSIZE") > 0, "every node holds some");
    }

    // A node that is gone takes its own names along and no others.
    let held = nodes[2].run::<u64>("DBSIZE");
    let all = nodes.iter().map(|node| node.run::<u64>("DBSIZE")).sum::<u64>();
    assert!(held < all);
    nodes[2].kill();
    let subjects: Vec<_> = (21..=40).map(subject).collect();
    until("the other nodes' names are found", || async {
        let found = a.get(&subjects).await;
        found.iter().flatten().count() > 0
    })
    .await;
    nodes[2].resume();
    is_up(&a).await;
    for n in 1..=40 {
        fill(&a, subject(n), 100).await;
    }
    until("the other node finds it again, too", || async { position(&b, subject(1)).await == Some(100) })
        .await;
}
