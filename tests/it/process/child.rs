//! Children: killed when dropped and when this process dies, every wait bounded.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tonic::transport::Channel;

/// The binary, to be killed when the tests die (util-linux's setpriv asks the kernel for that).
pub(crate) fn iinspect() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_iinspect")]);
    // What is set around the tests must not reach the child.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IINSPECT_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs to the end, within 20 seconds.
pub(crate) fn run(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("did not end: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server on free ports with logs kept in files.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) grpc: String,
    pub(crate) admin: String,
}

impl Server {
    /// Starts `serve` with these arguments and waits until it answers.
    pub(crate) fn start<S: AsRef<OsStr>>(args: &[S]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready.json");
        let log = |name: &str| fs::File::create(folder.path().join(name)).unwrap();
        let child = iinspect()
            .arg("serve")
            .args(args)
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file"])
            .arg(&ready)
            .stdout(log("stdout"))
            .stderr(log("stderr"))
            .spawn()
            .unwrap();
        let mut server = Server { child, folder, grpc: String::new(), admin: String::new() };
        let end = Instant::now() + Duration::from_secs(20);
        while !ready.exists() {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "did not start: {ended:?} {}", server.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        let told: serde_json::Value = serde_json::from_str(&fs::read_to_string(&ready).unwrap()).unwrap();
        server.grpc = told["grpc"].as_str().unwrap().to_string();
        server.admin = told["admin"].as_str().unwrap().to_string();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    pub(crate) async fn channel(&self) -> Channel {
        Channel::from_shared(self.url()).unwrap().connect().await.unwrap()
    }

    /// What it has printed.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.folder.path().join("stdout")).unwrap()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }

    /// Runs a command of the binary against this server.
    pub(crate) fn ask(&self, args: &[&str]) -> Output {
        run(iinspect().args(args).args(["--server", &self.url()]))
    }

    /// The body of an admin page and its status.
    pub(crate) fn page(&self, path: &str) -> (u16, String) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.admin).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.split_whitespace().nth(1).unwrap().parse().unwrap(), body.to_string())
    }

    #[allow(dead_code, reason = "trials need it")]
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How much memory it holds, in KiB.
    #[allow(dead_code, reason = "trials need it")]
    pub(super) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Sends a signal, such as TERM.
    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.wait()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "did not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `sqlite:PATH`.
pub(crate) fn url_of(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
