//! `decode`: what numbers' digits say, offline.

use clap::Args;

use super::output::{Form, Output, json, say, table, word};
use super::{Exit, Failure};
use crate::clock::{Clock, civil_date};
use crate::grpc::convert;
use crate::number;
use crate::pb::v1::{self, decode_response::Details};

/// What the digits of numbers say, offline
///
/// Checks length, digits and control digit by the rule in force, and says what the digits suggest
/// (birth date, sex, kind of company): hints, not facts. Exit status 1 when a number is not valid.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  iinspect decode 009900000008 940140000385")]
pub(super) struct Decode {
    /// Numbers; "-" reads them from standard input, one a line
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Decode {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let today = civil_date(Clock::system().now());
        let numbers = numbers(self.numbers)?;
        let mut exit = Exit::Fine;
        let mut rows = table(&["number", "valid", "kind", "suggests", "findings"]);
        for text in &numbers {
            let answer = convert::decoded(&number::inspect(text, today));
            if !answer.valid {
                exit = Exit::Wanting;
            }
            match self.output.form() {
                Form::Json => say(&json("iinspect.v1.DecodeResponse", &answer)?),
                Form::Table => {
                    rows.add_row([
                        text.clone(),
                        if answer.valid { "yes" } else { "no" }.to_string(),
                        word(answer.kind().as_str_name(), "NUMBER_KIND_").to_uppercase(),
                        suggests(&answer),
                        findings(&answer),
                    ]);
                }
            }
        }
        if self.output.form() == Form::Table {
            say(&rows.to_string());
        }
        Ok(exit)
    }
}

/// The numbers given, those of standard input in place of "-".
fn numbers(given: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for number in given {
        if number == "-" {
            for line in std::io::stdin().lines() {
                let line = line.map_err(|e| Failure::usage(format!("standard input: {e}")))?;
                if !line.is_empty() {
                    all.push(line);
                }
            }
        } else {
            all.push(number);
        }
    }
    Ok(all)
}

fn suggests(answer: &v1::DecodeResponse) -> String {
    let parts: Vec<String> = match &answer.details {
        None => vec![],
        Some(Details::Iin(iin)) => vec![
            iin.birth_date.clone(),
            word(iin.sex().as_str_name(), "SEX_").replace("unspecified", ""),
            if iin.foreigner_series { "series of foreigners".into() } else { String::new() },
        ],
        Some(Details::Bin(bin)) => vec![
            bin.registered.clone(),
            word(bin.entity().as_str_name(), "BIN_ENTITY_"),
            word(bin.unit().as_str_name(), "BIN_UNIT_"),
        ],
    };
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

fn findings(answer: &v1::DecodeResponse) -> String {
    let lines: Vec<_> = answer
        .findings
        .iter()
        .map(|f| format!("{}: {}", word(f.severity().as_str_name(), "SEVERITY_"), f.message))
        .collect();
    lines.join("\n")
}
