//! Where a Redis is: a URL, checked before anything connects.
//!
//! Read here and not by the client: that repeats URLs in its errors, knows no Sentinel, and takes
//! parameters it does not know without a word.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::url::{address_of, decode, is_here};

/// The ports that Redis and its Sentinel have been given.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
/// The most hosts that one URL names.
const HOSTS: usize = 32;
/// The most databases that a Redis can be set up with, by a whole number of 32 bits with a sign.
const DATABASES: u32 = i32::MAX as u32;

/// A URL of one Redis, of one found through its Sentinels, or of a Redis Cluster. Shown without users,
/// passwords and parameters.
///
/// | URL | what it is |
/// | --- | --- |
/// | `redis://USER:PASSWORD@HOST:PORT/DATABASE` | one Redis; all but the host can be left out |
/// | `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DATABASE` | the master of that name, as these Sentinels tell it |
/// | `redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT` | a Redis Cluster, by some of its nodes |
/// | `rediss://`, `rediss+sentinel://`, `rediss+cluster://` | the same over TLS, the Sentinels too |
///
/// | parameter | meaning |
/// | --- | --- |
/// | `?ca=` | a file with the authorities to trust instead of the system's |
/// | `?cert=`, `?key=` | files with the certificate and key to show |
/// | `?sentinel_user=`, `?sentinel_password=` | for the Sentinels, which have users of their own |
///
/// Users, passwords and parameters are percent-encoded.
///
/// ```
/// use iinspect::cache::shared::Url;
/// let url = Url::parse("rediss+sentinel://cache:secret@s1,s2:26380/primary/2?ca=/etc/ca.pem")?;
/// assert_eq!(url.to_string(), "rediss+sentinel://s1:26379,s2:26380/primary/2");
/// assert!(Url::parse("redis://cache:secret@127.0.0.1/x").is_err_and(|e| !e.contains("secret")));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    pub(super) kind: Kind,
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) database: u32,
    pub(super) login: Login,
    /// `None`: in the open.
    pub(super) tls: Option<Tls>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Single,
    Sentinel { master: String, login: Login },
    Cluster,
}

#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Option<Zeroizing<String>>,
}

/// Files, read whenever a connection is made, so that new ones are used by the next.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) ca: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, without any of its values.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or(SCHEMES)?;
        let (encrypted, kind) = match scheme.split_once('+').unwrap_or((scheme, "")) {
            ("redis", kind) => (false, kind),
            ("rediss", kind) => (true, kind),
            _ => return Err(SCHEMES.into()),
        };
        if rest.contains('#') {
            return Err("has a #: write it as %23".into());
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, addresses) = authority.rsplit_once('@').unwrap_or(("", authority));
        let login = login_of(login)?;
        let parameters = Parameters::read(query)?;
        let (kind, database) = match kind {
            "" => (Kind::Single, database_of(path)?),
            "cluster" if path.is_empty() => (Kind::Cluster, 0),
            "cluster" => return Err("of a cluster must name no database: a cluster has one alone".into()),
            "sentinel" => {
                let (master, database) = path.split_once('/').unwrap_or((path, ""));
                let master = decode(master, "the master's name")?;
                if master.is_empty() {
                    return Err("must name the master after the Sentinels: /MASTER".into());
                }
                (Kind::Sentinel { master, login: parameters.sentinel }, database_of(database)?)
            }
            _ => return Err(SCHEMES.into()),
        };
        let is_sentinel = matches!(kind, Kind::Sentinel { .. });
        if parameters.has_sentinel && !is_sentinel {
            return Err("has sentinel_user or sentinel_password and no Sentinel".into());
        }
        if !encrypted && parameters.tls != Tls::default() {
            return Err("has ca, cert or key and no TLS: begin it with rediss".into());
        }
        if parameters.tls.cert.is_some() != parameters.tls.key.is_some() {
            return Err("has one of cert and key: they go together".into());
        }
        let port = if is_sentinel { SENTINEL_PORT } else { PORT };
        let hosts = addresses.split(',').map(|a| host_of(a, port)).collect::<Result<Vec<_>, _>>()?;
        if hosts.len() > 1 && matches!(kind, Kind::Single) {
            return Err("must name one host, or be a redis+sentinel:// or redis+cluster:// URL".into());
        }
        if hosts.len() > HOSTS {
            return Err(format!("names more than {HOSTS} hosts"));
        }
        Ok(Url { kind, hosts, database, login, tls: encrypted.then_some(parameters.tls) })
    }

    /// Whether Sentinels tell which server is the master.
    pub(super) fn is_followed(&self) -> bool {
        matches!(self.kind, Kind::Sentinel { .. })
    }

    /// Whether a password would cross to another machine in the open. What is kept there is sealed.
    #[must_use]
    pub fn shows_its_password(&self) -> bool {
        let sentinel = match &self.kind {
            Kind::Sentinel { login, .. } => login.password.is_some(),
            _ => false,
        };
        self.tls.is_none()
            && (self.login.password.is_some() || sentinel)
            && !self.hosts.iter().all(|(host, _)| is_here(host))
    }
}

const SCHEMES: &str =
    "must begin with redis://, redis+sentinel://, redis+cluster://, or the same with rediss for TLS";

#[derive(Default)]
struct Parameters {
    tls: Tls,
    sentinel: Login,
    has_sentinel: bool,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, String> {
        let mut parameters = Parameters::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or("has a parameter without a value")?;
            let value = decode(value, "a parameter")?;
            if value.is_empty() {
                return Err("has a parameter without a value".into());
            }
            match name {
                "ca" => parameters.tls.ca = Some(value.into()),
                "cert" => parameters.tls.cert = Some(value.into()),
                "key" => parameters.tls.key = Some(value.into()),
                "sentinel_user" => parameters.sentinel.user = Some(value),
                "sentinel_password" => parameters.sentinel.password = Some(value.into()),
                // Ignoring what is not known would ignore a misspelt `ca` too.
                _ => {
                    let known = "ca, cert, key, sentinel_user and sentinel_password";
                    return Err(format!("takes the parameters {known} only"));
                }
            }
            parameters.has_sentinel |= name.starts_with("sentinel");
        }
        if parameters.sentinel.user.is_some() && parameters.sentinel.password.is_none() {
            return Err("has a sentinel_user without a sentinel_password".into());
        }
        Ok(parameters)
    }
}

fn login_of(text: &str) -> Result<Login, String> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let (user, password) = (decode(user, "the user")?, decode(password, "the password")?);
    if password.is_empty() && !user.is_empty() {
        return Err(
            "has a user without a password: USER:PASSWORD@, or :PASSWORD@ for the default user".into()
        );
    }
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Login { user: some(user), password: some(password).map(Zeroizing::new) })
}

fn database_of(path: &str) -> Result<u32, String> {
    let number = if path.is_empty() { Some(0) } else { path.parse().ok() };
    number.filter(|n| *n < DATABASES).ok_or_else(|| "must name the database by its number: /0".into())
}

fn host_of(address: &str, port: u16) -> Result<(String, u16), String> {
    let (host, port) = address_of(address, port)?;
    if host.is_empty() {
        return Err("must name a host".into());
    }
    Ok((decode(host, "the host")?, port))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.tls.is_some() { "rediss" } else { "redis" })?;
        f.write_str(match self.kind {
            Kind::Single => "://",
            Kind::Sentinel { .. } => "+sentinel://",
            Kind::Cluster => "+cluster://",
        })?;
        for (i, (host, port)) in self.hosts.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if host.contains(':') {
                write!(f, "{comma}[{host}]:{port}")?;
            } else {
                write!(f, "{comma}{host}:{port}")?;
            }
        }
        match &self.kind {
            Kind::Single => write!(f, "/{}", self.database),
            Kind::Sentinel { master, .. } => write!(f, "/{master}/{}", self.database),
            Kind::Cluster => Ok(()),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken() {
        let rows = [
            ("redis://r.kz", "redis://r.kz:6379/0"),
            ("redis://u:p@127.0.0.1:7000/3", "redis://127.0.0.1:7000/3"),
            ("redis://:p@[::1]", "redis://[::1]:6379/0"),
            ("rediss://r.kz/?ca=/a&cert=/b&key=/c", "rediss://r.kz:6379/0"),
            ("redis+sentinel://a,b:1/m", "redis+sentinel://a:26379,b:1/m/0"),
            ("rediss+sentinel://u:p@a/m/7?sentinel_password=p", "rediss+sentinel://a:26379/m/7"),
            ("redis+cluster://u:p@a:1,b:2", "redis+cluster://a:1,b:2"),
            ("rediss+cluster://a/", "rediss+cluster://a:6379"),
        ];
        for (text, shown) in rows {
            assert_eq!(Url::parse(text).map(|url| url.to_string()), Ok(shown.to_string()), "{text}");
        }
        let url = Url::parse("redis://%40:%3a%2F@h").unwrap();
        assert_eq!(url.login.user.as_deref(), Some("@"));
        assert_eq!(url.login.password.as_ref().map(|p| p.as_str()), Some(":/"));
        let url = Url::parse("redis+sentinel://h/m?sentinel_user=a&sentinel_password=b%26").unwrap();
        let Kind::Sentinel { login, .. } = url.kind else { panic!() };
        assert_eq!(login.password.as_ref().map(|p| p.as_str()), Some("b&"));
    }

    #[test]
    fn what_is_refused_and_without_a_value() {
        let rows = [
            ("secret", "must begin"),
            ("http://h", "must begin"),
            ("redis+proxy://h", "must begin"),
            ("redis://", "name a host"),
            ("redis://a,b", "one host"),
            ("redis://h:0", "port"),
            ("redis://h:secret", "port"),
            ("redis://[::1", "without a ]"),
            ("redis://h/secret", "by its number"),
            ("redis://h/-1", "by its number"),
            ("redis://h/2147483647", "by its number"),
            ("redis+cluster://h/1", "no database"),
            ("redis+sentinel://h", "/MASTER"),
            ("redis+sentinel://h//1", "/MASTER"),
            ("redis+sentinel://h/m/secret", "by its number"),
            ("redis://secret@h", "without a password"),
            ("redis://h?secret", "without a value"),
            ("redis://h?ca=", "without a value"),
            ("redis://h?secret=x", "takes the parameters"),
            ("redis://h?ca=/secret", "no TLS"),
            ("rediss://h?cert=/secret", "go together"),
            ("redis://h?sentinel_password=secret", "no Sentinel"),
            ("redis+sentinel://h/m?sentinel_user=secret", "without a sentinel_password"),
            ("redis://u:secret%4@h", "hexadecimal"),
            ("redis://u:secret%ff@h", "no text"),
            ("redis://u:secret#1@h", "%23"),
        ];
        for (text, why) in rows {
            let e = Url::parse(text).unwrap_err();
            assert!(e.contains(why) && !e.contains("secret"), "{text}: {e}");
        }
        let many = vec!["h"; HOSTS + 1].join(",");
        assert!(Url::parse(&format!("redis+cluster://{many}")).unwrap_err().contains("32"));
        let url = Url::parse("rediss://user:secret@h/1?ca=/secret").unwrap();
        assert_eq!(format!("{url:?} {url}"), "Url(rediss://h:6379/1) rediss://h:6379/1");
    }

    #[test]
    fn a_password_in_the_open_is_noticed() {
        let shows = |text| Url::parse(text).unwrap().shows_its_password();
        assert!(shows("redis://:p@10.0.0.1") && shows("redis+cluster://u:p@127.0.0.1,r.kz"));
        assert!(shows("redis+sentinel://s/m?sentinel_password=p"));
        assert!(!shows("rediss://:p@10.0.0.1") && !shows("redis://10.0.0.1"));
        assert!(!shows("redis://:p@127.0.0.1") && !shows("redis://:p@localhost"));
    }
}
