//! Orders and actions of purchases on the wire, and their reading.
//! Must never fill in an amount that was not told: the purchase says what stands when a field is absent.

use serde::Deserialize;
use utoipa::ToSchema;

use super::form::{Fault, Form};
use super::vtask_terms::ItemOfIn;
use super::wire::MoneyIn;
use crate::access::Principal;
use crate::base::{BookId, ExternalId, ItemId, LineId, OfferId};
use crate::domain::purchase::{
    Action, Cause, ChargeKind, LineAsk, Pays, PurchaseAsk, PurchaseKind, RefundAsk, RefundLine, Track, Units,
};
use crate::money::{Currency, Minor};

/// A purchase to be ordered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseIn {
    /// The book's own number for it.
    pub external_id: Option<String>,
    /// Where it is ordered; `1688` when not told.
    pub source: Option<String>,
    /// The number that it has there.
    pub order_no: Option<String>,
    /// wholesale, dropship or sample.
    #[schema(value_type = String)]
    pub kind: PurchaseKind,
    /// Who buys, of a dropship order who keeps the margin: id or own number; the owner of the book when not told.
    pub buyer: Option<String>,
    /// Who sells; the offer's supplier when not told.
    pub supplier: Option<String>,
    /// Currency of every amount; CNY when not told.
    pub currency: Option<String>,
    /// Who pays the supplier: book (the default), balance (the book, out of what is available to the buyer) or buyer.
    #[schema(value_type = Option<String>)]
    pub pays: Option<Pays>,
    /// 1 to 200 lines; those of the quote when not told.
    pub lines: Option<Vec<PurchaseLineIn>>,
    /// Freight; what the offers say when not told.
    pub freight: Option<MoneyIn>,
    /// Freight that the buyer of a dropship order paid.
    pub sold_freight: Option<MoneyIn>,
    /// The quote that it is made from.
    pub quote: Option<String>,
    /// Off unless it is paid until here.
    pub pay_by: Option<String>,
    /// When it was ordered; now when not told.
    pub at: Option<String>,
}

/// A line of a purchase.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseLineIn {
    /// What it is; the offer's subject when not told.
    pub name: Option<String>,
    /// The product it is sold as.
    pub product: Option<ItemOfIn>,
    /// The offer: its id, or its number at the source.
    pub offer: Option<String>,
    /// Its variant.
    pub sku: Option<String>,
    /// How many.
    pub quantity: u32,
    /// Price of one; what the offer says for all its lines together when not told.
    pub unit_price: Option<MoneyIn>,
    /// Dropship: price of one that the buyer paid.
    pub sold_price: Option<MoneyIn>,
    /// Dropship: what the buyer paid for all of it, instead of a price.
    pub sold: Option<MoneyIn>,
    /// Dropship: the buyer's order line, which says what was paid when nothing else does.
    pub order_line: Option<LinkedLineIn>,
}

/// A sub-order line of a platform.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedLineIn {
    /// Platform.
    #[schema(example = "taobao")]
    pub platform: String,
    /// The platform's number of the line.
    pub line_no: String,
}

/// Units of a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitsIn {
    /// Which line, from 0.
    pub line: u32,
    /// How many; of a refund 0 for a mere reduction.
    pub units: u32,
    /// How much (refund, buyer-refund): what the units cost when not told.
    pub amount: Option<MoneyIn>,
}

/// Fields of the actions; which are needed depends on the action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseActionIn {
    /// When it happened; now when not told.
    pub at: Option<String>,
    /// How much (pay and repay: everything that is owed when not told; freight: from now on; charge).
    pub amount: Option<MoneyIn>,
    /// The outside number (pay, repay; refund and buyer-refund, optional).
    pub reference: Option<String>,
    /// Lines with units (ship, receive, reject: everything when not told; refund, buyer-refund).
    pub lines: Option<Vec<UnitsIn>>,
    /// Freight that is refunded (refund, buyer-refund), or billed (bill).
    pub freight: Option<MoneyIn>,
    /// Tracking number (ship).
    pub tracking: Option<String>,
    /// Why (reject; freight, refund, buyer-refund, cancel, optional).
    pub reason: Option<String>,
    /// return_freight, insurance, packaging, fee or other (charge).
    #[schema(value_type = Option<String>)]
    pub charge: Option<ChargeKind>,
    /// Who gets the charge; the book when not told.
    pub payee: Option<String>,
    /// In words (charge).
    pub note: Option<String>,
    /// Number of the bill (bill), of the refund or stage (state).
    pub number: Option<String>,
    /// Goods on the bill, refunds taken off (bill).
    pub goods: Option<MoneyIn>,
    /// The ledger follows the bill (bill); otherwise the difference is only shown.
    pub correct: Option<bool>,
    /// order (the default), refund or stage (state).
    #[schema(value_type = Option<String>)]
    pub track: Option<Track>,
    /// The platform's code (state).
    pub code: Option<String>,
    /// buyer_cancel, seller_goods_lack or other (cancel).
    #[schema(value_type = Option<String>)]
    pub cause: Option<Cause>,
}

/// Reads an order.
pub fn read_order(form: &mut Form, who: &Principal, body: &PurchaseIn) -> Option<PurchaseAsk> {
    let currency = match &body.currency {
        Some(code) => form.read::<Currency>("/currency", code)?,
        None => Currency::CNY,
    };
    let source: Option<ExternalId> = form.read("/source", body.source.as_deref().unwrap_or("1688"));
    let source = source?;
    let external_id = form.maybe("/external_id", body.external_id.as_deref());
    let order_no = form.maybe("/order_no", body.order_no.as_deref());
    // A party orders for itself unless it says for whom.
    let buyer = match &body.buyer {
        Some(text) => form.party("/buyer", text).map(Some),
        None => Some(who.party),
    };
    let supplier = match &body.supplier {
        Some(text) => form.party("/supplier", text).map(Some),
        None => Some(None),
    };
    let each = body.lines.as_deref().unwrap_or_default().iter().enumerate();
    let frame = Frame {
        book: who.book,
        source: &source,
        currency,
    };
    let lines: Vec<Option<LineAsk>> = each
        .map(|(n, told)| form.within(&format!("/lines/{n}"), |form| line(form, &frame, told)))
        .collect();
    let freight = form.maybe_amount("/freight", body.freight.as_ref(), currency);
    let sold_freight = form.maybe_amount("/sold_freight", body.sold_freight.as_ref(), currency);
    let quote = form.maybe("/quote", body.quote.as_deref());
    let pay_by = form.maybe("/pay_by", body.pay_by.as_deref());
    let at = form.maybe("/at", body.at.as_deref());
    Some(PurchaseAsk {
        external_id: external_id?,
        order_no: order_no?,
        kind: body.kind,
        buyer: buyer?,
        supplier: supplier?,
        currency,
        pays: body.pays.unwrap_or_default(),
        lines: lines.into_iter().collect::<Option<_>>()?,
        freight: freight?,
        sold_freight: sold_freight?,
        quote: quote?,
        pay_by: pay_by?,
        at: at?,
        source,
    })
}

struct Frame<'a> {
    book: BookId,
    source: &'a ExternalId,
    currency: Currency,
}

/// The offer that a text names: its id, or its number at a source.
pub fn offer_named(form: &mut Form, pointer: &str, book: BookId, source: &ExternalId, text: &str) -> Option<OfferId> {
    if let Ok(offer) = text.parse() {
        return Some(offer);
    }
    let number: ExternalId = form.read(pointer, text)?;
    Some(OfferId::of(book, source.as_str(), number.as_str()))
}

/// The item that a platform numbers.
pub fn item_named(form: &mut Form, pointer: &str, book: BookId, told: Option<&ItemOfIn>) -> Option<Option<ItemId>> {
    let Some(told) = told else { return Some(None) };
    form.within(pointer, |form| told.read(form, book)).map(Some)
}

fn line(form: &mut Form, frame: &Frame<'_>, told: &PurchaseLineIn) -> Option<LineAsk> {
    let product = item_named(form, "/product", frame.book, told.product.as_ref());
    let offer = match &told.offer {
        Some(text) => offer_named(form, "/offer", frame.book, frame.source, text).map(Some),
        None => Some(None),
    };
    let sku = form.maybe("/sku", told.sku.as_deref());
    let unit_price = form.maybe_amount("/unit_price", told.unit_price.as_ref(), frame.currency);
    let sold = form.maybe_amount("/sold", told.sold.as_ref(), frame.currency);
    let price = form.maybe_amount("/sold_price", told.sold_price.as_ref(), frame.currency);
    let order_line = match &told.order_line {
        Some(told) => form.within("/order_line", |form| {
            let platform: Option<ExternalId> = form.read("/platform", &told.platform);
            let line_no: Option<ExternalId> = form.read("/line_no", &told.line_no);
            let (platform, line_no) = platform.zip(line_no)?;
            Some(Some(LineId::of(frame.book, platform.as_str(), line_no.as_str())))
        }),
        None => Some(None),
    };
    let sold = match (sold?, price?) {
        (Some(_), Some(_)) => {
            form.fault(
                "/sold",
                Fault::new("unexpected_field", "tell a price or an amount, not both"),
            );
            None
        }
        (None, Some(price)) => {
            let all = price.0.checked_mul(i64::from(told.quantity)).map(Minor);
            let large = crate::money::MoneyError::OutOfRange;
            form.take("/sold_price", all.ok_or(large)).map(Some)
        }
        (sold, None) => Some(sold),
    };
    Some(LineAsk {
        name: told.name.clone(),
        product: product?,
        offer: offer?,
        sku: sku?,
        quantity: told.quantity,
        unit_price: unit_price?,
        sold: sold?,
        order_line: order_line?,
    })
}

/// What was told with an action.
pub struct Told<'a> {
    /// Its fields.
    pub body: &'a PurchaseActionIn,
    /// Of the purchase.
    pub currency: Currency,
}

impl Told<'_> {
    /// The action of a word; none when there is no such word, some none after a fault.
    pub fn action(&self, form: &mut Form, word: &str) -> Option<Option<Action>> {
        let body = self.body;
        Some(match word {
            "pay" | "repay" => self.of_payment(form, word),
            "freight" => {
                let amount = form.need("/amount", body.amount.as_ref());
                let amount = amount.and_then(|told| form.amount("/amount", told, self.currency));
                let reason = body.reason.clone();
                amount.map(|amount| Action::Freight { amount, reason })
            }
            "ship" => Some(Action::Ship {
                units: self.units(),
                tracking: body.tracking.clone(),
            }),
            "receive" => Some(Action::Receive { units: self.units() }),
            "reject" => {
                let reason = form.need("/reason", body.reason.clone());
                let units = self.units();
                reason.map(|reason| Action::Reject { units, reason })
            }
            "refund" => self.refund(form).map(Action::Refund),
            "buyer-refund" => self.refund(form).map(Action::BuyerRefund),
            "charge" => self.of_charge(form),
            "bill" => self.of_bill(form),
            "state" => self.of_state(form),
            "cancel" => Some(Action::Cancel {
                cause: body.cause.unwrap_or(Cause::Other),
                reason: body.reason.clone(),
            }),
            "finish" => Some(Action::Finish),
            _ => return None,
        })
    }

    fn units(&self) -> Vec<Units> {
        let told = self.body.lines.as_deref().unwrap_or_default().iter();
        told.map(|one| Units {
            line: one.line,
            units: one.units,
        })
        .collect()
    }

    fn of_payment(&self, form: &mut Form, word: &str) -> Option<Action> {
        let amount = form.maybe_amount("/amount", self.body.amount.as_ref(), self.currency);
        let reference = form.need("/reference", self.body.reference.as_deref());
        let reference = reference.and_then(|text| form.read("/reference", text));
        let (amount, reference) = amount.zip(reference)?;
        Some(match word {
            "pay" => Action::Pay { amount, reference },
            _ => Action::Repay { amount, reference },
        })
    }

    fn refund(&self, form: &mut Form) -> Option<RefundAsk> {
        let told = self.body.lines.as_deref().unwrap_or_default().iter().enumerate();
        let lines: Vec<Option<RefundLine>> = told
            .map(|(n, one)| {
                let pointer = format!("/lines/{n}/amount");
                let amount = form.maybe_amount(&pointer, one.amount.as_ref(), self.currency)?;
                Some(RefundLine {
                    line: one.line,
                    units: one.units,
                    amount,
                })
            })
            .collect();
        let freight = form.maybe_amount("/freight", self.body.freight.as_ref(), self.currency);
        let reference = form.maybe("/reference", self.body.reference.as_deref());
        Some(RefundAsk {
            lines: lines.into_iter().collect::<Option<_>>()?,
            freight: freight?.unwrap_or_default(),
            reference: reference?,
            reason: self.body.reason.clone(),
        })
    }

    fn of_charge(&self, form: &mut Form) -> Option<Action> {
        let charge = form.need("/charge", self.body.charge);
        let amount = form.need("/amount", self.body.amount.as_ref());
        let amount = amount.and_then(|told| form.amount("/amount", told, self.currency));
        let payee = match &self.body.payee {
            Some(text) => form.party("/payee", text).map(Some),
            None => Some(None),
        };
        Some(Action::Charge {
            charge: charge?,
            amount: amount?,
            payee: payee?,
            note: self.body.note.clone(),
        })
    }

    fn of_bill(&self, form: &mut Form) -> Option<Action> {
        let number = form.need("/number", self.body.number.as_deref());
        let number = number.and_then(|text| form.read("/number", text));
        let goods = form.need("/goods", self.body.goods.as_ref());
        let goods = goods.and_then(|told| form.amount("/goods", told, self.currency));
        let freight = form.maybe_amount("/freight", self.body.freight.as_ref(), self.currency);
        Some(Action::Bill {
            number: number?,
            goods: goods?,
            freight: freight?.unwrap_or_default(),
            correct: self.body.correct.unwrap_or_default(),
        })
    }

    fn of_state(&self, form: &mut Form) -> Option<Action> {
        let code = form.need("/code", self.body.code.clone());
        let number = form.maybe("/number", self.body.number.as_deref());
        Some(Action::State {
            track: self.body.track.unwrap_or_default(),
            code: code?,
            number: number?,
        })
    }
}
