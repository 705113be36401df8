//! The binary: everything is in the library.

use std::process::ExitCode;

/// Calls live in many small pieces of memory, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    iinspect::cli::run(std::env::args_os())
}
