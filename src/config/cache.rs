//! `[cache]`: how facts are remembered.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::read::Reader;
use super::register::Register;
use crate::cache::expiry::MAX_TTL;
use crate::cache::{Lifetimes, Limits, Options};

/// How facts are remembered.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Whether they are at all.
    pub enabled: bool,
    /// Bytes in process.
    pub local_bytes: u64,
    /// Hundredths of them for numbers that the register does not hold.
    pub absent_percent: u64,
    /// How long facts live and how old they may be told.
    pub lifetimes: Lifetimes,
    /// Changes that are remembered.
    pub journal: usize,
    /// Reads that calls share, at once.
    pub flights: usize,
    /// Lookups at the register, at once.
    pub lookups: usize,
}

impl Cache {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        Cache {
            enabled: r.flag("cache.enabled"),
            local_bytes: u64::from(r.count("cache.local_bytes", 1024 * 1024..=u32::MAX)),
            absent_percent: u64::from(r.count("cache.absent_percent", 1..=90)),
            lifetimes: Lifetimes {
                in_force: limits(r, "cache.in_force_ttl", "cache.in_force_stale"),
                out_of_force: limits(r, "cache.out_of_force_ttl", "cache.out_of_force_stale"),
                not_found: limits(r, "cache.not_found_ttl", "cache.not_found_stale"),
                error: r.duration("cache.error_ttl", Duration::ZERO..=Duration::from_secs(10)),
            },
            journal: r.count("cache.journal", 1_000..=10_000_000) as usize,
            flights: r.count("cache.flights", 1..=1_000_000) as usize,
            lookups: r.count("cache.lookups", 1..=1_000_000) as usize,
        }
    }

    /// How a cache over a register is set up. `together`: reads of one number are shared, and of
    /// different numbers put together.
    #[must_use]
    pub fn options(&self, register: &Register, together: bool) -> Options {
        Options {
            local_bytes: self.local_bytes,
            absent_percent: self.absent_percent,
            lifetimes: self.lifetimes,
            journal: self.journal,
            feed_poll: register.feed_poll,
            read_timeout: register.read_timeout,
            flights: self.flights,
            lookups: self.lookups,
            together,
            ..Options::default()
        }
    }
}

fn limits(r: &mut Reader<'_>, ttl: &str, stale: &str) -> Limits {
    let ttls: RangeInclusive<Duration> = Duration::from_secs(1)..=MAX_TTL;
    let stales = Duration::from_millis(10)..=Duration::from_secs(3600);
    Limits { ttl: r.duration(ttl, ttls), stale: r.duration(stale, stales) }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Flags};

    #[test]
    fn the_defaults_of_the_file_and_of_the_library_are_the_same() {
        let config = Config::load(None, [], &Flags::default()).unwrap();
        let here = format!("{:?}", config.cache.options(&config.register, true));
        assert_eq!(here, format!("{:?}", crate::cache::Options::default()));
    }
}
