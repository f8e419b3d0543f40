//! What a report may be asked with, from the command line or a query string.
//! Must never hold a default that changes an amount.

use super::{At, Dimension, GroupBy, Lang, LedgerAsk, Page, ReportError, Viewer};
use crate::base::{Month, PartyId, PartyKind};
use crate::ledger::AccountKind;

/// Arguments of a report; each report takes those that concern it.
#[derive(Clone, Debug)]
pub struct Args {
    /// Who looks.
    pub viewer: Viewer,
    /// As of when.
    pub at: At,
    /// Whose.
    pub party: Option<PartyId>,
    /// Parties of which kind.
    pub kind: Option<PartyKind>,
    /// Which account.
    pub account: AccountKind,
    /// Which month.
    pub period: Option<Month>,
    /// How to group.
    pub group: Option<GroupBy>,
    /// How to group a finance report.
    pub by: Option<Dimension>,
    /// As known at these two moments; the second is now, when absent.
    pub known: Option<(At, At)>,
    /// Which rows.
    pub page: Page,
    /// Language of sentences.
    pub lang: Lang,
    /// Outside numbers to look up.
    pub numbers: Vec<String>,
    /// Which lines and columns of the line ledger.
    pub ledger: LedgerAsk,
    /// Which brief: its id or the brand's number.
    pub brief: Option<String>,
}

impl Args {
    /// No argument given.
    pub fn new(viewer: Viewer) -> Args {
        Args {
            viewer,
            at: At::Now,
            party: None,
            kind: None,
            account: AccountKind::Available,
            period: None,
            group: None,
            by: None,
            known: None,
            page: Page::default(),
            lang: Lang::En,
            numbers: Vec::new(),
            ledger: LedgerAsk::default(),
            brief: None,
        }
    }

    /// The party, when the report cannot do without one; a party that looks may only name itself.
    pub(super) fn needed_party(&self) -> Result<PartyId, ReportError> {
        let party = self
            .party
            .or(self.viewer.party())
            .ok_or(ReportError::Needs("--party"))?;
        if self.viewer.sees(party) {
            Ok(party)
        } else {
            Err(ReportError::NotFound)
        }
    }

    /// Whose lines are looked at: a party named by a viewer of everything is looked at with that party's eyes.
    pub(super) fn eyes(&self) -> Result<Viewer, ReportError> {
        match self.party {
            Some(party) if !self.viewer.sees(party) => Err(ReportError::NotFound),
            Some(party) => Ok(Viewer::Party(party)),
            None => Ok(self.viewer),
        }
    }

    /// The month, when the report cannot do without one.
    pub(super) fn needed_period(&self) -> Result<Month, ReportError> {
        self.period.ok_or(ReportError::Needs("--period"))
    }
}
