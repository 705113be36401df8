//! Clients' names in metrics, at most so many: the first that call have their own, the rest is `other`.
//! A metric of ten thousand clients would cost more than what it counts.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::StringValue;

#[derive(Debug)]
pub(super) struct Names {
    most: usize,
    seen: RwLock<HashSet<Arc<str>>>,
}

impl Names {
    pub(super) fn new(most: usize) -> Self {
        Names { most, seen: RwLock::default() }
    }

    pub(super) fn label(&self, id: Option<&Arc<str>>) -> StringValue {
        let Some(id) = id else { return "none".into() };
        if self.seen.read().unwrap_or_else(PoisonError::into_inner).contains(id) {
            return id.clone().into();
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < self.most || seen.contains(id) {
            seen.insert(id.clone());
            id.clone().into()
        } else {
            "other".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_have_their_own_and_keep_it() {
        let names = Names::new(2);
        let label = |id: &str| names.label(Some(&id.into())).to_string();
        assert_eq!([label("a"), label("b"), label("c"), label("a")], ["a", "b", "other", "a"]);
        assert_eq!(names.label(None).as_str(), "none");
        assert_eq!(Names::new(0).label(Some(&"a".into())).as_str(), "other");
    }
}
