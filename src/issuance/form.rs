//! What an applicant states, and what the rules of the day made of it.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::stored;
use crate::number::{Iin, Sex};
use crate::person::{Country, Document, Name, Person};
use crate::reason::Reason;
use crate::rulebook::Purpose;
use crate::rulebook::codes::{
    self, Category, Channel, Code, Ground, Presence, Script, StayKind, VisaOrPermit,
};

/// The most spellings of the applicant's name.
pub const MAX_NAMES: usize = 8;

/// The person that an application is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Spellings of the name, 1 to [`MAX_NAMES`]; the first as in the machine-readable zone.
    pub names: Vec<Name>,
    /// Birth date.
    pub birth_date: Date,
    /// Sex.
    pub sex: Option<Sex>,
    /// Citizenship.
    pub citizenship: Option<Country>,
    /// The document shown; `None` for those who lawfully have none.
    pub document: Option<Document>,
    /// The script of the name in it.
    pub passport_script: Option<Script>,
    /// The script of the place of birth in it.
    pub birthplace_script: Option<Script>,
}

impl Applicant {
    /// Whether a person in the register is this applicant: the same birth date, and a document that is
    /// the same by kind, number and country. Names alone prove nothing: many share one.
    #[must_use]
    pub fn is(&self, person: &Person) -> bool {
        let same = |held: &Document| self.document.as_ref().is_some_and(|shown| same(shown, held));
        person.birth_date == Some(self.birth_date) && person.documents.iter().any(same)
    }
}

/// Whether two documents are one, however their numbers are spaced.
#[must_use]
pub fn same(a: &Document, b: &Document) -> bool {
    a.kind == b.kind && a.country == b.country && a.key() == b.key()
}

/// Who acts for the applicant.
#[derive(Clone, PartialEq, Eq)]
pub struct Representative {
    /// Name.
    pub name: Name,
    /// Their document.
    pub document: Option<Document>,
    /// Power of attorney or proof of guardianship.
    pub authority: String,
}

/// What an applicant states. It is kept in the application's events, and so in its stored form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::Form", into = "stored::Form")]
pub struct Form {
    /// What the number is asked for on; a formation has one.
    pub ground: Option<Ground>,
    /// What it will be used for.
    pub purposes: Vec<Purpose>,
    /// Where the application is made.
    pub channel: Channel,
    /// Who comes with it.
    pub presence: Presence,
    /// Where the applicant is.
    pub country: Option<Country>,
    /// The place of registration in Kazakhstan; may be empty.
    pub place_of_registration: String,
    /// On what terms the applicant is in Kazakhstan.
    pub stay: Option<StayKind>,
    /// First day of the stay.
    pub stay_since: Option<Date>,
    /// Last day of it.
    pub stay_until: Option<Date>,
    /// The applicant; for a correction the data as they should be.
    pub applicant: Applicant,
    /// Who acts for them.
    pub representative: Option<Representative>,
    /// Every group the applicant belongs to.
    pub categories: Vec<Category>,
    /// What is applied for as well.
    pub visa_or_permit: Option<VisaOrPermit>,
    /// An expedited procedure is wished.
    pub expedited: bool,
    /// The number whose data are to be corrected; a correction has one.
    pub iin: Option<Iin>,
}

/// A paper that the rules of the day name for this applicant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its code.
    pub code: String,
    /// Whether it is owed; else it can be handed in and nothing waits for it.
    pub owed: bool,
    /// The forms it may have, by name; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<String>,
    /// The day it must still be valid on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_on: Option<Date>,
    /// What it is, for the applicant.
    pub note: String,
}

impl Asked {
    /// What keeps a paper that was handed in from settling this; `None`: it settles it.
    #[must_use]
    pub fn lacks(&self, paper: &Paper) -> Option<String> {
        match paper.certified {
            Some(Certified::Fails(_)) => {
                return Some("is certified by a signature that does not hold".into());
            }
            Some(Certified::Unknown(_)) => {
                return Some(
                    "is certified by a signature that could not be checked: hand it in again".into(),
                );
            }
            Some(Certified::Holds | Certified::HoldsBut(_)) | None => {}
        }
        let form = paper.form.map(codes::Form::name).unwrap_or_default();
        if !self.forms.is_empty() && !self.forms.iter().any(|f| f == form) {
            return Some(format!("must be handed in as {}", self.forms.join(" or ")));
        }
        let until = paper.document.as_ref().and_then(|d| d.valid_until);
        match (self.valid_on, until) {
            (Some(on), Some(until)) if until < on => Some(format!("must be valid on {on}")),
            _ => None,
        }
    }
}

/// How long it takes, in working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}

/// What the rules of the day of submission say of an application. It is kept with the submission: a
/// rulebook that changes later changes no application that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The papers, owed or not.
    pub papers: Vec<Asked>,
    /// How long it takes; `None`: no rule says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// Fingerprints are due for what is applied for as well.
    #[serde(default)]
    pub prints_due: bool,
    /// And the number waits for them: the guide's order alone.
    #[serde(default)]
    pub prints_block: bool,
    /// The version of the rulebook.
    pub rulebook: String,
}

/// A submission: what was stated, for which day, and what the rules of that day say of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// What was stated.
    pub form: Form,
    /// The day whose rules apply and that the term counts from.
    pub on: Date,
    /// What they say.
    pub ruling: Ruling,
    /// The caller's reference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
}

/// A paper that was handed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::Paper", into = "stored::Paper")]
pub struct Paper {
    /// Which: a code of the rulebook.
    pub code: String,
    /// In what form.
    pub form: Option<codes::Form>,
    /// What it says of itself, for an identity document.
    pub document: Option<Document>,
    /// The name as it spells it.
    pub name: Option<Name>,
    /// SHA-256 of its file.
    pub sha256: Option<[u8; 32]>,
    /// What came of the signature that certifies it; `None`: it came without one.
    pub certified: Option<Certified>,
}

/// What came of the electronic signature that certifies a paper, on the day it was handed in. It is kept
/// as it was judged then: a certificate that is revoked later changes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::Certified", into = "stored::Certified")]
pub enum Certified {
    /// It holds.
    Holds,
    /// It holds, and something is to be known.
    HoldsBut(Reason),
    /// It does not hold: the paper settles nothing.
    Fails(Reason),
    /// It could not be found out what had to be known: the paper settles nothing.
    Unknown(Reason),
}

macro_rules! redacted {
    ($($what:ident)*) => { $(
        /// Personal data: it does not show.
        impl fmt::Debug for $what {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($what), "(..)"))
            }
        }
    )* };
}

redacted!(Applicant Representative Form Submission Paper);
