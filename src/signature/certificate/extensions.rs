//! The extensions of a certificate that are understood.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS,
    ID_CE_CERTIFICATE_POLICIES, ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_FRESHEST_CRL,
    ID_CE_INHIBIT_ANY_POLICY, ID_CE_KEY_USAGE, ID_CE_NAME_CONSTRAINTS, ID_CE_POLICY_CONSTRAINTS,
    ID_CE_POLICY_MAPPINGS, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_PE_AUTHORITY_INFO_ACCESS,
};
use der::Decode;
use der::flagset::FlagSet;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

use crate::signature::fault::Fault;

/// No revocation is to be looked for: the mark of an OCSP responder's certificate (RFC 6960, 4.2.2.2.1).
const OCSP_NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// The most extensions of one certificate, and entries of one extension.
const MOST: usize = 64;
/// The longest address, in bytes.
const LONGEST_URL: usize = 512;

/// What a key may be used for (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage(FlagSet<KeyUsages>);

impl Usage {
    /// Signing what is not a certificate: to prove who one is.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.0.contains(KeyUsages::DigitalSignature)
    }

    /// Signing so that it cannot be denied later: signing documents.
    #[must_use]
    pub fn non_repudiation(self) -> bool {
        self.0.contains(KeyUsages::NonRepudiation)
    }

    /// Signing certificates.
    #[must_use]
    pub fn certificate_sign(self) -> bool {
        self.0.contains(KeyUsages::KeyCertSign)
    }

    /// Signing lists of revoked certificates.
    #[must_use]
    pub fn crl_sign(self) -> bool {
        self.0.contains(KeyUsages::CRLSign)
    }
}

/// Whether a certificate may issue others (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic {
    /// It may.
    pub ca: bool,
    /// How many more issuers may stand between it and the last certificate; `None`: any number.
    pub path_length: Option<u8>,
}

/// Extensions of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Key usage; `None`: not said.
    pub usage: Option<Usage>,
    /// Extended key usage, roles among them; empty: not said.
    pub extended: Vec<ObjectIdentifier>,
    /// Policies.
    pub policies: Vec<ObjectIdentifier>,
    /// Basic constraints; `None`: not said, it issues nothing.
    pub basic: Option<Basic>,
    /// The key's identifier; empty: not said.
    pub key_id: Vec<u8>,
    /// The identifier of the issuer's key; empty: not said.
    pub issuer_key_id: Vec<u8>,
    /// Where OCSP is asked.
    pub ocsp: Vec<String>,
    /// Where the issuer's certificate is.
    pub issuers: Vec<String>,
    /// Where the list of revoked certificates is.
    pub crl: Vec<String>,
    /// Where its latest changes are.
    pub delta_crl: Vec<String>,
    /// No revocation is to be looked for.
    pub no_check: bool,
    /// There is a critical one that is not understood or not judged here.
    pub(super) unknown_critical: bool,
}

impl Extensions {
    pub(super) fn read(extensions: &[Extension]) -> Result<Self, Fault> {
        if extensions.len() > MOST {
            return Err(Fault::TooLarge("the extensions of a certificate"));
        }
        let mut read = Extensions::default();
        for (i, extension) in extensions.iter().enumerate() {
            if extensions[..i].iter().any(|before| before.extn_id == extension.extn_id) {
                return Err(Fault::Malformed("an extension of a certificate, which comes twice"));
            }
            read.take(extension)?;
        }
        Ok(read)
    }

    fn take(&mut self, extension: &Extension) -> Result<(), Fault> {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            ID_CE_KEY_USAGE => self.usage = Some(Usage(read::<KeyUsage>(value)?.0)),
            ID_CE_EXT_KEY_USAGE => self.extended = few(read::<ExtendedKeyUsage>(value)?.0)?,
            ID_CE_CERTIFICATE_POLICIES => {
                let policies = few(read::<CertificatePolicies>(value)?.0)?;
                self.policies = policies.into_iter().map(|policy| policy.policy_identifier).collect();
            }
            ID_CE_BASIC_CONSTRAINTS => {
                let basic = read::<BasicConstraints>(value)?;
                self.basic = Some(Basic { ca: basic.ca, path_length: basic.path_len_constraint });
            }
            ID_CE_SUBJECT_KEY_IDENTIFIER => {
                self.key_id = read::<SubjectKeyIdentifier>(value)?.0.into_bytes();
            }
            ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                let identifier = read::<AuthorityKeyIdentifier>(value)?.key_identifier;
                self.issuer_key_id = identifier.map(|id| id.into_bytes()).unwrap_or_default();
            }
            ID_PE_AUTHORITY_INFO_ACCESS => {
                for access in few(read::<AuthorityInfoAccessSyntax>(value)?.0)? {
                    let urls = match access.access_method {
                        ID_AD_OCSP => &mut self.ocsp,
                        ID_AD_CA_ISSUERS => &mut self.issuers,
                        _ => continue,
                    };
                    urls.extend(url(&access.access_location));
                }
            }
            ID_CE_CRL_DISTRIBUTION_POINTS => self.crl = urls(few(read::<CrlDistributionPoints>(value)?.0)?),
            ID_CE_FRESHEST_CRL => self.delta_crl = urls(few(read::<CrlDistributionPoints>(value)?.0)?),
            OCSP_NO_CHECK => self.no_check = true,
            // They limit what may be issued below, critical or not; none of NCA's has them.
            ID_CE_NAME_CONSTRAINTS
            | ID_CE_POLICY_CONSTRAINTS
            | ID_CE_INHIBIT_ANY_POLICY
            | ID_CE_POLICY_MAPPINGS => self.unknown_critical = true,
            _ => self.unknown_critical |= extension.critical,
        }
        Ok(())
    }
}

fn read<'a, T: Decode<'a>>(value: &'a [u8]) -> Result<T, Fault> {
    T::from_der(value).map_err(|_| Fault::Malformed("an extension of a certificate"))
}

fn few<T>(entries: Vec<T>) -> Result<Vec<T>, Fault> {
    if entries.len() > MOST { Err(Fault::TooLarge("an extension of a certificate")) } else { Ok(entries) }
}

fn urls(points: Vec<DistributionPoint>) -> Vec<String> {
    // A point for some reasons only, or signed by somebody else, is not the whole list.
    let whole = points.into_iter().filter(|point| point.reasons.is_none() && point.crl_issuer.is_none());
    let names = whole.filter_map(|point| match point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    names.flatten().take(MOST).filter_map(|name| url(&name)).collect()
}

fn url(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(url) if url.as_str().len() <= LONGEST_URL => {
            Some(url.as_str().to_owned())
        }
        _ => None,
    }
}
