//! A purchase as it stands: how far its goods are, what it costs, what is owed to the supplier, what it leaves.
//! Must never judge: only fold what was decided.

use std::collections::BTreeSet;

use super::event::{PurchaseEvent, Refund, Units, What};
use super::platform::{Means, Track};
use super::terms::{ChargeKind, Ordered, PurchaseKind};
use crate::base::{ExternalId, Instant, LogId, PartyId, TimerId};
use crate::money::{Minor, MoneyError, allocate};

/// How far a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Units sent.
    pub shipped: u32,
    /// Units that arrived.
    pub received: u32,
    /// Units found bad.
    pub rejected: u32,
    /// Units that the supplier refunded.
    pub refunded_units: u32,
    /// What the supplier refunded for goods.
    pub refunded: Minor,
    /// Units that were refunded to the buyer.
    pub back_units: u32,
    /// What was refunded to the buyer for goods.
    pub back: Minor,
}

/// Where a purchase stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Ordered, not paid.
    Ordered,
    /// A part is paid.
    PartPaid,
    /// Paid.
    Paid,
    /// A part is sent.
    PartShipped,
    /// Everything is sent.
    Shipped,
    /// A part has arrived.
    PartReceived,
    /// Everything has arrived.
    Received,
    /// At its end.
    Done,
    /// Called off.
    Cancelled,
    /// Not paid in time.
    TimedOut,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 10] = [
        Phase::Ordered,
        Phase::PartPaid,
        Phase::Paid,
        Phase::PartShipped,
        Phase::Shipped,
        Phase::PartReceived,
        Phase::Received,
        Phase::Done,
        Phase::Cancelled,
        Phase::TimedOut,
    ];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Ordered => "ordered",
            Phase::PartPaid => "part_paid",
            Phase::Paid => "paid",
            Phase::PartShipped => "part_shipped",
            Phase::Shipped => "shipped",
            Phase::PartReceived => "part_received",
            Phase::Received => "received",
            Phase::Done => "done",
            Phase::Cancelled => "cancelled",
            Phase::TimedOut => "timed_out",
        }
    }

    /// Nothing more is to be sent.
    pub fn is_off(self) -> bool {
        matches!(self, Phase::Cancelled | Phase::TimedOut)
    }
}

/// A charge that stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// What for.
    pub charge: ChargeKind,
    /// Who gets it.
    pub payee: Option<PartyId>,
    /// How much in all.
    pub amount: Minor,
}

/// The supplier's final bill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill {
    /// Its number.
    pub number: ExternalId,
    /// For goods.
    pub goods: Minor,
    /// For freight.
    pub freight: Minor,
    /// What stood in the ledger for the same when it came.
    pub accrued: Minor,
}

/// The platform's last word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// About what.
    pub track: Track,
    /// Its code.
    pub code: String,
    /// What it means.
    pub means: Option<Means>,
    /// Number of the refund or stage.
    pub number: Option<ExternalId>,
}

/// When things happened first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Firsts {
    /// Ordered.
    pub ordered: Option<Instant>,
    /// Paid.
    pub paid: Option<Instant>,
    /// A part was sent.
    pub shipped: Option<Instant>,
    /// A part arrived.
    pub received: Option<Instant>,
    /// The supplier refunded.
    pub refunded: Option<Instant>,
    /// Something was found bad, or the buyer was refunded.
    pub complained: Option<Instant>,
}

/// A purchase as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PurchaseState {
    /// As ordered.
    pub order: Option<Box<Ordered>>,
    /// How far each line is.
    pub lines: Vec<Progress>,
    /// Freight that the supplier charges now.
    pub freight: Minor,
    /// What the supplier refunded of it.
    pub freight_refunded: Minor,
    /// Dropship: what was sold, goods and freight.
    pub sold: Option<(Minor, Minor)>,
    /// What the buyer got back of its freight.
    pub freight_back: Minor,
    /// Paid to the supplier.
    pub paid: Minor,
    /// Paid back by the supplier.
    pub repaid: Minor,
    /// What bills corrected.
    pub corrections: Minor,
    /// What is not owed since it was called off.
    pub cancelled: Minor,
    /// Charges.
    pub charges: Vec<Charge>,
    /// The supplier's last bill.
    pub bill: Option<Bill>,
    /// How it ended.
    pub ended: Option<Phase>,
    /// Numbers of payments and refunds told.
    pub references: BTreeSet<String>,
    /// The platform's last word on each track.
    pub stated: Vec<Stated>,
    /// When it is off unless it is paid.
    pub timer: Option<(TimerId, Instant)>,
    /// When things happened first.
    pub firsts: Firsts,
}

impl PurchaseState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &PurchaseEvent, log: LogId, position: i64, at: Instant) {
        if event.fired.is_some() {
            self.timer = None;
        }
        match &event.what {
            What::Ordered { order } => {
                self.lines = vec![Progress::default(); order.lines.len()];
                self.freight = order.freight;
                self.timer = order.pay_by.map(|due| (TimerId::set_by(log, position, 0), due));
                self.order = Some(order.clone());
                self.firsts.ordered = Some(at);
            }
            What::Sold { goods, freight } => self.sold = Some((*goods, *freight)),
            What::Paid { amount, reference } => {
                add(&mut self.paid, *amount);
                self.references.insert(reference.as_str().to_owned());
                self.timer = None;
                self.firsts.paid.get_or_insert(at);
            }
            What::Repaid { amount, reference } => {
                add(&mut self.repaid, *amount);
                self.references.insert(reference.as_str().to_owned());
            }
            What::FreightChanged { after, .. } => self.freight = *after,
            What::Shipped { .. } | What::Received { .. } | What::Rejected { .. } => self.goods(&event.what, at),
            What::Refunded(refund) => {
                self.refunded(refund);
                self.firsts.refunded.get_or_insert(at);
            }
            What::BuyerRefunded(refund) => {
                self.buyer_refunded(refund);
                self.firsts.complained.get_or_insert(at);
            }
            What::Charged {
                charge, amount, payee, ..
            } => self.charged(*charge, *payee, *amount),
            What::Billed {
                number,
                goods,
                freight,
                accrued,
                correction,
            } => {
                add(&mut self.corrections, *correction);
                self.bill = Some(Bill {
                    number: number.clone(),
                    goods: *goods,
                    freight: *freight,
                    accrued: *accrued,
                });
            }
            What::Stated { .. } => self.stated(&event.what),
            What::Cancelled { amount, .. } => self.off(Phase::Cancelled, *amount),
            What::TimedOut { amount } => self.off(Phase::TimedOut, *amount),
            What::Done => {
                self.ended = Some(Phase::Done);
                self.timer = None;
            }
        }
    }

    /// Where the goods are.
    fn goods(&mut self, what: &What, at: Instant) {
        match what {
            What::Shipped { units, .. } => {
                self.move_units(units, |line| &mut line.shipped);
                self.timer = None;
                self.firsts.shipped.get_or_insert(at);
            }
            What::Received { units } => {
                self.move_units(units, |line| &mut line.received);
                self.firsts.received.get_or_insert(at);
            }
            What::Rejected { units, .. } => {
                self.move_units(units, |line| &mut line.rejected);
                self.firsts.complained.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn stated(&mut self, what: &What) {
        let What::Stated {
            track,
            code,
            means,
            number,
        } = what
        else {
            return;
        };
        self.stated
            .retain(|told| (told.track, &told.number) != (*track, number));
        self.stated.push(Stated {
            track: *track,
            code: code.clone(),
            means: *means,
            number: number.clone(),
        });
    }

    fn off(&mut self, how: Phase, amount: Minor) {
        self.ended = Some(how);
        self.timer = None;
        add(&mut self.cancelled, amount);
    }

    fn line(&mut self, line: u32) -> Option<&mut Progress> {
        self.lines.get_mut(usize::try_from(line).unwrap_or(usize::MAX))
    }

    fn move_units(&mut self, units: &[Units], of: impl Fn(&mut Progress) -> &mut u32) {
        for told in units {
            if let Some(line) = self.line(told.line) {
                let count = of(line);
                *count = count.saturating_add(told.units);
            }
        }
    }

    fn refunded(&mut self, refund: &Refund) {
        for told in &refund.lines {
            if let Some(line) = self.line(told.line) {
                line.refunded_units = line.refunded_units.saturating_add(told.units);
                add(&mut line.refunded, told.amount);
            }
        }
        add(&mut self.freight_refunded, refund.freight);
        self.references.extend(refund.reference.iter().map(ToString::to_string));
    }

    fn buyer_refunded(&mut self, refund: &Refund) {
        for told in &refund.lines {
            if let Some(line) = self.line(told.line) {
                line.back_units = line.back_units.saturating_add(told.units);
                add(&mut line.back, told.amount);
            }
        }
        add(&mut self.freight_back, refund.freight);
        self.references.extend(refund.reference.iter().map(ToString::to_string));
    }

    fn charged(&mut self, charge: ChargeKind, payee: Option<PartyId>, amount: Minor) {
        let same = |known: &&mut Charge| (known.charge, known.payee) == (charge, payee);
        match self.charges.iter_mut().find(same) {
            Some(known) => add(&mut known.amount, amount),
            None => self.charges.push(Charge { charge, payee, amount }),
        }
    }

    /// What the supplier refunded of goods.
    pub fn goods_refunded(&self) -> Result<Minor, MoneyError> {
        Minor::sum(self.lines.iter().map(|line| line.refunded))
    }

    /// What the buyer got back for goods.
    pub fn goods_back(&self) -> Result<Minor, MoneyError> {
        Minor::sum(self.lines.iter().map(|line| line.back))
    }

    /// What goods and freight cost as they stand: ordered, changed, corrected, less refunds and what was called off.
    pub fn cost(&self) -> Result<Minor, MoneyError> {
        let goods = self.order.as_ref().map_or(Ok(Minor::ZERO), |order| order.goods())?;
        let gross = goods.plus(self.freight)?.plus(self.corrections)?;
        let back = self.goods_refunded()?.plus(self.freight_refunded)?;
        gross.minus(back)?.minus(self.cancelled)
    }

    /// Charges, less those that the supplier gets when `but_supplier`.
    pub fn charges(&self, but_supplier: bool) -> Result<Minor, MoneyError> {
        let supplier = self.order.as_ref().map(|order| order.supplier);
        let of = self
            .charges
            .iter()
            .filter(|one| !(but_supplier && one.payee.is_some() && one.payee == supplier));
        Minor::sum(of.map(|one| one.amount))
    }

    /// What is to be paid to the supplier in all.
    pub fn due(&self) -> Result<Minor, MoneyError> {
        let to_supplier = self.charges(false)?.minus(self.charges(true)?)?;
        self.cost()?.plus(to_supplier)
    }

    /// What is still owed to the supplier; negative: it owes that back.
    pub fn payable(&self) -> Result<Minor, MoneyError> {
        self.due()?.minus(self.paid)?.plus(self.repaid)
    }

    /// What the sale came to, less what the buyer got back.
    pub fn sale(&self) -> Result<Minor, MoneyError> {
        let (goods, freight) = self.sold.unwrap_or_default();
        let back = self.goods_back()?.plus(self.freight_back)?;
        goods.plus(freight)?.minus(back)
    }

    /// What the purchase leaves with who bears it: of a dropship order the margin, of any other its cost, negative.
    pub fn margin(&self) -> Result<Minor, MoneyError> {
        self.sale()?.minus(self.cost()?)?.minus(self.charges(false)?)
    }

    /// What each line leaves: goods are its own; freight, charges, corrections and what was called off are allocated by
    /// what the goods cost (largest remainder, ties in order).
    ///
    /// INVARIANT: margins of lines sum to the margin of the purchase.
    pub fn line_margins(&self) -> Result<Vec<Minor>, MoneyError> {
        let Some(order) = &self.order else {
            return Ok(Vec::new());
        };
        let mut own = Vec::with_capacity(self.lines.len());
        let mut weights = Vec::with_capacity(self.lines.len());
        for (line, progress) in order.lines.iter().zip(&self.lines) {
            let goods = line.goods()?;
            weights.push(u64::try_from(goods.0).unwrap_or(0));
            let sold = line.sold.filter(|_| self.sold.is_some()).unwrap_or_default();
            own.push(sold.minus(progress.back)?.minus(goods)?.plus(progress.refunded)?);
        }
        let rest = self.margin()?.minus(Minor::sum(own.iter().copied())?)?;
        let shares = allocate(rest, &weights)?;
        own.into_iter()
            .zip(shares)
            .map(|(own, share)| own.plus(share))
            .collect()
    }

    /// What of the payments is for each line, and for freight: payments in parts are allocated by what each costs.
    pub fn paid_on(&self) -> Result<(Vec<Minor>, Minor), MoneyError> {
        let Some(order) = &self.order else {
            return Ok((Vec::new(), Minor::ZERO));
        };
        let mut costs: Vec<Minor> = order.lines.iter().map(|line| line.goods()).collect::<Result<_, _>>()?;
        costs.push(self.freight);
        let whole = Minor::sum(costs.iter().copied())?;
        let weights: Vec<u64> = costs.iter().map(|cost| u64::try_from(cost.0).unwrap_or(0)).collect();
        let mut parts = allocate(self.paid.min(whole).max(Minor::ZERO), &weights)?;
        let freight = parts.pop().unwrap_or_default();
        Ok((parts, freight))
    }

    /// Units of each line that are still to be sent.
    pub fn to_ship(&self) -> Vec<u32> {
        self.each(|quantity, line| {
            let unsent = quantity.saturating_sub(line.shipped);
            unsent.saturating_sub(line.refunded_units.min(unsent))
        })
    }

    /// Units of each line that were sent and did not arrive yet.
    pub fn to_receive(&self) -> Vec<u32> {
        self.each(|_, line| line.shipped.saturating_sub(line.received))
    }

    /// Units of each line that arrived and were not found bad.
    pub fn good(&self) -> Vec<u32> {
        self.each(|_, line| line.received.saturating_sub(line.rejected))
    }

    fn each(&self, of: impl Fn(u32, &Progress) -> u32) -> Vec<u32> {
        let order = self.order.iter().flat_map(|order| &order.lines);
        order
            .zip(&self.lines)
            .map(|(line, progress)| of(line.quantity, progress))
            .collect()
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        if let Some(ended) = self.ended {
            return ended;
        }
        let any = |of: fn(&Progress) -> u32| self.lines.iter().any(|line| of(line) > 0);
        let sent = self.to_ship().iter().all(|units| *units == 0);
        let arrived = self.to_receive().iter().all(|units| *units == 0);
        let paid = self.paid > Minor::ZERO;
        match (any(|line| line.received), any(|line| line.shipped)) {
            (true, _) if sent && arrived => Phase::Received,
            (true, _) => Phase::PartReceived,
            (_, true) if sent => Phase::Shipped,
            (_, true) => Phase::PartShipped,
            _ if paid && self.payable().is_ok_and(|left| left <= Minor::ZERO) => Phase::Paid,
            _ if paid => Phase::PartPaid,
            _ => Phase::Ordered,
        }
    }

    /// A dropship order.
    pub fn is_dropship(&self) -> bool {
        self.order
            .as_ref()
            .is_some_and(|order| order.kind == PurchaseKind::Dropship)
    }
}

/// Sums of what was decided: they were checked when they were.
fn add(to: &mut Minor, amount: Minor) {
    *to = Minor(to.0.saturating_add(amount.0));
}
