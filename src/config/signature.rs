//! `[signature]`: what electronic signatures prove.

use std::time::Duration;

use super::read::Reader;
use crate::verification::possession::Presence;

/// What electronic signatures prove.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// How long a challenge can be answered.
    pub challenge_ttl: Duration,
    /// Whose key proves that the person is there.
    pub presence: Presence,
}

impl Signature {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let minute = Duration::from_secs(60);
        let presences = [("person", Presence::Person), ("holder", Presence::Holder)];
        Signature {
            challenge_ttl: r.duration("signature.challenge_ttl", minute / 2..=60 * minute),
            presence: r.choice("signature.presence", &presences, Presence::Person),
        }
    }
}
