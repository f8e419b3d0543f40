//! `/v1/cutovers`: balances of other books, asked for by one person and approved by a second one (`/v1/approvals`); lines that
//! were sold before and settle here, told under a cut-over that was approved.
//! Must never post an opening itself: it asks.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::fact::OneCurrency;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::reported::{TrackIn, track};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{BookId, CutoverId, ExternalId, Instant, LineId};
use crate::domain::command::{Command, Pending};
use crate::domain::cutover::{LinesNamed, Opening, OpeningBalance, PayeeYear, Scope};
use crate::domain::order::pin::{FeeOf, FeeTerms};
use crate::domain::order::{About, BroughtOver, Hop, Keeps, LineFact, Reported, Settleable, Track, View, What};
use crate::ledger::{Account, AccountKind};
use crate::money::{Minor, Rate};
use crate::report::{self, At, CutoversView, Viewer};

/// What an opening asks for: `begins` a cut-over, or a further opening of `cutover`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningIn {
    /// A cut-over that was approved: this is a further opening of it.
    pub cutover: Option<String>,
    /// A new cut-over.
    pub begins: Option<BeginsIn>,
    /// Why, or where it comes from.
    pub reason: String,
    /// Balances, at most 5,000.
    #[serde(default)]
    pub balances: Vec<BalanceIn>,
    /// What payees earned and were taxed in the year so far.
    #[serde(default)]
    pub payees: Vec<PayeeIn>,
    /// The file of unsettled lines that is agreed to with it.
    pub lines: Option<LinesFileIn>,
}

/// A new cut-over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginsIn {
    /// Start of the day, in the book's zone, from which these books count.
    #[schema(example = "2026-06-01T00:00:00+08:00")]
    pub at: String,
    /// Only for this platform.
    pub platform: Option<String>,
    /// Only for this account of it.
    pub account: Option<String>,
}

/// A balance of the books before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BalanceIn {
    /// Whose: id or own number; the book's own when not told.
    pub party: Option<String>,
    /// available, frozen, clawback_due, held, direct_paid, commission, clearing or advance; of the book income or suspense.
    #[schema(value_type = String, example = "available")]
    pub account: AccountKind,
    /// Legal entity 签约主体, in your own words.
    pub entity: Option<String>,
    /// Positive: the book owes it; negative: it is owed to the book, as every advance is.
    pub amount: MoneyIn,
}

/// A payee's year so far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayeeIn {
    /// Who.
    pub party: String,
    /// Paid by which legal entity.
    pub entity: Option<String>,
    /// Which tax year.
    pub year: u16,
    /// Income so far.
    pub income: MoneyIn,
    /// Tax withheld so far.
    pub tax: MoneyIn,
}

/// A file of lines, by its content.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesFileIn {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// How many lines it has.
    pub lines: u64,
}

/// An opening to take back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalIn {
    /// Number of the opening.
    pub opening: u32,
    /// Why.
    pub reason: String,
}

/// Lines to bring over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroughtLinesIn {
    /// 1 to 200 lines.
    pub lines: Vec<BroughtLineIn>,
}

/// A line that was sold before the cut-over and settles after it, with what was agreed then.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroughtLineIn {
    /// The platform.
    pub platform: String,
    /// The platform's sub-order number.
    pub line_no: String,
    /// When it was sold.
    pub at: String,
    /// The order number the buyer sees.
    pub order_no: Option<String>,
    /// The platform's item number.
    pub item_no: Option<String>,
    /// The platform's shop number.
    pub shop_no: Option<String>,
    /// Units bought.
    pub quantity: Option<u32>,
    /// Goods paid.
    pub paid: MoneyIn,
    /// Goods refunded before the cut-over.
    pub refunded: Option<MoneyIn>,
    /// Who owes the commission.
    pub payer: String,
    /// Who promoted it.
    pub promoter: String,
    /// Its own rate; give this or `reported`.
    #[schema(example = "0.2")]
    pub rate: Option<String>,
    /// Its own figures, of what was left to settle.
    pub reported: Option<TrackIn>,
    /// Who takes which fee, in order; the rate counts only beside `rate`.
    #[serde(default)]
    pub fees: Vec<AgreedFeeIn>,
    /// Who shares what is left, first receiver first; the last one keeps the rest. 1 to 5.
    pub takers: Vec<AgreedTakerIn>,
    /// Days after receipt; when the platform says so, when not told.
    pub settle_days: Option<u16>,
}

/// A fee.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedFeeIn {
    /// Component name.
    #[schema(example = "technical_fee")]
    pub name: String,
    /// Who takes it.
    pub taker: String,
    /// Of the gross commission.
    pub rate: Option<String>,
}

/// A taker.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedTakerIn {
    /// Who.
    pub party: String,
    /// Keeps this share of what reaches it.
    pub keeps: Option<String>,
    /// Keeps this amount of `of`, and of anything else in proportion.
    pub amount: Option<MoneyIn>,
    /// What reached it when the amount was agreed.
    pub of: Option<MoneyIn>,
    /// The platform pays it itself 平台直付.
    #[serde(default)]
    pub direct: bool,
}

fn balance(form: &mut Form, told: &BalanceIn) -> Option<OpeningBalance> {
    let money = form.money("/amount", &told.amount);
    let entity = form.maybe("/entity", told.entity.as_deref());
    let account = match &told.party {
        Some(text) => Account::of(form.party("/party", text)?, told.account),
        None => Account::book(told.account),
    };
    let money = money?;
    Some(OpeningBalance {
        account,
        entity: entity?,
        currency: money.currency,
        amount: money.minor,
    })
}

fn payee(form: &mut Form, told: &PayeeIn) -> Option<PayeeYear> {
    let mut currency = OneCurrency::default();
    let income = currency.amount(form, "/income", &told.income);
    let tax = currency.amount(form, "/tax", &told.tax);
    let entity = form.maybe("/entity", told.entity.as_deref());
    Some(PayeeYear {
        party: form.party("/party", &told.party)?,
        entity: entity?,
        year: told.year,
        currency: currency.0?,
        income: income?,
        tax: tax?,
    })
}

fn lines_file(form: &mut Form, told: &LinesFileIn) -> Option<LinesNamed> {
    let hex = told.sha256.len() == 64
        && told
            .sha256
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !hex {
        form.fault("/lines/sha256", Fault::new("digest_form", "64 lower-case hex digits"));
        return None;
    }
    Some(LinesNamed {
        sha256: told.sha256.clone(),
        lines: told.lines,
    })
}

fn opening(form: &mut Form, told: &OpeningIn) -> Option<Pending> {
    let cutover: Option<Option<CutoverId>> = form.maybe("/cutover", told.cutover.as_deref());
    let scope = match &told.begins {
        None => Some(None),
        Some(begins) => form.within("/begins", |form| {
            let at: Option<Instant> = form.read("/at", &begins.at);
            let platform = form.maybe("/platform", begins.platform.as_deref());
            let account = form.maybe("/account", begins.account.as_deref());
            Some(Some(Scope {
                at: at?,
                platform: platform?,
                account: account?,
            }))
        }),
    };
    let each = |(n, told): (usize, &BalanceIn)| form.within(&format!("/balances/{n}"), |form| balance(form, told));
    let balances: Vec<_> = told.balances.iter().enumerate().map(each).collect();
    let each = |(n, told): (usize, &PayeeIn)| form.within(&format!("/payees/{n}"), |form| payee(form, told));
    let payees: Vec<_> = told.payees.iter().enumerate().map(each).collect();
    let lines = match &told.lines {
        None => Some(None),
        Some(told) => lines_file(form, told).map(Some),
    };
    Some(Pending::OpenBalances {
        cutover: cutover?,
        scope: scope?,
        opening: Box::new(Opening {
            reason: told.reason.clone(),
            balances: balances.into_iter().collect::<Option<_>>()?,
            payees: payees.into_iter().collect::<Option<_>>()?,
            lines: lines?,
        }),
    })
}

/// Asks for an opening; a second person approves it.
#[utoipa::path(post, path = "/v1/cutovers", tag = "settlement", request_body = OpeningIn,
    responses((status = 201, body = AnswerView)))]
pub async fn ask(write: Write, Json(body): Json<OpeningIn>) -> Result<HttpResponse, Problem> {
    let owners = body.balances.iter().filter_map(|balance| balance.party.as_deref());
    let payees = body.payees.iter().map(|payee| payee.party.as_str());
    let mut form = write.form(owners.chain(payees)).await?;
    let pending = opening(&mut form, &body);
    let pending = form.finish(pending)?;
    write
        .make("POST /v1/cutovers", "approval", Command::Request(pending))
        .await
}

/// Asks to take an opening back as a whole; a second person approves it.
#[utoipa::path(post, path = "/v1/cutovers/{cutover}/reverse", tag = "settlement", request_body = ReversalIn,
    params(("cutover" = String, Path)), responses((status = 201, body = AnswerView)))]
pub async fn reverse(write: Write, id: Path<String>, Json(body): Json<ReversalIn>) -> Result<HttpResponse, Problem> {
    let cutover: CutoverId = id.parse().map_err(|_| Problem::not_found())?;
    let pending = Pending::ReverseOpening {
        cutover,
        number: body.opening,
        reason: body.reason,
    };
    write
        .make(
            "POST /v1/cutovers/{cutover}/reverse",
            "approval",
            Command::Request(pending),
        )
        .await
}

/// Lists cut-overs, and what the cut-over account still holds, and of what.
#[utoipa::path(get, path = "/v1/cutovers", tag = "settlement",
    params(("at" = Option<String>, Query), ("at_position" = Option<i64>, Query), ("min_position" = Option<i64>, Query)),
    responses((status = 200, body = CutoversView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    answer(
        &request,
        &report::cutovers(&read.client, read.log(), read.viewer(), read.at).await?,
    )
}

/// Brings lines over. Each is one fact of its line: told again it is known, told otherwise it is a conflict.
#[utoipa::path(post, path = "/v1/cutovers/{cutover}/lines", tag = "settlement", request_body = BroughtLinesIn,
    params(("cutover" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn lines(write: Write, id: Path<String>, Json(body): Json<BroughtLinesIn>) -> Result<HttpResponse, Problem> {
    let cutover: CutoverId = id.parse().map_err(|_| Problem::not_found())?;
    let client = write.client().await?;
    let known = report::cutovers(&client, write.caller.who.log, Viewer::All, At::Now).await?;
    drop(client);
    let known = known.cutovers.into_iter().find(|known| known.cutover == cutover);
    let as_of = known.ok_or_else(Problem::not_found)?.at;
    let named = body.lines.iter().flat_map(|line| {
        let fees = line.fees.iter().map(|fee| fee.taker.as_str());
        let takers = line.takers.iter().map(|taker| taker.party.as_str());
        [line.payer.as_str(), line.promoter.as_str()]
            .into_iter()
            .chain(fees)
            .chain(takers)
    });
    let mut form = write.form(named).await?;
    if !(1..=200).contains(&body.lines.len()) {
        form.fault("/lines", Fault::new("lines_out_of_range", "1 to 200 lines"));
    }
    let book = write.caller.who.book;
    let read = |(n, told): (usize, &BroughtLineIn)| {
        form.within(&format!("/lines/{n}"), |form| line(form, book, (cutover, as_of), told))
    };
    let facts: Vec<Option<LineFact>> = body.lines.iter().enumerate().map(read).collect();
    let facts: Option<Vec<LineFact>> = facts.into_iter().collect();
    let facts = form.finish(facts)?;
    write
        .change("POST /v1/cutovers/{cutover}/lines", Command::Facts(facts))
        .await
}

fn line(
    form: &mut Form,
    book: BookId,
    (cutover, as_of): (CutoverId, Instant),
    told: &BroughtLineIn,
) -> Option<LineFact> {
    let platform: Option<ExternalId> = form.read("/platform", &told.platform);
    let line_no: Option<ExternalId> = form.read("/line_no", &told.line_no);
    let at = form.read("/at", &told.at);
    let order_no = form.maybe("/order_no", told.order_no.as_deref());
    let item_no = form.maybe("/item_no", told.item_no.as_deref());
    let shop_no = form.maybe("/shop_no", told.shop_no.as_deref());
    let mut currency = OneCurrency::default();
    let paid = currency.amount(form, "/paid", &told.paid);
    let refunded = currency.maybe(form, "/refunded", told.refunded.as_ref());
    let reported = match &told.reported {
        None => Some(None),
        Some(told) => form
            .within("/reported", |form| track(form, told, &mut currency))
            .map(Some),
    };
    let payer = form.party("/payer", &told.payer);
    let promoter = form.party("/promoter", &told.promoter);
    let rate = form.maybe("/rate", told.rate.as_deref());
    let each = |(n, told): (usize, &AgreedFeeIn)| form.within(&format!("/fees/{n}"), |form| fee(form, told));
    let fees: Vec<_> = told.fees.iter().enumerate().map(each).collect();
    let each = |(n, told): (usize, &AgreedTakerIn)| {
        form.within(&format!("/takers/{n}"), |form| taker(form, told, &mut currency))
    };
    let takers: Vec<_> = told.takers.iter().enumerate().map(each).collect();
    let (platform, line_no) = (platform?, line_no?);
    let (paid, refunded) = (paid?, refunded?.unwrap_or_default());
    // Its figures are of what was left to settle.
    let left = form.take("/refunded", paid.minus(refunded))?;
    let brought = BroughtOver {
        cutover,
        as_of,
        paid,
        refunded,
        payer: payer?,
        promoter: promoter?,
        rate: rate?,
        fees: fees.into_iter().collect::<Option<_>>()?,
        subsidies: Vec::new(),
        takers: takers.into_iter().collect::<Option<_>>()?,
        settleable: told
            .settle_days
            .map_or(Settleable::PlatformSettled, Settleable::ReceivedPlusDays),
    };
    let reported = reported?.map(|track| Box::new(agreed(track, left)));
    Some(LineFact {
        line: LineId::of(book, platform.as_str(), line_no.as_str()),
        platform,
        line_no,
        at: at?,
        currency: currency.0,
        about: About {
            order_no: order_no?,
            item_no: item_no?,
            shop_no: shop_no?,
            quantity: told.quantity,
            ..About::default()
        },
        what: What::BroughtOver(Box::new(brought)),
        reported,
    })
}

/// What was agreed before the cut-over stands as the estimate of what was left to settle.
fn agreed(track: Track, left: Minor) -> Reported {
    Reported {
        view: View::Owner,
        estimated: Some(Track {
            base: track.base.or(Some(left)),
            ..track
        }),
        settled: None,
    }
}

fn fee(form: &mut Form, told: &AgreedFeeIn) -> Option<FeeTerms> {
    let name = form.word("/name", Some(&told.name)).flatten();
    let rate = form.maybe("/rate", told.rate.as_deref());
    Some(FeeTerms {
        name: name?,
        taker: form.party("/taker", &told.taker)?,
        rate: rate?.unwrap_or(Rate::ZERO),
        of: FeeOf::Gross,
    })
}

fn taker(form: &mut Form, told: &AgreedTakerIn, currency: &mut OneCurrency) -> Option<Hop> {
    let rate: Option<Option<Rate>> = form.maybe("/keeps", told.keeps.as_deref());
    let part = currency.maybe(form, "/amount", told.amount.as_ref());
    let of = currency.maybe(form, "/of", told.of.as_ref());
    let party = form.party("/party", &told.party);
    let keeps = match (rate?, part?, of?) {
        (Some(rate), None, None) => Keeps::Share(rate),
        (None, Some(part), Some(of)) => Keeps::Portion { part, of },
        (None, None, None) => Keeps::All,
        _ => {
            form.fault(
                "/keeps",
                Fault::new("one_of", "give keeps; or amount and of; or nothing: the rest"),
            );
            return None;
        }
    };
    Some(Hop {
        party: party?,
        keeps,
        membership: None,
        direct: told.direct,
        formula: None,
    })
}
