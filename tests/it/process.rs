//! The built binary as a child process: how it starts, what it prints, how it fails and ends.

mod attacks;
pub(crate) mod child;
mod command_line;
mod configuration;
mod demo;
mod issuance;
mod killed;
mod postgres;
mod redis;
mod register_faults;
mod register_files;
mod rulebook;
mod screen;
mod screen_file;
mod serving;
mod tls;
mod wire;
