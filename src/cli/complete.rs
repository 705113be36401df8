//! `completions` and `man`: what shells and manuals know of the command line.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Exit, Failure, Iinspect};

/// Prints completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect completions bash > /etc/bash_completion.d/iinspect")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut Iinspect::command(), "iinspect", &mut out);
        print(&out)
    }
}

/// Prints the manual page
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  iinspect man > /usr/local/share/man/man1/iinspect.1\n  iinspect man screen | man -l -"
)]
pub(super) struct Man {
    /// A command; the whole program unless set
    command: Option<String>,
}

impl Man {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut program = Iinspect::command();
        program.build();
        let (page, title) = match &self.command {
            None => (program, "iinspect".to_string()),
            Some(name) => {
                let command = program.find_subcommand(name);
                let command = command.ok_or_else(|| Failure::usage("there is no such command"))?;
                (command.clone(), format!("iinspect-{name}"))
            }
        };
        let mut out = Vec::new();
        clap_mangen::Man::new(page).title(title).render(&mut out).map_err(Failure::bug)?;
        print(&out)
    }
}

fn print(text: &[u8]) -> Result<Exit, Failure> {
    // A reader that went away (`| head`) is no fault of ours.
    let _ = std::io::stdout().lock().write_all(text);
    Ok(Exit::Fine)
}
