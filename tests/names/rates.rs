//! Error rates with their bounds.

use std::collections::BTreeMap;
use std::fmt::Write;

use iinspect::person::matching::Level;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    pub(super) hits: u32,
    pub(super) of: u32,
}

impl Rate {
    pub(super) fn missed(self) -> Rate {
        Rate { hits: self.of - self.hits, ..self }
    }

    pub(super) fn percent(self) -> f64 {
        100.0 * f64::from(self.hits) / f64::from(self.of.max(1))
    }

    /// The upper end of the 95 % interval after Wilson, in percent.
    pub(super) fn upper(self) -> f64 {
        let (z, n) = (1.959_964_f64, f64::from(self.of.max(1)));
        let p = f64::from(self.hits) / n;
        let centre = p + z * z / (2.0 * n);
        let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        100.0 * (centre + spread) / (1.0 + z * z / n)
    }
}

/// The levels that can be enough, in order.
pub(super) const LEVELS: [Level; 4] = [Level::Exact, Level::Folded, Level::Transliterated, Level::Fuzzy];

/// For each kind of pair, how many agree when a level is enough.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<&'static str, [Rate; 4]>);

impl Tally {
    pub(super) fn add(&mut self, kind: &'static str, agreed_at: Option<Level>) {
        for (rate, level) in self.0.entry(kind).or_default().iter_mut().zip(LEVELS) {
            rate.of += 1;
            rate.hits += u32::from(agreed_at.is_some_and(|at| at <= level));
        }
    }

    pub(super) fn all(&self) -> [Rate; 4] {
        let mut all = [Rate::default(); 4];
        for rates in self.0.values() {
            for (sum, rate) in all.iter_mut().zip(rates) {
                sum.hits += rate.hits;
                sum.of += rate.of;
            }
        }
        all
    }

    /// A table of the pairs that do not agree (`misses`) or that do, in percent with upper bounds.
    pub(super) fn table(&self, misses: bool) -> String {
        let mut table = String::from("| pairs | number | exact | folded | transliterated | fuzzy |\n");
        table.push_str("| --- | --: | --: | --: | --: | --: |\n");
        let rows = self.0.iter().map(|(kind, rates)| (*kind, *rates)).chain([("**all**", self.all())]);
        for (kind, rates) in rows {
            let _ = write!(table, "| {kind} | {} |", rates[0].of);
            for rate in rates {
                let rate = if misses { rate.missed() } else { rate };
                let _ = write!(table, " {:.3} (≤ {:.3}) |", rate.percent(), rate.upper());
            }
            table.push('\n');
        }
        table
    }
}
