//! Facts of a platform about one sub-order line: increments and snapshots (decision A6).
//! Must never hold what this system decided; only what the platform says.

use serde::{Deserialize, Serialize};

use super::brought::BroughtOver;
use crate::base::{ExternalId, Instant, LineId, PartyId};
use crate::money::{Currency, Minor, Rate};

/// Who bears a discount (decision A9).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Funder {
    /// 商家
    Merchant,
    /// 平台
    Platform,
    /// 主播
    Anchor,
    /// 机构
    Agency,
    /// 支付渠道
    Payment,
}

/// A discount that is already allocated to this line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    /// Who bears it.
    pub funder: Funder,
    /// What the platform calls it.
    pub kind: String,
    /// How much of it falls on this line; positive.
    pub amount: Minor,
}

/// What a fact may tell about its line beside its own matter. Absent means not told; what was told first stands.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct About {
    /// The order number the buyer sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<ExternalId>,
    /// Pseudonym of the buyer; never a name or phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<ExternalId>,
    /// The platform's item number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_no: Option<ExternalId>,
    /// The platform's shop number; wins over the item's registered shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop_no: Option<ExternalId>,
    /// Category; wins over the item's registered category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Units bought; one when never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    /// Order time, when the fact itself is not the created one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<Instant>,
    /// The platform's own attribution: honoured before any click.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoter: Option<PartyId>,
    /// Live room that the platform names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<ExternalId>,
    /// Show 场次 that the platform names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<ExternalId>,
    /// The platform account that the row was reported to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<ExternalId>,
    /// The promotion position 推广位 (PID) that the row names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<ExternalId>,
    /// The nick that the row names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<ExternalId>,
    /// What the line is for; a sale when never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}

/// What a line is for. Only sales count in sales measures; money follows every line alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Sold, an order sent to a friend 送礼订单 included.
    Sale,
    /// A free gift line 赠品.
    Gift,
    /// Bought for own use 自用.
    OwnUse,
    /// Sent in exchange 换货.
    Exchange,
}

impl About {
    /// Counts in sales measures.
    pub fn is_sale(&self) -> bool {
        matches!(self.purpose, None | Some(Purpose::Sale))
    }
}

/// In what manner a refund was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// Money back, goods kept 仅退款.
    RefundOnly,
    /// Goods returned 退货退款.
    Return,
    /// Goods exchanged 换货.
    Exchange,
    /// The difference to a lower price 价保.
    PriceProtection,
}

/// Whose view of a line a platform's row is (decision A6): two rows of one order are two views of one line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Of one who shares in another's commission; counts only while the owner's view is unknown.
    Sharer,
    /// Of the first owner of the commission.
    #[default]
    Owner,
}

impl View {
    fn is_owner(&self) -> bool {
        *self == View::Owner
    }
}

/// A component by its name, such as `technical_fee`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NamedAmount {
    /// As the formula names it.
    pub name: String,
    /// How much.
    pub amount: Minor,
}

/// What a platform's row says a line gives, on one track: the estimate or the settlement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Track {
    /// The base it was computed on; the amount paid, or the settled base, when not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Minor>,
    /// The rate it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Commission before the fees below.
    pub gross: Minor,
    /// Content fee on top of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_fee: Option<Minor>,
    /// Fees taken out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<NamedAmount>,
    /// Subsidies beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsidies: Vec<NamedAmount>,
}

impl Track {
    fn amounts(&self) -> impl Iterator<Item = Minor> {
        let named = self.fees.iter().chain(&self.subsidies).map(|named| named.amount);
        [self.base, Some(self.gross), self.content_fee]
            .into_iter()
            .flatten()
            .chain(named)
    }
}

/// The figures of a platform's row (decision A3): posted as given under `as_reported`, compared under `own_rules`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Reported {
    /// Whose view.
    #[serde(default, skip_serializing_if = "View::is_owner")]
    pub view: View,
    /// From the amount paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<Track>,
    /// From the settled base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Track>,
}

/// Code of a commission larger than the payment it is of: never posted (break B10).
pub const COMMISSION_EXCEEDS_PAYMENT: &str = "commission_exceeds_payment";

/// The matter of an increment. Amounts are goods only; freight never touches commission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What {
    /// The order was placed; `payable` is the full goods amount to be paid, when told (for a pre-sale: deposit + tail).
    Created {
        /// Goods amount to be paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payable: Option<Minor>,
        /// Discounts already allocated to this line.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discounts: Vec<Discount>,
    },
    /// Pre-sale: the deposit 定金 was paid.
    Deposit {
        /// Goods amount.
        amount: Minor,
    },
    /// Pre-sale: the tail 尾款 was paid.
    Tail {
        /// Goods amount.
        amount: Minor,
    },
    /// Paid in full.
    Paid {
        /// Goods amount paid.
        amount: Minor,
        /// Discounts already allocated to this line.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        discounts: Vec<Discount>,
    },
    /// Receipt confirmed.
    Received,
    /// Service: session `k` of `n` used.
    Fulfilled {
        /// Which session, from 1.
        k: u32,
        /// How many in all.
        n: u32,
    },
    /// Settled by the platform; `base` is its settled base when it reports one.
    Settled {
        /// Reported settled base.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<Minor>,
    },
    /// Closed without or after payment.
    Closed {
        /// The platform's word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The seller keeps (a part of) the deposit of a pre-sale whose tail was never paid.
    DepositKept {
        /// How much is kept.
        amount: Minor,
    },
    /// Refund case opened.
    RefundOpened {
        /// The platform's case number.
        case: ExternalId,
    },
    /// Refund case won by the buyer.
    RefundWon {
        /// The platform's case number.
        case: ExternalId,
        /// Goods refunded.
        goods: Minor,
        /// Freight refunded; kept, never touches commission.
        #[serde(default)]
        freight: Minor,
        /// Units returned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
        /// The source does not know of a later deduction: won and deducted at once.
        #[serde(default)]
        deducted: bool,
        /// In what manner, when told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manner: Option<Manner>,
    },
    /// Refund case lost by the buyer.
    RefundLost {
        /// The platform's case number.
        case: ExternalId,
    },
    /// The commission of a refund won after settlement was deducted from its takers.
    RefundDeducted {
        /// The platform's case number.
        case: ExternalId,
    },
    /// Punished or disputed: the takers' money is frozen.
    Frozen {
        /// The platform's case number.
        case: ExternalId,
    },
    /// The freeze is lifted.
    Unfrozen {
        /// The platform's case number.
        case: ExternalId,
    },
    /// The frozen money is forfeited to the merchant.
    Forfeited {
        /// The platform's case number.
        case: ExternalId,
    },
    /// The price was corrected; `paid` is the goods amount that now counts as paid.
    PriceCorrected {
        /// The platform's correction number.
        fact: ExternalId,
        /// Goods amount paid after it.
        paid: Minor,
    },
    /// Told with an amount that cannot be read: kept as it was sent, parked, without effect (decision B8).
    Illegible {
        /// What is wrong with the amount.
        fault: Illegibility,
        /// The fact as it was sent.
        raw: String,
    },
    /// A platform row as it stands; the newest wins, increments are derived from the difference.
    Snapshot(Snapshot),
    /// Sold before the cut-over and brought over with terms of its own.
    BroughtOver(Box<BroughtOver>),
    /// An earlier fact of the line is taken back: the line stands as if it had never been told, until it is told again.
    Withdrawn {
        /// Identity of the fact inside the line.
        identity: String,
        /// Which batch takes it back.
        batch: ExternalId,
    },
}

/// Why an amount of a fact cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Illegibility {
    /// Not the one canonical spelling of its currency.
    AmountForm,
    /// More than 64 bits of minor units.
    AmountOutOfRange,
    /// No currency of ISO 4217.
    CurrencyUnknown,
    /// Two currencies in one fact.
    CurrencyMismatch,
}

impl Illegibility {
    /// Every fault.
    pub const ALL: [Illegibility; 4] = [
        Illegibility::AmountForm,
        Illegibility::AmountOutOfRange,
        Illegibility::CurrencyUnknown,
        Illegibility::CurrencyMismatch,
    ];

    /// Stable code, the same as a command is refused with.
    pub fn code(self) -> &'static str {
        match self {
            Illegibility::AmountForm => "amount_form",
            Illegibility::AmountOutOfRange => "amount_out_of_range",
            Illegibility::CurrencyUnknown => "currency_unknown",
            Illegibility::CurrencyMismatch => "currency_mismatch",
        }
    }
}

/// A platform row as it stands at its modified time. Absent times mean "not (yet)".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// Paid, with the goods amount below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
    /// Received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Instant>,
    /// Settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Instant>,
    /// Closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Instant>,
    /// Goods amount paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Minor>,
    /// Settled base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_base: Option<Minor>,
    /// Goods refunded so far, all cases together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Minor>,
}

/// One fact about one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineFact {
    /// The line; derived from book, platform and line number.
    pub line: LineId,
    /// The platform that is the source (never the file or channel).
    pub platform: ExternalId,
    /// The platform's sub-order number.
    pub line_no: ExternalId,
    /// Business time; for a snapshot its modified time.
    pub at: Instant,
    /// Currency of every amount of the line; told by the first fact that has an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Descriptive columns.
    #[serde(default)]
    pub about: About,
    /// The matter.
    pub what: What,
    /// What the platform says the line gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Box<Reported>>,
}

impl What {
    /// Wire name of the event that records this fact.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Created { .. } => "order.created",
            What::Deposit { .. } => "order.deposit_paid",
            What::Tail { .. } => "order.tail_paid",
            What::Paid { .. } => "order.paid",
            What::Received => "order.received",
            What::Fulfilled { .. } => "order.fulfilled",
            What::Settled { .. } => "order.settled",
            What::Closed { .. } => "order.closed",
            What::DepositKept { .. } => "order.deposit_kept",
            What::RefundOpened { .. } => "refund_case.opened",
            What::RefundWon { .. } => "refund_case.won",
            What::RefundLost { .. } => "refund_case.lost",
            What::RefundDeducted { .. } => "refund_case.deducted",
            What::Frozen { .. } => "line.frozen",
            What::Unfrozen { .. } => "line.unfrozen",
            What::Forfeited { .. } => "line.forfeited",
            What::PriceCorrected { .. } => "order.price_corrected",
            What::Illegible { .. } => "order.illegible",
            What::Snapshot(_) => "order.snapshot",
            What::BroughtOver(_) => "line.brought_over",
            What::Withdrawn { .. } => "order.fact_withdrawn",
        }
    }

    /// Every wire name this type has.
    pub const KINDS: [&'static str; 21] = [
        "order.created",
        "order.deposit_paid",
        "order.tail_paid",
        "order.paid",
        "order.received",
        "order.fulfilled",
        "order.settled",
        "order.closed",
        "order.deposit_kept",
        "refund_case.opened",
        "refund_case.won",
        "refund_case.lost",
        "refund_case.deducted",
        "line.frozen",
        "line.unfrozen",
        "line.forfeited",
        "order.price_corrected",
        "order.illegible",
        "order.snapshot",
        "line.brought_over",
        "order.fact_withdrawn",
    ];
}

impl What {
    /// Every amount in it.
    pub fn amounts(&self) -> impl Iterator<Item = Minor> {
        let none = [None; 3];
        let (single, discounts): ([Option<Minor>; 3], &[Discount]) = match self {
            What::Created { payable, discounts } => ([*payable, None, None], discounts),
            What::Paid { amount, discounts } => ([Some(*amount), None, None], discounts),
            What::Deposit { amount } | What::Tail { amount } | What::DepositKept { amount } => {
                ([Some(*amount), None, None], &[])
            }
            What::Settled { base } => ([*base, None, None], &[]),
            What::RefundWon { goods, freight, .. } => ([Some(*goods), Some(*freight), None], &[]),
            What::PriceCorrected { paid, .. } => ([Some(*paid), None, None], &[]),
            What::Snapshot(row) => ([row.paid, row.settled_base, row.refunded], &[]),
            What::BroughtOver(brought) => ([Some(brought.paid), Some(brought.refunded), None], &[]),
            What::Received
            | What::Fulfilled { .. }
            | What::Closed { .. }
            | What::RefundOpened { .. }
            | What::RefundLost { .. }
            | What::RefundDeducted { .. }
            | What::Frozen { .. }
            | What::Unfrozen { .. }
            | What::Forfeited { .. }
            | What::Illegible { .. }
            | What::Withdrawn { .. } => (none, &[]),
        };
        let allocated = discounts.iter().map(|discount| discount.amount);
        single.into_iter().flatten().chain(allocated)
    }
}

impl LineFact {
    /// Every amount in it.
    pub fn amounts(&self) -> impl Iterator<Item = Minor> {
        let reported = self.reported.as_deref();
        let tracks = reported
            .into_iter()
            .flat_map(|told| told.estimated.iter().chain(&told.settled));
        self.what.amounts().chain(tracks.flat_map(Track::amounts))
    }

    /// Whose view it is.
    pub fn view(&self) -> View {
        self.reported.as_deref().map_or(View::Owner, |reported| reported.view)
    }

    /// A track gives more commission than what was paid for it.
    pub fn exceeds_payment(&self) -> bool {
        let (paid, settled) = match &self.what {
            What::Paid { amount, .. } => (Some(*amount), None),
            What::Settled { base } => (None, *base),
            What::Snapshot(row) => (row.paid, row.settled_base),
            What::BroughtOver(brought) => (Some(brought.paid), None),
            _ => (None, None),
        };
        let exceeds = |track: &Option<Track>, paid: Option<Minor>| {
            let of = |track: &Track| track.base.or(paid).is_some_and(|base| track.gross > base);
            track.as_ref().is_some_and(of)
        };
        let exceeding = |told: &Reported| exceeds(&told.estimated, paid) || exceeds(&told.settled, settled.or(paid));
        self.reported.as_deref().is_some_and(exceeding)
    }

    /// Identity inside the line: kind, then case, session or fact number; for a snapshot its modified time.
    /// Once-per-line kinds have nothing more.
    pub fn identity(&self) -> String {
        let kind = self.what.kind();
        match &self.what {
            What::Fulfilled { k, .. } => format!("{kind}/{k}"),
            What::RefundOpened { case }
            | What::RefundWon { case, .. }
            | What::RefundLost { case }
            | What::RefundDeducted { case }
            | What::Frozen { case }
            | What::Unfrozen { case }
            | What::Forfeited { case } => format!("{kind}/{case}"),
            What::PriceCorrected { fact, .. } => format!("{kind}/{fact}"),
            What::Snapshot(_) if self.view() == View::Sharer => format!("{kind}/{}/sharer", self.at),
            What::Snapshot(_) => format!("{kind}/{}", self.at),
            What::Withdrawn { identity, batch } => format!("{kind}/{batch}/{identity}"),
            What::Illegible { raw, .. } => {
                format!(
                    "{kind}/{}",
                    crate::base::derive_uuid("illegible", self.line.0, &[raw]).simple()
                )
            }
            _ => kind.to_owned(),
        }
    }
}
