//! TLS: the server is who it says it is, or there is no connection.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use iinspect::register::postgres::{Options, Store, Url};
use iinspect::register::{Facts, Ledger};

use super::support::{open, wait_down, wait_up};
use crate::certificates::{authority, certificate};
use crate::contract::support::{bounded, iin, put, seen, set, soon};
use crate::postgres::{Server, own, skipped};

/// A server that takes encrypted connections only: with a certificate from who is called `postgres`,
/// without one from the others.
fn server(certificates: &Path) -> Server {
    let server = Server::create(
        "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'authority.pem'",
    );
    let data = server.folder.join("data");
    for file in ["server.pem", "server.key", "authority.pem"] {
        fs::copy(certificates.join(file), data.join(file)).unwrap();
    }
    let hba = "local all all trust\n\
               hostssl all open 127.0.0.1/32 trust\n\
               hostssl all postgres 127.0.0.1/32 cert\n";
    fs::write(data.join("pg_hba.conf"), hba).unwrap();
    own(&data);
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_server_is_spoken_to() {
    if skipped() {
        return;
    }
    bounded(async {
        let folder = tempfile::tempdir().unwrap();
        let path = |file: &str| folder.path().join(file);
        authority(folder.path(), "authority");
        authority(folder.path(), "stranger");
        certificate(folder.path(), "authority", "server", "server", "subjectAltName=DNS:localhost");
        certificate(folder.path(), "authority", "client", "postgres", "extendedKeyUsage=clientAuth");
        certificate(folder.path(), "stranger", "forged", "postgres", "extendedKeyUsage=clientAuth");
        let mut server = server(folder.path());
        server.resume();
        let socket = Url::parse(&format!(
            "postgres://postgres@%2F{}:{}/postgres",
            server.folder.display().to_string().trim_start_matches('/').replace('/', "%2F"),
            server.port
        ));
        Store::migrate(&socket.unwrap(), &Options::default()).await.unwrap();
        let through_socket = Command::new("psql")
            .arg("-h")
            .arg(&server.folder)
            .args(["-p", &server.port.to_string(), "-U", "postgres", "-qc"])
            .arg("CREATE ROLE open LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO open")
            .status();
        assert!(through_socket.unwrap().success());

        let port = server.port;
        let url = |user: &str, host: &str, root: &str, more: &str| {
            let root = path(root);
            let text = format!(
                "postgres://{user}@{host}:{port}/postgres?sslmode=verify-full&sslrootcert={}{more}",
                root.display()
            );
            Url::parse(&text).unwrap()
        };
        let shown = |cert: &str| {
            let file = |kind: &str| -> PathBuf { path(&format!("{cert}.{kind}")) };
            format!("&sslcert={}&sslkey={}", file("pem").display(), file("key").display())
        };

        // The right authority and the right name; the rights that serving takes and no more.
        let store = open(&url("open", "localhost", "authority.pem", ""));
        wait_up(&store).await;
        store.commit(set(vec![put(iin(1), "x")]), soon()).await.unwrap();
        assert_eq!(seen(&store.one(iin(1), soon()).await.unwrap().value), (1, "x"));
        // A client's certificate where one is asked for.
        wait_up(&open(&url("postgres", "localhost", "authority.pem", &shown("client")))).await;

        let refused = [
            // An authority that is not trusted, a name that is not the certificate's.
            (url("open", "localhost", "stranger.pem", ""), "TLS failed"),
            (url("open", "127.0.0.1", "authority.pem", ""), "TLS failed"),
            (url("open", "localhost", "missing.pem", ""), "no such socket or file"),
            // No certificate of the client, and one by an authority that the server does not trust.
            (url("postgres", "localhost", "authority.pem", ""), "refuses this user"),
            (url("postgres", "localhost", "authority.pem", &shown("forged")), "unavailable"),
            // In the open.
            (Url::parse(&format!("postgres://open@localhost:{port}/postgres")).unwrap(), "refuses this user"),
        ];
        for (url, why) in refused {
            let store = open(&url);
            wait_down(&store, why).await;
            assert!(store.one(iin(1), soon()).await.unwrap_err().is_unavailable(), "{why}");
            let told = format!("{:?}", *store.status().borrow());
            assert!(!told.contains("open@") && !told.contains(".pem"), "{told}");
        }
    })
    .await;
}
