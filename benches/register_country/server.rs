//! A PostgreSQL of the benchmark's own, on a free port of loopback, gone when it is dropped.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running server.
pub(crate) struct Server {
    bin: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// Starts one; `None`, with the reason printed, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = bin() else {
            println!("no PostgreSQL here: only SQLite is measured (Debian: apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("iinspect-bench-").tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let server = Server { bin, folder, port };
        run(Command::new("chmod").arg("0755").arg(server.folder.path()));
        let data = server.data();
        run(Command::new("install").args(["-d", "-m", "0700"]).args(owner()).arg(&data));
        run(server.tool("initdb").args(["-A", "trust", "-E", "UTF8", "--locale=C"]).arg("-D").arg(&data));
        // Sized for a machine of its own: a quarter of the memory is PostgreSQL's own advice, this is
        // less. Everything that makes a commit durable is as it comes.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder} \
             -c shared_buffers=2GB -c max_wal_size=8GB -c checkpoint_timeout=15min",
            folder = data.display()
        );
        let log = data.join("log");
        run(server
            .tool("pg_ctl")
            .args(["start", "-w", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(log)
            .args(["-o", &options]));
        run(server.tool("createdb").args(["-h", "127.0.0.1", "-p", &port.to_string(), "register"]));
        Some(server)
    }

    /// As the store takes it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{}@127.0.0.1:{}/register", user(), self.port)
    }

    /// Memory that its processes hold together, in MiB, shared pages counted once.
    pub(crate) fn resident(&self) -> f64 {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let postmaster = pid.lines().next().unwrap_or_default().to_string();
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.unwrap_or_default();
        let all = std::iter::once(postmaster.as_str()).chain(children.split_whitespace());
        all.map(proportional).sum()
    }

    /// Sends a signal, such as STOP, to each of its processes.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let postmaster = pid.lines().next().expect("it runs").to_string();
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.unwrap_or_default();
        for process in std::iter::once(postmaster.as_str()).chain(children.split_whitespace()) {
            // One that has just ended is fine.
            let _ = Command::new("kill").args([&format!("-{signal}"), process]).output();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A tool of PostgreSQL's, run as a user that it lets run it.
    fn tool(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut as_postgres = Command::new("runuser");
            as_postgres.args(["-u", "postgres", "--"]).arg(path);
            as_postgres
        } else {
            Command::new(path)
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.tool("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.data()).output();
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn bin() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn user() -> String {
    if is_root() { "postgres".into() } else { std::env::var("USER").unwrap_or_default() }
}

fn owner() -> &'static [&'static str] {
    if is_root() { &["-o", "postgres"] } else { &[] }
}

/// Resident memory of a process with what it shares divided among those who share it, in MiB.
fn proportional(pid: &str) -> f64 {
    let rollup = std::fs::read_to_string(Path::new("/proc").join(pid).join("smaps_rollup"));
    let rollup = rollup.unwrap_or_default();
    let line = rollup.lines().find_map(|l| l.strip_prefix("Pss:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")).and_then(|n| n.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}
