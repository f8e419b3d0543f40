//! `/v1/purchases`: purchases of goods 采购单, wholesale and dropship, and everything that is recorded about them.
//! Must never let a party see or touch a purchase that does not concern it: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::lines::explained;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::vtask_terms::ItemOfIn;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::access::{Principal, sees};
use crate::base::{BookId, ExternalId, ItemId, LineId, OfferId, PartyId, PurchaseId};
use crate::domain::command::Command;
use crate::domain::purchase::{
    Action, Cause, ChargeKind, LineAsk, Pays, PurchaseAsk, PurchaseFigures, PurchaseKind, RefundAsk, RefundLine, Track,
    Units,
};
use crate::engine::Answer;
use crate::money::{Currency, Minor};
use crate::report::{self, At, ExplainView, Money, PurchaseFilter, PurchaseView, PurchasesView};

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

/// A line with its pinned price.
#[derive(Serialize, ToSchema)]
pub struct PurchasePricedView {
    /// What it is.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Price times quantity.
    pub goods: Money,
    /// Where the tier begins that gave the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_from: Option<u32>,
}

/// A larger quantity that costs less in all.
#[derive(Serialize, ToSchema)]
pub struct PurchaseCheaperView {
    /// Of which offer.
    pub offer: String,
    /// Units.
    pub quantity: u32,
    /// Price of one then.
    pub unit_price: Money,
    /// Goods, and freight where it is known.
    pub total: Money,
}

/// What an order comes to.
#[derive(Serialize, ToSchema)]
pub struct PurchaseFiguresView {
    /// Lines.
    pub lines: Vec<PurchasePricedView>,
    /// Goods.
    pub goods: Money,
    /// Freight.
    pub freight: Money,
    /// Goods and freight.
    pub total: Money,
    /// Dropship: what it is sold for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold: Option<Money>,
    /// Dropship: what it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Money>,
    /// Larger quantities that cost less in all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cheaper: Vec<PurchaseCheaperView>,
}

impl PurchaseFiguresView {
    fn of(figures: &PurchaseFigures) -> PurchaseFiguresView {
        let money = |amount: Minor| Money::of(amount, figures.currency);
        let line = |line: &crate::domain::purchase::Line| PurchasePricedView {
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            goods: money(line.goods().unwrap_or_default()),
            tier_from: line.offer.as_ref().and_then(|from| from.tier_from),
        };
        let cheaper = |one: &crate::domain::purchase::CheaperOf| PurchaseCheaperView {
            offer: one.offer.to_string(),
            quantity: one.quantity,
            unit_price: money(one.unit_price),
            total: money(one.total),
        };
        PurchaseFiguresView {
            lines: figures.lines.iter().map(line).collect(),
            goods: money(figures.goods),
            freight: money(figures.freight),
            total: money(figures.total),
            sold: figures.sold.map(money),
            margin: figures.margin.map(money),
            cheaper: figures.cheaper.iter().map(cheaper).collect(),
        }
    }
}

/// The answer to a write, with the purchase as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct PurchaseAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// What the order comes to; only when ordering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<PurchaseFiguresView>,
    /// The purchase after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PurchaseView>,
}

impl PurchaseAnswer {
    async fn respond(write: &Write, answer: Answer, status: StatusCode) -> Result<HttpResponse, Problem> {
        let id = answer.made.ids.get("purchase");
        let id = id.and_then(|id| id.parse::<PurchaseId>().ok());
        let purchase = match id.filter(|_| !answer.dry_run) {
            Some(id) => {
                let client = write.client().await?;
                let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
                Some(report::purchase(&client, log, viewer, id, At::Position(answer.position)).await?)
            }
            None => None,
        };
        let status = if answer.dry_run { StatusCode::OK } else { status };
        let figures = answer.made.purchase.as_deref().map(PurchaseFiguresView::of);
        let answer = AnswerView::of(answer, "purchase");
        Ok(HttpResponse::build(status).json(PurchaseAnswer {
            answer,
            figures,
            purchase,
        }))
    }
}

/// Says what an order would come to, without ordering: prices, tier, freight, margin, and the cheaper larger quantity.
#[utoipa::path(post, path = "/v1/purchases/preview", tag = "sourcing", request_body = PurchaseIn,
    responses((status = 200, body = PurchaseAnswer)))]
pub async fn preview(mut write: Write, Json(body): Json<PurchaseIn>) -> Result<HttpResponse, Problem> {
    write.meta.dry_run = true;
    let asked = asked(&write, &body).await?;
    let command = Command::OrderPurchase(Box::new(asked));
    let answer = write.decide("POST /v1/purchases/preview", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::OK).await
}

/// Orders goods: every price is pinned here.
#[utoipa::path(post, path = "/v1/purchases", tag = "sourcing", request_body = PurchaseIn,
    responses((status = 201, body = PurchaseAnswer)))]
pub async fn order(write: Write, Json(body): Json<PurchaseIn>) -> Result<HttpResponse, Problem> {
    let asked = asked(&write, &body).await?;
    let command = Command::OrderPurchase(Box::new(asked));
    let answer = write.decide("POST /v1/purchases", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::CREATED).await
}

async fn asked(write: &Write, body: &PurchaseIn) -> Result<PurchaseAsk, Problem> {
    let names = [&body.buyer, &body.supplier]
        .into_iter()
        .filter_map(|name| name.as_deref());
    let mut form = write.form(names).await?;
    let who = &write.caller.who;
    let read = read_order(&mut form, who, body);
    form.finish(read)
}

fn read_order(form: &mut Form, who: &Principal, body: &PurchaseIn) -> Option<PurchaseAsk> {
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
    let freight = money(form, "/freight", body.freight.as_ref(), currency);
    let sold_freight = money(form, "/sold_freight", body.sold_freight.as_ref(), currency);
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

/// An amount that may be absent. The outer option is none after a fault.
fn money(form: &mut Form, pointer: &str, told: Option<&MoneyIn>, currency: Currency) -> Option<Option<Minor>> {
    match told {
        Some(told) => form.amount(pointer, told, currency).map(Some),
        None => Some(None),
    }
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
    form.within(pointer, |form| {
        let platform: Option<ExternalId> = form.read("/platform", &told.platform);
        let item: Option<ExternalId> = form.read("/item", &told.item);
        let (platform, item) = platform.zip(item)?;
        Some(Some(ItemId::of(book, platform.as_str(), item.as_str())))
    })
}

fn line(form: &mut Form, frame: &Frame<'_>, told: &PurchaseLineIn) -> Option<LineAsk> {
    let product = item_named(form, "/product", frame.book, told.product.as_ref());
    let offer = match &told.offer {
        Some(text) => offer_named(form, "/offer", frame.book, frame.source, text).map(Some),
        None => Some(None),
    };
    let sku = form.maybe("/sku", told.sku.as_deref());
    let unit_price = money(form, "/unit_price", told.unit_price.as_ref(), frame.currency);
    let sold = money(form, "/sold", told.sold.as_ref(), frame.currency);
    let price = money(form, "/sold_price", told.sold_price.as_ref(), frame.currency);
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

/// The purchase that a text names, if it concerns the caller; foreign and missing are alike.
async fn named(client: &tokio_postgres::Client, who: &Principal, text: &str) -> Result<PurchaseId, Problem> {
    let (id, buyer, supplier) = report::purchase_named(client, who.log, text).await?;
    let own = who.party.is_none() || who.party == Some(supplier);
    let concerned = match buyer {
        _ if own => true,
        Some(buyer) => sees(client, who, buyer).await?,
        None => false,
    };
    if concerned { Ok(id) } else { Err(Problem::not_found()) }
}

/// Records something about a purchase.
#[utoipa::path(post, path = "/v1/purchases/{purchase}/{action}", tag = "sourcing", request_body = PurchaseActionIn,
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("action" = String, Path, description = "pay, repay, freight, ship, receive, reject, refund (of the supplier), \
            buyer-refund, charge, bill, state, cancel or finish")),
    responses((status = 200, body = PurchaseAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<PurchaseActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, word) = path.into_inner();
    let client = write.client().await?;
    let who = &write.caller.who;
    let purchase = named(&client, who, &text).await?;
    let now = report::purchase(&client, who.log, who.viewer(), purchase, At::Now).await?;
    let currency: Currency = now.goods.currency.parse().map_err(|_| Problem::not_found())?;
    drop(client);
    let mut form = write.form(body.payee.as_deref()).await?;
    let told = Told { body: &body, currency };
    let Some(action) = told.action(&mut form, &word) else {
        return Err(Problem::not_found());
    };
    let at = form.maybe("/at", body.at.as_deref());
    let (action, at) = form.finish(action.zip(at))?;
    let command = Command::ActPurchase { purchase, action, at };
    let answer = write.decide("POST /v1/purchases/{purchase}/{action}", command).await?;
    PurchaseAnswer::respond(&write, answer, StatusCode::OK).await
}

struct Told<'a> {
    body: &'a PurchaseActionIn,
    currency: Currency,
}

impl Told<'_> {
    /// The action of a word; none when there is no such word, some none after a fault.
    fn action(&self, form: &mut Form, word: &str) -> Option<Option<Action>> {
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
        let amount = money(form, "/amount", self.body.amount.as_ref(), self.currency);
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
                let amount = money(form, &pointer, one.amount.as_ref(), self.currency)?;
                Some(RefundLine {
                    line: one.line,
                    units: one.units,
                    amount,
                })
            })
            .collect();
        let freight = money(form, "/freight", self.body.freight.as_ref(), self.currency);
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
        let freight = money(form, "/freight", self.body.freight.as_ref(), self.currency);
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

const PHASES: [&str; 10] = [
    "ordered",
    "part_paid",
    "paid",
    "part_shipped",
    "shipped",
    "part_received",
    "received",
    "done",
    "cancelled",
    "timed_out",
];

/// Lists purchases that concern the caller.
#[utoipa::path(get, path = "/v1/purchases", tag = "sourcing",
    params(("party" = Option<String>, Query, description = "As buyer or supplier."), ("phase" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("supplier" = Option<String>, Query), ("buyer" = Option<String>, Query),
        ("number" = Option<String>, Query, description = "At the source, or the book's own."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = PurchasesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let filter = PurchaseFilter {
        party,
        phase: read.params.word("phase", &PHASES.map(|word| (word, word)))?,
        kind: read
            .params
            .word("kind", &PurchaseKind::ALL.map(|kind| (kind.word(), kind.word())))?,
        supplier: other(&mut read, "supplier").await?,
        buyer: other(&mut read, "buyer").await?,
        number: read.params.text("number")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::purchases(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// A party that a parameter names, seen or not: what the caller does not see is filtered by `party` already.
pub async fn other(read: &mut Read, name: &'static str) -> Result<Option<PartyId>, Problem> {
    let Some(text) = read.params.text(name)? else {
        return Ok(None);
    };
    let known = super::params::parties(&read.client, read.who(), [text.as_str()]).await?;
    let party = text.parse().ok().or_else(|| known.get(&text).copied());
    party.map(Some).ok_or_else(Problem::not_found)
}

/// Shows a purchase.
#[utoipa::path(get, path = "/v1/purchases/{purchase}", tag = "sourcing",
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = PurchaseView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let id = named(&read.client, read.who(), &id).await?;
    let view = report::purchase(&read.client, read.log(), read.viewer(), id, read.at).await?;
    answer(&request, &view)
}

/// Explains what a purchase costs or leaves: part by part, down to units and prices.
#[utoipa::path(get, path = "/v1/explain/purchase/{purchase}", tag = "sourcing",
    params(("purchase" = String, Path, description = "Its id, its number at the source, or the book's own."),
        ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, content((ExplainView = "application/json"), (String = "text/plain")))))]
pub async fn explain(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let id = named(&read.client, read.who(), &id).await?;
    let view = report::explain_purchase(&read.client, read.log(), read.viewer(), id, read.at).await?;
    explained(&request, &view)
}
