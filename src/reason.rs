//! Reason codes: the one list of stable codes that findings, checks, refusals and errors carry.
//!
//! A code never changes its meaning or its number. The same list is the protobuf enum
//! `iinspect.v1.Reason` and, without the prefix, `google.rpc.ErrorInfo.reason`; a test holds the
//! three together, and `docs/ERRORS.md` is generated from this file.

use std::fmt;

/// How much a finding weighs.
///
/// ```
/// use iinspect::reason::{Reason, Severity};
/// assert_eq!(Reason::ControlMismatch.severity(), Severity::Error);
/// assert_eq!(Reason::SeventhDigitZero.severity(), Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// The rule in force is broken.
    Error = 1,
    /// Worth knowing; it changes no verdict by itself.
    Warning = 2,
}

/// What law or public rule a reason rests on. Kept here once, so that a new edition is one edit.
mod law {
    /// Rules for forming the IIN: 12 digits, the twelfth a control digit (paragraph 2).
    pub(super) const IIN_RULES: &str =
        "Order of the Minister of Internal Affairs of 29 June 2023 No 521 (V2300032942), para 2";
    /// Rules for forming the BIN: digits five and six say what kind of entity it is.
    pub(super) const BIN_RULES: &str =
        "Order of the Minister of Justice of 27 June 2023 No 423 (V2300032918)";
    /// The structure by birth date that was taken out of the rules in 2013.
    pub(super) const HISTORIC: &str = "Government Resolution of 22 May 2007 No 406 (P070000406_) as before \
         Resolution of 26 August 2013 No 853: a hint, not a rule in force";
    /// The law on the national registers of identification numbers.
    pub(super) const REGISTERS: &str =
        "Law of 12 January 2007 No 223-III (Z070000223_) on national registers of identification numbers";
    /// Its article on exclusion.
    pub(super) const EXCLUSION: &str = "Law of 12 January 2007 No 223-III (Z070000223_), art. 10";
    /// Banks and others must record identity data, the IIN among them.
    pub(super) const AML: &str =
        "Law of 28 August 2009 No 191-IV (Z090000191_) on countering money laundering, art. 5 p. 3 (1)";
    /// The state service by which foreigners get a number.
    pub(super) const SERVICE: &str =
        "Order of the Minister of Internal Affairs of 27 March 2020 No 258 (V2000020201)";
    /// Foreigners come in person.
    pub(super) const PRESENCE: &str = "Law of 12 January 2007 No 223-III (Z070000223_), art. 9 p. 6 part 3";
    /// Electronic documents and signatures.
    pub(super) const SIGNATURE: &str = "Law of 7 January 2003 No 370-II (Z030000370_) on electronic documents and \
         electronic digital signature";
    /// The project's own convention or a technical condition: no law stands behind it.
    pub(super) const NONE: &str = "";
}

macro_rules! reasons {
    ($( $code:literal $variant:ident $name:literal $severity:ident $basis:ident
        $message:literal $action:literal )*) => {
        /// A stable reason code, below 256.
        ///
        /// ```
        /// use iinspect::reason::Reason;
        /// assert_eq!(Reason::ControlMismatch.code(), 4);
        /// assert_eq!(Reason::ControlMismatch.name(), "CONTROL_MISMATCH");
        /// assert_eq!(Reason::from_code(4), Some(Reason::ControlMismatch));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Reason {
            $( #[doc = $message] $variant = $code, )*
        }

        impl Reason {
            /// Every reason, in the order of the codes.
            pub const ALL: &'static [Reason] = &[ $( Reason::$variant, )* ];

            /// The stable name, as in `iinspect.v1.Reason` without its prefix.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Reason::$variant => $name, )* }
            }

            /// One sentence for a person. It never holds anything of the request.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $( Reason::$variant => $message, )* }
            }

            /// What the caller can do about it.
            #[must_use]
            pub const fn action(self) -> &'static str {
                match self { $( Reason::$variant => $action, )* }
            }

            /// How much it weighs as a finding.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $( Reason::$variant => Severity::$severity, )* }
            }

            /// The law or rule it rests on; empty where there is none.
            #[must_use]
            pub const fn legal_basis(self) -> &'static str {
                match self { $( Reason::$variant => law::$basis, )* }
            }
        }
    };
}

reasons! {
    1 MalformedLength "MALFORMED_LENGTH" Error IIN_RULES
        "The number does not have exactly 12 characters."
        "Send all 12 digits; keep leading zeros."
    2 MalformedCharset "MALFORMED_CHARSET" Error IIN_RULES
        "The number has characters other than the ASCII digits 0-9."
        "Send digits only: no spaces, dashes, letters or digits of other scripts."
    3 AllZero "ALL_ZERO" Error IIN_RULES
        "All 12 digits are zero: the control digit fits, and no such number exists."
        "Send the number from the document."
    4 ControlMismatch "CONTROL_MISMATCH" Error IIN_RULES
        "The twelfth digit is not the control digit of the first eleven."
        "Compare the number with the document: a digit is mistyped or two are swapped."
    5 NeverIssued "NEVER_ISSUED" Error IIN_RULES
        "Both passes of the control digit give 10: a number with these eleven digits is never issued."
        "Compare the number with the document."
    6 LooksLikeBin "LOOKS_LIKE_BIN" Warning BIN_RULES
        "The fifth digit is 4, 5 or 6, as in a business identification number (BIN)."
        "Check that this is a person's number and not a company's."
    7 DateImpossible "DATE_IMPOSSIBLE" Warning HISTORIC
        "The digits where a date used to stand are no calendar date."
        "Compare with the document; the number can still be in force."
    8 DateInFuture "DATE_IN_FUTURE" Warning HISTORIC
        "The digits suggest a birth date in the future."
        "Compare with the document; the number can still be in force."
    9 DateBefore1890 "DATE_BEFORE_1890" Warning HISTORIC
        "The digits suggest a birth date before 1890."
        "Compare with the document; the number can still be in force."
    10 SeventhDigitZero "SEVENTH_DIGIT_ZERO" Warning HISTORIC
        "The seventh digit is 0, as seen on numbers of foreigners; no century and sex can be read from it."
        "None: such numbers are issued and in use."
    11 SeventhDigitUnassigned "SEVENTH_DIGIT_UNASSIGNED" Warning HISTORIC
        "The seventh digit is 7, 8 or 9, which has no assigned meaning."
        "Compare with the document."
    12 LeadingZeroLost "LEADING_ZERO_LOST" Error IIN_RULES
        "There are 11 digits, and with a zero in front the control digit fits: a spreadsheet may have dropped it."
        "Put the leading zero back and send 12 digits; store numbers as text."
    13 TestNumber "TEST_NUMBER" Warning NONE
        "Digits three and four are 13-99: a test number that no person holds."
        "Use such numbers for tests only."
    14 NotInRegister "NOT_IN_REGISTER" Error REGISTERS
        "The register, which is complete, holds no such number."
        "Compare the number with the document."
    15 RegisterPartial "REGISTER_PARTIAL" Warning NONE
        "The register holds no such number, and it is not complete: absence proves nothing."
        "Ask a register that is complete, or check the document by other means."
    16 RegisterUnavailable "REGISTER_UNAVAILABLE" Warning NONE
        "The register could not be asked."
        "Try again later; the call is safe to repeat."
    17 FactTooOld "FACT_TOO_OLD" Warning NONE
        "Only a fact older than the caller allows could be had."
        "Try again later, or allow an older fact with max_age."
    18 Excluded "EXCLUDED" Error EXCLUSION
        "The number is excluded from the register."
        "Ask the holder; the state corporation can say why and whether it can be restored."
    19 ConditionallyExcluded "CONDITIONALLY_EXCLUDED" Error EXCLUSION
        "The number is conditionally excluded from the register."
        "Ask the holder; the state corporation can say why and whether it can be restored."
    20 Superseded "SUPERSEDED" Error REGISTERS
        "The number was replaced by another."
        "Ask the holder for the number now in force."
    21 Hotlisted "HOTLISTED" Error NONE
        "The number is on a hotlist that the caller may see."
        "Follow the procedure of the list's owner."
    22 ManualReview "MANUAL_REVIEW" Warning NONE
        "The answer is left to a person."
        "Pass the case to manual review."
    23 ClaimRequired "CLAIM_REQUIRED" Warning AML
        "The purpose needs a claim that was left out."
        "Send the claim that this check compares."
    24 AssuranceTooLow "ASSURANCE_TOO_LOW" Warning NONE
        "No check failed, but the assurance that was required is not reached."
        "Send more claims or a signature, or require less."
    25 NothingToCompare "NOTHING_TO_COMPARE" Warning NONE
        "The register holds nothing to compare the claim with."
        "Check this claim by other means."
    26 Mismatch "MISMATCH" Error NONE
        "The claim differs from what the register holds."
        "Compare the claim with the document."
    27 BinUnitUnassigned "BIN_UNIT_UNASSIGNED" Warning BIN_RULES
        "The sixth digit is none of the kinds of unit that a BIN has (0-4): this is not a BIN."
        "Compare with the document."
    28 FifthDigitReserved "FIFTH_DIGIT_RESERVED" Warning BIN_RULES
        "The fifth digit is 7, 8 or 9, which is reserved: neither an IIN nor a BIN has it."
        "Compare with the document."
    29 DigitsDifferFromClaim "DIGITS_DIFFER_FROM_CLAIM" Warning HISTORIC
        "What the digits suggest differs from the claim; by the rule in force this is no error."
        "None: the register decides."
    30 DocumentExpired "DOCUMENT_EXPIRED" Warning NONE
        "The document agrees with the register and has expired."
        "Ask for a document that is valid."
    31 ApplicationNotFound "APPLICATION_NOT_FOUND" Error NONE
        "There is no such application."
        "Check the application's id, or the document and the birth date."
    32 InvalidRequest "INVALID_REQUEST" Error NONE
        "The request makes no sense; every field at fault is listed."
        "Mend the listed fields."
    33 NotImplemented "NOT_IMPLEMENTED" Error NONE
        "This server does not do that yet; what is meant is named."
        "Leave it out, or use a newer server."
    34 DeadlineExceeded "DEADLINE_EXCEEDED" Error NONE
        "The call's deadline passed before there was an answer."
        "Try again with a longer deadline."
    35 Overloaded "OVERLOADED" Error NONE
        "The server has as many calls as it takes."
        "Try again after the delay in RetryInfo."
    36 Internal "INTERNAL" Error NONE
        "A fault in the server; nothing is known of the subject."
        "Report the request id to the operator."
    37 ShuttingDown "SHUTTING_DOWN" Error NONE
        "The server is shutting down."
        "Try again: another server answers."
    38 LooksLikeIin "LOOKS_LIKE_IIN" Error BIN_RULES
        "The fifth digit is 0-3, as in a person's number: this is not a BIN."
        "Check that this is a company's number and not a person's."
    39 BinMonthImpossible "BIN_MONTH_IMPOSSIBLE" Error BIN_RULES
        "Digits three and four, the month of registration of a BIN, are 00."
        "Compare with the document."
    40 TokenTooOld "TOKEN_TOO_OLD" Error NONE
        "The changes since this token are not known any more."
        "Begin without a token: the state as it stands comes first."
    41 RequestIdUsed "REQUEST_ID_USED" Error NONE
        "The request id was used within 24 hours for another request."
        "Give each request an id of its own; repeat a request with its id and the same body."
    42 VersionMismatch "VERSION_MISMATCH" Error NONE
        "What is there has another version than the one expected: somebody changed it, or it is new."
        "Read it again, decide anew, and send the version that was read."
    43 StateForbids "STATE_FORBIDS" Error REGISTERS
        "The state of the number or of the application does not allow this step."
        "Read it; docs/REGISTER.md and docs/ISSUANCE.md list which step each state allows."
    44 ChangeScheduled "CHANGE_SCHEDULED" Error NONE
        "A change of state is already scheduled, and this step cannot stand beside it."
        "Read the record; cancel the scheduled change first, or wait until it is in force."
    45 SuccessorNotInForce "SUCCESSOR_NOT_IN_FORCE" Error REGISTERS
        "The number that is to take the place of another is not in force itself."
        "Check both numbers; a chain of replaced numbers is not kept."
    46 NumberNotFound "NUMBER_NOT_FOUND" Error NONE
        "The register holds no record of this number."
        "Check the number, or put the person in first."
    47 EntryNotFound "ENTRY_NOT_FOUND" Error NONE
        "This number has no such hotlist entry."
        "Check the id; to add an entry, leave the id empty."
    48 HotlistFull "HOTLIST_FULL" Error NONE
        "The number has as many hotlist entries in force as it can have."
        "Take an entry off first, or change one that is there."
    49 RowOutOfOrder "ROW_OUT_OF_ORDER" Error NONE
        "The rows of an import do not rise from row to row."
        "Number the rows from 1 upwards in the order they are sent, and go on after last_row."
    50 LookAlikes "LOOK_ALIKES" Warning NONE
        "The claim agrees once letters or digits that look alike are taken for each other: A and the Cyrillic А, O and 0."
        "Have it typed again in one script; such a mixture can also be a way around a list."
    51 NamesSwapped "NAMES_SWAPPED" Warning NONE
        "Family and given name agree with the register when they change places."
        "Compare with the document which is which."
    52 NameNear "NAME_NEAR" Error NONE
        "The name differs from the register by little."
        "Compare each letter with the document."
    53 DayAndMonthSwapped "DAY_AND_MONTH_SWAPPED" Error NONE
        "The birth date differs from the register: day and month have changed places."
        "Compare the birth date with the document."
    54 DateDigitOff "DATE_DIGIT_OFF" Error NONE
        "The birth date differs from the register in one digit."
        "Compare the birth date with the document."
    55 ChannelClosed "CHANNEL_CLOSED" Error SERVICE
        "This way to apply is closed to everybody on that day."
        "Apply another way, or on a day on which it is open."
    56 InPersonRequired "IN_PERSON_REQUIRED" Error PRESENCE
        "The applicant has to come in person: a trusted person cannot apply."
        "Come in person."
    57 GroupNotServed "GROUP_NOT_SERVED" Error NONE
        "This way to apply is open to listed groups only, and the applicant is in none of them."
        "State the group the applicant belongs to, or apply another way."
    58 AgeNotServed "AGE_NOT_SERVED" Error NONE
        "A guardian applies for those who are not of age; the applicant is."
        "Let the applicant come in person."
    59 NotInKazakhstan "NOT_IN_KAZAKHSTAN" Error SERVICE
        "This way to apply is open to those who are in Kazakhstan."
        "Apply there once the applicant has arrived, or apply another way."
    60 ForeignersOnly "FOREIGNERS_ONLY" Error SERVICE
        "The service is for foreigners and stateless persons; citizens get the number with their first document."
        "Read the number from the identity card, the passport or the birth certificate."
    61 RuleUnknown "RULE_UNKNOWN" Warning NONE
        "No source says what the rule is on that day."
        "Ask the office before relying on it."
    62 AgeNotReached "AGE_NOT_REACHED" Error NONE
        "The person has not reached the age that the purpose is open to."
        "Compare the birth date with the document; exceptions are left to a person."
    63 DocumentLost "DOCUMENT_LOST" Error NONE
        "The document agrees with the register, where it is recorded as lost."
        "Stop and look at who shows it: it may not be its holder. Ask for another document."
    64 DocumentReplaced "DOCUMENT_REPLACED" Error NONE
        "The document agrees with the register, where a new one has taken its place."
        "Ask for the new document."
    65 DocumentNotValid "DOCUMENT_NOT_VALID" Error NONE
        "The document agrees with the register, where it no longer counts."
        "Ask for another document."
    66 PapersOutstanding "PAPERS_OUTSTANDING" Error SERVICE
        "Papers are outstanding; they are listed."
        "Record the papers that are listed, then send the request again with a new request id."
    67 NumberHeld "NUMBER_HELD" Error REGISTERS
        "Another person holds this number."
        "Compare the number with the one that the state gave."
    68 NoAllocation "NO_ALLOCATION" Error NONE
        "This server forms no numbers itself."
        "Send the number that the state gave, or have the operator set issuance.authority."
    69 NumbersExhausted "NUMBERS_EXHAUSTED" Error NONE
        "No number is left that could be formed for this birth date."
        "Tell the operator of the register."
    70 ApplicationFull "APPLICATION_FULL" Error NONE
        "The application has as many events as it can have."
        "Complete, refuse or withdraw it, and begin a new one if need be."
    71 SignatureMalformed "SIGNATURE_MALFORMED" Error SIGNATURE
        "The signed message is malformed, or in a form that is not accepted."
        "Sign again with NCALayer or the like: CMS in DER with one signer, or an enveloped XML signature."
    72 SignatureAlgorithm "SIGNATURE_ALGORITHM" Error SIGNATURE
        "The signature or its key is of an algorithm that is not accepted."
        "Sign with a key that NCA RK issues now."
    73 SignerMissing "SIGNER_MISSING" Error SIGNATURE
        "Nobody signed the message, or the signer's certificate is not in it."
        "Sign again, with the certificate in the message."
    74 SignedContentDiffers "SIGNED_CONTENT_DIFFERS" Error SIGNATURE
        "What was signed is not what should have been."
        "Sign to_sign or xml of the challenge byte by byte, and hand back its challenge_id."
    75 SignatureInvalid "SIGNATURE_INVALID" Error SIGNATURE
        "The signature does not hold."
        "Take it for a forgery until it is made again."
    76 SignerUntrusted "SIGNER_UNTRUSTED" Error SIGNATURE
        "No authority that is trusted here issued the signer's certificate."
        "Sign with a key that NCA RK certified, or have the operator look at the trusted certificates."
    77 SignerExpired "SIGNER_EXPIRED" Error SIGNATURE
        "The signer's certificate, or one above it, has expired."
        "Sign with a key in force."
    78 SignerNotYetValid "SIGNER_NOT_YET_VALID" Error SIGNATURE
        "The signer's certificate, or one above it, is not valid yet."
        "Sign once it is valid, or compare the clocks."
    79 SignerUsage "SIGNER_USAGE" Error SIGNATURE
        "The signer's certificate is not for this use."
        "Sign with a key for signing or for authentication."
    80 SignerRevoked "SIGNER_REVOKED" Error SIGNATURE
        "The signer's certificate, or one above it, is revoked."
        "Do not accept the signature."
    81 RevocationUnknown "REVOCATION_UNKNOWN" Error SIGNATURE
        "Nobody could say whether the signer's certificate is revoked."
        "Try again later: the challenge can still be answered."
    82 RevocationUntrusted "REVOCATION_UNTRUSTED" Error SIGNATURE
        "The answer whether the signer's certificate is revoked is not believed."
        "Have the operator look at what is between this server and the authority."
    83 SignerWithoutIin "SIGNER_WITHOUT_IIN" Error SIGNATURE
        "The signer's certificate has no IIN: an information system's, for example."
        "Let the person sign."
    84 SignerIsAnother "SIGNER_IS_ANOTHER" Error SIGNATURE
        "The signer's certificate is for another number."
        "Compare the number, or let its holder sign."
    85 SignerNotPerson "SIGNER_NOT_PERSON" Warning SIGNATURE
        "The key is certified for this number, but not for a natural person alone: others may keep it."
        "Let the person sign with their own key where presence is to be proven."
    86 ChallengeInvalid "CHALLENGE_INVALID" Error NONE
        "The challenge was not made here for this client and this number."
        "Hand back the challenge_id of CreateChallenge for the same number."
    87 ChallengeExpired "CHALLENGE_EXPIRED" Error NONE
        "The challenge has expired."
        "Create another one and have it signed."
    88 ChallengeUsed "CHALLENGE_USED" Error NONE
        "The challenge has been used: the signature may be a copy."
        "Create another one and have it signed."
    89 SignaturesNotServed "SIGNATURES_NOT_SERVED" Error NONE
        "This server trusts no authority for electronic signatures."
        "Have the operator set trust.folder."
}

impl Reason {
    /// The domain of `google.rpc.ErrorInfo` for every reason here.
    pub const DOMAIN: &'static str = "iinspect";

    /// The stable number, 1..=255.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this number, if there is one.
    ///
    /// ```
    /// # use iinspect::reason::Reason;
    /// assert_eq!(Reason::from_code(0), None);
    /// ```
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.code() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_up_from_one_without_a_gap() {
        for (i, r) in Reason::ALL.iter().enumerate() {
            assert_eq!(usize::from(r.code()), i + 1, "{r}");
            assert_eq!(Reason::from_code(r.code()), Some(*r));
        }
    }

    #[test]
    fn the_first_codes_are_those_of_the_contract() {
        let printed = "MALFORMED_LENGTH MALFORMED_CHARSET ALL_ZERO CONTROL_MISMATCH NEVER_ISSUED LOOKS_LIKE_BIN \
            DATE_IMPOSSIBLE DATE_IN_FUTURE DATE_BEFORE_1890 SEVENTH_DIGIT_ZERO SEVENTH_DIGIT_UNASSIGNED \
            LEADING_ZERO_LOST TEST_NUMBER NOT_IN_REGISTER REGISTER_PARTIAL REGISTER_UNAVAILABLE FACT_TOO_OLD \
            EXCLUDED CONDITIONALLY_EXCLUDED SUPERSEDED HOTLISTED MANUAL_REVIEW CLAIM_REQUIRED ASSURANCE_TOO_LOW \
            NOTHING_TO_COMPARE MISMATCH";
        for (i, name) in printed.split_whitespace().enumerate() {
            assert_eq!(Reason::ALL[i].name(), name);
        }
    }

    #[test]
    fn every_message_is_a_sentence_and_every_action_says_something() {
        for r in Reason::ALL {
            assert!(r.message().ends_with('.'), "{r}");
            assert!(!r.action().is_empty(), "{r}");
        }
    }
}
