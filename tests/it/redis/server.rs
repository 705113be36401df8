//! Real Redis servers: each in a folder of its own, gone with the process that started it however that
//! ends.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest that a server may take to start.
const START: Duration = Duration::from_secs(20);

/// Keeps a program running as long as its own standard input is open, which is as long as the
/// process that started it lives. Nothing less ends one that was stopped by a signal.
const KEEPER: &str = r#"
"$@" </dev/null >>log 2>&1 &
echo $! >pid.new && mv pid.new pid
trap '' INT TERM HUP
read -r _
kill -KILL $! 2>/dev/null
wait
"#;

/// What every server is told: nothing is kept on the disk. The files of some tests come after.
const SETTINGS: &str = "
bind 127.0.0.1
save \"\"
appendonly no
daemonize no
repl-diskless-sync-delay 0
";

/// A port that is free, and that no outgoing connection takes: those come from a range above.
pub(crate) fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 20_000 + (first - 20_000 + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server.
pub(crate) struct Redis {
    pub(crate) port: u16,
    folder: TempDir,
    program: &'static str,
    keeper: Option<Child>,
}

impl Redis {
    /// Starts a server with more settings.
    pub(crate) fn start(settings: &str) -> Self {
        let mut server = Self::create("redis-server", settings);
        server.resume();
        server
    }

    /// A server that does not run yet.
    pub(crate) fn create(program: &'static str, settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("iinspect-redis-").tempdir().unwrap();
        let port = port();
        let listen = if settings.contains("tls-port") { String::new() } else { format!("port {port}\n") };
        let settings = settings.replace("PORT", &port.to_string());
        fs::write(folder.path().join("conf"), format!("{SETTINGS}{listen}{settings}\n")).unwrap();
        Redis { port, folder, program, keeper: None }
    }

    /// Starts it, again or for the first time, and waits until it listens.
    pub(crate) fn resume(&mut self) {
        assert!(self.keeper.is_none(), "it runs");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper", self.program, "conf"])
            .current_dir(self.folder.path())
            // A locale in which bytes are not in the order of their numbers, where there is one.
            .env("LC_ALL", "en_US.UTF-8")
            .stdin(Stdio::piped())
            .spawn();
        self.keeper = Some(keeper.unwrap());
        let end = Instant::now() + START;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "{} did not start: {}", self.program, self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
            let _ = fs::remove_file(self.folder.path().join("pid"));
        }
    }

    /// Stops it in the middle of whatever it does; its connections stay open.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = fs::read_to_string(self.folder.path().join("pid")).unwrap();
        assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its URL, in the open and without a user.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A client beside the one that is tested. Blocks.
    pub(crate) fn client(&self) -> redis::Connection {
        redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// Runs a command, its words with spaces between. Blocks.
    pub(crate) fn run<T: redis::FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut cmd = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            cmd.arg(word);
        });
        cmd.query(&mut self.client()).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
