//! The program with a Redis: what servers remember for each other, and that nothing depends on it.

use std::time::{Duration, Instant};

use super::child::{Server, code, iinspect, run, stderr, stdout};
use crate::redis::server::Redis;
use crate::{postgres, redis};

/// Test numbers: no month is the 99th.
const NUMBERS: std::ops::Range<u64> = 0..60;

fn number(n: u64) -> Option<String> {
    let of = |last: u64| format!("009900{n:05}{last}");
    (0..10).map(of).find(|text| iinspect::number::Iin::parse(text).is_ok())
}

/// Waits for something that a server tells of itself.
#[track_caller]
fn until(what: &str, server: &Server, seen: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !seen() {
        assert!(Instant::now() < end, "{what}: {:?}\n{}", server.page("/readyz"), server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn source(server: &Server, number: &str) -> String {
    let asked = server.ask(&["verify", number, "--output", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap_or_default();
    answer["provenance"]["source"].as_str().unwrap_or_default().to_string()
}

#[test]
fn servers_remember_for_each_other_and_go_on_without_it() {
    if postgres::skipped() || redis::skipped() {
        return;
    }
    let register = postgres::shared().server.text(&postgres::new_register());
    let mut redis = Redis::start("");
    let start = || Server::start(&["--register", &register, "--redis", &redis.url()]);
    let (one, other) = (start(), start());
    for server in [&one, &other] {
        until("it finds Redis", server, || server.page("/readyz").1.contains("\nredis: up\n"));
    }
    // The other one may not have seen yet that nothing changed since: then it asks the register itself.
    let shared = NUMBERS.filter_map(number).find(|number| {
        let held = redis.run::<u64>("DBSIZE");
        source(&one, number);
        until("it is written", &one, || redis.run::<u64>("DBSIZE") > held);
        source(&other, number) == "SOURCE_CACHE_SHARED"
    });
    let number = shared.expect("the other one takes what the first one has read");
    let names: Vec<Vec<u8>> = ::redis::cmd("KEYS").arg("*").query(&mut redis.client()).unwrap();
    for name in names {
        let value: Vec<u8> = ::redis::cmd("GET").arg(&name).query(&mut redis.client()).unwrap();
        for bytes in [&name, &value] {
            assert!(!bytes.windows(12).any(|window| window.iter().all(u8::is_ascii_digit)));
        }
    }

    redis.kill();
    until("it misses Redis", &one, || one.page("/readyz").1.contains("\nredis: down"));
    assert_eq!(one.page("/readyz").0, 200, "readiness follows no Redis");
    assert!(one.page("/metrics").1.contains("iinspect_component_up{component=\"redis\"} 0"));
    assert_eq!(code(&one.ask(&["healthcheck", "--service", "iinspect.v1.VerificationService"])), 0);
    // The register is partial and holds nobody: that it says so is an answer.
    let asked = one.ask(&["verify", &number, "--output", "json"]);
    assert!(stdout(&asked).contains("REGISTER_PARTIAL"), "{}", stdout(&asked));
    redis.resume();
    until("it finds Redis again", &one, || one.page("/readyz").1.contains("\nredis: up\n"));
}

#[test]
fn a_url_that_is_none_is_not_repeated() {
    for url in ["redis://:s3cret@a,b", "http://s3cret", "redis://h?ca=s3cret"] {
        let refused = run(iinspect().args(["serve", "--demo", "--redis", url]));
        assert_eq!(code(&refused), 64, "{url}: {}", stderr(&refused));
        assert!(stderr(&refused).contains("redis.url (flag --redis)"), "{}", stderr(&refused));
        assert!(!stderr(&refused).contains("s3cret"), "{}", stderr(&refused));
    }
}
