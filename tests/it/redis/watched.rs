//! A master, a copy of it and a Sentinel, which needs nobody's agreement.

use std::fs;
use std::time::{Duration, Instant};

use super::server::Redis;

/// All three.
pub(crate) struct Watched {
    pub(crate) master: Redis,
    #[allow(dead_code, reason = "not everybody asks the copy")]
    pub(crate) copy: Redis,
    pub(crate) sentinel: Redis,
}

impl Watched {
    /// Starts them, and waits until the Sentinel has seen the copy: before that there is nobody to take
    /// over.
    pub(crate) fn start() -> Self {
        let auth = "requirepass s3cret\nmasterauth s3cret\n";
        let master = Redis::start(auth);
        let copy = Redis::start(&format!("{auth}replicaof 127.0.0.1 {}\n", master.port));
        let mut sentinel = Redis::create("redis-sentinel", "");
        let conf = format!(
            "bind 127.0.0.1\nport {}\nrequirepass watch\nsentinel monitor primary 127.0.0.1 {} 1\n\
             sentinel auth-pass primary s3cret\nsentinel down-after-milliseconds primary 1000\n\
             sentinel failover-timeout primary 2000\n",
            sentinel.port, master.port
        );
        fs::write(sentinel.folder().join("conf"), conf).unwrap();
        sentinel.resume();
        let watched = Watched { master, copy, sentinel };
        let end = Instant::now() + Duration::from_secs(60);
        while !watched.has_a_copy() {
            assert!(Instant::now() < end, "the Sentinel does not see the copy");
            std::thread::sleep(Duration::from_millis(50));
        }
        watched
    }

    pub(crate) fn url(&self) -> String {
        let port = self.sentinel.port;
        // Nobody listens at the first.
        format!("redis+sentinel://:s3cret@127.0.0.1:1,127.0.0.1:{port}/primary?sentinel_password=watch")
    }

    fn has_a_copy(&self) -> bool {
        let client = redis::Client::open(format!("redis://:watch@127.0.0.1:{}", self.sentinel.port));
        let Ok(mut client) = client.unwrap().get_connection() else { return false };
        let mut question = redis::cmd("SENTINEL");
        let copies: Vec<Vec<String>> =
            question.arg("REPLICAS").arg("primary").query(&mut client).unwrap_or_default();
        copies.iter().any(|copy| {
            let of = |name: &str| copy.iter().position(|word| word == name).and_then(|at| copy.get(at + 1));
            of("flags").is_some_and(|flags| flags == "slave")
                && of("master-link-status").is_some_and(|status| status == "ok")
        })
    }
}
