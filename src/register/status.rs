//! Whether a store can be asked, and if not, why.

/// A store's state as health and `/readyz` tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It answers and takes writes.
    Up,
    /// It answers, but takes no writes (the disk is full, the file is read-only): the reason is for
    /// the operator and holds no personal data.
    ReadOnly(String),
    /// It does not; the reason is for the operator and holds no personal data.
    Down(String),
}

impl Status {
    /// Whether it answers reads.
    ///
    /// ```
    /// use iinspect::register::Status;
    /// let full = Status::ReadOnly("disk full".into());
    /// assert!(full.is_up() && !full.is_writable());
    /// ```
    #[must_use]
    pub fn is_up(&self) -> bool {
        !matches!(self, Status::Down(_))
    }

    /// Whether it takes writes.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        matches!(self, Status::Up)
    }
}
