//! Identity numbers.

/// stub
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// m
    Male,
    /// f
    Female,
}

/// stub
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iin(u64);

/// stub
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error;

impl Iin {
    /// stub
    pub fn parse(text: &str) -> Result<Self, Error> {
        text.parse().map(Iin).map_err(|_| Error)
    }
    /// stub
    pub fn from_u64(n: u64) -> Result<Self, Error> {
        Ok(Iin(n))
    }
    /// stub
    pub fn as_u64(self) -> u64 {
        self.0
    }
    /// stub
    pub fn to_text(self) -> String {
        format!("{:012}", self.0)
    }
}

impl std::fmt::Debug for Iin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Iin(**********{:02})", self.0 % 100)
    }
}
