//! The tests of NIST's document of 2011, by the numbers of its sections, with what NIST says and what we say.
//!
//! Its policy inputs are the default ones: every policy will do. A reason is where a message ended, and the
//! fault there: AUTHORITY is the operator's file, UNKNOWN is that no list could say anything, and why.

/// What comes of a path here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ours {
    /// It is accepted.
    Accepts,
    /// It is refused, for what the test is about.
    Refuses(&'static str),
    /// It is refused before that: what it takes is not in the profile.
    Narrower(&'static str),
}

use Ours::{Accepts, Narrower, Refuses};

const VALID: bool = true;
const INVALID: bool = false;

/// How many there are of each class, the classes by their names.
pub(super) const TOTALS: [usize; 4] = [35, 77, 44, 68];

/// Tests that judge a path again by other policy inputs, and how often. Ours is one: the signer's certificate
/// has a policy of NCA's. No path of NIST's has one, so that by it all are refused.
pub(super) const REPEATED: [(&str, usize); 16] = [
    ("4.8.1", 3),
    ("4.8.2", 1),
    ("4.8.3", 2),
    ("4.8.6", 2),
    ("4.8.10", 2),
    ("4.8.11", 1),
    ("4.8.13", 2),
    ("4.8.14", 1),
    ("4.8.18", 1),
    ("4.10.1", 2),
    ("4.10.2", 1),
    ("4.10.3", 1),
    ("4.10.5", 1),
    ("4.10.6", 1),
    ("4.10.12", 1),
    ("4.12.3", 1),
];

/// Constraints on names and policies, and mappings of policies: no authority with one is trusted.
const LIMITS: &str =
    "AUTHORITY not accepted: an extension of an authority's certificate that is not understood";
/// A DSA key.
const DSA: &str = "AUTHORITY algorithm not accepted: unknown";
/// NIST broke the signature in the first byte of its BIT STRING, the count of unused bits.
const MALFORMED: &str = "AUTHORITY malformed: a certificate";
pub(super) const NO_AUTHORITY: &str = "AUTHORITY not for this use: no authority's certificate";
/// Path lengths. A certificate that an authority issued for itself counts, which it does not with NIST.
const TOO_DEEP: &str = "AUTHORITY not for this use: an authority that may not have others under it";
/// A key that signs no certificates.
pub(super) const NO_SIGNING: &str =
    "AUTHORITY not for this use: an authority's key that may not sign certificates";
/// A date before 1970.
const BEFORE_1970: &str = "FORMAT malformed: a certificate";
const UNTRUSTED: &str = "CHAIN no trusted certificate issued it";
const AUTHORITY_EARLY: &str = "VALIDITY the authority's certificate is not valid yet";
const AUTHORITY_OVER: &str = "VALIDITY the authority's certificate has expired";
const EARLY: &str = "VALIDITY the signer's certificate is not valid yet";
const OVER: &str = "VALIDITY the signer's certificate has expired";
const CRITICAL: &str = "USAGE not accepted: an extension of the certificate that is not understood";
/// The signer is an authority: its key is for certificates, not for papers.
const IS_AUTHORITY: &str = "USAGE not for this use: an authority's certificate";
const REVOKED: &str = "REVOKED";
const NO_LIST: &str = "UNKNOWN no list";
const LIST_MALFORMED: &str = "UNKNOWN malformed: the list of revoked certificates";
const LIST_UNTRUSTED: &str = "UNKNOWN no trusted certificate issued it";
/// Its key is not that of the authority that issued the certificate.
const LIST_OF_ANOTHER: &str = "UNKNOWN not accepted: a list of revoked certificates by another authority";
/// It has an issuing distribution point.
const LIST_OF_SOME: &str = "UNKNOWN not accepted: a list that covers some certificates only";
const LIST_CRITICAL: &str = "UNKNOWN not accepted: a list with a critical extension that is not understood";
const ENTRY_CRITICAL: &str =
    "UNKNOWN not accepted: an entry with a critical extension that is not understood";
const LIST_NOT_THEIRS: &str =
    "UNKNOWN not for this use: an authority that may not sign lists of revoked certificates";
const LIST_OVER: &str = "UNKNOWN the list of revoked certificates has expired";
const NEGATIVE_ENTRY: &str = "UNKNOWN malformed: a serial number in the list of revoked certificates";
/// A negative serial number, of the certificate or on the list.
const NEGATIVE: &str = "UNKNOWN malformed: a certificate's serial number";

/// Number, message, what NIST says, what we say.
pub(super) const CASES: &[(&str, &str, bool, Ours)] = &[
    // 4.1 Signature verification.
    ("4.1.1", "ValidSignaturesTest1", VALID, Accepts),
    ("4.1.2", "InvalidCASignatureTest2", INVALID, Refuses(MALFORMED)),
    ("4.1.3", "InvalidEESignatureTest3", INVALID, Refuses(UNTRUSTED)),
    ("4.1.4", "ValidDSASignaturesTest4", VALID, Narrower(DSA)),
    ("4.1.5", "ValidDSAParameterInheritanceTest5", VALID, Narrower(DSA)),
    ("4.1.6", "InvalidDSASignatureTest6", INVALID, Narrower(DSA)),
    // 4.2 Validity periods.
    ("4.2.1", "InvalidCAnotBeforeDateTest1", INVALID, Refuses(AUTHORITY_EARLY)),
    ("4.2.2", "InvalidEEnotBeforeDateTest2", INVALID, Refuses(EARLY)),
    ("4.2.3", "Validpre2000UTCnotBeforeDateTest3", VALID, Narrower(BEFORE_1970)),
    ("4.2.4", "ValidGeneralizedTimenotBeforeDateTest4", VALID, Accepts),
    ("4.2.5", "InvalidCAnotAfterDateTest5", INVALID, Refuses(AUTHORITY_OVER)),
    ("4.2.6", "InvalidEEnotAfterDateTest6", INVALID, Refuses(OVER)),
    ("4.2.7", "Invalidpre2000UTCEEnotAfterDateTest7", INVALID, Refuses(OVER)),
    ("4.2.8", "ValidGeneralizedTimenotAfterDateTest8", VALID, Accepts),
    // 4.3 Name chaining.
    ("4.3.1", "InvalidNameChainingEETest1", INVALID, Refuses(UNTRUSTED)),
    ("4.3.2", "InvalidNameChainingOrderTest2", INVALID, Refuses(UNTRUSTED)),
    ("4.3.3", "ValidNameChainingWhitespaceTest3", VALID, Accepts),
    ("4.3.4", "ValidNameChainingWhitespaceTest4", VALID, Accepts),
    ("4.3.5", "ValidNameChainingCapitalizationTest5", VALID, Accepts),
    ("4.3.6", "ValidNameChainingUIDsTest6", VALID, Accepts),
    ("4.3.7", "ValidRFC3280MandatoryAttributeTypesTest7", VALID, Accepts),
    ("4.3.8", "ValidRFC3280OptionalAttributeTypesTest8", VALID, Accepts),
    ("4.3.9", "ValidUTF8StringEncodedNamesTest9", VALID, Accepts),
    ("4.3.10", "ValidRolloverfromPrintableStringtoUTF8StringTest10", VALID, Accepts),
    ("4.3.11", "ValidUTF8StringCaseInsensitiveMatchTest11", VALID, Accepts),
    // 4.4 Basic certificate revocation.
    ("4.4.1", "MissingCRLTest1", INVALID, Refuses(NO_LIST)),
    ("4.4.2", "InvalidRevokedCATest2", INVALID, Refuses(REVOKED)),
    ("4.4.3", "InvalidRevokedEETest3", INVALID, Refuses(REVOKED)),
    ("4.4.4", "InvalidBadCRLSignatureTest4", INVALID, Refuses(LIST_MALFORMED)),
    ("4.4.5", "InvalidBadCRLIssuerNameTest5", INVALID, Refuses(LIST_UNTRUSTED)),
    ("4.4.6", "InvalidWrongCRLTest6", INVALID, Refuses(NO_LIST)),
    ("4.4.7", "ValidTwoCRLsTest7", VALID, Accepts),
    ("4.4.8", "InvalidUnknownCRLEntryExtensionTest8", INVALID, Refuses(ENTRY_CRITICAL)),
    ("4.4.9", "InvalidUnknownCRLExtensionTest9", INVALID, Refuses(LIST_CRITICAL)),
    ("4.4.10", "InvalidUnknownCRLExtensionTest10", INVALID, Refuses(LIST_CRITICAL)),
    ("4.4.11", "InvalidOldCRLnextUpdateTest11", INVALID, Refuses(LIST_OVER)),
    ("4.4.12", "Invalidpre2000CRLnextUpdateTest12", INVALID, Refuses(LIST_OVER)),
    ("4.4.13", "ValidGeneralizedTimeCRLnextUpdateTest13", VALID, Accepts),
    ("4.4.14", "ValidNegativeSerialNumberTest14", VALID, Narrower(NEGATIVE_ENTRY)),
    ("4.4.15", "InvalidNegativeSerialNumberTest15", INVALID, Narrower(NEGATIVE)),
    ("4.4.16", "ValidLongSerialNumberTest16", VALID, Accepts),
    ("4.4.17", "ValidLongSerialNumberTest17", VALID, Accepts),
    ("4.4.18", "InvalidLongSerialNumberTest18", INVALID, Refuses(REVOKED)),
    ("4.4.19", "ValidSeparateCertificateandCRLKeysTest19", VALID, Narrower(LIST_OF_ANOTHER)),
    ("4.4.20", "InvalidSeparateCertificateandCRLKeysTest20", INVALID, Narrower(LIST_OF_ANOTHER)),
    ("4.4.21", "InvalidSeparateCertificateandCRLKeysTest21", INVALID, Narrower(LIST_OF_ANOTHER)),
    // 4.5 Self-issued certificates.
    ("4.5.1", "ValidBasicSelfIssuedOldWithNewTest1", VALID, Narrower(NO_LIST)),
    ("4.5.2", "InvalidBasicSelfIssuedOldWithNewTest2", INVALID, Narrower(NO_LIST)),
    ("4.5.3", "ValidBasicSelfIssuedNewWithOldTest3", VALID, Accepts),
    ("4.5.4", "ValidBasicSelfIssuedNewWithOldTest4", VALID, Narrower(LIST_OF_SOME)),
    ("4.5.5", "InvalidBasicSelfIssuedNewWithOldTest5", INVALID, Narrower(LIST_OF_SOME)),
    ("4.5.6", "ValidBasicSelfIssuedCRLSigningKeyTest6", VALID, Narrower(LIST_OF_ANOTHER)),
    ("4.5.7", "InvalidBasicSelfIssuedCRLSigningKeyTest7", INVALID, Narrower(LIST_OF_ANOTHER)),
    ("4.5.8", "InvalidBasicSelfIssuedCRLSigningKeyTest8", INVALID, Refuses(UNTRUSTED)),
    // 4.6 Basic constraints.
    ("4.6.1", "InvalidMissingbasicConstraintsTest1", INVALID, Refuses(NO_AUTHORITY)),
    ("4.6.2", "InvalidcAFalseTest2", INVALID, Refuses(NO_AUTHORITY)),
    ("4.6.3", "InvalidcAFalseTest3", INVALID, Refuses(NO_AUTHORITY)),
    ("4.6.4", "ValidbasicConstraintsNotCriticalTest4", VALID, Accepts),
    ("4.6.5", "InvalidpathLenConstraintTest5", INVALID, Refuses(TOO_DEEP)),
    ("4.6.6", "InvalidpathLenConstraintTest6", INVALID, Refuses(TOO_DEEP)),
    ("4.6.7", "ValidpathLenConstraintTest7", VALID, Accepts),
    ("4.6.8", "ValidpathLenConstraintTest8", VALID, Narrower(IS_AUTHORITY)),
    ("4.6.9", "InvalidpathLenConstraintTest9", INVALID, Refuses(TOO_DEEP)),
    ("4.6.10", "InvalidpathLenConstraintTest10", INVALID, Refuses(TOO_DEEP)),
    ("4.6.11", "InvalidpathLenConstraintTest11", INVALID, Refuses(TOO_DEEP)),
    ("4.6.12", "InvalidpathLenConstraintTest12", INVALID, Refuses(TOO_DEEP)),
    ("4.6.13", "ValidpathLenConstraintTest13", VALID, Accepts),
    ("4.6.14", "ValidpathLenConstraintTest14", VALID, Narrower(IS_AUTHORITY)),
    ("4.6.15", "ValidSelfIssuedpathLenConstraintTest15", VALID, Narrower(TOO_DEEP)),
    ("4.6.16", "InvalidSelfIssuedpathLenConstraintTest16", INVALID, Refuses(TOO_DEEP)),
    ("4.6.17", "ValidSelfIssuedpathLenConstraintTest17", VALID, Narrower(TOO_DEEP)),
    // 4.7 Key usage.
    ("4.7.1", "InvalidkeyUsageCriticalkeyCertSignFalseTest1", INVALID, Refuses(NO_SIGNING)),
    ("4.7.2", "InvalidkeyUsageNotCriticalkeyCertSignFalseTest2", INVALID, Refuses(NO_SIGNING)),
    ("4.7.3", "ValidkeyUsageNotCriticalTest3", VALID, Accepts),
    ("4.7.4", "InvalidkeyUsageCriticalcRLSignFalseTest4", INVALID, Refuses(LIST_NOT_THEIRS)),
    ("4.7.5", "InvalidkeyUsageNotCriticalcRLSignFalseTest5", INVALID, Refuses(LIST_NOT_THEIRS)),
    // 4.8 Certificate policies.
    ("4.8.1", "AllCertificatesSamePolicyTest1", VALID, Accepts),
    ("4.8.2", "AllCertificatesNoPoliciesTest2", VALID, Accepts),
    ("4.8.3", "DifferentPoliciesTest3", VALID, Accepts),
    ("4.8.4", "DifferentPoliciesTest4", INVALID, Narrower(LIMITS)),
    ("4.8.5", "DifferentPoliciesTest5", INVALID, Narrower(LIMITS)),
    ("4.8.6", "OverlappingPoliciesTest6", VALID, Narrower(LIMITS)),
    ("4.8.7", "DifferentPoliciesTest7", INVALID, Narrower(LIMITS)),
    ("4.8.8", "DifferentPoliciesTest8", INVALID, Narrower(LIMITS)),
    ("4.8.9", "DifferentPoliciesTest9", INVALID, Narrower(LIMITS)),
    ("4.8.10", "AllCertificatesSamePoliciesTest10", VALID, Narrower(LIMITS)),
    ("4.8.11", "AllCertificatesAnyPolicyTest11", VALID, Narrower(LIMITS)),
    ("4.8.12", "DifferentPoliciesTest12", INVALID, Narrower(LIMITS)),
    ("4.8.13", "AllCertificatesSamePoliciesTest13", VALID, Narrower(LIMITS)),
    ("4.8.14", "AnyPolicyTest14", VALID, Narrower(LIMITS)),
    ("4.8.15", "UserNoticeQualifierTest15", VALID, Accepts),
    ("4.8.16", "UserNoticeQualifierTest16", VALID, Accepts),
    ("4.8.17", "UserNoticeQualifierTest17", VALID, Accepts),
    ("4.8.18", "UserNoticeQualifierTest18", VALID, Narrower(LIMITS)),
    ("4.8.19", "UserNoticeQualifierTest19", VALID, Accepts),
    ("4.8.20", "CPSPointerQualifierTest20", VALID, Accepts),
    // 4.9 requireExplicitPolicy.
    ("4.9.1", "ValidRequireExplicitPolicyTest1", VALID, Narrower(LIMITS)),
    ("4.9.2", "ValidRequireExplicitPolicyTest2", VALID, Narrower(LIMITS)),
    ("4.9.3", "InvalidRequireExplicitPolicyTest3", INVALID, Narrower(LIMITS)),
    ("4.9.4", "ValidRequireExplicitPolicyTest4", VALID, Narrower(LIMITS)),
    ("4.9.5", "InvalidRequireExplicitPolicyTest5", INVALID, Narrower(LIMITS)),
    ("4.9.6", "ValidSelfIssuedrequireExplicitPolicyTest6", VALID, Narrower(LIMITS)),
    ("4.9.7", "InvalidSelfIssuedrequireExplicitPolicyTest7", INVALID, Narrower(LIMITS)),
    ("4.9.8", "InvalidSelfIssuedrequireExplicitPolicyTest8", INVALID, Narrower(LIMITS)),
    // 4.10 Policy mappings.
    ("4.10.1", "ValidPolicyMappingTest1", VALID, Narrower(LIMITS)),
    ("4.10.2", "InvalidPolicyMappingTest2", INVALID, Narrower(LIMITS)),
    ("4.10.3", "ValidPolicyMappingTest3", VALID, Narrower(LIMITS)),
    ("4.10.4", "InvalidPolicyMappingTest4", INVALID, Narrower(LIMITS)),
    ("4.10.5", "ValidPolicyMappingTest5", VALID, Narrower(LIMITS)),
    ("4.10.6", "ValidPolicyMappingTest6", VALID, Narrower(LIMITS)),
    ("4.10.7", "InvalidMappingFromanyPolicyTest7", INVALID, Narrower(LIMITS)),
    ("4.10.8", "InvalidMappingToanyPolicyTest8", INVALID, Narrower(LIMITS)),
    ("4.10.9", "ValidPolicyMappingTest9", VALID, Narrower(LIMITS)),
    ("4.10.10", "InvalidPolicyMappingTest10", INVALID, Narrower(LIMITS)),
    ("4.10.11", "ValidPolicyMappingTest11", VALID, Narrower(LIMITS)),
    ("4.10.12", "ValidPolicyMappingTest12", VALID, Narrower(LIMITS)),
    ("4.10.13", "ValidPolicyMappingTest13", VALID, Narrower(LIMITS)),
    ("4.10.14", "ValidPolicyMappingTest14", VALID, Narrower(LIMITS)),
    // 4.11 inhibitPolicyMapping.
    ("4.11.1", "InvalidinhibitPolicyMappingTest1", INVALID, Narrower(LIMITS)),
    ("4.11.2", "ValidinhibitPolicyMappingTest2", VALID, Narrower(LIMITS)),
    ("4.11.3", "InvalidinhibitPolicyMappingTest3", INVALID, Narrower(LIMITS)),
    ("4.11.4", "ValidinhibitPolicyMappingTest4", VALID, Narrower(LIMITS)),
    ("4.11.5", "InvalidinhibitPolicyMappingTest5", INVALID, Narrower(LIMITS)),
    ("4.11.6", "InvalidinhibitPolicyMappingTest6", INVALID, Narrower(LIMITS)),
    ("4.11.7", "ValidSelfIssuedinhibitPolicyMappingTest7", VALID, Narrower(LIMITS)),
    ("4.11.8", "InvalidSelfIssuedinhibitPolicyMappingTest8", INVALID, Narrower(LIMITS)),
    ("4.11.9", "InvalidSelfIssuedinhibitPolicyMappingTest9", INVALID, Narrower(LIMITS)),
    ("4.11.10", "InvalidSelfIssuedinhibitPolicyMappingTest10", INVALID, Narrower(LIMITS)),
    ("4.11.11", "InvalidSelfIssuedinhibitPolicyMappingTest11", INVALID, Narrower(LIMITS)),
    // 4.12 inhibitAnyPolicy.
    ("4.12.1", "InvalidinhibitAnyPolicyTest1", INVALID, Narrower(LIMITS)),
    ("4.12.2", "ValidinhibitAnyPolicyTest2", VALID, Narrower(LIMITS)),
    ("4.12.3", "inhibitAnyPolicyTest3", VALID, Narrower(LIMITS)),
    ("4.12.4", "InvalidinhibitAnyPolicyTest4", INVALID, Narrower(LIMITS)),
    ("4.12.5", "InvalidinhibitAnyPolicyTest5", INVALID, Narrower(LIMITS)),
    ("4.12.6", "InvalidinhibitAnyPolicyTest6", INVALID, Narrower(LIMITS)),
    ("4.12.7", "ValidSelfIssuedinhibitAnyPolicyTest7", VALID, Narrower(LIMITS)),
    ("4.12.8", "InvalidSelfIssuedinhibitAnyPolicyTest8", INVALID, Narrower(LIMITS)),
    ("4.12.9", "ValidSelfIssuedinhibitAnyPolicyTest9", VALID, Narrower(LIMITS)),
    ("4.12.10", "InvalidSelfIssuedinhibitAnyPolicyTest10", INVALID, Narrower(LIMITS)),
    // 4.13 Name constraints.
    ("4.13.1", "ValidDNnameConstraintsTest1", VALID, Narrower(LIMITS)),
    ("4.13.2", "InvalidDNnameConstraintsTest2", INVALID, Narrower(LIMITS)),
    ("4.13.3", "InvalidDNnameConstraintsTest3", INVALID, Narrower(LIMITS)),
    ("4.13.4", "ValidDNnameConstraintsTest4", VALID, Narrower(LIMITS)),
    ("4.13.5", "ValidDNnameConstraintsTest5", VALID, Narrower(LIMITS)),
    ("4.13.6", "ValidDNnameConstraintsTest6", VALID, Narrower(LIMITS)),
    ("4.13.7", "InvalidDNnameConstraintsTest7", INVALID, Narrower(LIMITS)),
    ("4.13.8", "InvalidDNnameConstraintsTest8", INVALID, Narrower(LIMITS)),
    ("4.13.9", "InvalidDNnameConstraintsTest9", INVALID, Narrower(LIMITS)),
    ("4.13.10", "InvalidDNnameConstraintsTest10", INVALID, Narrower(LIMITS)),
    ("4.13.11", "ValidDNnameConstraintsTest11", VALID, Narrower(LIMITS)),
    ("4.13.12", "InvalidDNnameConstraintsTest12", INVALID, Narrower(LIMITS)),
    ("4.13.13", "InvalidDNnameConstraintsTest13", INVALID, Narrower(LIMITS)),
    ("4.13.14", "ValidDNnameConstraintsTest14", VALID, Narrower(LIMITS)),
    ("4.13.15", "InvalidDNnameConstraintsTest15", INVALID, Narrower(LIMITS)),
    ("4.13.16", "InvalidDNnameConstraintsTest16", INVALID, Narrower(LIMITS)),
    ("4.13.17", "InvalidDNnameConstraintsTest17", INVALID, Narrower(LIMITS)),
    ("4.13.18", "ValidDNnameConstraintsTest18", VALID, Narrower(LIMITS)),
    ("4.13.19", "ValidSelfIssuedDNnameConstraintsTest19", VALID, Narrower(LIMITS)),
    ("4.13.20", "InvalidSelfIssuedDNnameConstraintsTest20", INVALID, Narrower(LIMITS)),
    ("4.13.21", "ValidRFC822nameConstraintsTest21", VALID, Narrower(LIMITS)),
    ("4.13.22", "InvalidRFC822nameConstraintsTest22", INVALID, Narrower(LIMITS)),
    ("4.13.23", "ValidRFC822nameConstraintsTest23", VALID, Narrower(LIMITS)),
    ("4.13.24", "InvalidRFC822nameConstraintsTest24", INVALID, Narrower(LIMITS)),
    ("4.13.25", "ValidRFC822nameConstraintsTest25", VALID, Narrower(LIMITS)),
    ("4.13.26", "InvalidRFC822nameConstraintsTest26", INVALID, Narrower(LIMITS)),
    ("4.13.27", "ValidDNandRFC822nameConstraintsTest27", VALID, Narrower(LIMITS)),
    ("4.13.28", "InvalidDNandRFC822nameConstraintsTest28", INVALID, Narrower(LIMITS)),
    ("4.13.29", "InvalidDNandRFC822nameConstraintsTest29", INVALID, Narrower(LIMITS)),
    ("4.13.30", "ValidDNSnameConstraintsTest30", VALID, Narrower(LIMITS)),
    ("4.13.31", "InvalidDNSnameConstraintsTest31", INVALID, Narrower(LIMITS)),
    ("4.13.32", "ValidDNSnameConstraintsTest32", VALID, Narrower(LIMITS)),
    ("4.13.33", "InvalidDNSnameConstraintsTest33", INVALID, Narrower(LIMITS)),
    ("4.13.34", "ValidURInameConstraintsTest34", VALID, Narrower(LIMITS)),
    ("4.13.35", "InvalidURInameConstraintsTest35", INVALID, Narrower(LIMITS)),
    ("4.13.36", "ValidURInameConstraintsTest36", VALID, Narrower(LIMITS)),
    ("4.13.37", "InvalidURInameConstraintsTest37", INVALID, Narrower(LIMITS)),
    ("4.13.38", "InvalidDNSnameConstraintsTest38", INVALID, Narrower(LIMITS)),
    // 4.14 Distribution points.
    ("4.14.1", "ValiddistributionPointTest1", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.2", "InvaliddistributionPointTest2", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.3", "InvaliddistributionPointTest3", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.4", "ValiddistributionPointTest4", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.5", "ValiddistributionPointTest5", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.6", "InvaliddistributionPointTest6", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.7", "ValiddistributionPointTest7", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.8", "InvaliddistributionPointTest8", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.9", "InvaliddistributionPointTest9", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.10", "ValidNoissuingDistributionPointTest10", VALID, Accepts),
    ("4.14.11", "InvalidonlyContainsUserCertsCRLTest11", INVALID, Narrower(IS_AUTHORITY)),
    ("4.14.12", "InvalidonlyContainsCACertsCRLTest12", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.13", "ValidonlyContainsCACertsCRLTest13", VALID, Narrower(IS_AUTHORITY)),
    ("4.14.14", "InvalidonlyContainsAttributeCertsTest14", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.15", "InvalidonlySomeReasonsTest15", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.16", "InvalidonlySomeReasonsTest16", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.17", "InvalidonlySomeReasonsTest17", INVALID, Narrower(LIST_OF_SOME)),
    // NIST's message of this one holds the certificate of the next.
    ("4.14.18", "ValidonlySomeReasonsTest18", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.19", "ValidonlySomeReasonsTest19", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.20", "InvalidonlySomeReasonsTest20", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.21", "InvalidonlySomeReasonsTest21", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.22", "ValidIDPwithindirectCRLTest22", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.23", "InvalidIDPwithindirectCRLTest23", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.24", "ValidIDPwithindirectCRLTest24", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.25", "ValidIDPwithindirectCRLTest25", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.26", "InvalidIDPwithindirectCRLTest26", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.27", "InvalidcRLIssuerTest27", INVALID, Refuses(NO_LIST)),
    ("4.14.28", "ValidcRLIssuerTest28", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.29", "ValidcRLIssuerTest29", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.30", "ValidcRLIssuerTest30", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.31", "InvalidcRLIssuerTest31", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.32", "InvalidcRLIssuerTest32", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.33", "ValidcRLIssuerTest33", VALID, Narrower(LIST_OF_SOME)),
    ("4.14.34", "InvalidcRLIssuerTest34", INVALID, Narrower(LIST_OF_SOME)),
    ("4.14.35", "InvalidcRLIssuerTest35", INVALID, Narrower(LIST_OF_SOME)),
    // 4.15 Delta lists.
    ("4.15.1", "InvaliddeltaCRLIndicatorNoBaseTest1", INVALID, Refuses(NO_LIST)),
    ("4.15.2", "ValiddeltaCRLTest2", VALID, Accepts),
    ("4.15.3", "InvaliddeltaCRLTest3", INVALID, Refuses(REVOKED)),
    ("4.15.4", "InvaliddeltaCRLTest4", INVALID, Refuses(REVOKED)),
    ("4.15.5", "ValiddeltaCRLTest5", VALID, Accepts),
    ("4.15.6", "InvaliddeltaCRLTest6", INVALID, Refuses(REVOKED)),
    ("4.15.7", "ValiddeltaCRLTest7", VALID, Accepts),
    ("4.15.8", "ValiddeltaCRLTest8", VALID, Accepts),
    ("4.15.9", "InvaliddeltaCRLTest9", INVALID, Refuses(REVOKED)),
    ("4.15.10", "InvaliddeltaCRLTest10", INVALID, Refuses(LIST_OVER)),
    // 4.16 Private extensions.
    ("4.16.1", "ValidUnknownNotCriticalCertificateExtensionTest1", VALID, Accepts),
    ("4.16.2", "InvalidUnknownCriticalCertificateExtensionTest2", INVALID, Refuses(CRITICAL)),
];
