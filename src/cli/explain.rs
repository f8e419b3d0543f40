//! `explain`: why a line paid what it paid.
//! Must never recompute: the explanation is of what was recorded.

use clap::Args;

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::base::{BookId, LineId};
use crate::report::{self, At, Lang, Viewer};

/// Says why a line paid what it paid: click, rule with the candidates that lost, formula, rounding, legs.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang explain lin_0123… --book sample
  fenzhang explain taobao:S000001-1 --book sample        a platform and its line number
  fenzhang explain taobao:S000001-1 --book sample --json")]
pub(super) struct Explain {
    /// The line: its id, or `platform:line_no`.
    line: String,
    /// Of which book.
    #[arg(long)]
    book: Option<String>,
    /// As of a position of the log.
    #[arg(long)]
    at_position: Option<i64>,
    /// In Chinese.
    #[arg(long)]
    zh: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// A line by id, or by platform and line number.
pub(super) fn line_id(book: BookId, text: &str) -> Result<LineId, Failure> {
    if let Ok(line) = text.parse() {
        return Ok(line);
    }
    let (platform, line_no) = text
        .split_once(':')
        .ok_or_else(|| Failure::usage(format!("{text:?} is no line")).next("write lin_… or platform:line_no"))?;
    Ok(LineId::of(book, platform, line_no))
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            let logs = books::find(&client, self.book.as_deref()).await?;
            let line = line_id(logs.book, &self.line)?;
            let lang = if self.zh { Lang::Zh } else { Lang::En };
            let at = self.at_position.map_or(At::Now, At::Position);
            let view = report::explain_line(&client, logs.money, Viewer::All, line, at).await?;
            if self.json {
                println!("{}", serde_json::to_string_pretty(&view)?);
            } else {
                print!("{}", view.text(lang));
            }
            Ok(())
        })
    }
}
