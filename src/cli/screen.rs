//! `screen`: a file of numbers, checked by a server row by row; any size in constant memory.

mod claims;
mod columns;
mod input;
mod rows;
mod sheet;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::columns::Columns;
use self::input::{Delimiter, Encoding, Input};
use self::sheet::Sheet;
use super::client::Server;
use super::output::complain;
use super::verify::purpose;
use super::{Exit, Failure, runtime};
use crate::pb::v1;
use crate::pb::v1::verification_service_client::VerificationServiceClient;

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Depth {
    /// The digits alone
    Structure,
    /// The digits, the register and the hotlist
    Register,
}

/// Checks a file of numbers with a server
///
/// FILE is a CSV with a header row and a column iin. When iin is all it has of the known columns, the
/// numbers are screened in large batches; columns such as family_name, given_name, patronymic,
/// birth_date, sex, citizenship, document_type, document_number, document_country and
/// document_valid_until become claims, and each row is verified. The answer is the same file in the
/// same order with the columns verdict, reasons and assurance added. A row that makes no sense has the
/// verdict INVALID.
///
/// Exit status: 0 all verified, 1 some rejected or invalid, 2 none rejected and some inconclusive.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  iinspect screen portfolio.csv --to checked.csv\n  \
    iinspect screen staff.csv --encoding windows-1251 --purpose employment > checked.csv")]
pub(super) struct Screen {
    /// The file; "-" is standard input
    file: PathBuf,
    /// Where the answer goes; standard output unless set. Written whole: it appears when all is done
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// How the file is encoded
    #[arg(long, value_enum, default_value_t = Encoding::Utf8)]
    encoding: Encoding,
    /// What separates its columns; told from the header unless set
    #[arg(long, value_enum, value_name = "SIGN")]
    delimiter: Option<Delimiter>,
    /// How deep to look when there are numbers alone
    #[arg(long, value_enum, default_value_t = Depth::Register)]
    depth: Depth,
    /// What it is asked for, such as bank-account or employment
    #[arg(long, value_parser = purpose)]
    purpose: Option<i32>,
    #[command(flatten)]
    server: Server,
}

impl Screen {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let input = Input::open(&self.file, self.encoding, self.delimiter)?;
        let columns = Columns::of(input.header())?;
        let sheet = Sheet::create(self.to.as_deref(), &input)?;
        let asked = rows::Asked {
            purpose: self.purpose.unwrap_or_default(),
            depth: match self.depth {
                Depth::Structure => v1::ScreenDepth::Structure,
                Depth::Register => v1::ScreenDepth::Register,
            },
        };
        let with_claims = columns.claims();
        let tally = runtime()?.block_on(async {
            // A large batch is larger than what a client takes by default in return.
            let client = VerificationServiceClient::new(self.server.connect().await?)
                .max_decoding_message_size(rows::LARGEST_ANSWER);
            if with_claims {
                claims::run(client, input, columns, sheet, &asked).await
            } else {
                rows::run(client, input, columns, sheet, &asked).await
            }
        })?;
        complain(&tally.to_string());
        Ok(tally.exit())
    }
}
