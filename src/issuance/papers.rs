//! The papers of an application: what is asked for, what was handed in, what is still owed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::application::{Event, EventKind, Outstanding};
use super::form::{Asked, Paper, Submission};

/// The papers of an application.
#[derive(Default)]
pub struct Papers<'a> {
    submission: Option<&'a Submission>,
    /// Asked for before submissions were kept: by code, for the applicant.
    besides: BTreeMap<&'a str, &'a str>,
    /// Those that are owed anew: what was handed in before counts no more.
    anew: BTreeMap<&'a str, &'a str>,
    /// The newest of each code.
    recorded: BTreeMap<&'a str, (Timestamp, &'a Paper)>,
}

impl<'a> Papers<'a> {
    pub(super) fn see(&mut self, event: &'a Event) {
        match &event.kind {
            EventKind::Submitted { stated } => {
                self.submission = stated.as_deref();
                self.besides.clear();
            }
            // With a submission the rules and the corrections say it.
            EventKind::DocumentsRequested { outstanding } if self.submission.is_none() => {
                self.besides = outstanding.iter().map(|o| (o.document.as_str(), o.note.as_str())).collect();
            }
            EventKind::DocumentRecorded { paper } => {
                self.anew.remove(paper.code.as_str());
                self.recorded.insert(&paper.code, (event.at, paper));
            }
            EventKind::CorrectionRequested { outstanding, .. } => {
                self.anew.extend(outstanding.iter().map(|o| (o.document.as_str(), o.note.as_str())));
            }
            // Then nothing was owed any more.
            EventKind::ProcessingStarted => self.besides.clear(),
            _ => {}
        }
    }

    fn asked(&self, code: &str) -> Option<&'a Asked> {
        self.submission?.ruling.papers.iter().find(|asked| asked.code == code)
    }

    /// Whether a paper of this code means something to this application.
    #[must_use]
    pub fn knows(&self, code: &str) -> bool {
        self.submission.is_none()
            || self.asked(code).is_some()
            || self.anew.contains_key(code)
            || self.recorded.contains_key(code)
    }

    /// The codes that mean something to it.
    #[must_use]
    pub fn codes(&self) -> Vec<&'a str> {
        let asked = self.submission.into_iter().flat_map(|s| s.ruling.papers.iter().map(|a| a.code.as_str()));
        let mut codes: Vec<_> = asked.collect();
        codes.extend(self.anew.keys().copied().filter(|code| self.asked(code).is_none()));
        codes
    }

    /// What was handed in, the newest of each code.
    pub fn recorded(&self) -> impl Iterator<Item = (Timestamp, &'a Paper)> {
        self.recorded.values().copied()
    }

    /// What is owed: in the order of the rules, then what was asked for besides.
    #[must_use]
    pub fn owed(&self) -> Vec<Outstanding> {
        let owes = |code: &str, note: String| Outstanding { document: code.to_string(), note };
        let by_rule = self.submission.into_iter().flat_map(|s| &s.ruling.papers).filter(|a| a.owed);
        let by_rule = by_rule.filter_map(|asked| {
            let code = asked.code.as_str();
            if let Some(note) = self.anew.get(code) {
                return Some(owes(code, (*note).to_string()));
            }
            match self.recorded.get(code) {
                None => Some(owes(code, asked.note.clone())),
                Some((_, paper)) => {
                    asked.lacks(paper).map(|lacks| owes(code, format!("{} It {lacks}.", asked.note)))
                }
            }
        });
        let ruled = |code: &str| self.asked(code).is_some_and(|asked| asked.owed);
        let anew = self.anew.iter().filter(|(code, _)| !ruled(code));
        let besides = self.besides.iter();
        let besides =
            besides.filter(|(code, _)| !self.anew.contains_key(*code) && !self.recorded.contains_key(*code));
        let besides = anew.chain(besides);
        by_rule.chain(besides.map(|(code, note)| owes(code, (*note).to_string()))).collect()
    }
}
