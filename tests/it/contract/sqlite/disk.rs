//! A disk that fills up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iinspect::register::sqlite::Store;
use iinspect::register::{Facts, Feed, Ledger, Register, Status};

use crate::contract::support::{bounded, iin, options, put, record, seen, set, soon};

/// A small file system of its own; `None`, with the reason printed, where none can be mounted.
struct Small(PathBuf, #[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir);

impl Small {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&path)
            .output()
            .is_ok_and(|o| o.status.success());
        if !mounted {
            println!("skipped: no small file system can be mounted here (that takes root)");
        }
        mounted.then_some(Small(path, folder))
    }

    fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn no_room_for_a_new_register() {
    let Some(small) = Small::mount("40k") else { return };
    let e = Store::open(small.0.join("register.db"), &options()).unwrap_err();
    assert!(e.is_full(), "{e}");
    assert_eq!(files(&small.0), 0, "no half of a register is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writes_only_and_only_while_it_is_full() {
    let Some(small) = Small::mount("600k") else { return };
    bounded(async {
        let ballast = small.0.join("ballast");
        fs::write(&ballast, vec![0; 100 << 10]).unwrap();
        let store = Store::open(small.0.join("register.db"), &options()).unwrap();
        let mut status = store.status();
        let register = Register::Sqlite(store);
        let mut written = 0;
        let e = loop {
            let mut big = record(&written.to_string());
            big.person.names[0].family = "Т".repeat(4_000);
            let write =
                iinspect::register::Write::record(iin(written), big, iinspect::register::Expect::Absent);
            match register.commit(set(vec![write]), soon()).await {
                Ok(_) => written += 1,
                Err(e) => break e,
            }
            assert!(written < 1_000, "600 KiB never fill");
        };
        assert!(e.is_full(), "{e}");
        assert!(written > 3);
        assert!(
            matches!(&*status.borrow_and_update(), Status::ReadOnly(why) if why.starts_with("disk full"))
        );
        for n in 0..written {
            assert_eq!(seen(&register.one(iin(n), soon()).await.unwrap().value), (1, n.to_string().as_str()));
        }
        assert_eq!(register.one(iin(written), soon()).await.unwrap().value.record, None);
        assert_eq!(register.heads(soon()).await.unwrap().0[0].0, written);

        fs::remove_file(&ballast).unwrap();
        // Without any traffic the probe finds out.
        let up = status.wait_for(Status::is_writable);
        tokio::time::timeout(Duration::from_secs(10), up).await.unwrap().unwrap();
        register.commit(set(vec![put(iin(written), "again")]), soon()).await.unwrap();
        assert_eq!(register.heads(soon()).await.unwrap().0[0].0, written + 1);
        // There is no room to move the WAL into the file: that is said, and the WAL stays.
        assert!(register.close().is_err_and(|e| e.is_full()));
        small.grow("8m");
        let register = Register::Sqlite(Store::open(small.0.join("register.db"), &options()).unwrap());
        assert_eq!(register.heads(soon()).await.unwrap().0[0].0, written + 1);
        assert_eq!(seen(&register.one(iin(written), soon()).await.unwrap().value), (1, "again"));
        register.close().unwrap();
    })
    .await;
}
