//! What the law and practice ask: so far the purposes a number is asked for.

pub mod purpose;

pub use purpose::Purpose;
