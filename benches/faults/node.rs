//! A server process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server that ends with this process, and the folder with its log.
pub(crate) struct Node {
    child: Child,
    folder: tempfile::TempDir,
    pub(crate) grpc: String,
    pub(crate) admin: String,
}

impl Node {
    /// Two of them over one register and one Redis.
    pub(crate) fn two(register: &str, redis: &str) -> Vec<Self> {
        let nodes: Vec<_> = (0..2).map(|_| Self::start(register, redis)).collect();
        nodes.into_iter().map(Self::ready).collect()
    }

    fn start(register: &str, redis: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_iinspect"), "serve"])
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file"])
            .arg(ready_file(folder.path()))
            // As a deployment has them: in the environment, not on the command line.
            .env("IINSPECT_REGISTER__URL", register)
            .env("IINSPECT_REDIS__URL", redis)
            // So little that most of what is asked for often is asked of Redis.
            .env("IINSPECT_CACHE__LOCAL_BYTES", "1048576")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Node { child, folder, grpc: String::new(), admin: String::new() }
    }

    fn ready(mut self) -> Self {
        let end = Instant::now() + Duration::from_secs(20);
        let ready = ready_file(self.folder.path());
        while !ready.exists() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "did not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        let told: serde_json::Value = serde_json::from_slice(&std::fs::read(ready).unwrap()).unwrap();
        self.grpc = format!("http://{}", told["grpc"].as_str().unwrap());
        self.admin = told["admin"].as_str().unwrap().to_string();
        self
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn ready_file(folder: &Path) -> PathBuf {
    folder.join("ready.json")
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a component of a server is up, by its admin page.
pub(crate) async fn is_up(admin: &str, component: &str) -> bool {
    let page = async {
        let mut stream = tokio::net::TcpStream::connect(admin).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n").await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok::<_, std::io::Error>(text)
    };
    let text = tokio::time::timeout(Duration::from_secs(5), page).await;
    text.is_ok_and(|text| text.is_ok_and(|text| text.contains(&format!("\n{component}: up\n"))))
}
