//! One Redis: with a user, a database, over TLS; and what is said where it does not let us in.

use std::path::Path;

use iinspect::cache::shared::Shared;

use super::support::{absent, is_ill, is_up, keys, options, position, round_trip, subject, tier};
use super::{Redis, skipped};
use crate::certificates::{authority, certificate};

/// The rights that operators are told to give.
pub(super) const RIGHTS: &str =
    "~iinspect:* &iinspect:* +get +pttl +getrange +set +eval +evalsha +publish +subscribe +select +role";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_the_rights_it_takes_and_no_others_can_do_all_of_it() {
    if skipped() {
        return;
    }
    let redis =
        Redis::start(&format!("user default off\nuser cache on >s3cret resetkeys resetchannels {RIGHTS}"));
    let url = format!("redis://cache:s3cret@127.0.0.1:{}/3", redis.port);
    let (a, b) = (tier(&url).await, tier(&url).await);
    round_trip(&a, &b).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_said_what_a_user_lacks() {
    if skipped() {
        return;
    }
    let rights = |lacks: &str| format!("resetkeys resetchannels {RIGHTS} {lacks}");
    let users = [
        ("reads", rights("-get"), "permission denied"),
        ("writes", rights("-evalsha"), "permission denied"),
        ("keys", rights("resetkeys ~other:*"), "permission denied"),
    ];
    let conf: String =
        users.iter().map(|(user, rights, _)| format!("user {user} on >s3cret {rights}\n")).collect();
    let redis = Redis::start(&format!("{conf}requirepass s3cret\n"));
    for (user, _, why) in users {
        let shared =
            Shared::start(options(&format!("redis://{user}:s3cret@127.0.0.1:{}", redis.port)), keys(&[1]));
        if user == "writes" {
            is_up(&shared).await;
            shared.fill(subject(1), absent(1), super::support::TTL);
        }
        is_ill(&shared, why).await;
        let told = format!("{:?}", *shared.status().borrow());
        assert_eq!(told.starts_with("ReadOnly"), user == "writes", "{user}: {told}");
        assert!(!told.contains("s3cret") && !told.contains("iinspect:"), "{told}");
    }
    for (url, why) in [
        (format!("redis://reads:wrong@127.0.0.1:{}", redis.port), "refuses this user or password"),
        (format!("redis://127.0.0.1:{}", redis.port), "refuses this user or password"),
        (format!("redis://:s3cret@127.0.0.1:{}/99", redis.port), "no database of this number"),
    ] {
        let shared = Shared::start(options(&url), keys(&[1]));
        is_ill(&shared, why).await;
        assert_eq!(position(&shared, subject(1)).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_server_is_spoken_to_and_it_is_shown_who_asks() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file).display().to_string();
    authority(folder.path(), "authority");
    authority(folder.path(), "stranger");
    certificate(folder.path(), "authority", "server", "server", "subjectAltName=DNS:localhost");
    certificate(folder.path(), "authority", "client", "client", "extendedKeyUsage=clientAuth");
    certificate(folder.path(), "stranger", "forged", "client", "extendedKeyUsage=clientAuth");
    let redis = Redis::start(&tls_settings(folder.path()));
    let url = |host: &str, ca: &str, shown: &str| {
        let shown = match shown {
            "" => String::new(),
            shown => format!("&cert={}&key={}", path(&format!("{shown}.pem")), path(&format!("{shown}.key"))),
        };
        format!("rediss://{host}:{}?ca={}{shown}", redis.port, path(ca))
    };

    let good = url("localhost", "authority.pem", "client");
    let (a, b) = (tier(&good).await, tier(&good).await);
    round_trip(&a, &b).await;

    let refused = [
        (url("localhost", "stranger.pem", "client"), "TLS failed"),
        (url("127.0.0.1", "authority.pem", "client"), "TLS failed"),
        (url("localhost", "missing.pem", "client"), "cannot be read"),
        (url("localhost", "authority.pem", "forged"), ""),
        (url("localhost", "authority.pem", ""), ""),
        (format!("redis://localhost:{}", redis.port), ""),
    ];
    for (text, why) in refused {
        let shared = Shared::start(options(&text), keys(&[1]));
        let mut status = shared.status();
        // The first word on it is that nothing is known yet.
        let told = tokio::time::timeout(super::support::END, status.changed()).await;
        told.expect(&text).unwrap();
        is_ill(&shared, why).await;
        assert_eq!(position(&shared, subject(30)).await, None, "{text}");
        let told = format!("{:?}", *shared.status().borrow());
        assert!(told.starts_with("Down") && !told.contains(".pem"), "{text}: {told}");
    }
}

/// A server over TLS alone that wants to see a certificate.
pub(super) fn tls_settings(certificates: &Path) -> String {
    let folder = certificates.display();
    format!(
        "port 0\ntls-port PORT\ntls-cert-file {folder}/server.pem\ntls-key-file {folder}/server.key\n\
         tls-ca-cert-file {folder}/authority.pem\ntls-auth-clients yes\n"
    )
}
