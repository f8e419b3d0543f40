//! Both sides of a line as they come from the database, compared once the line is whole.
//! Must never hold more than one line.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::breaks::{Of, breaks};
use super::ours::side;
use super::reading::Counted;
use super::rows::{Told, refunds, theirs};
use super::run::{Ask, ReconError};
use crate::base::{ExternalId, LineId, LogId, ShopId, Zone};
use crate::domain::event::Event;
use crate::domain::order::{LineEvent, LineFact, LineState};
use crate::domain::recon::compare::{compare, compare_cash};
use crate::domain::recon::sides::{Finding, Frame, OnLine, Stage, TheirCash, Value};
use crate::domain::recon::{BreakClass, CashTag, Cause, Proposal};
use crate::money::{Currency, Minor};
use crate::store::recon::{BreaksIn, Part};

/// What the comparison counted.
pub(super) struct Compared {
    pub lines: u64,
    pub matched: u64,
    pub breaks: BTreeMap<BreakClass, u32>,
    pub hash: Sha256,
    pub number: i32,
}

/// Both sides of one line, as they come.
pub(super) struct Both {
    pub line: LineId,
    line_no: Option<String>,
    told: Vec<Told>,
    cash: Vec<TheirCash>,
    currency: Option<Currency>,
    state: LineState,
}

impl Both {
    pub fn begin(line: LineId) -> Both {
        Both {
            line,
            line_no: None,
            told: Vec::new(),
            cash: Vec::new(),
            currency: None,
            state: LineState::default(),
        }
    }

    pub fn take(&mut self, part: Part) -> Result<(), ReconError> {
        match part {
            Part::Row {
                row,
                facts,
                cash,
                currency,
                line_no,
            } => {
                self.line_no = self.line_no.take().or(line_no);
                self.currency = self.currency.or_else(|| currency.and_then(|code| code.parse().ok()));
                let facts: Vec<LineFact> = serde_json::from_str(&facts).map_err(|_| ReconError::Unreadable)?;
                if !facts.is_empty() {
                    self.told.push(Told { row, facts });
                }
                if let Some((tag, amount)) = cash {
                    let tag = CashTag::from_word(&tag).ok_or(ReconError::Unreadable)?;
                    let amount = Minor(amount);
                    self.cash.push(TheirCash { row, tag, amount });
                }
            }
            Part::Event(event) => {
                if let (Event::Line(event), placed) = event.as_ref() {
                    let event: &LineEvent = event;
                    self.state.evolve(event, placed);
                }
            }
        }
        Ok(())
    }
}

/// Both sides name another currency.
fn other_currency(row: Option<i64>) -> Finding {
    Finding {
        class: BreakClass::B06,
        cause: Cause::CommissionDiffers,
        component: "currency".to_owned(),
        case: None,
        row,
        ours: Value::None,
        theirs: Value::None,
        difference: None,
        proposal: Proposal::AskPlatform,
        until: None,
    }
}

/// Where findings go.
pub(super) struct Out<'a> {
    pub breaks: BreaksIn,
    pub compared: Compared,
    log: LogId,
    statement: &'a str,
    frame: &'a Frame,
    zone: Zone,
    speaks: &'a BTreeSet<String>,
    scope: Scope,
}

/// Whose lines the statement could speak of: a line elsewhere that it lacks is no break.
pub(super) struct Scope {
    accounts: BTreeSet<ExternalId>,
    shops: BTreeSet<ShopId>,
}

impl Scope {
    pub fn of(ask: &Ask, platform: &ExternalId, counted: &Counted) -> Scope {
        let named = |asked: &Option<ExternalId>, told: &BTreeSet<ExternalId>| match asked {
            Some(one) => BTreeSet::from([one.clone()]),
            None => told.clone(),
        };
        let shops = named(&ask.shop, &counted.shops);
        Scope {
            accounts: named(&ask.account, &counted.accounts),
            shops: shops
                .iter()
                .map(|no| ShopId::of(ask.book, platform.as_str(), no.as_str()))
                .collect(),
        }
    }

    /// A line of which no account or shop is known may be anywhere.
    fn has(&self, state: &LineState) -> bool {
        let account = state.about().account.as_ref();
        let shop = state.pin.as_ref().and_then(|pin| pin.dims.shop);
        let within_accounts = self.accounts.is_empty() || account.is_none_or(|account| self.accounts.contains(account));
        let within_shops = self.shops.is_empty() || shop.is_none_or(|shop| self.shops.contains(&shop));
        within_accounts && within_shops
    }
}

impl<'a> Out<'a> {
    pub fn new(
        breaks: BreaksIn,
        (log, statement): (LogId, &'a str),
        (frame, zone): (&'a Frame, Zone),
        (speaks, scope): (&'a BTreeSet<String>, Scope),
    ) -> Out<'a> {
        Out {
            breaks,
            compared: Compared {
                lines: 0,
                matched: 0,
                breaks: BTreeMap::new(),
                hash: Sha256::new(),
                number: 0,
            },
            log,
            statement,
            frame,
            zone,
            speaks,
            scope,
        }
    }

    pub async fn line(&mut self, both: Both) -> Result<(), ReconError> {
        self.compared.lines += 1;
        let Both {
            line,
            line_no,
            told,
            cash,
            currency,
            state,
        } = both;
        if told.is_empty() && cash.is_empty() && !self.scope.has(&state) {
            return Ok(());
        }
        let number = state
            .line_no()
            .map(|number| number.as_str().to_owned())
            .or(line_no)
            .unwrap_or_default();
        let money = |error| ReconError::Money(number.clone(), error);
        let side = side(&state, self.zone).map_err(money)?;
        let newest = side.as_ref().and_then(|side| side.newest);
        let mut rows: Vec<_> = told
            .iter()
            .filter_map(|told| theirs(told, self.zone, self.speaks))
            .collect();
        for row in &mut rows {
            row.tellable = !row.snapshot || newest.is_none_or(|newest| row.told_at > newest);
        }
        let settled = rows.iter().any(|row| row.stage == Stage::Settled);
        let on_line = OnLine {
            ours: side.as_ref().map(|side| side.ours.clone()),
            theirs: rows,
            refunds: told.iter().flat_map(refunds).collect(),
            cash,
        };
        let of_rows = told
            .iter()
            .flat_map(|told| &told.facts)
            .find_map(|fact| fact.currency)
            .or(currency);
        let findings = match (state.currency(), of_rows) {
            // Amounts of two currencies are not compared.
            (Some(here), Some(there)) if here != there => vec![other_currency(told.first().map(|told| told.row))],
            _ => compare(&on_line, self.frame).map_err(money)?,
        };
        if findings.is_empty() && settled && side.is_some() {
            self.compared.matched += 1;
        }
        let of = Of {
            log: self.log,
            line: Some((line, &number)),
            currency: state.currency().or(of_rows),
            told: &told,
            side: side.as_ref(),
            now: self.frame.now,
            statement: self.statement,
        };
        self.keep(findings, &of).await
    }

    pub async fn cash(&mut self, cash: &TheirCash, currency: Option<Currency>) -> Result<(), ReconError> {
        let Some(finding) = compare_cash(cash, self.frame) else {
            return Ok(());
        };
        let of = Of {
            log: self.log,
            line: None,
            currency,
            told: &[],
            side: None,
            now: self.frame.now,
            statement: self.statement,
        };
        self.keep(vec![finding], &of).await
    }

    async fn keep(&mut self, findings: Vec<Finding>, of: &Of<'_>) -> Result<(), ReconError> {
        if findings.is_empty() {
            return Ok(());
        }
        for finding in &findings {
            let count = self.compared.breaks.entry(finding.class).or_default();
            *count = count.saturating_add(1);
        }
        let mut number = self.compared.number;
        let mut numbers = || {
            number = number.saturating_add(1);
            number
        };
        let money = |error| ReconError::Money(of.line.map_or("", |(_, number)| number).to_owned(), error);
        let rows = breaks(findings, of, &mut numbers).map_err(money)?;
        self.compared.number = number;
        for row in &rows {
            // What was proposed counts too: in time, waiting becomes reversing.
            self.compared.hash.update(row.break_id.as_bytes());
            self.compared.hash.update(row.proposal.as_bytes());
            self.breaks.add(row).await?;
        }
        Ok(())
    }
}
