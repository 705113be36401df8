//! Integration tests, one binary.

mod meaning;
