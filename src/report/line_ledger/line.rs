//! One line of the ledger: folded once, with its amounts as last estimated, as settled month by month, and as open.
//! Must never show a party the part of another: every amount is asked for with the viewer's eyes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::history::Calendar;
use super::super::streams::Stored;
use super::super::{Cell, ReportError, Viewer};
use super::parts::{Key, Parts, standing};
use crate::base::{ExternalId, Instant, ItemId, LineId, Month, PartyId, PartyKind, ShopId};
use crate::domain::event::Event;
use crate::domain::order::split::CONTENT_FEE;
use crate::domain::order::{Funder, LineState, LineStatus, Track, What};
use crate::ledger::{AccountKind, Layer};
use crate::money::{Currency, Minor};

/// What a taker of the distributable is to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::report) enum Taker {
    /// Agencies above the last one.
    UpperAgency,
    /// The agency next to the anchor.
    Agency,
    /// 主播
    Anchor,
    /// 推客
    SecondLevel,
    /// Anybody else with money of the line.
    Other,
}

/// An amount that a line has in every layer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::report) enum Measure {
    Base,
    Gross,
    ContentFee,
    Fee(String),
    Fees,
    Subsidies,
    Taker(Taker),
    MerchantDebit,
}

/// Which of its layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::report) enum Side {
    /// The last estimate that stood, also after the settlement.
    Estimated,
    /// What was settled.
    Settled,
    /// Settled less estimated.
    Difference,
    /// What is still only estimated.
    Open,
}

/// A figure that a platform's row carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::report) enum Told {
    Base,
    Gross,
    ContentFee,
    Fees,
    Subsidies,
}

impl Told {
    /// The measure that it stands beside.
    fn ours(self) -> Measure {
        match self {
            Told::Base => Measure::Base,
            Told::Gross => Measure::Gross,
            Told::ContentFee => Measure::ContentFee,
            Told::Fees => Measure::Fees,
            Told::Subsidies => Measure::Subsidies,
        }
    }
}

/// One line of the ledger.
pub(in crate::report) struct LedgerLine {
    pub line: LineId,
    pub state: LineState,
    pub currency: Currency,
    accrued: Parts,
    open: Parts,
    settled: Parts,
    pub months: BTreeSet<Month>,
}

impl LedgerLine {
    /// Folds the events of one line. With a month, what was settled is what that month moved.
    pub fn fold(
        line: LineId,
        events: &[Stored],
        calendar: &Calendar,
        month: Option<Month>,
    ) -> Result<LedgerLine, ReportError> {
        let mut state = LineState::default();
        let (mut accrued, mut before) = (Parts::default(), Parts::default());
        let mut by_month: BTreeMap<Month, Parts> = BTreeMap::new();
        for stored in events {
            let Event::Line(event) = &stored.event else { continue };
            state.evolve(event, &stored.placed);
            if state.figures().estimated_base.is_some() {
                accrued = standing(&state, Layer::Estimated)?;
            }
            let after = standing(&state, Layer::Settled)?;
            if after != before {
                let period = calendar.stamp(stored).period;
                by_month.entry(period).or_default().gain(&after.less(&before)?)?;
                before = after;
            }
        }
        let first = calendar.book.opened.currencies.first().copied();
        Ok(LedgerLine {
            line,
            currency: state.currency().or(first).unwrap_or(Currency::CNY),
            open: standing(&state, Layer::Estimated)?,
            settled: match month {
                Some(month) => by_month.get(&month).cloned().unwrap_or_default(),
                None => before,
            },
            months: by_month.into_keys().collect(),
            accrued,
            state,
        })
    }

    /// Every party it speaks of.
    pub fn parties(&self) -> impl Iterator<Item = PartyId> {
        let told = self.state.pin.as_ref().and_then(|pin| pin.attribution.party);
        let amounts = self.accrued.parties().chain(self.settled.parties());
        amounts.chain(told).chain(self.chain().map(|(party, _)| party))
    }

    /// Its shop.
    pub fn shop(&self) -> Option<ShopId> {
        self.state.pin.as_ref().and_then(|pin| pin.dims.shop)
    }

    /// Its item.
    pub fn item(&self) -> Option<ItemId> {
        self.state.pin.as_ref().and_then(|pin| pin.dims.item)
    }

    /// The takers of its distributable, first receiver first.
    pub fn chain(&self) -> impl Iterator<Item = (PartyId, Taker)> {
        let terms = self.state.pin.as_ref().and_then(|pin| pin.terms.as_ref());
        let hops = terms.map(|terms| terms.chain.as_slice()).unwrap_or_default();
        let last_agency = hops.iter().rposition(|hop| hop.party.kind() == PartyKind::Agency);
        hops.iter().enumerate().map(move |(at, hop)| {
            let role = match by_kind(hop.party) {
                Taker::Agency if Some(at) != last_agency => Taker::UpperAgency,
                role => role,
            };
            (hop.party, role)
        })
    }

    fn role(&self, party: PartyId) -> Taker {
        // A party that stands twice in the chain has one account: its money is shown at its last place.
        let mut places = self.chain().filter(|(of, _)| *of == party).map(|(_, role)| role);
        let first = places.next();
        places.last().or(first).unwrap_or_else(|| by_kind(party))
    }

    /// The parties of the chain see the gross and what fees take of it; so does the merchant.
    fn sees_gross(&self, viewer: Viewer) -> bool {
        let Some(own) = viewer.party() else { return true };
        let merchant = self
            .state
            .pin
            .as_ref()
            .and_then(|pin| pin.terms.as_ref())
            .map(|terms| terms.merchant);
        merchant == Some(own) || self.chain().any(|(party, _)| party == own)
    }

    /// An amount as a viewer may see it; none for what it may not see.
    pub fn amount(&self, viewer: Viewer, measure: &Measure, side: Side) -> Result<Option<Minor>, ReportError> {
        let parts = match side {
            Side::Estimated => &self.accrued,
            Side::Settled => &self.settled,
            Side::Open => &self.open,
            Side::Difference => {
                let settled = self.amount(viewer, measure, Side::Settled)?;
                let estimated = self.amount(viewer, measure, Side::Estimated)?;
                let both = settled.zip(estimated);
                return both
                    .map(|(settled, estimated)| Ok(settled.minus(estimated)?))
                    .transpose();
            }
        };
        let whole = self.sees_gross(viewer);
        let hidden = match measure {
            Measure::Base => false,
            Measure::Gross => !whole,
            Measure::ContentFee => !whole && !self.takes(viewer, parts, |key| is_fee(key, |name| name == CONTENT_FEE)),
            Measure::Fee(fee) => !whole && !self.takes(viewer, parts, |key| is_fee(key, |name| name == fee)),
            Measure::Fees => !whole && !self.takes(viewer, parts, |key| is_fee(key, |name| name != CONTENT_FEE)),
            Measure::Subsidies => !self.takes(viewer, parts, |key| matches!(key, Key::Subsidy(_))),
            Measure::MerchantDebit => !self.takes(viewer, parts, |key| matches!(key, Key::Merchant(_))),
            Measure::Taker(role) => viewer
                .party()
                .is_some_and(|own| self.role(own) != *role || !self.has_share(own)),
        };
        if hidden {
            return Ok(None);
        }
        let fee = |party: &PartyId| whole || viewer.sees(*party);
        let sum = parts.sum(|key| match (measure, key) {
            (Measure::Base, Key::Base) | (Measure::Gross, Key::Gross) => true,
            (Measure::ContentFee, Key::Fee(name, party)) => name == CONTENT_FEE && fee(party),
            (Measure::Fee(wanted), Key::Fee(name, party)) => name == wanted && fee(party),
            (Measure::Fees, Key::Fee(name, party)) => name != CONTENT_FEE && fee(party),
            (Measure::Subsidies, Key::Subsidy(party)) => viewer.sees(*party),
            (Measure::MerchantDebit, Key::Merchant(party)) => viewer.sees(*party),
            (Measure::Taker(role), Key::Taker(party)) => viewer.sees(*party) && self.role(*party) == *role,
            (Measure::Taker(Taker::Other), Key::Book) => viewer == Viewer::All,
            _ => false,
        })?;
        Ok(Some(if *measure == Measure::MerchantDebit {
            sum.negated()?
        } else {
            sum
        }))
    }

    /// The party has a place in the chain, or money of the line beside fees.
    fn has_share(&self, own: PartyId) -> bool {
        let money = |parts: &Parts| parts.has(|key| *key == Key::Taker(own));
        self.chain().any(|(party, _)| party == own) || money(&self.accrued) || money(&self.settled)
    }

    fn takes(&self, viewer: Viewer, parts: &Parts, of: impl Fn(&Key) -> bool) -> bool {
        let Some(own) = viewer.party() else { return true };
        let mine = |key: &Key| match key {
            Key::Fee(_, party) | Key::Subsidy(party) | Key::Merchant(party) => *party == own,
            _ => false,
        };
        parts.has(|key| mine(key) && of(key))
    }

    /// Taken from takers, not yet deducted for the merchant, as a positive amount.
    pub fn clawback_due(&self, viewer: Viewer) -> Result<Minor, ReportError> {
        let due = self
            .settled
            .sum(|key| matches!(key, Key::Due(party) if viewer.sees(*party)))?;
        Ok(due)
    }

    /// `ok` when the facts give what was posted.
    pub fn check(&self) -> Result<&'static str, ReportError> {
        let off = self.state.target()?.legs(self.state.posted(), self.currency)?;
        Ok(if off.is_empty() { "ok" } else { "differs" })
    }

    /// What the platform reported on a track; none for whom it was not reported to.
    pub fn reported(&self, told: Told, side: Side) -> Result<Option<Minor>, ReportError> {
        let story = self.state.story();
        let base = |track: &Track, other: Option<Minor>| track.base.or(other);
        let reported_base = story.settled.and_then(|(_, base)| base);
        let amount = |track: &Track| match told {
            Told::Base => Ok(base(track, reported_base.filter(|_| side == Side::Settled))),
            Told::Gross => Ok(Some(track.gross)),
            Told::ContentFee => Ok(track.content_fee),
            Told::Fees => Minor::sum(track.fees.iter().map(|fee| fee.amount)).map(Some),
            Told::Subsidies => Minor::sum(track.subsidies.iter().map(|subsidy| subsidy.amount)).map(Some),
        };
        let of = |track: Option<&Track>| Ok::<_, ReportError>(track.map(amount).transpose()?.flatten());
        match side {
            Side::Estimated => of(story.estimated_track),
            Side::Settled if told == Told::Base && story.settled_track.is_none() => Ok(reported_base),
            Side::Settled => of(story.settled_track),
            Side::Difference | Side::Open => Ok(None),
        }
    }

    /// Ours less what the platform reported, of the settlement once it was reported, else of the estimate.
    pub fn differs_from_reported(&self, told: Told) -> Result<Option<Minor>, ReportError> {
        for side in [Side::Settled, Side::Estimated] {
            if let Some(reported) = self.reported(told, side)? {
                let ours = match (told, side) {
                    // The platform's base is that of the settlement itself: refunds won later are none of it.
                    (Told::Base, Side::Settled) => self.state.figures().settled_base,
                    _ => self.amount(Viewer::All, &told.ours(), side)?,
                };
                return Ok(ours.map(|ours| ours.minus(reported)).transpose()?);
            }
        }
        Ok(None)
    }

    /// Where its money is.
    pub fn settle_status(&self) -> &'static str {
        let posted = self.state.posted();
        let holds = |kind| {
            posted
                .keys()
                .any(|(account, layer)| account.kind == kind && *layer == Layer::Settled)
        };
        let earning = self
            .state
            .pin
            .as_ref()
            .is_some_and(|pin| pin.rule.is_some() || pin.terms.is_some());
        match self.state.status() {
            _ if holds(AccountKind::Frozen) => "frozen",
            _ if holds(AccountKind::ClawbackDue) => "clawback_due",
            LineStatus::Closed => "closed",
            LineStatus::Settled if earning => "settled",
            LineStatus::Settled => "nothing_due",
            _ if !self.settled.is_empty() => "part_settled",
            _ if !self.open.is_empty() => "estimated",
            _ => "open",
        }
    }

    /// The refund case that matters most: one that is open, then won, deducted, lost.
    pub fn after_sale(&self) -> Option<&'static str> {
        let mut cases: BTreeMap<&ExternalId, u8> = BTreeMap::new();
        let mut beyond = 0;
        for kept in self.state.facts().filter(|kept| kept.may_count()) {
            let (case, step) = match &kept.fact.what {
                What::RefundOpened { case } => (case, 0),
                What::RefundLost { case } => (case, 1),
                What::RefundWon { case, deducted, .. } => (case, if *deducted { 3 } else { 2 }),
                What::RefundDeducted { case } => (case, 3),
                What::Snapshot(row) if row.refunded.is_some_and(|refunded| !refunded.is_zero()) => {
                    beyond = 3;
                    continue;
                }
                _ => continue,
            };
            let known = cases.entry(case).or_default();
            *known = step.max(*known);
        }
        let words = [(0, "opened"), (2, "won"), (3, "deducted"), (1, "lost")];
        let found = words
            .into_iter()
            .find(|(step, _)| cases.values().any(|of| of == step) || *step == beyond && beyond > 0);
        found.map(|(_, word)| word)
    }

    /// Freight of refunds won.
    pub fn refund_freight(&self) -> Result<Minor, ReportError> {
        let counting = self.state.facts().filter(|kept| kept.may_count());
        let freight = counting.filter_map(|kept| match &kept.fact.what {
            What::RefundWon { freight, .. } => Some(*freight),
            _ => None,
        });
        Ok(Minor::sum(freight)?)
    }

    /// Discounts that a funder bears.
    pub fn discounts(&self, funder: Funder) -> Result<Minor, ReportError> {
        let story = self.state.story();
        let borne = story.discounts.iter().filter(|discount| discount.funder == funder);
        Ok(Minor::sum(borne.map(|discount| discount.amount))?)
    }

    /// Order time: created, or what stands for it.
    pub fn ordered_at(&self) -> Option<Instant> {
        self.state
            .story()
            .created
            .or(self.state.about().ordered_at)
            .or(self.state.at())
    }

    /// Money of the line as a cell.
    pub fn money(&self, amount: Minor) -> Cell {
        Cell::Number(amount.display(self.currency))
    }
}

fn is_fee(key: &Key, named: impl Fn(&str) -> bool) -> bool {
    matches!(key, Key::Fee(name, _) if named(name))
}

fn by_kind(party: PartyId) -> Taker {
    match party.kind() {
        PartyKind::Agency => Taker::Agency,
        PartyKind::Anchor => Taker::Anchor,
        PartyKind::Promoter => Taker::SecondLevel,
        PartyKind::Brand | PartyKind::Supplier | PartyKind::Platform | PartyKind::Other => Taker::Other,
    }
}
