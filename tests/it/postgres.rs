//! Real PostgreSQL servers for tests: each in a folder of its own, gone with the process that
//! started it however that ends.

pub(crate) mod pooler;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use iinspect::register::postgres::{Options, Store, Url};
use iinspect::register::subject::Key;

/// Set to 1, the tests that need PostgreSQL are left out. Without it, they fail where it is missing.
const SKIP: &str = "IINSPECT_SKIP_POSTGRES";

/// The account a server runs under: it refuses to run as root.
const ACCOUNT: &str = "postgres";

/// The longest that a server may take to start.
const START: Duration = Duration::from_secs(30);

/// Keeps a program running as long as its own standard input is open, which is as long as the
/// process that started it lives; then ends the program and takes the folder away. QUIT is
/// PostgreSQL's way to end without waiting for anybody; pgbouncer knows TERM only.
const KEEPER: &str = r#"
folder=$1; shift
"$@" </dev/null >>"$folder/log" 2>&1 &
trap '' INT TERM HUP
read -r _
kill -QUIT $! 2>/dev/null
kill -TERM $! 2>/dev/null
wait
if [ -n "$folder" ] && [ -f "$folder/kept" ]; then
    # A file system of its own, where a test mounted one.
    if mountpoint -q "$folder/data"; then umount -l "$folder/data"; fi
    rm -rf "$folder"
fi
"#;

/// Whether these tests are left out, which is said.
pub(crate) fn skipped() -> bool {
    let skipped = std::env::var(SKIP).is_ok_and(|value| value == "1");
    if skipped {
        println!("skipped: {SKIP}=1");
    }
    skipped
}

/// A folder under the system's for temporary files that a server can own.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("iinspect-pg-").tempdir().unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.join("kept"), "").unwrap();
        own(&folder);
        Folder(folder)
    }
}

/// Gives a file or folder to the account that servers run under.
pub(crate) fn own(path: &Path) {
    if is_root() {
        assert!(Command::new("chown").args(["-R", ACCOUNT]).arg(path).status().unwrap().success());
    }
}

fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| {
        let id = Command::new("id").arg("-u").output().unwrap();
        id.stdout.trim_ascii() == b"0"
    })
}

/// One of PostgreSQL's programs, under the account that may run it.
pub(crate) fn program(name: &str) -> Command {
    let path = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(path).into_iter().flatten().flatten();
    let mut found: Vec<_> =
        versions.map(|v| v.path().join("bin").join(name)).filter(|p| p.exists()).collect();
    found.sort();
    let path = found.pop().unwrap_or_else(|| {
        panic!(
            "there is no {name} under /usr/lib/postgresql: run tests/interop/setup postgres, \
             or set {SKIP}=1 to leave these tests out"
        )
    });
    as_account(&path)
}

/// A program under the account that servers run under.
pub(crate) fn as_account(path: &Path) -> Command {
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "--"]).arg(path);
    command
}

/// A program that ends with this process, and its folder with it.
pub(crate) struct Kept {
    pub(crate) folder: PathBuf,
    child: Child,
}

impl Kept {
    pub(crate) fn start(folder: Folder, command: &Command) -> Self {
        let child = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder.0)
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Kept { folder: folder.0, child }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server.
pub(crate) struct Server {
    kept: Option<Kept>,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
}

/// What every server is told. Tests that pull the plug turn `fsync` on again.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
fsync = off
wal_level = replica
autovacuum_naptime = 5s
log_min_messages = warning
";

impl Server {
    /// Creates a server with more settings, and starts it.
    pub(crate) fn start(settings: &str) -> Self {
        let mut server = Self::create(settings);
        server.resume();
        server
    }

    /// Creates a server and does not start it.
    pub(crate) fn create(settings: &str) -> Self {
        let folder = Folder::new();
        let data = folder.0.join("data");
        let mut initdb = program("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]);
        let made = initdb.arg("-D").arg(&data).current_dir("/").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::at(folder.0, settings)
    }

    /// A server over a folder that has its data already.
    pub(crate) fn at(folder: PathBuf, settings: &str) -> Self {
        let port = free_port();
        let mut conf = String::from(SETTINGS);
        conf += &format!("port = {port}\nunix_socket_directories = '{}'\n{settings}\n", folder.display());
        let path = folder.join("data/postgresql.conf");
        fs::write(&path, conf).unwrap();
        own(&path);
        Server { kept: None, folder, port }
    }

    /// Starts it, again or for the first time, and waits until it answers.
    pub(crate) fn resume(&mut self) {
        self.resume_unready();
        let end = Instant::now() + START;
        while !self.is_ready() {
            assert!(Instant::now() < end, "PostgreSQL did not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it and waits for nothing.
    pub(crate) fn resume_unready(&mut self) {
        if let Some(kept) = self.kept.take() {
            // The folder stays.
            fs::remove_file(self.folder.join("kept")).unwrap();
            drop(kept);
            fs::write(self.folder.join("kept"), "").unwrap();
        }
        let mut postgres = program("postgres");
        postgres.arg("-D").arg(self.folder.join("data"));
        self.kept = Some(Kept::start(Folder(self.folder.clone()), &postgres));
    }

    fn is_ready(&self) -> bool {
        let mut asked = program("pg_isready");
        asked.args(["-q", "-t", "1", "-h"]).arg(&self.folder).args(["-p", &self.port.to_string()]);
        asked.current_dir("/").status().unwrap().success()
    }

    pub(crate) fn log(&self) -> String {
        self.kept.as_ref().map(Kept::log).unwrap_or_default()
    }

    /// The process that starts all others, as long as it runs.
    fn postmaster(&self) -> Option<u32> {
        fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }

    /// Sends a signal to each of its processes.
    pub(crate) fn signal(&self, signal: &str) {
        let postmaster = self.postmaster().expect("it does not run");
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        let children = children.split_whitespace().map(str::to_string);
        for process in std::iter::once(postmaster.to_string()).chain(children) {
            // One that has just ended is fine.
            let _ = Command::new("kill").args([signal, &process]).stderr(Stdio::null()).status();
        }
    }

    /// Stops it in an orderly way and waits until it is gone.
    pub(crate) fn stop(&self) {
        let postmaster = self.postmaster().expect("it does not run");
        assert!(Command::new("kill").args(["-INT", &postmaster.to_string()]).status().unwrap().success());
        self.wait_gone(postmaster);
    }

    /// Pulls the plug.
    pub(crate) fn kill(&self) {
        let postmaster = self.postmaster().expect("it does not run");
        self.signal("-KILL");
        self.wait_gone(postmaster);
    }

    fn wait_gone(&self, process: u32) {
        let end = Instant::now() + START;
        let state = || fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        while !(state().is_empty() || state().contains(") Z ")) {
            assert!(Instant::now() < end, "PostgreSQL did not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A database of the server as a URL's text.
    pub(crate) fn text(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn url(&self, database: &str) -> Url {
        Url::parse(&self.text(database)).unwrap()
    }

    /// Runs statements in one of its databases.
    pub(crate) async fn run(&self, database: &str, sql: &str) {
        self.client(database).await.batch_execute(sql).await.unwrap();
    }

    /// A client of somebody else's making.
    pub(crate) async fn client(&self, database: &str) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(&self.text(database), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A new database with an empty register in it.
    pub(crate) async fn register(&self, name: &str) {
        self.run("postgres", &format!("CREATE DATABASE {name}")).await;
        Store::migrate(&self.url(name), &Options::default()).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.kept.is_none() && self.folder.join("kept").exists() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The server that tests share, and the register that theirs are copies of.
pub(crate) struct Shared {
    pub(crate) server: Server,
    pub(crate) key: Key,
    pub(crate) shards: u16,
}

/// The server that tests share. Blocks.
pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        block_on(async || {
            let server = Server::start("");
            server.register("template_register").await;
            let row = server
                .client("template_register")
                .await
                .query_one("SELECT key, shards FROM meta", &[])
                .await
                .unwrap();
            let key = Key::new(row.get::<_, Vec<u8>>(0).try_into().unwrap());
            let shards = u16::try_from(row.get::<_, i32>(1)).unwrap();
            Shared { server, key, shards }
        })
    })
}

/// A new register in the shared server: its database's name. Blocks.
pub(crate) fn new_register() -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let server = &shared().server;
    let name = format!("r{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let sql = format!("CREATE DATABASE {name} TEMPLATE template_register");
    block_on(|| server.run("postgres", &sql));
    name
}

/// Runs something to its end on a thread and a runtime of its own, wherever the caller is.
pub(crate) fn block_on<T: Send, F: Future<Output = T>>(work: impl FnOnce() -> F + Send) -> T {
    std::thread::scope(|scope| {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(work())
        };
        scope.spawn(run).join().unwrap()
    })
}
