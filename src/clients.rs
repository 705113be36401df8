//! Who calls: which names in clients' certificates belong to whom, from a file that can change.
//!
//! A client is told apart by the names that its certificate has and that the configured authority
//! certified, by nothing that it says of itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use toml::{Table, Value};

use crate::context::{Client, ClientKind};
use crate::grpc::edge::ClientNames;
use crate::reload;

/// The most clients of one file.
pub const MAX: usize = 10_000;
/// The most names of one client.
const NAMES: usize = 16;
/// The longest name, in bytes; of an id, 64.
const NAME: usize = 256;

/// The clients as a file that can change.
pub static FILE: reload::Kind<Clients> = reload::Kind {
    name: "clients",
    longest: 4 * 1024 * 1024,
    parse: |files| {
        let read = |file: &reload::Content| {
            let named = |fault| format!("{}: {fault}", file.name);
            Clients::parse(file.text()?).map_err(|faults| faults.into_iter().map(named).collect())
        };
        files.first().map_or_else(|| Err(vec!["no file".into()]), read)
    },
    version: |clients| clients.version.clone(),
};

/// Who is known.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    version: String,
    by_name: HashMap<String, Client>,
}

impl Clients {
    /// Nobody.
    #[must_use]
    pub fn none() -> Self {
        Clients::default()
    }

    /// Whose certificate has these names: the first that is known decides. Nobody's: a client without
    /// an id.
    #[must_use]
    pub fn of(&self, names: &ClientNames) -> Client {
        names.0.iter().find_map(|name| self.by_name.get(name)).cloned().unwrap_or_default()
    }

    /// Reads a file of clients.
    ///
    /// ```
    /// use iinspect::{clients::Clients, context::ClientKind, grpc::edge::ClientNames};
    /// let clients = Clients::parse(r#"
    ///     version = "2026-11"
    ///     [[client]]
    ///     id = "alpha"
    ///     kind = "bank"
    ///     names = ["verify.alpha.example", "spiffe://alpha.example/verify"]
    /// "#)?;
    /// let names = ClientNames(["unknown.example".into(), "verify.alpha.example".into()].into());
    /// assert_eq!(clients.of(&names).id.as_deref(), Some("alpha"));
    /// assert_eq!(clients.of(&names).kind, Some(ClientKind::Bank));
    /// assert_eq!(clients.of(&ClientNames::default()).id, None);
    /// # Ok::<(), Vec<String>>(())
    /// ```
    ///
    /// # Errors
    /// Every fault, each with the client it is about.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| vec![e.message().to_string()])?;
        let mut faults = Vec::new();
        for key in table.keys().filter(|key| !["version", "client"].contains(&key.as_str())) {
            faults.push(format!("{key}: there is no such key; there are version and client"));
        }
        let version = table.get("version").and_then(Value::as_str).filter(|v| (1..=64).contains(&v.len()));
        if version.is_none() {
            faults.push("version: must be a text of 1 to 64 characters".into());
        }
        let none = Vec::new();
        let all = match table.get("client") {
            None => &none,
            Some(Value::Array(all)) if all.len() <= MAX => all,
            Some(_) => {
                faults.push(format!("client: must be at most {MAX} tables [[client]]"));
                &none
            }
        };
        let (mut ids, mut by_name) = (BTreeMap::new(), HashMap::new());
        for (i, value) in all.iter().enumerate() {
            let at = format!("client {}", i + 1);
            let Some((client, names)) = client(value, &at, &mut faults) else { continue };
            if let Some(other) = client.id.clone().and_then(|id| ids.insert(id, i + 1)) {
                faults.push(format!("{at}: id: is client {other}'s already"));
            }
            for name in names {
                if by_name.insert(name, client.clone()).is_some() {
                    faults.push(format!("{at}: names: one of them is another client's already"));
                }
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Clients { version: version.unwrap_or_default().to_string(), by_name })
    }
}

/// One client and its names, or what is wrong with it.
fn client(value: &Value, at: &str, faults: &mut Vec<String>) -> Option<(Client, Vec<String>)> {
    let before = faults.len();
    let empty = Table::new();
    let table = value.as_table().unwrap_or(&empty);
    for key in table.keys().filter(|key| !["id", "kind", "names"].contains(&key.as_str())) {
        faults.push(format!("{at}: {key}: there is no such key; there are id, kind and names"));
    }
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let id = text("id").filter(|id| (1..=64).contains(&id.len()) && id.chars().all(plain));
    if id.is_none() {
        faults
            .push(format!("{at}: id: must be 1 to 64 letters, digits, dots, dashes and underscores (ASCII)"));
    }
    let kind = text("kind").and_then(|kind| ClientKind::ALL.into_iter().find(|known| known.word() == kind));
    if kind.is_none() {
        faults.push(format!("{at}: kind: must be bank, employer or registrar"));
    }
    let names = table.get("names").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<_> =
        names.iter().map(|name| name.as_str().filter(|n| (1..=NAME).contains(&n.len()))).collect();
    if names.is_empty() || names.len() > NAMES || names.contains(&None) {
        faults.push(format!("{at}: names: must be 1 to {NAMES} texts of 1 to {NAME} bytes"));
    }
    if faults.len() > before {
        return None;
    }
    let names = names.into_iter().flatten().map(str::to_string).collect();
    Some((Client { id: id.map(Arc::from), kind }, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_at_once_and_by_whom() {
        let faults = Clients::parse(
            r#"
            colour = "red"
            [[client]]
            id = "alpha"
            kind = "bank"
            names = ["a.example"]
            [[client]]
            id = "alpha"
            kind = "employer"
            names = ["a.example"]
            [[client]]
            id = "with space"
            kind = "shop"
            names = []
            secret = 1
            "#,
        )
        .unwrap_err();
        let told = [
            "colour: ",
            "version: ",
            "client 2: id: is client 1's",
            "client 2: names: one",
            "client 3: secret: ",
            "client 3: id: ",
            "client 3: kind: ",
            "client 3: names: ",
        ];
        assert_eq!(faults.len(), told.len(), "{faults:?}");
        for part in told {
            assert!(faults.iter().any(|fault| fault.starts_with(part)), "{part} {faults:?}");
        }
        assert!(Clients::parse("version = ").is_err_and(|faults| faults.len() == 1));
        assert!(Clients::parse("version = \"1\"\nclient = 3").is_err());
    }
}
