//! Files of the server's that can change while it runs: how their text becomes a value.

use crate::keys::Keys;
use crate::reload;
use crate::rulebook::{self, Rulebook};

/// The rulebook as a file that can change.
pub static RULEBOOK: reload::Kind<Rulebook> = reload::Kind {
    name: "rulebook",
    longest: 1024 * 1024,
    parse: |files| {
        let text = |file: &reload::Content| {
            let read = rulebook::load::read(&file.name, file.text()?);
            read.map_err(|faults| faults.0.iter().map(ToString::to_string).collect())
        };
        files.first().map_or_else(|| Err(vec!["no file".into()]), text)
    },
    version: |book| book.version().to_string(),
};

/// The deployment's keys as a file that can change.
pub static KEYS: reload::Kind<Keys> = reload::Kind {
    name: "keys",
    longest: 4096,
    parse: |files| {
        let text = |file: &reload::Content| {
            let named = |fault| format!("{}: {fault}", file.name);
            Keys::parse(file.text()?).map_err(|faults| faults.into_iter().map(named).collect())
        };
        files.first().map_or_else(|| Err(vec!["no file".into()]), text)
    },
    version: Keys::fingerprint,
};
