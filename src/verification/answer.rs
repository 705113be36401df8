//! What a verification answers: checks, verdict, assurance, provenance.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::Completeness;
use crate::cache::Source;
use crate::person::matching::PartMatch;
use crate::reason::Reason;

/// The answer as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// Every required check passed and the required assurance is reached.
    Verified = 1,
    /// A required check failed.
    Rejected = 2,
    /// None failed, but a required one could not run or the assurance is too low.
    Inconclusive = 3,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 3] = [Verdict::Verified, Verdict::Rejected, Verdict::Inconclusive];

    /// Its word in metrics and spans.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::Rejected => "rejected",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// It holds.
    Pass = 1,
    /// It does not.
    Fail = 2,
    /// It holds, and there is something to know.
    Warn = 3,
    /// Asked, and there is nothing to compare with.
    NotCompared = 4,
    /// Asked, and it could not be run or decided.
    Unavailable = 5,
    /// Not asked, not permitted, or pointless after an earlier failure.
    Skipped = 6,
}

impl Outcome {
    /// Whether the check holds, with or without something to know.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Outcome::Pass | Outcome::Warn)
    }
}

macro_rules! check_kinds {
    ($( $(#[$doc:meta])* $kind:ident = $code:literal, $basis:literal, $explanation:literal; )*) => {
        /// What is checked, in the order of the answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum CheckKind { $( $(#[$doc])* $kind = $code, )* }

        impl CheckKind {
            /// Every kind in order.
            pub const ALL: [CheckKind; 13] = [ $( CheckKind::$kind, )* ];

            /// What a passed check has established, for `explain`.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $( CheckKind::$kind => $explanation, )* }
            }

            /// The act the check rests on, or that there is none.
            #[must_use]
            pub const fn legal_basis(self) -> &'static str {
                match self { $( CheckKind::$kind => $basis, )* }
            }
        }
    };
}

check_kinds! {
    /// 12 ASCII digits, not all zero.
    Format = 1, "Order of the Minister of Internal Affairs of 29 June 2023 No 521 (V2300032942), para 2",
        "The number is 12 ASCII digits and not all of them are zero.";
    /// The twelfth digit.
    ControlDigit = 2, "Order of the Minister of Internal Affairs of 29 June 2023 No 521 (V2300032942), para 2",
        "The twelfth digit is the control digit of the first eleven.";
    /// What the digits suggest.
    Structure = 3, "Government Resolution of 22 May 2007 No 406 (P070000406_) as before Resolution of 26 August 2013 No 853",
        "The digits follow the historic structure.";
    /// The person's consent.
    Consent = 4, "Law of 21 May 2013 No 94-V on personal data",
        "Consent was given.";
    /// The number is in force.
    Register = 5, "Law of 12 January 2007 No 223-III (Z070000223_)",
        "The register holds the number in force.";
    /// The number is on no hotlist.
    Hotlist = 6, "The rules of the list's owner; no act stands behind it",
        "The number is on no hotlist.";
    /// The claimed name.
    Name = 7, "Law of 28 August 2009 No 191-IV (Z090000191_), art. 5 p. 3 (1)",
        "Family and given name agree with the register.";
    /// The claimed birth date.
    BirthDate = 8, "Law of 28 August 2009 No 191-IV (Z090000191_), art. 5 p. 3 (1)",
        "The birth date agrees with the register.";
    /// The claimed sex.
    Sex = 9, "Law of 28 August 2009 No 191-IV (Z090000191_), art. 5 p. 3 (1)",
        "The sex agrees with the register.";
    /// The claimed citizenship.
    Citizenship = 10, "Law of 28 August 2009 No 191-IV (Z090000191_), art. 5 p. 3 (1)",
        "The citizenship agrees with the register.";
    /// The claimed document.
    Document = 11, "Law of 12 January 2007 No 223-III (Z070000223_), art. 9 p. 3",
        "The register holds a document that agrees in all that is claimed.";
    /// What the purpose's rules ask.
    Purpose = 12, "The acts that the purpose's rules cite",
        "The rules of the purpose are met.";
    /// The electronic signature.
    Signature = 13, "Law of 7 January 2003 No 370-II on electronic documents and electronic digital signature",
        "A key certified for this number made the signature.";
}

/// How sure one can be that the person is the number's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Assurance {
    /// Nothing is known.
    None = 1,
    /// The digits obey the rule in force.
    Structure = 2,
    /// The register holds the number in force.
    Register = 3,
    /// The claims agree, an identifying one among them.
    Claims = 4,
    /// The holder's key signed.
    Possession = 5,
}

impl Assurance {
    /// The rungs above `None`, rising.
    pub const RUNGS: [Assurance; 4] =
        [Assurance::Structure, Assurance::Register, Assurance::Claims, Assurance::Possession];
}

/// Which part of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PartKind {
    /// Surname.
    FamilyName = 1,
    /// Given name.
    GivenName = 2,
    /// Patronymic.
    Patronymic = 3,
    /// A document's kind.
    DocumentType = 4,
    /// A document's number.
    DocumentNumber = 5,
    /// A document's country.
    DocumentCountry = 6,
    /// A document's last day.
    DocumentValidUntil = 7,
    /// The challenge.
    Challenge = 8,
    /// The form of the signed message.
    SignedMessage = 9,
    /// That what was signed is the challenge.
    SignedContent = 10,
    /// The signature itself.
    SignatureValue = 11,
    /// That a trusted authority issued the signer's certificate.
    SignerChain = 12,
    /// That it and those above it are valid.
    SignerValidity = 13,
    /// That it is for this use.
    SignerUsage = 14,
    /// That it is not revoked.
    SignerRevocation = 15,
    /// That it is for the number asked about.
    SignerNumber = 16,
}

/// One part of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub part: PartKind,
    /// How it compared.
    pub matched: PartMatch,
    /// What that comes to by the policy.
    pub outcome: Outcome,
    /// Why, for parts of a signature.
    pub reason: Option<Reason>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub kind: CheckKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, unless it passed or was skipped.
    pub reason: Option<Reason>,
    /// What it compared.
    pub parts: Vec<Part>,
    /// How near a comparison was, 0 to 100; `None` where nothing was scored or it is not told.
    pub score: Option<u8>,
}

impl Check {
    /// A check that passed.
    #[must_use]
    pub fn pass(kind: CheckKind) -> Self {
        Check { kind, outcome: Outcome::Pass, reason: None, parts: Vec::new(), score: None }
    }

    /// A check that was not asked, or has become pointless.
    #[must_use]
    pub fn skipped(kind: CheckKind) -> Self {
        Check { kind, outcome: Outcome::Skipped, reason: None, parts: Vec::new(), score: None }
    }

    /// A check that ended otherwise, and why.
    #[must_use]
    pub fn because(kind: CheckKind, outcome: Outcome, reason: Reason) -> Self {
        Check { kind, outcome, reason: Some(reason), parts: Vec::new(), score: None }
    }
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The version of the rulebook that decided; `None` for what no rule decides.
    pub rulebook_version: Option<Arc<str>>,
    /// Where the fact was taken from; `None` when none was needed or could be had.
    pub source: Option<Source>,
    /// The fact lacks nothing that was acknowledged before this moment; `None` without a fact.
    pub fact_time: Option<Timestamp>,
    /// When the answer was made.
    pub checked_at: Timestamp,
    /// The register's name.
    pub register_name: String,
    /// Whether absence from it proves anything.
    pub completeness: Completeness,
    /// When it last changed, as far as the read saw.
    pub snapshot_time: Option<Timestamp>,
    /// The past moment that the answer is about, when one was asked for.
    pub as_of: Option<Timestamp>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// UUIDv7.
    pub id: Uuid,
    /// The verdict.
    pub verdict: Verdict,
    /// All 13 checks in order.
    pub checks: Vec<Check>,
    /// The highest rung without a gap below it.
    pub assurance: Assurance,
    /// Every rung reached.
    pub evidence: Vec<Assurance>,
    /// Why the verdict is not `Verified`.
    pub reasons: Vec<Reason>,
    /// The rung that was required.
    pub required_assurance: Assurance,
    /// The acts that the purpose's rule rests on; empty without a purpose.
    pub purpose_basis: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Whose key signed, where a signature was checked and nothing failed.
    pub signer: Option<super::possession::Signer>,
}
