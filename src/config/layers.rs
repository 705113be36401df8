//! The providers, one over the other, each setting with where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::{DEFAULTS, Fault, otel};

/// What environment variables that hold settings begin with.
const PREFIX: &str = "IINSPECT_";

/// Settings given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags(Vec<(&'static str, String, &'static str)>);

impl Flags {
    /// Sets `key` to `value`, as given with `flag`.
    pub fn set(&mut self, key: &'static str, value: impl Into<String>, flag: &'static str) {
        self.0.push((key, value.into(), flag));
    }
}

/// A setting and where it came from.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) source: String,
}

/// Every setting by its dotted key, the last provider's.
#[derive(Debug)]
pub(super) struct Layers(BTreeMap<String, Setting>);

impl Layers {
    /// Reads the providers in order. A key that the defaults file does not know is a fault.
    pub(super) fn gather(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut all = BTreeMap::new();
        for (key, value) in leaves(&parse(DEFAULTS, "default", faults)) {
            all.insert(key, Setting { value, source: "default".into() });
        }
        let mut layers = Layers(all);
        if let Some(path) = file {
            let source = path.display().to_string();
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    for (key, value) in leaves(&parse(&text, &source, faults)) {
                        layers.put(key, value, source.clone(), faults);
                    }
                }
                Err(e) => {
                    faults.push(Fault {
                        key: "--config".into(),
                        source,
                        allowed: format!("cannot be read: {e}"),
                    });
                }
            }
        }
        let mut env: Vec<_> = env.into_iter().collect();
        env.sort();
        for otel::Variable { name, outcome } in otel::variables(&env) {
            let source = format!("environment variable {name}");
            match outcome {
                Ok(settings) => {
                    for (key, value) in settings {
                        layers.put(key.to_string(), Value::String(value), source.clone(), faults);
                    }
                }
                Err(allowed) => {
                    faults.push(Fault { key: "telemetry".into(), source, allowed: allowed.into() });
                }
            }
        }
        for (name, value) in env {
            // Names without `__` are no settings (IINSPECT_SERVER is the address clients use).
            let Some(key) = name.strip_prefix(PREFIX).filter(|k| k.contains("__")) else { continue };
            let key = key.to_ascii_lowercase().replace("__", ".");
            layers.put(key, Value::String(value), format!("environment variable {name}"), faults);
        }
        for (key, value, flag) in &flags.0 {
            layers.put((*key).to_string(), Value::String(value.clone()), format!("flag {flag}"), faults);
        }
        layers
    }

    fn put(&mut self, key: String, value: Value, source: String, faults: &mut Vec<Fault>) {
        if let Some(setting) = self.0.get_mut(&key) {
            *setting = Setting { value, source };
            return;
        }
        let section = key.split('.').next().unwrap_or_default();
        let known: Vec<_> = self.0.keys().filter(|k| k.split('.').next() == Some(section)).cloned().collect();
        let allowed = if known.is_empty() {
            "there is no such section".to_string()
        } else {
            format!("there is no such setting; this section has {}", known.join(", "))
        };
        faults.push(Fault { key, source, allowed });
    }

    /// A setting of the defaults file.
    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }
}

fn parse(text: &str, source: &str, faults: &mut Vec<Fault>) -> Table {
    text.parse().unwrap_or_else(|e: toml::de::Error| {
        let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
        let allowed = format!("is not TOML: {} (line {line})", e.message());
        faults.push(Fault { key: "--config".into(), source: source.into(), allowed });
        Table::new()
    })
}

/// The values of a table that are no tables themselves, by their dotted keys.
fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                out.extend(leaves(inner).into_iter().map(|(k, v)| (format!("{key}.{k}"), v)));
            }
            _ => out.push((key.clone(), value.clone())),
        }
    }
    out
}
