//! Whether a store can be asked, and if not, why.

/// A store's state as health and `/readyz` tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It answers.
    Up,
    /// It does not; the reason is for the operator and holds no personal data.
    Down(String),
}

impl Status {
    /// Whether it answers.
    #[must_use]
    pub fn is_up(&self) -> bool {
        matches!(self, Status::Up)
    }
}
