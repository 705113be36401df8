//! What goes on beside what is measured: which processor a process has, and whether health is answered.

use std::process::Command;
use std::time::Duration;

use iinspect::pb::health::HealthCheckRequest;
use iinspect::pb::health::health_client::HealthClient;
use tokio::time::{Instant, sleep_until};
use tonic::transport::Channel;

/// Keeps a process, with all of its threads, on one processor.
pub(crate) fn pin(processor: &str, process: u32) {
    let done = Command::new("taskset").args(["-a", "-c", "-p", processor, &process.to_string()]).output();
    assert!(done.unwrap().status.success());
}

/// Asks for health ten times a second: how long the answers took, and how many did not come.
pub(crate) async fn probe(channel: Channel, end: Instant) -> (Vec<Duration>, u64) {
    let (mut took, mut failed) = (Vec::new(), 0);
    while Instant::now() < end {
        let began = Instant::now();
        let mut client = HealthClient::new(channel.clone());
        let asked = client.check(HealthCheckRequest::default());
        match tokio::time::timeout(Duration::from_secs(1), asked).await {
            Ok(Ok(_)) => took.push(began.elapsed()),
            _ => failed += 1,
        }
        sleep_until(began + Duration::from_millis(100)).await;
    }
    (took, failed)
}
