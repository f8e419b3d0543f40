//! What a purchase is made of: kind, who pays, lines with their pinned price.
//! Must never hold a price that could change after the order.

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, Instant, ItemId, LineId, OfferId, PartyId, PartyKind, PurchaseId, QuoteId};
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::{Currency, Minor, MoneyError};

/// Most lines of a purchase.
pub const MOST_LINES: usize = 200;
/// Most units of a line.
pub const MOST_UNITS: u32 = 10_000_000;

/// Kind of a purchase.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseKind {
    /// 批发: the buyer owns the stock.
    Wholesale,
    /// 一件代发: bought for an order of a buyer and sent to that buyer.
    Dropship,
    /// 样品单: free of the minimum order.
    Sample,
}

impl PurchaseKind {
    /// Every kind.
    pub const ALL: [PurchaseKind; 3] = [PurchaseKind::Wholesale, PurchaseKind::Dropship, PurchaseKind::Sample];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            PurchaseKind::Wholesale => "wholesale",
            PurchaseKind::Dropship => "dropship",
            PurchaseKind::Sample => "sample",
        }
    }
}

/// Who pays the supplier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pays {
    /// 本方代付: the owner of the book.
    #[default]
    Book,
    /// 余额抵扣: the owner of the book, out of what is available to the buyer.
    Balance,
    /// 买方自付: the buyer itself; the book owes nobody anything.
    Buyer,
}

impl Pays {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Pays::Book => "book",
            Pays::Balance => "balance",
            Pays::Buyer => "buyer",
        }
    }
}

/// What a charge on a purchase is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// 退货运费.
    ReturnFreight,
    /// 运费险.
    Insurance,
    /// 包装.
    Packaging,
    /// 服务费.
    Fee,
    /// Anything else.
    Other,
}

impl ChargeKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            ChargeKind::ReturnFreight => "return_freight",
            ChargeKind::Insurance => "insurance",
            ChargeKind::Packaging => "packaging",
            ChargeKind::Fee => "fee",
            ChargeKind::Other => "other",
        }
    }
}

/// The offer that a line was ordered from, with the version and tier that its price is pinned to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Offered {
    /// Which.
    pub offer: OfferId,
    /// Which version.
    pub version: u32,
    /// Which variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<ExternalId>,
    /// Where the tier begins that gave the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
    /// The price was agreed and is not the offer's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agreed: bool,
}

/// One line of a purchase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// What it is, in words.
    pub name: String,
    /// The product it is sold as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ItemId>,
    /// The offer that it was ordered from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offered>,
    /// How many.
    pub quantity: u32,
    /// Price of one, pinned.
    pub unit_price: Minor,
    /// Dropship: what the buyer paid for the goods of this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold: Option<Minor>,
    /// Dropship: the buyer's order line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line: Option<LineId>,
}

impl Line {
    /// What the goods cost.
    pub fn goods(&self) -> Result<Minor, MoneyError> {
        let goods = self.unit_price.0.checked_mul(i64::from(self.quantity));
        goods.map(Minor).ok_or(MoneyError::OutOfRange)
    }
}

/// A purchase as ordered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ordered {
    /// Which.
    pub purchase: PurchaseId,
    /// The book's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Where it was ordered, such as `1688`.
    pub source: ExternalId,
    /// The number that it has there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<ExternalId>,
    /// Kind.
    pub kind: PurchaseKind,
    /// Who buys, of a dropship order who keeps the margin; none: the owner of the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PartyId>,
    /// Who sells.
    pub supplier: PartyId,
    /// Currency of every amount.
    pub currency: Currency,
    /// Who pays the supplier.
    pub pays: Pays,
    /// Lines.
    pub lines: Vec<Line>,
    /// Freight that the supplier charges.
    pub freight: Minor,
    /// Dropship: freight that the buyer paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_freight: Option<Minor>,
    /// It is to be paid until here, or it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_by: Option<Instant>,
    /// The quote that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteId>,
}

/// A line as asked for: what is not told follows from its offer or the buyer's order line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct LineAsk {
    /// What it is, in words.
    pub name: Option<String>,
    /// The product it is sold as.
    pub product: Option<ItemId>,
    /// The offer.
    pub offer: Option<OfferId>,
    /// Its variant.
    pub sku: Option<ExternalId>,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Option<Minor>,
    /// What the buyer paid for the goods.
    pub sold: Option<Minor>,
    /// The buyer's order line.
    pub order_line: Option<LineId>,
}

/// A purchase as asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PurchaseAsk {
    /// The book's own number for it.
    pub external_id: Option<ExternalId>,
    /// Where it is ordered.
    pub source: ExternalId,
    /// The number that it has there.
    pub order_no: Option<ExternalId>,
    /// Kind.
    pub kind: PurchaseKind,
    /// Who buys; none: the owner of the book.
    pub buyer: Option<PartyId>,
    /// Who sells; the offer's supplier when not told.
    pub supplier: Option<PartyId>,
    /// Currency of every amount.
    pub currency: Currency,
    /// Who pays the supplier.
    pub pays: Pays,
    /// Lines; those of the quote when there are none.
    pub lines: Vec<LineAsk>,
    /// Freight; what the offers say when not told.
    pub freight: Option<Minor>,
    /// Freight that the buyer of a dropship order paid.
    pub sold_freight: Option<Minor>,
    /// The quote that it is made from.
    pub quote: Option<QuoteId>,
    /// To be paid until here.
    pub pay_by: Option<Instant>,
    /// When it was ordered; now when not told.
    pub at: Option<Instant>,
}

/// What an order comes to, as it was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurchaseFigures {
    /// Currency of every amount.
    pub currency: Currency,
    /// Lines with their prices.
    pub lines: Vec<Line>,
    /// Goods.
    pub goods: Minor,
    /// Freight.
    pub freight: Minor,
    /// Goods and freight.
    pub total: Minor,
    /// Of a dropship order: what it is sold for, with freight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold: Option<Minor>,
    /// Of a dropship order: what it leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Minor>,
    /// A larger quantity of an offer that costs less in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cheaper: Vec<CheaperOf>,
}

/// A larger quantity of an offer that costs less in all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CheaperOf {
    /// Of which offer.
    pub offer: OfferId,
    /// Units.
    pub quantity: u32,
    /// Price of one then.
    pub unit_price: Minor,
    /// Goods, and freight where it is known.
    pub total: Minor,
}

impl PurchaseFigures {
    /// Of an order.
    pub fn of(order: &Ordered, cheaper: Vec<CheaperOf>) -> Result<PurchaseFigures, MoneyError> {
        let goods = order.goods()?;
        let total = goods.plus(order.freight)?;
        let sold = order.sold()?.plus(order.sold_freight.unwrap_or_default())?;
        let dropship = order.kind == PurchaseKind::Dropship;
        Ok(PurchaseFigures {
            currency: order.currency,
            lines: order.lines.clone(),
            goods,
            freight: order.freight,
            total,
            sold: dropship.then_some(sold),
            margin: dropship.then(|| sold.minus(total)).transpose()?,
            cheaper,
        })
    }
}

/// Who may buy, or keep the margin of a dropship order.
pub fn may_buy(party: PartyId) -> bool {
    matches!(party.kind(), PartyKind::Anchor | PartyKind::Agency | PartyKind::Brand)
}

impl Ordered {
    /// What the goods of all lines cost.
    pub fn goods(&self) -> Result<Minor, MoneyError> {
        let each: Vec<Minor> = self.lines.iter().map(Line::goods).collect::<Result<_, _>>()?;
        Minor::sum(each)
    }

    /// What was sold: goods, without freight.
    pub fn sold(&self) -> Result<Minor, MoneyError> {
        Minor::sum(self.lines.iter().filter_map(|line| line.sold))
    }

    /// Refuses what cannot be ordered, every field at once.
    pub fn check(&self, now: Instant) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        let dropship = self.kind == PurchaseKind::Dropship;
        wrong.when(
            self.lines.is_empty() || self.lines.len() > MOST_LINES,
            "/lines",
            "lines_count",
            "a purchase has 1 to 200 lines",
        );
        for (n, line) in self.lines.iter().enumerate() {
            check_line(n, line, dropship, &mut wrong);
        }
        wrong.when(
            self.freight < Minor::ZERO,
            "/freight",
            "amount_negative",
            "freight is not negative",
        );
        let sold_freight = self.sold_freight.unwrap_or_default();
        wrong.when(
            sold_freight < Minor::ZERO,
            "/sold_freight",
            "amount_negative",
            "freight is not negative",
        );
        wrong.when(
            self.sold_freight.is_some() && !dropship,
            "/sold_freight",
            "unexpected_field",
            "only a dropship order has a buyer who pays freight",
        );
        wrong.when(
            self.supplier.kind() != PartyKind::Supplier,
            "/supplier",
            "party_kind",
            "a supplier sells",
        );
        wrong.when(
            self.buyer.is_some_and(|buyer| !may_buy(buyer)),
            "/buyer",
            "party_kind",
            "anchors, agencies and brands buy, or the owner of the book",
        );
        wrong.when(
            self.buyer.is_none() && self.pays != Pays::Book,
            "/pays",
            "buyer_needed",
            "the book pays for what it buys itself",
        );
        wrong.when(
            dropship && self.pays == Pays::Balance,
            "/pays",
            "unexpected_word",
            "the margin of a dropship order stands on the balance already",
        );
        wrong.when(
            self.pay_by.is_some_and(|by| by <= now),
            "/pay_by",
            "in_past",
            "a deadline is yet to come",
        );
        wrong.check()?;
        self.goods()?.plus(self.freight)?;
        self.sold()?.plus(sold_freight)?;
        Ok(())
    }
}

fn check_line(n: usize, line: &Line, dropship: bool, wrong: &mut Wrong) {
    let at = |field: &str| format!("/lines/{n}/{field}");
    let name = line.name.trim();
    if name.is_empty() || name.chars().count() > 300 || name.contains('\0') {
        wrong.add(at("name"), "name_form", "a line is named in 1 to 300 characters");
    }
    if line.quantity == 0 || line.quantity > MOST_UNITS {
        wrong.add(at("quantity"), "quantity_range", "1 to 10,000,000 units");
    }
    if line.unit_price < Minor::ZERO {
        wrong.add(at("unit_price"), "amount_negative", "a price is not negative");
    }
    match line.sold {
        None if dropship => wrong.add(at("sold"), "sold_needed", "say what the buyer paid for a dropship line"),
        Some(_) if !dropship => wrong.add(
            at("sold"),
            "unexpected_field",
            "only a dropship line is sold to a buyer",
        ),
        Some(sold) if sold < Minor::ZERO => wrong.add(at("sold"), "amount_negative", "what was paid is not negative"),
        _ => {}
    }
    if line.order_line.is_some() && !dropship {
        wrong.add(
            at("order_line"),
            "unexpected_field",
            "only a dropship line belongs to a buyer's order",
        );
    }
}
