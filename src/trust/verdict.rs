//! What a judgement is told as: every fault by its reason, and what is not known by the policy.

use super::revocation::{Finding, Mode};
use crate::reason::Reason;
use crate::signature::revocation::Status;
use crate::signature::{Fault, Judgement, Step};

/// How a step, or all of them, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It holds.
    Pass,
    /// It holds, and something is to be known.
    Warn(Reason),
    /// It does not hold.
    Fail(Reason),
    /// It could not be found out, and must be known.
    Unavailable(Reason),
    /// It was not looked at.
    Skipped,
}

impl Told {
    /// How a step ended. Of [`Step::Identity`], whether the certificate's numbers can be read: whose they
    /// should be is the caller's to say.
    #[must_use]
    pub fn of(step: Step, judgement: &Judgement, finding: &Finding, mode: Mode) -> Told {
        match judgement.fault(step) {
            Some(fault) => Told::Fail(reason(fault)),
            None if step == Step::Revocation => revocation(finding, judgement, mode),
            None if judgement.judged(step) => Told::Pass,
            None => Told::Skipped,
        }
    }

    /// What decides: a failure, then what is not known, then a warning.
    #[must_use]
    pub fn decisive(steps: impl Iterator<Item = Told>) -> Told {
        let rank = |told: &Told| match told {
            Told::Fail(_) => 3,
            Told::Unavailable(_) => 2,
            Told::Warn(_) => 1,
            Told::Pass | Told::Skipped => 0,
        };
        steps.fold(Told::Pass, |worst, told| if rank(&told) > rank(&worst) { told } else { worst })
    }
}

fn revocation(finding: &Finding, judgement: &Judgement, mode: Mode) -> Told {
    let unknown = match mode {
        Mode::Required => Told::Unavailable(Reason::RevocationUnknown),
        Mode::BestEffort => Told::Warn(Reason::RevocationUnknown),
        Mode::None => Told::Skipped,
    };
    match finding {
        // After another fault it is pointless to ask.
        Finding::NotAsked if !judgement.faults().is_empty() => Told::Skipped,
        Finding::NotAsked | Finding::Unavailable(_) => unknown,
        Finding::Known { status: Status::Good, .. } => Told::Pass,
        Finding::Known { status: Status::Revoked(_), .. } => Told::Fail(Reason::SignerRevoked),
        Finding::Untrusted(_) => Told::Fail(Reason::RevocationUntrusted),
        // An authority that does not know what it is said to have issued: that is no silence.
        Finding::Known { status: Status::Unknown, .. } => Told::Unavailable(Reason::RevocationUnknown),
        Finding::Busy if mode == Mode::Required => Told::Unavailable(Reason::Overloaded),
        Finding::Busy => unknown,
    }
}

/// The reason that a fault is told by.
fn reason(fault: Fault) -> Reason {
    match fault {
        Fault::Malformed(_) | Fault::TooLarge(_) | Fault::Profile(_) | Fault::ManySigners => {
            Reason::SignatureMalformed
        }
        Fault::Algorithm(_) => Reason::SignatureAlgorithm,
        Fault::NoSigner | Fault::NoCertificate => Reason::SignerMissing,
        Fault::NoContent | Fault::OtherContent | Fault::Digest => Reason::SignedContentDiffers,
        Fault::Signature => Reason::SignatureInvalid,
        Fault::Untrusted => Reason::SignerUntrusted,
        Fault::NotYetValid(_) => Reason::SignerNotYetValid,
        Fault::Expired(_) => Reason::SignerExpired,
        Fault::Usage(_) => Reason::SignerUsage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_and_the_first_of_equals() {
        let (a, b) = (Reason::SignerExpired, Reason::SignerUsage);
        let whole = |steps: &[Told]| Told::decisive(steps.iter().copied());
        assert_eq!(whole(&[Told::Pass, Told::Skipped]), Told::Pass);
        assert_eq!(whole(&[Told::Warn(a), Told::Unavailable(b)]), Told::Unavailable(b));
        assert_eq!(whole(&[Told::Unavailable(a), Told::Fail(b), Told::Fail(a)]), Told::Fail(b));
    }
}
