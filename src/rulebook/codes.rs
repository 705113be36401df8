//! The words that rules are written in: closed sets with the contract's names and numbers.

use super::Purpose;
use crate::reason::Reason;

/// A closed set whose values have names, as the contract and the rulebook's files write them.
pub trait Code: Copy + PartialEq + 'static {
    /// Every value in order.
    fn all() -> &'static [Self];
    /// Its name, such as `IN_PERSON`.
    fn name(self) -> &'static str;

    /// The value with this name.
    ///
    /// ```
    /// use iinspect::rulebook::codes::{Channel, Code};
    /// assert_eq!(Channel::named("PSC"), Some(Channel::Psc));
    /// assert_eq!(Channel::named("psc"), None);
    /// ```
    #[must_use]
    fn named(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|value| value.name() == name)
    }
}

macro_rules! codes {
    ($( $(#[$doc:meta])* $set:ident { $( $(#[$about:meta])* $value:ident = $code:literal $name:literal, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $set { $( $(#[$about])* $value = $code, )* }

        impl $set {
            /// Every value in the order of the contract.
            pub const ALL: &'static [$set] = &[ $( $set::$value, )* ];
        }

        impl Code for $set {
            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn name(self) -> &'static str {
                match self { $( $set::$value => $name, )* }
            }
        }
    )* };
}

codes! {
    /// What a number is asked for on.
    Ground {
        /// Residence permit.
        ResidencePermit = 1 "RESIDENCE_PERMIT",
        /// Founding or running a business.
        Business = 2 "BUSINESS",
        /// Opening a bank account.
        BankAccount = 3 "BANK_ACCOUNT",
        /// Buying real estate.
        RealEstate = 4 "REAL_ESTATE",
        /// Other financial or legal services.
        Other = 5 "OTHER",
    }

    /// Where an application is made.
    Channel {
        /// Public service centre.
        Psc = 1 "PSC",
        /// Consulate or embassy of Kazakhstan.
        Consulate = 2 "CONSULATE",
        /// The e-government portal.
        Online = 3 "ONLINE",
    }

    /// Who comes with it.
    Presence {
        /// The applicant.
        InPerson = 1 "IN_PERSON",
        /// A trusted person or intermediary.
        TrustedPerson = 2 "TRUSTED_PERSON",
        /// A parent, guardian or other lawful representative.
        Guardian = 3 "GUARDIAN",
    }

    /// The script that something is written in.
    Script {
        /// Latin.
        Latin = 1 "LATIN",
        /// Cyrillic.
        Cyrillic = 2 "CYRILLIC",
        /// Any other.
        Other = 3 "OTHER",
    }

    /// Groups with rules of their own.
    Category {
        /// Investor.
        Investor = 1 "INVESTOR",
        /// Participant in the circulation, or exporter, of goods subject to marking.
        MarkedGoods = 2 "MARKED_GOODS",
        /// Husband or wife of a citizen.
        SpouseOfCitizen = 3 "SPOUSE_OF_CITIZEN",
        /// Child of a citizen, under 16.
        ChildOfCitizen = 4 "CHILD_OF_CITIZEN",
        /// Heir.
        Heir = 5 "HEIR",
        /// Digital Nomad.
        DigitalNomad = 6 "DIGITAL_NOMAD",
        /// Person with a disability.
        Disabled = 7 "DISABLED",
        /// 65 years or older.
        Aged65 = 8 "AGED_65",
        /// Producer of pesticides.
        PesticideProducer = 9 "PESTICIDE_PRODUCER",
        /// Head of a legal entity of Kazakhstan.
        HeadOfLegalEntity = 10 "HEAD_OF_LEGAL_ENTITY",
        /// Refugee.
        Refugee = 11 "REFUGEE",
        /// Convict without papers.
        Convict = 12 "CONVICT",
        /// Child without documents.
        ChildWithoutDocuments = 13 "CHILD_WITHOUT_DOCUMENTS",
    }

    /// On what terms a person is in Kazakhstan.
    StayKind {
        /// Not in Kazakhstan.
        Abroad = 1 "ABROAD",
        /// Temporary stay, by visa or without one.
        Temporary = 2 "TEMPORARY",
        /// Temporary residence by permit.
        TemporaryResidence = 3 "TEMPORARY_RESIDENCE",
        /// Permanent residence by permit.
        PermanentResidence = 4 "PERMANENT_RESIDENCE",
    }

    /// What paper of the migration law is applied for as well.
    VisaOrPermit {
        /// None.
        None = 1 "NONE",
        /// Visa.
        Visa = 2 "VISA",
        /// Temporary residence permit.
        TemporaryResidence = 3 "TEMPORARY_RESIDENCE",
        /// Permanent residence permit.
        PermanentResidence = 4 "PERMANENT_RESIDENCE",
        /// Stateless person's certificate.
        StatelessCertificate = 5 "STATELESS_CERTIFICATE",
        /// Refugee's certificate.
        RefugeeCertificate = 6 "REFUGEE_CERTIFICATE",
    }

    /// Whether something is needed.
    Need {
        /// It is.
        Required = 1 "REQUIRED",
        /// It is not.
        NotRequired = 2 "NOT_REQUIRED",
        /// It depends on what was left out.
        Depends = 3 "DEPENDS",
    }

    /// In what form a paper is handed in.
    Form {
        /// The original.
        Original = 1 "ORIGINAL",
        /// A plain copy.
        Copy = 2 "COPY",
        /// A copy certified by a notary.
        NotarisedCopy = 3 "NOTARISED_COPY",
        /// A translation certified by a notary.
        NotarisedTranslation = 4 "NOTARISED_TRANSLATION",
        /// An electronic paper with an electronic signature.
        Electronic = 5 "ELECTRONIC",
    }

    /// What kind of price a cost is.
    Price {
        /// Free of charge, as a state service.
        Free = 1 "FREE",
        /// A fee set by the state.
        StateFee = 2 "STATE_FEE",
        /// What intermediaries ask on average.
        MarketAverage = 3 "MARKET_AVERAGE",
    }

    /// The five steps of the way to a number.
    Stage {
        /// What the number is for.
        Goal = 1 "GOAL",
        /// Gathering the papers.
        Papers = 2 "PAPERS",
        /// Fingerprints, where they are due.
        Fingerprints = 3 "FINGERPRINTS",
        /// Submission.
        Submission = 4 "SUBMISSION",
        /// Waiting and receiving.
        Waiting = 5 "WAITING",
    }

    /// What a purpose can ask a person to claim.
    Claim {
        /// Family and given name.
        Name = 1 "NAME",
        /// Birth date.
        BirthDate = 2 "BIRTH_DATE",
        /// Sex.
        Sex = 3 "SEX",
        /// Citizenship.
        Citizenship = 4 "CITIZENSHIP",
        /// An identity document.
        Document = 5 "DOCUMENT",
    }

    /// How well a rule's statement is founded.
    Confidence {
        /// Two or more independent sources.
        TwoSources = 1 "C2",
        /// One source.
        OneSource = 2 "C1",
        /// Computed or tested for this project.
        Own = 3 "OWN",
        /// Inferred: no source says it in so many words.
        Inferred = 4 "I",
    }

    /// Whose rules decide where the guide and the law give another order.
    Profile {
        /// The rules in force.
        InForce = 1 "in_force",
        /// The guide's order of steps.
        Guide = 2 "guide",
    }

    /// What makes a warning be told.
    Trigger {
        /// Nothing besides its condition.
        Always = 1 "ALWAYS",
        /// Fingerprints are due, or may be.
        Fingerprints = 2 "FINGERPRINTS",
        /// A translation is needed, or may be.
        Translation = 3 "TRANSLATION",
        /// The number is needed by a day.
        NeededBy = 4 "NEEDED_BY",
        /// The latest safe day to submit has passed.
        LatestPast = 5 "LATEST_PAST",
        /// A date lies beyond the calendar.
        CalendarEnds = 6 "CALENDAR_ENDS",
        /// A way that is open closes within 30 days.
        EndsSoon = 7 "ENDS_SOON",
        /// No way is open to the applicant.
        NoChannel = 8 "NO_CHANNEL",
        /// The stay ends before the number is due.
        StayEnds = 9 "STAY_ENDS",
    }
}

impl Code for Purpose {
    fn all() -> &'static [Self] {
        &Purpose::ALL
    }

    fn name(self) -> &'static str {
        Purpose::name(self)
    }
}

impl Code for Reason {
    fn all() -> &'static [Self] {
        Reason::ALL
    }

    fn name(self) -> &'static str {
        Reason::name(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_value() {
        fn round<T: Code + std::fmt::Debug>() {
            for value in T::all() {
                assert_eq!(T::named(value.name()), Some(*value));
            }
        }
        round::<Ground>();
        round::<Category>();
        round::<Trigger>();
        round::<Purpose>();
        round::<Reason>();
    }
}
