//! A COMMIT whose answer never comes: it was carried out, it was not, or it will be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use iinspect::register::postgres::{Store, Url};
use iinspect::register::{Changeset, Facts, Feed, Ledger};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::support::{open, wait_up};
use crate::contract::support::{bounded, iin, put, request, seen, set, soon};
use crate::postgres::{self, shared, skipped};

/// What happens to the next COMMIT that passes.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// It never reaches the server.
    Before,
    /// It is carried out, and the answer is lost.
    After,
    /// The client loses its connection, and the server gets it a while later.
    Late,
}

const WHILE: Duration = Duration::from_millis(300);

/// Passes everything on, but for the next COMMIT.
struct Proxy {
    port: u16,
    next: Arc<Mutex<Option<Cut>>>,
}

impl Proxy {
    async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, next) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(None)));
        let cuts = next.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(client, server, cuts.clone()));
            }
        });
        Proxy { port, next }
    }
}

async fn pass(client: TcpStream, server: u16, next: Arc<Mutex<Option<Cut>>>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mute = Arc::new(AtomicBool::new(false));
    let muted = mute.clone();
    let answers = tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            if !muted.load(Ordering::Acquire) && to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        let sent = &buffer[..read];
        if sent.windows(7).any(|window| window == b"COMMIT\0")
            && let Some(cut) = next.lock().await.take()
        {
            mute.store(true, Ordering::Release);
            match cut {
                Cut::Before => {}
                Cut::After => {
                    to_server.write_all(sent).await.unwrap();
                    sleep(WHILE).await;
                }
                Cut::Late => {
                    drop(from_client);
                    answers.abort();
                    sleep(WHILE).await;
                    to_server.write_all(sent).await.unwrap();
                    sleep(WHILE).await;
                    return;
                }
            }
            break;
        }
        if to_server.write_all(sent).await.is_err() {
            break;
        }
    }
    answers.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_commit_got_lost_is_there_once_and_acknowledged() {
    if skipped() {
        return;
    }
    bounded(async {
        let name = postgres::new_register();
        let server = &shared().server;
        let proxy = Proxy::start(server.port).await;
        let url = Url::parse(&format!("postgres://postgres@127.0.0.1:{}/{name}", proxy.port)).unwrap();
        let store: Store = open(&url);
        wait_up(&store).await;
        let mut n = 0;
        for cut in [Cut::Before, Cut::After, Cut::Late] {
            for with_request in [false, true] {
                n += 1;
                let asked = request(n.into(), 1).filter(|_| with_request);
                let set = Changeset { request: asked.clone(), ..set(vec![put(iin(n), "once")]) };
                *proxy.next.lock().await = Some(cut);
                let committed = store.commit(set.clone(), soon()).await.unwrap();
                assert!(proxy.next.lock().await.is_none(), "nothing was cut");
                assert!(!committed.is_replayed());
                let what = format!("{cut:?}, with a request: {with_request}");
                let read = store.one(iin(n), soon()).await.unwrap();
                assert_eq!(seen(&read.value), (1, "once"), "{what}");
                let heads = store.heads(soon()).await.unwrap();
                assert_eq!(heads.0.iter().map(|head| head.0).sum::<u64>(), n, "{what}");
                assert_eq!(committed.token, heads, "{what}");
                if with_request {
                    assert!(store.commit(set, soon()).await.unwrap().is_replayed(), "{what}");
                }
            }
        }
        let sql = "SELECT count(*) FROM commit_log";
        let logged: i64 = server.client(&name).await.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(u64::try_from(logged).unwrap(), n);
    })
    .await;
}
