//! Reads settings by type; what does not fit is gathered, not thrown.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use toml::Value;

use super::Fault;
use super::layers::Layers;

pub(super) struct Reader<'a> {
    layers: &'a Layers,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, faults: &'a mut Vec<Fault>) -> Self {
        Reader { layers, faults }
    }

    /// A setting by its own rule; `instead` stands in for one that is at fault, and is never used,
    /// since a fault ends the loading.
    fn parse<T>(
        &mut self,
        key: &str,
        allowed: &str,
        instead: T,
        rule: impl FnOnce(&Value) -> Option<T>,
    ) -> T {
        // The mark that stands for bytes which are no Unicode has no place in any setting.
        let unicode = |v: &&Value| !v.as_str().is_some_and(|t| t.contains('\u{FFFD}'));
        match self.layers.get(key).map(|s| &s.value).filter(unicode).and_then(rule) {
            Some(value) => value,
            None => {
                self.fault(key, format!("must be {allowed}"));
                instead
            }
        }
    }

    /// Adds a fault about a setting.
    pub(super) fn fault(&mut self, key: &str, allowed: impl Into<String>) {
        let source = self.layers.get(key).map_or("default", |s| &s.source).to_string();
        self.faults.push(Fault { key: key.into(), source, allowed: allowed.into() });
    }

    pub(super) fn text(&mut self, key: &str, lengths: RangeInclusive<usize>) -> String {
        let allowed = format!("a text of {} to {} characters", lengths.start(), lengths.end());
        self.parse(key, &allowed, String::new(), |v| {
            v.as_str().filter(|t| lengths.contains(&t.chars().count())).map(str::to_string)
        })
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.parse(key, "true or false", false, |v| match v {
            Value::Boolean(b) => Some(*b),
            Value::String(s) => s.parse().ok(),
            _ => None,
        })
    }

    pub(super) fn count(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.parse(key, &allowed, 0, |v| {
            match v {
                Value::Integer(n) => u32::try_from(*n).ok(),
                Value::String(s) => s.parse().ok(),
                _ => None,
            }
            .filter(|n| range.contains(n))
        })
    }

    pub(super) fn ratio(&mut self, key: &str) -> f64 {
        self.parse(key, "a number from 0 to 1", 0.0, |v| {
            match v {
                Value::Float(n) => Some(*n),
                Value::Integer(n) => i32::try_from(*n).ok().map(f64::from),
                Value::String(s) => s.parse().ok(),
                _ => None,
            }
            .filter(|n| (0.0..=1.0).contains(n))
        })
    }

    /// The URL of a collector: `None` for an empty text, `Some(None)` for "none" where that is allowed.
    pub(super) fn collector(&mut self, key: &str, or_none: bool) -> Option<Option<Uri>> {
        let form = "http://HOST:PORT or https://HOST:PORT";
        let allowed =
            if or_none { format!("{form}, \"none\", or empty") } else { format!("{form}, or empty") };
        self.parse(key, &allowed, None, |v| match v.as_str()? {
            "" => Some(None),
            "none" if or_none => Some(Some(None)),
            text => {
                let uri: Uri = text.parse().ok()?;
                let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
                let bare = uri.path_and_query().is_none_or(|path| path == "/");
                (scheme && bare && uri.host().is_some_and(|host| !host.is_empty())).then_some(Some(Some(uri)))
            }
        })
    }

    pub(super) fn duration(&mut self, key: &str, range: RangeInclusive<Duration>) -> Duration {
        let allowed =
            format!("a duration from {:?} to {:?}, such as \"500ms\" or \"3s\"", range.start(), range.end());
        self.parse(key, &allowed, Duration::ZERO, |v| {
            let parsed: jiff::SignedDuration = v.as_str()?.parse().ok()?;
            Duration::try_from(parsed).ok().filter(|d| range.contains(d))
        })
    }

    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)], instead: T) -> T {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        self.parse(key, &names.join(" or "), instead, |v| {
            let text = v.as_str()?;
            choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
        })
    }

    pub(super) fn address(&mut self, key: &str) -> SocketAddr {
        let instead = SocketAddr::from(([127, 0, 0, 1], 0));
        self.parse(key, "IP:PORT, such as 127.0.0.1:50051 or [::1]:50051", instead, |v| {
            v.as_str()?.parse().ok()
        })
    }

    pub(super) fn optional_address(&mut self, key: &str) -> Option<SocketAddr> {
        self.parse(key, "IP:PORT, or empty for none", None, |v| match v.as_str()? {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        })
    }

    pub(super) fn optional_path(&mut self, key: &str) -> Option<PathBuf> {
        self.parse(key, "a path, or empty for none", None, |v| {
            v.as_str().map(|t| (!t.is_empty()).then(|| PathBuf::from(t)))
        })
    }
}
