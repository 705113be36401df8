//! A paper that an electronic signature certifies: judged once, recorded with what came of it.

use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{Answered, Changing, Office};
use crate::context::CallContext;
use crate::error::Error;
use crate::issuance::Command;
use crate::issuance::form::{Certified, Paper};
use crate::reason::Reason;
use crate::registrar::Registrar;
use crate::registrar::request::{Asked, Plan, Planned};
use crate::signature::{Step, Use};
use crate::trust::Judge;
use crate::trust::judge::{Evidence, Expected};
use crate::trust::verdict::Told;

impl Office {
    /// Records a paper with what its signature is worth: one that does not hold is recorded too, and
    /// settles nothing.
    ///
    /// # Errors
    /// As [`Office::change`]; signatures are not served here, or as many wait as may.
    pub async fn record_certified(
        &self,
        call: &CallContext,
        asked: &Asked,
        which: (Uuid, u64),
        paper: Paper,
        signed: Signed,
    ) -> Result<Answered, Error> {
        let judge = self.judge.as_ref();
        let judge = judge.ok_or_else(|| Error::precondition(Reason::SignaturesNotServed))?;
        let plan = Certifying { judge, which, paper, signed, certified: OnceCell::new() };
        let kept = self.registrar.once(call, asked, &plan).await?;
        self.answered(call, &kept).await
    }
}

/// The signature over a paper.
#[derive(Clone)]
pub struct Signed {
    /// The signed message.
    pub evidence: Evidence,
    /// The paper's bytes; empty: what the message carries.
    pub content: Vec<u8>,
}

struct Certifying<'a> {
    judge: &'a Judge,
    which: (Uuid, u64),
    paper: Paper,
    signed: Signed,
    /// The paper with what came of it: planned anew, it is not judged again.
    certified: OnceCell<Paper>,
}

impl Plan for Certifying<'_> {
    async fn plan(&self, registrar: &Registrar, call: &CallContext) -> Result<Planned, Error> {
        let (id, expected) = self.which;
        let planned = |paper| Changing { id, expected, command: Command::RecordDocument(Box::new(paper)) };
        let certified = async || {
            // What cannot be recorded anyway is not worth the arithmetic.
            planned(self.paper.clone()).plan(registrar, call).await?;
            self.certified(call).await
        };
        let paper = self.certified.get_or_try_init(certified).await?;
        planned(paper.clone()).plan(registrar, call).await
    }
}

impl Certifying<'_> {
    async fn certified(&self, call: &CallContext) -> Result<Paper, Error> {
        let Signed { evidence, content } = self.signed.clone();
        let expected = Expected::Paper { content, sha256: self.paper.sha256 };
        let judging = self.judge.judge(evidence, expected, Use::Document, call.now);
        let judged = tokio::time::timeout_at(call.deadline, judging).await.map_err(|_| Error::deadline())?;
        let judged = judged.map_err(|_| Error::overloaded())?;
        let certified = match Told::decisive(Step::ALL.into_iter().map(|step| judged.told(step))) {
            Told::Pass | Told::Skipped => Certified::Holds,
            Told::Warn(why) => Certified::HoldsBut(why),
            Told::Fail(why) => Certified::Fails(why),
            // Nothing is recorded: the same request can be sent again.
            Told::Unavailable(Reason::Overloaded) => return Err(Error::overloaded()),
            Told::Unavailable(why) => Certified::Unknown(why),
        };
        let sha256 = self.paper.sha256.or(judged.sha256);
        Ok(Paper { sha256, certified: Some(certified), ..self.paper.clone() })
    }
}
