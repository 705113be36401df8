//! Papers: which this applicant needs, in what form.

use super::{Case, Cited, PaperNeed, depends_on};
use crate::rulebook::codes::Need;
use crate::rulebook::law::Fit;

impl<'a> Case<'a> {
    /// Every paper whose rule applies or may apply; and those that a person would ask about.
    pub(super) fn papers(&self) -> Vec<PaperNeed<'a>> {
        let mut papers: Vec<PaperNeed<'a>> = Vec::new();
        for rule in self.book.documents.iter().filter(|r| r.decides(self.profile, self.applicant.on)) {
            let says = &rule.says;
            // The first rule of a paper that applies is the one.
            if papers.iter().any(|p| p.code == says.code) {
                continue;
            }
            let (need, open) = match rule.when.fits(&self.facts) {
                Fit::Yes => (says.need, Vec::new()),
                Fit::Depends(fields) => (Need::Depends, fields),
                Fit::No if says.told_when_not => (Need::NotRequired, Vec::new()),
                Fit::No => continue,
            };
            papers.push(PaperNeed {
                code: &says.code,
                need,
                forms: &says.forms,
                valid_on: (says.valid && need != Need::NotRequired).then_some(self.applicant.on),
                cited: Cited::new(&rule.basis, &depends_on(&open)),
            });
        }
        papers
    }
}
