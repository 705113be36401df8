//! The use cases of those who check numbers: facts and rules in, verdict out.

pub mod answer;
pub mod challenge;
pub mod claims;
pub mod decide;
pub mod issue_status;
pub mod possession;
pub mod screen;
pub mod stream;
mod told;
pub mod verify;
pub mod watch;

use crate::cache::Cache;
use crate::register::Register;
use crate::reload::Current;
use crate::rulebook::{self, Rulebook};
use told::Told;

pub use answer::{Answer, Assurance, Check, CheckKind, Outcome, Provenance, Verdict};
pub use verify::Request;

/// Whether absence from the register proves anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every number in force is there.
    Complete,
    /// Some are there.
    Partial,
}

/// How the operator wants verification done.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The register's name, told in the provenance.
    pub register_name: String,
    /// Whether absence from it proves anything.
    pub completeness: Completeness,
    /// Makes what the digits suggest a failure instead of a warning.
    pub strict_structure: bool,
    /// What is made of claims that agree by one level or another, and what is told of it.
    pub claims: claims::Policy,
    /// How long a read may take before the register counts as unavailable.
    pub read_timeout: std::time::Duration,
    /// How old a fact may be when the call does not say. Zero: the primary is asked each time.
    pub max_age: std::time::Duration,
}

/// Verification over one register.
#[derive(Clone, Debug)]
pub struct Verification {
    register: Register,
    /// Facts of the register, remembered.
    cache: Option<Cache>,
    rules: Rules,
    rulebook: Current<Rulebook>,
    possession: Option<possession::Possession>,
    told: Told,
}

impl Verification {
    /// Verification over `register` by `rules` and the built-in rulebook.
    #[must_use]
    pub fn new(register: Register, rules: Rules) -> Self {
        Verification {
            register,
            cache: None,
            rules,
            rulebook: Current::fixed(rulebook::built_in()),
            possession: None,
            told: Told::new(),
        }
    }

    /// The same, and facts about numbers are taken from a cache over the same register.
    #[must_use]
    pub fn with_cache(self, cache: Option<Cache>) -> Self {
        Verification { cache, ..self }
    }

    /// The same by another rulebook.
    #[must_use]
    pub fn with_rulebook(self, rulebook: Current<Rulebook>) -> Self {
        Verification { rulebook, ..self }
    }

    /// The same with electronic signatures judged.
    #[must_use]
    pub fn with_possession(self, possession: Option<possession::Possession>) -> Self {
        Verification { possession, ..self }
    }
}
