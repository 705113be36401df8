//! A pgbouncer in transaction mode.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use iinspect::register::postgres::Url;

use super::{Folder, Kept, as_account, free_port, own, shared};

/// In front of some server.
pub(crate) struct Pooler {
    port: u16,
    _kept: Kept,
}

impl Pooler {
    /// Fewer connections to the server than a store has to the pooler: calls do share them.
    pub(crate) fn start(server: u16) -> Self {
        let folder = Folder::new();
        let port = free_port();
        let (users, conf) = (folder.0.join("users"), folder.0.join("pgbouncer.ini"));
        fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = 4\nmax_client_conn = 1000\nserver_idle_timeout = 5\n",
            users.display()
        );
        fs::write(&conf, text).unwrap();
        own(&folder.0);
        let mut command = as_account(Path::new("/usr/sbin/pgbouncer"));
        command.arg("-q").arg(&conf);
        let kept = Kept::start(folder, &command);
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "pgbouncer did not start: {}", kept.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        Pooler { port, _kept: kept }
    }

    pub(crate) fn url(&self, database: &str) -> Url {
        Url::parse(&format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)).unwrap()
    }
}

/// The one in front of the shared server. Blocks.
pub(crate) fn shared_pooler() -> &'static Pooler {
    static POOLER: OnceLock<Pooler> = OnceLock::new();
    POOLER.get_or_init(|| Pooler::start(shared().server.port))
}
