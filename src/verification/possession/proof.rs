//! What a signature proves: its judgement as one check with parts. Pure.

use uuid::Uuid;

use super::{Presence, Rules, Signer};
use crate::number::Iin;
use crate::person::matching::PartMatch;
use crate::reason::Reason;
use crate::signature::revocation::Status;
use crate::signature::subject::Kind;
use crate::signature::{Judgement, Step};
use crate::trust::judge::Judged;
use crate::trust::revocation::Finding;
use crate::trust::verdict::Told;
use crate::verification::answer::{Check, CheckKind, Outcome, Part, PartKind};

/// What a signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    parts: Vec<Part>,
    /// Instead of parts: why there are none.
    unavailable: Option<Reason>,
    /// Whether the key is one that proves presence.
    personal: bool,
    /// By what the challenge is known once it is spent; `None`: there is none to spend.
    spent: Option<Uuid>,
    /// Whose key signed, as the certificate says.
    pub signer: Option<Signer>,
}

/// Which part tells a step.
const PARTS: [(Step, PartKind); 8] = [
    (Step::Format, PartKind::SignedMessage),
    (Step::Content, PartKind::SignedContent),
    (Step::Signature, PartKind::SignatureValue),
    (Step::Chain, PartKind::SignerChain),
    (Step::Validity, PartKind::SignerValidity),
    (Step::Usage, PartKind::SignerUsage),
    (Step::Revocation, PartKind::SignerRevocation),
    (Step::Identity, PartKind::SignerNumber),
];

impl Proof {
    /// Nothing could be judged.
    #[must_use]
    pub fn unavailable(why: Reason) -> Self {
        Proof { parts: vec![], unavailable: Some(why), personal: false, spent: None, signer: None }
    }

    /// There is no challenge that could have been signed.
    #[must_use]
    pub fn of_no_challenge(why: Reason) -> Self {
        let skipped = PARTS.iter().map(|(_, kind)| part(*kind, Outcome::Skipped, None));
        let challenge = part(PartKind::Challenge, Outcome::Fail, Some(why));
        let parts = std::iter::once(challenge).chain(skipped).collect();
        Proof { parts, unavailable: None, personal: false, spent: None, signer: None }
    }

    /// A signature as it was judged, and the number asked about.
    #[must_use]
    pub fn new(judged: &Judged, rules: Rules, iin: Iin, spent: Uuid) -> Self {
        let judgement = &judged.judgement;
        let told = |(step, kind): (Step, PartKind)| match judged.told(step) {
            Told::Pass if step == Step::Identity => number(judgement, rules, iin),
            Told::Pass => part(kind, Outcome::Pass, None),
            Told::Warn(why) => part(kind, Outcome::Warn, Some(why)),
            Told::Fail(why) => part(kind, Outcome::Fail, Some(why)),
            Told::Unavailable(why) => part(kind, Outcome::Unavailable, Some(why)),
            Told::Skipped => part(kind, Outcome::Skipped, None),
        };
        let challenge = part(PartKind::Challenge, Outcome::Pass, None);
        let parts = std::iter::once(challenge).chain(PARTS.into_iter().map(told)).collect();
        let personal = judgement.subject().is_some_and(|subject| subject.kind == Kind::Person);
        Proof {
            parts,
            unavailable: None,
            personal: personal || rules.presence == Presence::Holder,
            spent: Some(spent),
            signer: signer(judged),
        }
    }

    /// It once its challenge turned out to be used.
    #[must_use]
    pub fn with_challenge_used(mut self) -> Self {
        for challenge in self.parts.iter_mut().filter(|part| part.part == PartKind::Challenge) {
            *challenge = part(PartKind::Challenge, Outcome::Fail, Some(Reason::ChallengeUsed));
        }
        self
    }

    /// By what its challenge is known once it is spent.
    #[must_use]
    pub fn spent(&self) -> Option<Uuid> {
        self.spent
    }

    /// The check it makes: a failed part decides, then one that could not be run, then a warning.
    #[must_use]
    pub fn check(&self) -> Check {
        const KIND: CheckKind = CheckKind::Signature;
        if let Some(why) = self.unavailable {
            return Check::because(KIND, Outcome::Unavailable, why);
        }
        let first = |outcome| self.parts.iter().find(|part| part.outcome == outcome);
        let decisive = [Outcome::Fail, Outcome::Unavailable, Outcome::NotCompared, Outcome::Warn];
        let (outcome, reason) = decisive
            .into_iter()
            .find_map(|outcome| first(outcome).map(|part| (outcome, part.reason)))
            .unwrap_or((Outcome::Pass, None));
        Check { kind: KIND, outcome, reason, parts: self.parts.clone(), score: None }
    }

    /// Whether the check holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.check().outcome.holds()
    }

    /// Whether the key is one that proves presence. Only where the check holds.
    #[must_use]
    pub fn is_presence(&self) -> bool {
        self.personal
    }
}

fn part(part: PartKind, outcome: Outcome, reason: Option<Reason>) -> Part {
    Part { part, matched: PartMatch::NotCompared, outcome, reason }
}

/// The certificate's number and the one asked about, as texts: whether it is well-formed is another check.
fn number(judgement: &Judgement, rules: Rules, iin: Iin) -> Part {
    const KIND: PartKind = PartKind::SignerNumber;
    let subject = judgement.subject();
    match subject.and_then(|subject| subject.iin.as_deref()) {
        None => part(KIND, Outcome::NotCompared, Some(Reason::SignerWithoutIin)),
        Some(signed) if signed != iin.to_text() => part(KIND, Outcome::Fail, Some(Reason::SignerIsAnother)),
        Some(_) if rules.presence == Presence::Holder => part(KIND, Outcome::Pass, None),
        Some(_) if subject.is_some_and(|subject| subject.kind == Kind::Person) => {
            part(KIND, Outcome::Pass, None)
        }
        Some(_) => part(KIND, Outcome::Warn, Some(Reason::SignerNotPerson)),
    }
}

fn signer(judged: &Judged) -> Option<Signer> {
    let (envelope, subject) = (judged.judgement.envelope()?, judged.judgement.subject()?);
    let certificate = &envelope.certificate;
    Some(Signer {
        kind: subject.kind,
        roles: subject.roles.clone(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        algorithm: envelope.scheme.name(),
        sha256: *certificate.sha256(),
        signing_time: envelope.signing_time,
        revocation: match judged.finding {
            Finding::Known { status: Status::Good, source, this_update, .. } => Some((source, this_update)),
            _ => None,
        },
    })
}
