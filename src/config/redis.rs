//! `[redis]`: what nodes remember for each other.

use std::time::Duration;

use super::read::Reader;
use crate::cache::shared::{Options, Url};

/// How long a tombstone is kept beyond the longest read of the register: a fact can wait for two
/// seconds until it is written, and a write takes a part of one.
const BEYOND: Duration = Duration::from_secs(30);

/// What nodes remember for each other.
#[derive(Clone, Debug)]
pub struct Redis {
    /// Where it is; `None`: each node remembers for itself.
    pub url: Option<Url>,
    /// How long a call waits for it.
    pub wait: Duration,
    /// Facts that may wait to be written.
    pub queue: usize,
}

impl Redis {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let text = r.text("redis.url", 0..=4096);
        let url = Some(text)
            .filter(|text| !text.is_empty())
            .and_then(|text| Url::parse(&text).map_err(|what| r.fault("redis.url", what)).ok());
        Redis {
            url,
            wait: r.duration("redis.wait", Duration::from_millis(1)..=Duration::from_secs(1)),
            queue: r.count("redis.queue", 1..=1_000_000) as usize,
        }
    }

    /// How the tier is used over a register whose reads take `read_timeout` at most; `None` without one.
    #[must_use]
    pub fn options(&self, read_timeout: Duration) -> Option<Options> {
        let url = self.url.clone()?;
        Some(Options { url, wait: self.wait, queue: self.queue, tombstone: read_timeout + BEYOND })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Flags};

    fn load(url: &str) -> Result<Config, String> {
        let env = [("IINSPECT_REDIS__URL".to_string(), url.to_string())];
        Config::load(None, env, &Flags::default()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn none_is_used_unless_one_is_named_and_a_fault_does_not_repeat_it() {
        let read = std::time::Duration::from_secs(1);
        assert!(load("").unwrap().redis.options(read).is_none());
        let options = load("redis://:secret@127.0.0.1").unwrap().redis.options(read).unwrap();
        assert_eq!(options.wait.as_millis(), 5);
        assert!(options.tombstone > read);
        let text = load("redis://:secret@a,b").unwrap_err();
        assert!(text.contains("redis.url (environment variable") && text.contains("one host"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
