//! `[rulebook]`: whose rules decide.

use std::path::PathBuf;

use super::read::Reader;
use crate::rulebook::Profile;

/// Whose rules decide.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// A file instead of the built-in rulebook.
    pub file: Option<PathBuf>,
    /// The rules in force, or the guide's order of steps.
    pub profile: Profile,
}

impl Rulebook {
    pub(super) fn read(r: &mut Reader<'_>) -> Self {
        let profiles = [("in_force", Profile::InForce), ("guide", Profile::Guide)];
        Rulebook {
            file: r.optional_path("rulebook.file"),
            profile: r.choice("rulebook.profile", &profiles, Profile::InForce),
        }
    }
}
