//! `/v1/orders`: an order with its lines placed at once, and facts about one line.
//! Must never spread an order-level discount in any way but by list amount, largest remainder, line order (decision A9).

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::fact::{DiscountIn, FactIn, OneCurrency, read};
use super::form::{Fault, Form};
use super::problem::Problem;
use super::wire::{AnswerView, MoneyIn};
use super::write::{Told, Write};
use crate::access::line_numbers;
use crate::base::{BookId, ExternalId, Instant, LineId};
use crate::domain::command::Command;
use crate::domain::order::{About, Discount, LineFact, What};
use crate::money::{Minor, allocate};

/// An order as it was placed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderIn {
    /// The platform that is the source.
    #[schema(example = "taobao")]
    pub platform: String,
    /// The order number the buyer sees.
    pub external_id: String,
    /// Order time.
    pub at: String,
    /// Pseudonym of the buyer.
    pub buyer: Option<String>,
    /// All its lines, 1 to 200.
    pub lines: Vec<OrderLineIn>,
    /// Discounts of the whole order; spread over the lines by list amount, largest remainder, line order.
    #[serde(default)]
    pub discounts: Vec<DiscountIn>,
}

/// A line of an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineIn {
    /// The platform's sub-order number.
    pub line_no: String,
    /// List amount of the whole line, goods only. What is to be paid is this minus all discounts.
    pub list: MoneyIn,
    /// Discounts of this line alone.
    #[serde(default)]
    pub discounts: Vec<DiscountIn>,
    /// The platform's item number.
    pub item_no: Option<String>,
    /// The platform's shop number.
    pub shop_no: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Units bought; one when not told.
    pub quantity: Option<u32>,
    /// The platform's own attribution: an anchor or promoter, id or own number.
    pub promoter: Option<String>,
    /// Live room.
    pub room: Option<String>,
    /// Show 场次.
    pub show: Option<String>,
}

/// What all lines of an order share.
struct Head {
    book: BookId,
    platform: ExternalId,
    order_no: ExternalId,
    at: Instant,
    buyer: Option<ExternalId>,
}

/// Places an order: one created fact per line. The same order told again is the same facts.
#[utoipa::path(post, path = "/v1/orders", tag = "cps", request_body = OrderIn, responses((status = 200, body = AnswerView)))]
pub async fn place(Told(write): Told, Json(body): Json<OrderIn>) -> Result<HttpResponse, Problem> {
    let mut form = write
        .form(body.lines.iter().filter_map(|line| line.promoter.as_deref()))
        .await?;
    let facts = order(&mut form, write.caller.who.book, &body);
    let facts = form.finish(facts)?;
    write.change("POST /v1/orders", Command::Facts(facts)).await
}

fn order(form: &mut Form, book: BookId, body: &OrderIn) -> Option<Vec<LineFact>> {
    let platform = form.read("/platform", &body.platform);
    let order_no = form.read("/external_id", &body.external_id);
    let at = form.read("/at", &body.at);
    let buyer = form.maybe("/buyer", body.buyer.as_deref());
    if !(1..=200).contains(&body.lines.len()) {
        form.fault(
            "/lines",
            Fault::new("lines_out_of_range", "an order has 1 to 200 lines"),
        );
    }
    let mut currency = OneCurrency::default();
    let mut lines = Vec::new();
    for (n, line) in body.lines.iter().enumerate() {
        lines.push(form.within(&format!("/lines/{n}"), |form| {
            let list = currency.amount(form, "/list", &line.list);
            let own = currency.discounts(form, &line.discounts);
            Some((list?, own?))
        }));
    }
    let shared = currency.discounts(form, &body.discounts);
    let head = Head {
        book,
        platform: platform?,
        order_no: order_no?,
        at: at?,
        buyer: buyer?,
    };
    let amounts: Vec<(Minor, Vec<Discount>)> = lines.into_iter().collect::<Option<_>>()?;
    let amounts = spread(form, amounts, &shared?)?;
    let mut facts = Vec::new();
    for (n, (line, (list, discounts))) in body.lines.iter().zip(amounts).enumerate() {
        facts.push(form.within(&format!("/lines/{n}"), |form| {
            let off = form.take("/discounts", Minor::sum(discounts.iter().map(|d| d.amount)));
            let payable = off.and_then(|off| form.take("/list", list.minus(off)));
            let what = What::Created {
                payable: Some(payable?),
                discounts,
            };
            line_fact(form, &head, line, what, currency.0)
        }));
    }
    facts.into_iter().collect()
}

/// Adds to each line its part of every order-level discount.
fn spread(
    form: &mut Form,
    mut lines: Vec<(Minor, Vec<Discount>)>,
    shared: &[Discount],
) -> Option<Vec<(Minor, Vec<Discount>)>> {
    let weights: Vec<u64> = lines
        .iter()
        .map(|(list, _)| u64::try_from(list.0).unwrap_or(0))
        .collect();
    for (n, discount) in shared.iter().enumerate() {
        let parts = form.take(&format!("/discounts/{n}/amount"), allocate(discount.amount, &weights))?;
        for ((_, discounts), amount) in lines.iter_mut().zip(parts) {
            if !amount.is_zero() {
                discounts.push(Discount {
                    amount,
                    ..discount.clone()
                });
            }
        }
    }
    Some(lines)
}

fn line_fact(
    form: &mut Form,
    head: &Head,
    told: &OrderLineIn,
    what: What,
    currency: Option<crate::money::Currency>,
) -> Option<LineFact> {
    let line_no: Option<ExternalId> = form.read("/line_no", &told.line_no);
    let item_no = form.maybe("/item_no", told.item_no.as_deref());
    let shop_no = form.maybe("/shop_no", told.shop_no.as_deref());
    let category = form.word("/category", told.category.as_deref());
    let room = form.maybe("/room", told.room.as_deref());
    let show = form.maybe("/show", told.show.as_deref());
    let promoter = match &told.promoter {
        Some(text) => form.promoter("/promoter", head.book, text).map(Some),
        None => Some(None),
    };
    let line_no = line_no?;
    let about = About {
        order_no: Some(head.order_no.clone()),
        buyer: head.buyer.clone(),
        item_no: item_no?,
        shop_no: shop_no?,
        category: category?,
        quantity: told.quantity,
        ordered_at: None,
        promoter: promoter?,
        room: room?,
        show: show?,
        ..About::default()
    };
    let line = LineId::of(head.book, head.platform.as_str(), line_no.as_str());
    Some(LineFact {
        line,
        platform: head.platform.clone(),
        line_no,
        at: head.at,
        currency,
        about,
        what,
        reported: None,
    })
}

/// Tells one fact about one line.
#[utoipa::path(post, path = "/v1/orders/{line}/facts", tag = "cps", request_body = FactIn,
    params(("line" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn tell(
    Told(write): Told,
    line: Path<String>,
    Json(mut body): Json<FactIn>,
) -> Result<HttpResponse, Problem> {
    let line: LineId = line.parse().map_err(|_| Problem::not_found())?;
    // A line's id is derived from its numbers: a body that tells both needs no look-up.
    let told = body.platform.as_deref().zip(body.line_no.as_deref());
    if told.map(|(platform, line_no)| LineId::of(write.caller.who.book, platform, line_no)) != Some(line) {
        let client = write.client().await?;
        let (platform, line_no) = line_numbers(&client, write.caller.who.log, line)
            .await?
            .ok_or_else(Problem::not_found)?;
        let same = |told: &Option<String>, own: &str| told.as_deref().is_none_or(|told| told == own);
        if !same(&body.platform, &platform) || !same(&body.line_no, &line_no) {
            return Err(Problem::bad_request(
                "line_differs",
                "platform or line_no is not that of the line in the path",
            ));
        }
        body.platform = Some(platform);
        body.line_no = Some(line_no);
    }
    let mut form = write.form(body.promoter.as_deref()).await?;
    let fact = read(&mut form, write.caller.who.book, &body);
    let fact = form.finish(fact)?;
    write
        .change("POST /v1/orders/{line}/facts", Command::Facts(vec![fact]))
        .await
}

/// One write of a line's facts is one command, whoever sends it.
pub async fn tell_many(write: &Write, facts: Vec<LineFact>) -> Result<crate::engine::Answer, Problem> {
    write.decide("POST /v1/facts", Command::Facts(facts)).await
}
