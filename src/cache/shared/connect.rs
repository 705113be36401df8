//! How a connection is made, by the kind of Redis.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    ProtocolVersion, PushInfo, PushKind, RedisConnectionInfo, RedisError, TlsCertificates, cmd,
};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::fault::{FILES, Fault, NOT_MASTER, UNREACHED};
use super::link::Link;
use super::sentinel::Sentinels;
use super::url::{Kind, Login, Tls, Url};

/// How long one connection may take, its greeting included.
pub(super) const CONNECT: Duration = Duration::from_millis(250);
/// How long all of them may take that one link needs: Sentinels asked in turn, a cluster's nodes.
const CONNECT_ALL: Duration = Duration::from_secs(1);
/// How long an answer may take that no caller waits for.
pub(super) const ANSWER: Duration = Duration::from_millis(250);
/// Commands that may wait in the client to be sent.
const COMMANDS: usize = 1024;

/// Makes connections.
pub(super) struct Connector {
    url: Url,
    sentinels: Option<Sentinels>,
    /// The server that the Sentinels named last.
    master: Option<(String, u16)>,
    /// Counts the hints that came.
    hints: watch::Sender<u64>,
}

impl Connector {
    pub(super) fn new(url: Url, hints: watch::Sender<u64>) -> Self {
        let sentinels = match &url.kind {
            Kind::Sentinel { master, login } => {
                Some(Sentinels::new(master.clone(), url.hosts.clone(), login.clone(), url.tls.clone()))
            }
            Kind::Single | Kind::Cluster => None,
        };
        Connector { url, sentinels, master: None, hints }
    }

    /// A new link, within a second.
    pub(super) async fn connect(&mut self) -> Result<Link, Fault> {
        match timeout(CONNECT_ALL, self.connect_unbounded()).await {
            Ok(done) => done,
            Err(_) => Err(UNREACHED),
        }
    }

    async fn connect_unbounded(&mut self) -> Result<Link, Fault> {
        if matches!(self.url.kind, Kind::Cluster) {
            return self.cluster().await;
        }
        let Some(sentinels) = &mut self.sentinels else {
            let (host, port) = self.url.hosts.first().cloned().unwrap_or_default();
            return self.node(host, port).await;
        };
        let (host, port) = sentinels.master().await?;
        self.master = Some((host.clone(), port));
        let link = self.node(host, port).await?;
        is_master(&link).await?;
        Ok(link)
    }

    /// Waits until the master is another one. Of a Redis without Sentinels that is never.
    pub(super) async fn moved(&mut self) {
        match &mut self.sentinels {
            Some(sentinels) => sentinels.moved_from(self.master.as_ref()).await,
            None => std::future::pending().await,
        }
    }

    async fn node(&self, host: String, port: u16) -> Result<Link, Fault> {
        let gone = Arc::new(Notify::new());
        let (hints, told) = (self.hints.clone(), gone.clone());
        let push = move |push: PushInfo| {
            match push.kind {
                PushKind::Message => hints.send_modify(|count| *count = count.wrapping_add(1)),
                PushKind::Disconnection => told.notify_one(),
                _ => {}
            }
            Ok::<(), redis::aio::SendError>(())
        };
        let config = AsyncConnectionConfig::new().set_push_sender(push);
        let connection =
            open(host, port, &self.url.login, self.url.database, self.url.tls.as_ref(), config).await?;
        Ok(Link::node(connection, gone))
    }

    async fn cluster(&self) -> Result<Link, Fault> {
        let hints = self.hints.clone();
        let push = move |push: PushInfo| {
            if push.kind == PushKind::Message {
                hints.send_modify(|count| *count = count.wrapping_add(1));
            }
            Ok::<(), redis::aio::SendError>(())
        };
        let nodes = self.url.hosts.iter().map(|(host, port)| address(host, *port, self.url.tls.is_some()));
        let mut builder = ClusterClientBuilder::new(nodes)
            .use_protocol(ProtocolVersion::RESP3)
            .tcp_settings(TcpSettings::default().set_nodelay(true))
            .connection_timeout(CONNECT)
            .response_timeout(ANSWER)
            .overall_response_timeout(Some(ANSWER))
            .retries(1)
            .push_sender(push);
        if let Some(user) = &self.url.login.user {
            builder = builder.username(user);
        }
        if let Some(password) = &self.url.login.password {
            builder = builder.password(password.as_str());
        }
        if let Some(certificates) = certificates(self.url.tls.as_ref()).await? {
            builder = builder.certs(certificates);
        }
        let client = builder.build().map_err(|e| unbuilt(&e))?;
        let connection = client.get_async_connection().await.map_err(|e| Fault::of(&e))?;
        Ok(Link::cluster(connection))
    }
}

/// One connection to one server.
pub(super) async fn open(
    host: String,
    port: u16,
    login: &Login,
    database: u32,
    tls: Option<&Tls>,
    config: AsyncConnectionConfig,
) -> Result<MultiplexedConnection, Fault> {
    let mut settings = RedisConnectionInfo::default()
        .set_protocol(ProtocolVersion::RESP3)
        // One right less to give, and servers before 7.2 have no such command.
        .set_skip_set_lib_name()
        .set_db(i64::from(database));
    if let Some(user) = &login.user {
        settings = settings.set_username(user);
    }
    if let Some(password) = &login.password {
        settings = settings.set_password(password.as_str());
    }
    let info: ConnectionInfo =
        address(&host, port, tls.is_some()).into_connection_info().map_err(|e| unbuilt(&e))?;
    let info = info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let client = match certificates(tls).await? {
        Some(certificates) => Client::build_with_tls(info, certificates),
        None => Client::open(info),
    };
    let client = client.map_err(|e| unbuilt(&e))?;
    // Every answer is waited for here, with a time limit of its own.
    let config = config
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(None)
        .set_pipeline_buffer_size(COMMANDS);
    client.get_multiplexed_async_connection_with_config(&config).await.map_err(|e| Fault::of(&e))
}

fn address(host: &str, port: u16, encrypted: bool) -> ConnectionAddr {
    let host = host.to_string();
    if encrypted {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    }
}

/// What a client is not built from can only be a file's content: all else was checked with the URL.
fn unbuilt(_: &RedisError) -> Fault {
    FILES
}

/// The files of a URL as they are now; `None` when it names none.
async fn certificates(tls: Option<&Tls>) -> Result<Option<TlsCertificates>, Fault> {
    let Some(tls) = tls.filter(|tls| **tls != Tls::default()).cloned() else { return Ok(None) };
    let read = move || {
        let file = |path: Option<&Path>| path.map(std::fs::read).transpose();
        let client = file(tls.cert.as_deref())?.zip(file(tls.key.as_deref())?);
        let client_tls = client.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
        Ok::<_, std::io::Error>(TlsCertificates { client_tls, root_cert: file(tls.ca.as_deref())? })
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(certificates)) => Ok(Some(certificates)),
        _ => Err(FILES),
    }
}

/// Whether a server is the master that the Sentinels say it is: for some time after a failover they
/// need not know. A user who may not ask finds out with the first write.
async fn is_master(link: &Link) -> Result<(), Fault> {
    let deadline = tokio::time::Instant::now() + ANSWER;
    let answers = link.run(vec![cmd("ROLE")], 1, deadline).await;
    if let Some(fault) = answers.fault {
        return Err(fault);
    }
    let role = match answers.values.into_iter().next().flatten() {
        Some(redis::Value::Array(parts)) => parts.into_iter().next(),
        _ => None,
    };
    match role {
        Some(redis::Value::BulkString(role)) if role != b"master" => Err(NOT_MASTER),
        _ => Ok(()),
    }
}
