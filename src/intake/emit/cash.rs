//! Movements of cash in a row: what a reconciliation compares beside the row's facts.
//! Must never become a fact: an import leaves such rows out.

use super::{Row, RowFault};
use crate::base::{BookId, ExternalId, Instant, LineId};
use crate::domain::recon::CashTag;
use crate::intake::plan::{Cells, Plan, all};
use crate::money::{Currency, Minor};

/// A movement on a platform's cash account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cash {
    /// The line that it is of, with the platform's number.
    pub line: Option<(LineId, ExternalId)>,
    /// When.
    pub at: Instant,
    /// What it is.
    pub tag: CashTag,
    /// How much, positive.
    pub amount: Minor,
    /// Of what.
    pub currency: Currency,
    /// The platform's number of the movement.
    pub flow_no: Option<ExternalId>,
    /// The platform.
    pub platform: ExternalId,
}

impl Plan {
    /// The movement of cash that a row is, if it is one.
    pub fn cash(&self, book: BookId, cells: &Cells) -> Result<Option<Cash>, RowFault> {
        let Some(emit) = self.cash.as_ref().filter(|emit| all(&emit.when, cells)) else {
            return Ok(None);
        };
        let mut figures = Vec::new();
        let mut row = Row {
            plan: self,
            emit,
            book,
            cells,
            ordinal: 1,
            from: 0,
            figures: &mut figures,
        };
        let tag = row.need("tag", |row, name| row.word(name, &[]))?;
        let unknown = || RowFault::new("word_unknown", "not a kind of movement").at("tag");
        let amount = row.need("amount", Row::amount)?;
        let platform = row.platform()?;
        let line_no = row.id("line_no")?;
        let line = line_no.map(|no| (LineId::of(book, platform.as_str(), no.as_str()), no));
        Ok(Some(Cash {
            line,
            at: row.need("at", Row::time)?,
            tag: CashTag::from_word(&tag).ok_or_else(unknown)?,
            amount: Minor(amount.0.saturating_abs()),
            currency: row.currency()?,
            flow_no: row.id("flow_no")?,
            platform,
        }))
    }
}
