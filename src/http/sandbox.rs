//! What only a sandbox has: scripted anchors, and orders made up for a contract.
//! Must never work in a live book, nor tell a fact in any way but as every fact is told.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::problem::Problem;
use super::vtask_terms::ItemOfIn;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{BookId, ExternalId, Instant, ItemId, LineId, PartyId};
use crate::domain::command::Command;
use crate::domain::order::{About, LineFact, What};
use crate::domain::party::Script;
use crate::domain::refusal::Refusal;
use crate::money::{Currency, Minor};
use crate::report::{self, At, ContractView};

/// Most orders of one request.
const MOST: u32 = 100;
const DAY: i64 = 86_400;

/// How a party is played.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptIn {
    /// steady, pricey, late, disputes or silent; null: nobody plays it any more.
    #[schema(value_type = Option<String>, example = "steady")]
    pub script: Option<Script>,
}

/// Lets the sandbox play an anchor by a script, or no longer. It acts while the clock is moved, like anybody with its key.
#[utoipa::path(post, path = "/v1/parties/{party}/script", tag = "sandbox", request_body = ScriptIn,
    params(("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn script(write: Write, party: Path<String>, Json(body): Json<ScriptIn>) -> Result<HttpResponse, Problem> {
    let party = write.party(&party).await?;
    let script = body.script;
    let command = Command::ScriptParty { party, script };
    write.change("POST /v1/parties/{party}/script", command).await
}

/// Orders to make up for a contract.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleSalesIn {
    /// Your own number of this batch: its orders are numbered `batch-1`, `batch-2` and so on. Told twice, they are the same.
    #[schema(example = "S-1")]
    pub external_id: String,
    /// How many orders, 1 to 100; 1 when not told.
    pub orders: Option<u32>,
    /// What the buyer of each pays for goods.
    pub amount: MoneyIn,
    /// Time of the first order; the others follow by the minute. What is later than the clock waits for it.
    #[schema(example = "2026-06-02T20:00:00+08:00")]
    pub at: String,
    /// How many of them are refunded whole, a day later.
    pub refunds: Option<u32>,
    /// The platform settles the others ten days later.
    pub settled: Option<bool>,
    /// What was sold; the contract's first item when not told, or its brief's.
    pub item: Option<ItemOfIn>,
}

/// What every made-up order has in common.
struct Sales {
    book: BookId,
    batch: ExternalId,
    anchor: PartyId,
    platform: ExternalId,
    item_no: ExternalId,
    at: Instant,
    currency: Currency,
    amount: Minor,
    settled: bool,
}

/// Makes orders, and refunds of some, that the contract's anchor sold: created, paid, received, then refunded or settled.
#[utoipa::path(post, path = "/v1/contracts/{contract}/sample-sales", tag = "sandbox",
    request_body = SampleSalesIn, params(("contract" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn sample_sales(
    write: Write,
    contract: Path<String>,
    Json(body): Json<SampleSalesIn>,
) -> Result<HttpResponse, Problem> {
    let client = write.client().await?;
    let who = &write.caller.who;
    let id = report::contract_named(&client, who.log, who.viewer(), &contract).await?;
    if !who.sandbox {
        return Err(Refusal::invalid("not_a_sandbox", "orders are made up in a sandbox only").into());
    }
    let view = report::contract(&client, who.log, who.viewer(), id, At::Now).await?;
    let anchor = view.row.anchor;
    let anchor = anchor.ok_or_else(|| Refusal::conflict("anchor_needed", "assign an anchor first"))?;
    let mut form = Form::default();
    let sold = match &body.item {
        Some(told) => {
            let platform: Option<ExternalId> = form.read("/item/platform", &told.platform);
            let item: Option<ExternalId> = form.read("/item/item", &told.item);
            let named = platform.zip(item);
            named.map(|(platform, item)| ItemId::of(who.book, platform.as_str(), item.as_str()))
        }
        None => {
            let first = first_item(&client, &write, &view).await?;
            form.need("/item", first)
        }
    };
    let sales = sales(&mut form, who.book, anchor, view.terms.currency, &body);
    let orders = counted(&mut form, "/orders", body.orders.unwrap_or(1), 1, MOST);
    let refunds = counted(
        &mut form,
        "/refunds",
        body.refunds.unwrap_or(0),
        0,
        orders.unwrap_or(MOST),
    );
    let read = sales.zip(sold).zip(orders).zip(refunds);
    let (((mut sales, sold), orders), refunds) = form.finish(read)?;
    let item = report::item(&client, who.log, who.viewer(), sold).await?;
    drop(client);
    let numbers = item.platform.parse().ok().zip(item.item_no.parse().ok());
    (sales.platform, sales.item_no) = numbers.ok_or_else(Problem::not_found)?;
    let mut facts: Vec<LineFact> = (1..=orders)
        .filter_map(|n| sales.order(n, n > orders - refunds))
        .flatten()
        .collect();
    facts.sort_by_key(|fact| fact.at);
    let route = "POST /v1/contracts/{contract}/sample-sales";
    write.change(route, Command::Facts(facts)).await
}

/// The first item of the contract's commission or measure, else of its brief.
async fn first_item(
    client: &tokio_postgres::Client,
    write: &Write,
    view: &ContractView,
) -> Result<Option<ItemId>, Problem> {
    let form = &view.terms.form;
    let commission = form.commission.iter().flat_map(|one| &one.items);
    let measured = form.measured.iter().flat_map(|one| &one.items);
    if let Some(item) = commission.chain(measured).next() {
        return Ok(Some(*item));
    }
    let who = &write.caller.who;
    let brief = report::brief(client, who.log, who.viewer(), view.row.brief, At::Now).await?;
    Ok(brief.says.products.first().map(|product| product.item))
}

fn counted(form: &mut Form, pointer: &str, count: u32, least: u32, most: u32) -> Option<u32> {
    if (least..=most).contains(&count) {
        return Some(count);
    }
    let why = "1 to 100 orders, and no more refunds than orders";
    form.fault(pointer, Fault::new("orders_out_of_range", why));
    None
}

fn sales(form: &mut Form, book: BookId, anchor: PartyId, currency: Currency, body: &SampleSalesIn) -> Option<Sales> {
    let batch: Option<ExternalId> = form.read("/external_id", &body.external_id);
    let amount = form.amount("/amount", &body.amount, currency);
    let at = form.read("/at", &body.at);
    if amount.is_some_and(|amount| amount <= Minor::ZERO) {
        form.fault("/amount", Fault::new("amount_not_positive", "an amount above zero"));
    }
    let batch = batch?;
    Some(Sales {
        book,
        anchor,
        // Both are read from the item when it is found.
        platform: batch.clone(),
        item_no: batch.clone(),
        batch,
        at: at?,
        currency,
        amount: amount?,
        settled: body.settled.unwrap_or_default(),
    })
}

impl Sales {
    /// Everything that happens to one order; none when its number would be too long for one.
    fn order(&self, n: u32, refunded: bool) -> Option<Vec<LineFact>> {
        let number: ExternalId = format!("{}-{n}", self.batch).parse().ok()?;
        let placed = self.at.plus_seconds(60 * (i64::from(n) - 1));
        let (amount, goods) = (self.amount, self.amount);
        let created = What::Created {
            payable: Some(amount),
            discounts: Vec::new(),
        };
        let paid = What::Paid {
            amount,
            discounts: Vec::new(),
        };
        let mut told = vec![(0, created), (30, paid)];
        if refunded {
            told.push((
                DAY,
                What::RefundWon {
                    case: number.clone(),
                    goods,
                    freight: Minor::ZERO,
                    units: None,
                    deducted: true,
                    manner: None,
                },
            ));
        } else {
            told.push((3 * DAY, What::Received));
            if self.settled {
                told.push((10 * DAY, What::Settled { base: None }));
            }
        }
        let fact = |(after, what): (i64, What)| {
            let created = matches!(what, What::Created { .. });
            let about = About {
                order_no: Some(number.clone()),
                buyer: format!("buyer-{n}").parse().ok(),
                item_no: Some(self.item_no.clone()),
                promoter: Some(self.anchor),
                ..About::default()
            };
            LineFact {
                line: LineId::of(self.book, self.platform.as_str(), number.as_str()),
                platform: self.platform.clone(),
                line_no: number.clone(),
                at: placed.plus_seconds(after),
                currency: Some(self.currency),
                about: if created { about } else { About::default() },
                what,
                reported: None,
            }
        };
        Some(told.into_iter().map(fact).collect())
    }
}
