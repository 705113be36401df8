//! Where a database is: a URL, checked before anything connects.
//!
//! Read here and not by sqlx: that logs the values of parameters it does not know, and would take
//! an unencrypted connection to another machine without a word.

use std::fmt;
use std::path::PathBuf;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::url::{address_of, decode, is_here};

/// The port that PostgreSQL has been given.
const PORT: u16 = 5432;

/// A `postgres://` or `postgresql://` URL of a database. Shown without its user, password and
/// parameters.
///
/// | part | meaning |
/// | --- | --- |
/// | `user`, `password` | percent-encoded; without a password `PGPASSWORD` is taken |
/// | `host`, `port` | one host; port 5432 when none is given |
/// | `/database` | required |
/// | `?host=/folder` | a Unix socket in that folder instead of a host |
/// | `?sslmode=` | `verify-full`, `verify-ca`, `require`, `prefer` or `disable`; another machine is only taken with `verify-full`, which is then the default, as `disable` is on this machine |
/// | `?sslrootcert=` | a file with authorities to trust, beside the public ones |
/// | `?sslcert=`, `?sslkey=` | files with the certificate and key to show |
///
/// ```
/// use iinspect::register::postgres::Url;
/// let url = Url::parse("postgres://iinspect:secret@db.example.kz/register?sslrootcert=/etc/ca.pem")?;
/// assert_eq!(url.to_string(), "postgres://db.example.kz:5432/register");
/// assert!(Url::parse("postgres://db.example.kz/register?sslmode=require").is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    user: Option<String>,
    password: Option<String>,
    place: Place,
    port: u16,
    database: String,
    tls: Tls,
}

/// Which machine, or which folder of this one.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    Host(String),
    Socket(PathBuf),
}

#[derive(Clone, Default, PartialEq, Eq)]
struct Tls {
    mode: Option<Mode>,
    root: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, without any of its values.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or("must begin with postgres:// or postgresql://")?;
        if rest.contains('#') {
            return Err("has a #: write it as %23".into());
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = authority.rsplit_once('@').map_or(("", authority), |(l, a)| (l, a));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decode(password, "the password")?)),
            None => (login, None),
        };
        if address.contains(',') {
            return Err("must name one host; replicas are named apart".into());
        }
        let (host, port) = address_of(address, PORT)?;
        let database = decode(path, "the database's name")?;
        if database.is_empty() || database.contains('/') {
            return Err("must name one database after the host: /DATABASE".into());
        }
        let mut place = match decode(host, "the host")? {
            folder if folder.starts_with('/') => Some(Place::Socket(folder.into())),
            host if host.is_empty() => None,
            host => Some(Place::Host(host)),
        };
        let mut tls = Tls::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            parameter(pair, &mut place, &mut tls)?;
        }
        let place = place.ok_or("must name a host, or the folder of a socket as ?host=/FOLDER")?;
        if tls.cert.is_some() != tls.key.is_some() {
            return Err("sslcert and sslkey go together".into());
        }
        let mode = tls.mode.unwrap_or(if place.is_here() { Mode::Disable } else { Mode::VerifyFull });
        if mode != Mode::VerifyFull && !place.is_here() {
            return Err(
                "another machine needs sslmode=verify-full: anything weaker lets others read along".into()
            );
        }
        tls.mode = Some(mode);
        let user = (!user.is_empty()).then(|| decode(user, "the user")).transpose()?;
        Ok(Url { user, password, place, port, database, tls })
    }

    /// As sqlx takes it.
    pub(super) fn options(&self) -> PgConnectOptions {
        let mut options = PgConnectOptions::new_without_pgpass()
            .port(self.port)
            .database(&self.database)
            .ssl_mode(match self.tls.mode {
                None | Some(Mode::VerifyFull) => PgSslMode::VerifyFull,
                Some(Mode::VerifyCa) => PgSslMode::VerifyCa,
                Some(Mode::Require) => PgSslMode::Require,
                Some(Mode::Prefer) => PgSslMode::Prefer,
                Some(Mode::Disable) => PgSslMode::Disable,
            });
        options = match &self.place {
            Place::Host(host) => options.host(host),
            Place::Socket(folder) => options.socket(folder),
        };
        if let Some(user) = &self.user {
            options = options.username(user);
        }
        if let Some(password) = &self.password {
            options = options.password(password);
        }
        if let Some(root) = &self.tls.root {
            options = options.ssl_root_cert(root);
        }
        if let (Some(cert), Some(key)) = (&self.tls.cert, &self.tls.key) {
            options = options.ssl_client_cert(cert).ssl_client_key(key);
        }
        options
    }
}

impl Place {
    /// Whether what is sent there stays on this machine.
    fn is_here(&self) -> bool {
        match self {
            Place::Socket(_) => true,
            Place::Host(host) => is_here(host),
        }
    }
}

fn parameter(pair: &str, place: &mut Option<Place>, tls: &mut Tls) -> Result<(), String> {
    let (name, value) = pair.split_once('=').ok_or("has a parameter without a value")?;
    let value = decode(value, "a parameter")?;
    match name {
        "host" if value.starts_with('/') => *place = Some(Place::Socket(value.into())),
        "host" => return Err("the parameter host is for the folder of a socket: /FOLDER".into()),
        "sslmode" => {
            tls.mode = Some(match value.as_str() {
                "disable" => Mode::Disable,
                "prefer" => Mode::Prefer,
                "require" => Mode::Require,
                "verify-ca" => Mode::VerifyCa,
                "verify-full" => Mode::VerifyFull,
                _ => return Err("sslmode is disable, prefer, require, verify-ca or verify-full".into()),
            });
        }
        "sslrootcert" => tls.root = Some(value.into()),
        "sslcert" => tls.cert = Some(value.into()),
        "sslkey" => tls.key = Some(value.into()),
        // Ignoring what is not known would ignore a misspelt `sslmode` too.
        _ => return Err("takes the parameters host, sslmode, sslrootcert, sslcert and sslkey only".into()),
    }
    Ok(())
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host(host) if host.contains(':') => {
                write!(f, "postgres://[{host}]:{}/{}", self.port, self.database)
            }
            Place::Host(host) => write!(f, "postgres://{host}:{}/{}", self.port, self.database),
            Place::Socket(folder) => {
                write!(f, "postgres:///{}?host={}", self.database, folder.display())
            }
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
            ("postgres://u:p@db.kz/r", "postgres://db.kz:5432/r"),
            ("postgresql://u@db.kz:6432/r?sslmode=verify-full", "postgres://db.kz:6432/r"),
            ("postgres://127.0.0.1/r", "postgres://127.0.0.1:5432/r"),
            ("postgres://u:%40%3a@[::1]:1/r?sslmode=disable", "postgres://[::1]:1/r"),
            ("postgres:///r?host=/run/pg", "postgres:///r?host=/run/pg"),
            ("postgres://%2Frun%2Fpg/r", "postgres:///r?host=/run/pg"),
            ("postgres://u:a@b@localhost/r", "postgres://localhost:5432/r"),
        ];
        for (text, shown) in rows {
            assert_eq!(Url::parse(text).map(|url| url.to_string()), Ok(shown.to_string()), "{text}");
        }
        let url = Url::parse("postgres://u:%40%3a@[::1]:1/r").unwrap();
        assert_eq!(url.password.as_deref(), Some("@:"));
        assert!(url.tls.mode == Some(Mode::Disable));
        assert!(Url::parse("postgres://db.kz/r").unwrap().tls.mode == Some(Mode::VerifyFull));
    }

    #[test]
    fn what_is_refused_and_without_a_value() {
        let rows = [
            ("mysql://h/r", "must begin"),
            ("postgres://h", "one database"),
            ("postgres://h/", "one database"),
            ("postgres:///r", "must name a host"),
            ("postgres://a,b/r", "one host"),
            ("postgres://h:0/r", "port"),
            ("postgres://h:x/r", "port"),
            ("postgres://h/r?secret", "without a value"),
            ("postgres://h/r?secret=x", "takes the parameters"),
            ("postgres://h/r?sslmode=secret", "sslmode is"),
            ("postgres://h/r?sslmode=require", "verify-full"),
            ("postgres://10.0.0.1/r?sslmode=disable", "verify-full"),
            ("postgres://localhost.kz/r?sslmode=prefer", "verify-full"),
            ("postgres://h/r?sslcert=secret", "go together"),
            ("postgres://u:secret%4@h/r", "hexadecimal"),
            ("postgres://u:secret%zz@h/r", "hexadecimal"),
            ("postgres://u:secret%ff@h/r", "no text"),
            ("postgres://u:secret#1@h/r", "%23"),
        ];
        for (text, why) in rows {
            let e = Url::parse(text).unwrap_err();
            assert!(e.contains(why) && !e.contains("secret"), "{text}: {e}");
        }
        let url = Url::parse("postgres://user:secret@h/r?sslrootcert=/secret").unwrap();
        assert_eq!(format!("{url:?} {url}"), "Url(postgres://h:5432/r) postgres://h:5432/r");
    }
}
