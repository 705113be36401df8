//! Purposes: what a number is asked for, and what each asks in turn.

use super::codes::{Claim, Need};

/// What a number is asked for, in the order of the contract.
///
/// ```
/// use iinspect::rulebook::Purpose;
/// assert_eq!(Purpose::ALL.len(), 11);
/// assert_eq!(Purpose::Employment.name(), "EMPLOYMENT");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Opening or servicing a bank account.
    BankAccount = 1,
    /// Issuing a bank card.
    BankCard = 2,
    /// Currency operations.
    CurrencyOperation = 3,
    /// Tax registration and payments.
    Tax = 4,
    /// Registration of rights in real estate.
    RealEstate = 5,
    /// Founding or running a business.
    Business = 6,
    /// Employment contract.
    Employment = 7,
    /// Study.
    Study = 8,
    /// Medical services.
    Medical = 9,
    /// Insurance.
    Insurance = 10,
    /// Social programmes.
    Social = 11,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 11] = [
        Purpose::BankAccount,
        Purpose::BankCard,
        Purpose::CurrencyOperation,
        Purpose::Tax,
        Purpose::RealEstate,
        Purpose::Business,
        Purpose::Employment,
        Purpose::Study,
        Purpose::Medical,
        Purpose::Insurance,
        Purpose::Social,
    ];

    /// Its name in the contract, without the prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::BankAccount => "BANK_ACCOUNT",
            Purpose::BankCard => "BANK_CARD",
            Purpose::CurrencyOperation => "CURRENCY_OPERATION",
            Purpose::Tax => "TAX",
            Purpose::RealEstate => "REAL_ESTATE",
            Purpose::Business => "BUSINESS",
            Purpose::Employment => "EMPLOYMENT",
            Purpose::Study => "STUDY",
            Purpose::Medical => "MEDICAL",
            Purpose::Insurance => "INSURANCE",
            Purpose::Social => "SOCIAL",
        }
    }
}

/// What a purpose asks of whoever names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The purpose.
    pub purpose: Purpose,
    /// Whether it needs a number.
    pub need: Need,
    /// Purposes that come first, as an account does before a card.
    pub after: Vec<Purpose>,
    /// The youngest age it is open to, in years; `None`: none.
    pub minimum_age: Option<u8>,
    /// What must be claimed, and checked, of the person.
    pub claims: Vec<Claim>,
}
