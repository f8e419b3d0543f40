//! What every account of a line should hold, given the set of its facts and its pin. An event's legs are this less what
//! was posted before, so any order of the same facts ends in the same balances.
//! Must never depend on arrival order, and must never read a clock: a settlement by time is known from a fired timer.
//!
//! While unsettled the split of the remaining base stands in the estimated layer. Settled, three bases matter: S with
//! refunds won up to the settlement, S after the later ones won, S after those deducted. A taker's money is its part of
//! the second; its claw-back due is its part of the third less that; the merchant pays for the third (decision A8).
//! A freeze moves the chain's settled money only: an estimate is not payable anyway.

use std::collections::BTreeMap;

use super::event::Figures;
use super::pin::{Pin, RateTerms, RuleChoice, Settleable, Terms};
use super::reported::reported;
use super::split::{Accrued, Role, split};
use super::state::LineStatus;
use super::story::Story;
use super::weigh::{Weighed, weigh};
use super::{Funder, Split, Track, fact::Discount};
use crate::base::{Instant, PartyId, PartyKind, RuleId};
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::money::{Currency, Minor, MoneyError, Rate, Rounding};

/// Balances of a line per account and layer.
pub type Holdings = BTreeMap<(Account, Layer), Minor>;

/// What a line should hold, and what follows from it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Target {
    /// Balances; zeros are absent.
    pub holdings: Holdings,
    /// The bases behind them.
    pub figures: Figures,
    /// The current base gives less than one minor unit of commission.
    pub below_minimum: bool,
    /// Goods refunded beyond what was paid.
    pub excess: Minor,
    /// Date of the split: the settlement, or the last session used.
    pub settled_at: Option<Instant>,
    /// When it settles by time, if that has not come yet.
    pub settles_at: Option<Instant>,
    /// Where the line is.
    pub status: LineStatus,
    /// What it gives the months of contracts with tiers: of what is settled, after refunds won; nothing of a forfeited line.
    pub accrued: Vec<Accrued>,
}

impl Target {
    /// The legs that lead from what was posted to this.
    pub fn legs(&self, posted: &Holdings, currency: Currency) -> Result<Vec<Leg>, MoneyError> {
        let mut legs = Vec::new();
        let gone = posted.keys().filter(|key| !self.holdings.contains_key(key));
        for key in self.holdings.keys().chain(gone) {
            let zero = Minor::ZERO;
            let now = self.holdings.get(key).unwrap_or(&zero);
            let amount = now.minus(*posted.get(key).unwrap_or(&zero))?;
            if !amount.is_zero() {
                legs.push(Leg {
                    account: key.0,
                    layer: key.1,
                    currency,
                    amount,
                });
            }
        }
        legs.sort_unstable_by_key(|leg| (leg.account, leg.layer));
        Ok(legs)
    }
}

/// When and how a line settles under its terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Settling {
    Open,
    At(Instant),
    BySession,
}

/// Computes the target. `quantity` is what was bought; `ripe` is the latest due time of a timer of the line that fired.
pub fn target(
    story: &Story<'_>,
    quantity: u32,
    pin: Option<&Pin>,
    ripe: Option<Instant>,
) -> Result<Target, MoneyError> {
    let mut target = Target {
        status: status_before_payment(story),
        ..Target::default()
    };
    let terms = pin.and_then(|pin| pin.terms.as_ref());
    let kept = story.kept.filter(|_| story.deposit_only());
    let Some(paid) = kept.map(|(_, amount)| amount).or_else(|| story.paid_goods()) else {
        return Ok(target);
    };
    let by_time = settles_by_time(story, terms, kept);
    let settling = match terms.map(|terms| terms.settleable) {
        Some(Settleable::ReceivedPlusDays(_)) => match by_time.filter(|due| ripe >= Some(*due)) {
            Some(due) => Settling::At(due),
            None => Settling::Open,
        },
        Some(Settleable::Fulfilment) if kept.is_none() => Settling::BySession,
        Some(Settleable::Fulfilment) => kept.map_or(Settling::Open, |(at, _)| Settling::At(at)),
        Some(Settleable::PlatformSettled) | None => story.settled.map_or(Settling::Open, |(at, _)| Settling::At(at)),
    };
    let dead = match (kept, terms) {
        (Some(_), Some(terms)) => !terms.base.kept_deposit,
        (Some(_), None) => true,
        // A settlement by the platform outlives any closing; one by time only a closing that came later.
        (None, _) => story.closed.is_some_and(|closed| match settling {
            Settling::At(at) => by_time.is_some() && closed < at,
            Settling::Open => by_time.is_none_or(|due| closed < due),
            Settling::BySession => true,
        }),
    };
    let add_back = terms.map_or(&[] as &[Funder], |terms| &terms.base.add_back);
    let discounts = if story.deposit_only() { &[] } else { story.discounts };
    let discounts = Discounts {
        all: discounts,
        add_back,
    };
    let weighed = weigh(story, paid, discounts.added_back()?, quantity)?;
    target.excess = weighed.excess;
    let book = Book { story, pin, discounts };
    match settling {
        Settling::At(at) if !dead => book.settled(at, &weighed, &mut target)?,
        Settling::BySession => book.by_session(dead, &weighed, &mut target)?,
        _ if dead => target.status = LineStatus::Closed,
        _ => {
            target.settles_at = by_time;
            book.estimated(&weighed, &mut target)?;
        }
    }
    target.holdings.retain(|_, amount| !amount.is_zero());
    Ok(target)
}

fn settles_by_time(story: &Story<'_>, terms: Option<&Terms>, kept: Option<(Instant, Minor)>) -> Option<Instant> {
    let Settleable::ReceivedPlusDays(days) = terms?.settleable else {
        return None;
    };
    // A platform that settles has seen the receipt.
    let received = kept.map(|(at, _)| at).or(story.received);
    let from = received.or_else(|| story.settled.map(|(at, _)| at))?;
    Some(from.plus_days(i64::from(days)))
}

fn status_before_payment(story: &Story<'_>) -> LineStatus {
    let furthest = if story.received.is_some() && story.has_amount() {
        LineStatus::Received
    } else if story.deposit_only() {
        LineStatus::Deposit
    } else if story.has_amount() {
        LineStatus::Paid
    } else if story.created.is_some() {
        LineStatus::Created
    } else {
        LineStatus::Waiting
    };
    if story.closed.is_some() && !story.has_amount() {
        LineStatus::Closed
    } else {
        furthest
    }
}

#[derive(Clone, Copy)]
struct Discounts<'a> {
    all: &'a [Discount],
    add_back: &'a [Funder],
}

impl Discounts<'_> {
    fn added_back(&self) -> Result<Minor, MoneyError> {
        let added = self.all.iter().filter(|d| self.add_back.contains(&d.funder));
        Minor::sum(added.map(|d| d.amount))
    }
}

/// One component at one stage.
struct Cell {
    party: PartyId,
    role: Role,
    amount: Minor,
}

/// Everybody's component at one stage, and what the stage gives contracts with tiers.
#[derive(Default)]
struct Cells {
    all: Vec<Cell>,
    below_minimum: bool,
    accrued: Vec<Accrued>,
}

/// The stage of a base: what it is, and which part of the whole line it stands for.
struct Stage<'a> {
    base: Minor,
    part: (i128, i128),
    /// What the platform says of it, with the base that it says it of.
    told: Option<(&'a Track, Minor)>,
}

struct Book<'a> {
    story: &'a Story<'a>,
    pin: Option<&'a Pin>,
    discounts: Discounts<'a>,
}

impl<'a> Book<'a> {
    /// What the platform says of the estimate.
    fn told_estimate(&self, weighed: &Weighed) -> Option<(&'a Track, Minor)> {
        let track = self.story.estimated_track?;
        Some((track, track.base.unwrap_or(weighed.base)))
    }

    fn estimated(&self, weighed: &Weighed, target: &mut Target) -> Result<(), MoneyError> {
        let stage = Stage {
            base: weighed.base_of(weighed.left())?,
            part: (weighed.left(), weighed.total),
            told: self.told_estimate(weighed),
        };
        target.figures.estimated_base = Some(stage.base);
        let cells = self.cells(&stage)?;
        target.below_minimum = cells.below_minimum;
        self.post_estimated(&cells.all, &mut target.holdings)
    }

    fn settled(&self, at: Instant, weighed: &Weighed, target: &mut Target) -> Result<(), MoneyError> {
        let reported = match (self.story.settled, self.by_time()) {
            (Some((_, Some(base))), false) => Some(self.repriced(base, at)?),
            _ => None,
        };
        let bases = weighed.settled(at, reported)?;
        target.figures = Figures {
            estimated_base: None,
            settled_base: Some(bases.settled.0),
            won_base: Some(bases.won.0),
            deducted_base: Some(bases.deducted.0),
        };
        let settled = self.story.settled_track;
        let told = settled.map(|track| (track, track.base.unwrap_or(bases.settled.0)));
        let told = told.or_else(|| self.told_estimate(weighed));
        let stage = |(base, left)| Stage {
            base,
            part: (left, weighed.total),
            told,
        };
        let won = self.cells(&stage(bases.won))?;
        let deducted = self.cells(&stage(bases.deducted))?;
        target.below_minimum = won.below_minimum;
        target.settled_at = Some(at);
        target.status = LineStatus::Settled;
        self.post_settled(&won.all, &deducted.all, &mut target.holdings)?;
        target.accrued = self.counted(won.accrued);
        Ok(())
    }

    fn by_session(&self, dead: bool, weighed: &Weighed, target: &mut Target) -> Result<(), MoneyError> {
        let bases = weighed.by_session(&self.story.sessions, self.story.sessions_in_all)?;
        let whole = i128::from(weighed.base.0).max(1);
        let told = self.told_estimate(weighed);
        let stage = |base: Minor| Stage {
            base,
            part: (i128::from(base.0), whole),
            told,
        };
        let won = self.cells(&stage(bases.won))?;
        let deducted = self.cells(&stage(bases.deducted))?;
        self.post_settled(&won.all, &deducted.all, &mut target.holdings)?;
        let left = weighed.base_of(weighed.left())?;
        let mut rest = self.cells(&Stage {
            base: left,
            part: (weighed.left(), weighed.total),
            told,
        })?;
        target.below_minimum = rest.below_minimum;
        if !dead {
            for (cell, used) in rest.all.iter_mut().zip(&won.all) {
                cell.amount = cell.amount.minus(used.amount)?;
            }
            self.post_estimated(&rest.all, &mut target.holdings)?;
            target.figures.estimated_base = Some(left.minus(bases.won)?);
        }
        if !self.story.sessions.is_empty() {
            target.settled_at = self.story.sessions.values().max().copied();
            target.figures.settled_base = Some(bases.deducted);
            target.figures.won_base = Some(bases.won);
            target.figures.deducted_base = Some(bases.deducted);
            target.accrued = self.counted(won.accrued);
        }
        if bases.complete {
            target.status = LineStatus::Settled;
        } else if dead {
            target.status = LineStatus::Closed;
        }
        Ok(())
    }

    fn by_time(&self) -> bool {
        let terms = self.pin.and_then(|pin| pin.terms.as_ref());
        terms.is_some_and(|terms| terms.settleable != Settleable::PlatformSettled)
    }

    /// A reported base under a price that was corrected after the settlement.
    fn repriced(&self, base: Minor, settled_at: Instant) -> Result<Minor, MoneyError> {
        match (self.story.paid_goods(), self.story.paid_until(settled_at)) {
            (Some(now), Some(then)) if now != then && then.0 > 0 => {
                Rounding::HalfUp.scale(base, i128::from(now.0), i128::from(then.0))
            }
            _ => Ok(base),
        }
    }

    /// Components of a stage: always the same ones in the same order, so that two stages can be subtracted.
    fn cells(&self, stage: &Stage<'_>) -> Result<Cells, MoneyError> {
        let Some((pin, terms)) = self.earning() else {
            return Ok(Cells::default());
        };
        let Some(split) = divide(pin, terms, stage)? else {
            return Ok(Cells::default());
        };
        let mut cells: Vec<Cell> = Vec::with_capacity(split.steps.len());
        cells.extend(split.steps.iter().map(|step| Cell {
            party: step.party,
            role: step.role,
            amount: step.amount,
        }));
        for discount in self.discounts.all {
            let Some(party) = funder(pin, terms, discount.funder) else {
                continue;
            };
            let borne = if split.below_minimum {
                Minor::ZERO
            } else {
                discount.amount
            };
            let amount = Rounding::HalfUp.scale(borne, stage.part.0, stage.part.1.max(1))?;
            cells.push(Cell {
                party,
                role: Role::Fee,
                amount: amount.negated()?,
            });
        }
        Ok(Cells {
            all: cells,
            below_minimum: split.below_minimum,
            accrued: split.accrued,
        })
    }

    fn earning(&self) -> Option<(&'a Pin, &'a Terms)> {
        let pin = self.pin?;
        Some((pin, pin.terms.as_ref()?))
    }

    /// The chain's part of a forfeited line stays with the merchant.
    fn keeps_nothing(&self, role: Role) -> bool {
        role.of_chain() == Some(false) && self.story.is_forfeited()
    }

    /// A forfeited line gives no month anything.
    fn counted(&self, accrued: Vec<Accrued>) -> Vec<Accrued> {
        match self.story.is_forfeited() {
            true => Vec::new(),
            false => accrued,
        }
    }

    fn post_estimated(&self, cells: &[Cell], holdings: &mut Holdings) -> Result<(), MoneyError> {
        let Some((_, terms)) = self.earning() else {
            return Ok(());
        };
        let merchant = payer(terms.merchant);
        for cell in cells.iter().filter(|cell| !self.keeps_nothing(cell.role)) {
            let account = match cell.role {
                Role::Payer => payer(cell.party),
                Role::Fee | Role::Hop { .. } | Role::Deduction { .. } => {
                    Account::of(cell.party, AccountKind::Available)
                }
            };
            give(holdings, account, Layer::Estimated, cell.amount)?;
            give(holdings, merchant, Layer::Estimated, cell.amount.negated()?)?;
        }
        Ok(())
    }

    fn post_settled(&self, won: &[Cell], deducted: &[Cell], holdings: &mut Holdings) -> Result<(), MoneyError> {
        let Some((_, terms)) = self.earning() else {
            return Ok(());
        };
        let merchant = payer(terms.merchant);
        let frozen = self.story.is_frozen();
        for (won, deducted) in won.iter().zip(deducted) {
            if self.keeps_nothing(won.role) {
                continue;
            }
            let kind = match won.role {
                Role::Payer => {
                    give(holdings, payer(won.party), Layer::Settled, deducted.amount)?;
                    give(holdings, merchant, Layer::Settled, deducted.amount.negated()?)?;
                    continue;
                }
                role => match role.of_chain() {
                    Some(true) => AccountKind::DirectPaid,
                    Some(false) if frozen => AccountKind::Frozen,
                    Some(false) | None => AccountKind::Available,
                },
            };
            let due = deducted.amount.minus(won.amount)?;
            give(holdings, Account::of(won.party, kind), Layer::Settled, won.amount)?;
            let clawback = Account::of(won.party, AccountKind::ClawbackDue);
            give(holdings, clawback, Layer::Settled, due)?;
            give(holdings, merchant, Layer::Settled, deducted.amount.negated()?)?;
        }
        Ok(())
    }
}

/// The split behind one of the figures of a line, for its explanation; `estimate` says on which track it stands.
pub fn split_behind<'t>(
    story: &Story<'_>,
    pin: &'t Pin,
    figures: &Figures,
    (base, estimate): (Minor, bool),
) -> Result<Option<Split<'t>>, MoneyError> {
    let Some(terms) = &pin.terms else { return Ok(None) };
    let paid = || -> Result<Minor, MoneyError> {
        let discounts = Discounts {
            all: story.discounts,
            add_back: &terms.base.add_back,
        };
        story.paid_goods().unwrap_or_default().plus(discounts.added_back()?)
    };
    let told = match (story.settled_track, story.estimated_track) {
        (Some(track), _) if !estimate => Some((track, track.base.or(figures.settled_base).unwrap_or(base))),
        (_, Some(track)) => Some((track, track.base.map_or_else(paid, Ok)?)),
        _ => None,
    };
    let part = (0, 1);
    divide(pin, terms, &Stage { base, part, told })
}

/// The split of a stage: by the rule that won, or as the platform reported it; none while nothing says what it gives.
fn divide<'t>(pin: &Pin, terms: &'t Terms, stage: &Stage<'_>) -> Result<Option<Split<'t>>, MoneyError> {
    match (&pin.rule, stage.told) {
        (_, Some((track, whole))) if terms.as_reported => reported(terms, track, whole, stage.base).map(Some),
        (Some(rule), _) => split(terms, rule, stage.base).map(Some),
        (None, _) => match pin.brought_over.and_then(|agreed| agreed.rate) {
            Some(rate) => split(terms, &agreed(rate), stage.base).map(Some),
            None => Ok(None),
        },
    }
}

/// The rate of a line that was brought over, in the place of a rule.
fn agreed(rate: Rate) -> RuleChoice {
    RuleChoice {
        rule: RuleId(uuid::Uuid::nil()),
        version: 0,
        level: 0,
        rate: RateTerms::Flat(rate),
        cap: None,
    }
}

fn give(holdings: &mut Holdings, account: Account, layer: Layer, amount: Minor) -> Result<(), MoneyError> {
    let held = holdings.entry((account, layer)).or_default();
    *held = held.plus(amount)?;
    Ok(())
}

/// Where commission or a subsidy comes from: a brand owes it, a platform clears it, anybody else is charged.
fn payer(party: PartyId) -> Account {
    let kind = match party.kind() {
        PartyKind::Brand => AccountKind::Commission,
        PartyKind::Platform => AccountKind::Clearing,
        _ => AccountKind::Available,
    };
    Account::of(party, kind)
}

/// The party of the line that bears a discount: only anchors and agencies are charged (decision A9).
fn funder(pin: &Pin, terms: &Terms, funder: Funder) -> Option<PartyId> {
    let of_kind = |kind| move |party: &PartyId| party.kind() == kind;
    let mut parties = terms.chain.iter().map(|hop| hop.party);
    match funder {
        Funder::Anchor => parties.rfind(of_kind(PartyKind::Anchor)).or(pin.attribution.party),
        Funder::Agency => parties.find(of_kind(PartyKind::Agency)),
        Funder::Merchant | Funder::Platform | Funder::Payment => None,
    }
}
