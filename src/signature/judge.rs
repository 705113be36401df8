//! The judgement of a signature: every step by name, in one order.

#[cfg(test)]
mod tests;

use std::fmt;

use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION};
use jiff::Timestamp;

use super::certificate::Certificate;
use super::chain::Store;
use super::envelope::Envelope;
use super::fault::Fault;
use super::subject::{Role, Subject};

/// The arc of NCA RK's certificate policies.
const NCA_POLICIES: &str = "1.2.398.3.3.2";

/// A step of the judgement, in the order they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The message is well-formed and in the profile.
    Format,
    /// It is over the content that it should be over.
    Content,
    /// The signature holds by the key of the certificate.
    Signature,
    /// A trusted authority issued the certificate.
    Chain,
    /// It and those above it are valid at the moment.
    Validity,
    /// It is for this use.
    Usage,
    /// It is not revoked.
    Revocation,
    /// Its number is the one asked about.
    Identity,
}

impl Step {
    /// All, in order.
    pub const ALL: [Step; 8] = [
        Step::Format,
        Step::Content,
        Step::Signature,
        Step::Chain,
        Step::Validity,
        Step::Usage,
        Step::Revocation,
        Step::Identity,
    ];
}

/// What a key is to have been used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To prove who one is, by signing a challenge: keys for signing and for authentication.
    Presence,
    /// To sign a document: keys for signing alone.
    Document,
}

/// A signature judged from its bytes; what is left is whether the certificate is revoked.
#[derive(Clone)]
pub struct Judgement {
    /// The envelope; `None`: it could not be opened.
    envelope: Option<Envelope>,
    /// Whose it is; `None`: that could not be read.
    subject: Option<Subject>,
    /// The authority that issued it; `None`: none that is trusted.
    issuer: Option<Certificate>,
    /// Faults, in the order of steps.
    faults: Vec<(Step, Fault)>,
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judgement").field("subject", &self.subject).field("faults", &self.faults).finish()
    }
}

/// Judges a signature that was taken out of its message, or could not be.
///
/// Steps that do not depend on a failed one are judged all the same, so that every fault is told.
#[must_use]
pub fn judge(opened: Result<Envelope, Fault>, trusted: &Store, purpose: Use, now: Timestamp) -> Judgement {
    let envelope = match opened {
        Ok(envelope) => envelope,
        Err(fault) => {
            let step = match fault {
                Fault::NoContent | Fault::OtherContent | Fault::Digest => Step::Content,
                _ => Step::Format,
            };
            return Judgement { envelope: None, subject: None, issuer: None, faults: vec![(step, fault)] };
        }
    };
    let certificate = &envelope.certificate;
    let mut faults = Vec::new();
    let mut found = |step, result: Result<(), Fault>| faults.extend(result.err().map(|fault| (step, fault)));
    found(Step::Signature, envelope.verify());
    let issuer = trusted.issuer(certificate);
    found(Step::Chain, issuer.as_ref().map(|_| ()).map_err(|fault| *fault));
    found(Step::Validity, certificate.valid_at(now, "the signer's certificate"));
    let issuer = issuer.ok();
    if let Some(issuer) = issuer {
        found(Step::Validity, trusted.valid_at(issuer, now));
    }
    found(Step::Usage, usable(certificate, purpose));
    let subject = Subject::of(certificate);
    found(Step::Identity, subject.as_ref().map(|_| ()).map_err(|fault| *fault));
    Judgement {
        subject: subject.ok(),
        issuer: issuer.map(|issuer| issuer.certificate.clone()),
        envelope: Some(envelope),
        faults,
    }
}

impl Judgement {
    /// What is wrong, in the order of steps; empty: all is right as far as bytes tell.
    #[must_use]
    pub fn faults(&self) -> &[(Step, Fault)] {
        &self.faults
    }

    /// What is wrong with one step first; `None`: nothing, or it was not judged.
    #[must_use]
    pub fn fault(&self, step: Step) -> Option<Fault> {
        self.faults.iter().find(|(at, _)| *at == step).map(|(_, fault)| *fault)
    }

    /// Whether a step was judged: after a message that cannot be read there is nothing to judge.
    #[must_use]
    pub fn judged(&self, step: Step) -> bool {
        match self.faults.first() {
            Some((at @ (Step::Format | Step::Content), _)) => step <= *at,
            _ => step != Step::Revocation,
        }
    }

    /// The signature; `None`: the message could not be opened.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// Whose the certificate is; `None`: that could not be read. To be believed only without faults.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// The certificate whose revocation is to be looked for, and its issuer's; `None`: something is
    /// wrong already, so nothing needs to be asked.
    #[must_use]
    pub fn to_ask(&self) -> Option<(&Certificate, &Certificate)> {
        if !self.faults.is_empty() {
            return None;
        }
        Some((&self.envelope.as_ref()?.certificate, self.issuer.as_ref()?))
    }
}

/// Whether a certificate is for a use, by its key usage, its extended key usage and its policies.
fn usable(certificate: &Certificate, purpose: Use) -> Result<(), Fault> {
    let extensions = certificate.extensions();
    if certificate.unknown_critical() {
        return Err(Fault::Profile("an extension of the certificate that is not understood"));
    }
    if extensions.basic.is_some_and(|basic| basic.ca) {
        return Err(Fault::Usage("an authority's certificate"));
    }
    let usage = extensions.usage.ok_or(Fault::Usage("the certificate does not say for which"))?;
    let extended = &extensions.extended;
    let signs = extended.contains(&ID_KP_EMAIL_PROTECTION);
    let authenticates = extended.contains(&ID_KP_CLIENT_AUTH);
    let role = extended.iter().any(|usage| Role::of(usage).is_some());
    match purpose {
        Use::Presence if !usage.digital_signature() => return Err(Fault::Usage("the key may not sign")),
        Use::Document if !usage.non_repudiation() => {
            return Err(Fault::Usage("the key may not sign documents"));
        }
        _ => {}
    }
    // Information systems have a role alone. A certificate for something else has neither: OCSP, time
    // stamps, servers.
    let fits = match purpose {
        Use::Presence => signs || authenticates || role,
        Use::Document => signs || role && !authenticates,
    };
    if !fits {
        return Err(Fault::Usage("the extended key usage"));
    }
    let policy = |policy: &const_oid::ObjectIdentifier| {
        let dotted = policy.to_string();
        dotted.strip_prefix(NCA_POLICIES).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if !extensions.policies.iter().any(policy) {
        return Err(Fault::Usage("the certificate's policy is not NCA's"));
    }
    Ok(())
}
