//! A server whose disk fills up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use iinspect::register::{Expect, Facts, Feed, Ledger, Status, Write};

use super::support::{open, wait_for, wait_up};
use crate::contract::support::{bounded, iin, put, record, seen, set, soon};
use crate::postgres::{Folder, Server, own, program, skipped};

/// A small file system for the data of a server, gone with it; its log of writes is kept elsewhere,
/// so that the server itself lives on.
struct Small(PathBuf);

impl Small {
    fn mount(path: &Path, size: &str) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(path);
        if !mount.output().is_ok_and(|o| o.status.success()) {
            println!("skipped: no small file system can be mounted here (that takes root)");
            return None;
        }
        own(path);
        Some(Small(path.to_path_buf()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writes_only_and_only_while_it_is_full() {
    if skipped() {
        return;
    }
    let folder = Folder::new();
    let data = folder.0.join("data");
    let Some(small) = Small::mount(&data, "56m") else {
        fs::remove_dir_all(&folder.0).unwrap();
        return;
    };
    let mut initdb = program("initdb");
    initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]);
    initdb.arg("-D").arg(&data).arg("--waldir").arg(folder.0.join("wal")).current_dir("/");
    let made = initdb.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = Server::at(folder.0, "shared_buffers = 8MB\nautovacuum = off");
    server.resume();
    bounded(async {
        server.register("small").await;
        let store = open(&server.url("small"));
        wait_up(&store).await;
        let ballast = small.0.join("ballast");
        fs::write(&ballast, vec![0; free(&small.0).saturating_sub(3 << 20)]).unwrap();
        let mut written = 0;
        let e = loop {
            let mut big = record(&written.to_string());
            // Of many characters: what can be compressed would fit in for long.
            big.person.names[0].family =
                (0..6_000u32).filter_map(|n| char::from_u32(0x4e00 + n * n % 20_000)).collect();
            let write = Write::record(iin(written), big, Expect::Absent);
            match store.commit(set(vec![write]), soon()).await {
                Ok(_) => written += 1,
                Err(e) => break e,
            }
            assert!(written < 1_000, "3 MiB never fill");
        };
        assert!(e.is_full() && written > 3, "{e} after {written} records, {} free", free(&small.0));
        wait_for(&store, |s| matches!(s, Status::ReadOnly(why) if why.starts_with("disk full"))).await;
        for n in 0..written {
            assert_eq!(seen(&store.one(iin(n), soon()).await.unwrap().value), (1, n.to_string().as_str()));
        }
        assert_eq!(store.one(iin(written), soon()).await.unwrap().value.record, None);
        let sum = |token: iinspect::register::Token| token.0.iter().map(|head| head.0).sum::<u64>();
        assert_eq!(sum(store.heads(soon()).await.unwrap()), written);

        fs::remove_file(&ballast).unwrap();
        // Without any traffic the probe finds out.
        wait_up(&store).await;
        store.commit(set(vec![put(iin(written), "again")]), soon()).await.unwrap();
        assert_eq!(sum(store.heads(soon()).await.unwrap()), written + 1);
        println!("disk: full after {written} records");
    })
    .await;
    server.stop();
}

/// Bytes that are free.
fn free(path: &Path) -> usize {
    let df = Command::new("df").args(["--output=avail", "-B1"]).arg(path).output().unwrap();
    String::from_utf8(df.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap()
}
