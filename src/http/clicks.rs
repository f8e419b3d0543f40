//! `/v1/clicks`: clicks with all their dimensions, as one JSON body or in bulk as NDJSON.
//! Must never hold a buyer's name or phone: a pseudonym only.

use std::rc::Rc;

use actix_web::web::Payload;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Json, parse};
use super::form::{Fault, Form};
use super::ndjson::{self, Line, RefusedLine};
use super::params::parties;
use super::problem::Problem;
use super::write::{Told, Write};
use crate::base::{BookId, ExternalId};
use crate::domain::click::{Click, FORMATS, OFF_SITES, PHASES, TRAFFIC, TRIGGERS};
use crate::engine::{ClicksAnswer, Lane, Meta};

/// A click on an anchor's link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClickIn {
    /// The platform or site that saw it.
    pub source: String,
    /// Its number there; without it the click is identified by all its fields.
    pub click_no: Option<String>,
    /// When.
    pub at: String,
    /// Pseudonym of the buyer.
    pub buyer: String,
    /// Whose link: an anchor or a second-level promoter, id or own number.
    pub promoter: String,
    /// Platform of the item or shop; the source when not told.
    pub platform: Option<String>,
    /// Item arrived at.
    pub item_no: Option<String>,
    /// Shop arrived at.
    pub shop_no: Option<String>,
    /// Live room.
    pub room: Option<String>,
    /// Show 场次.
    pub show: Option<String>,
    /// Slot in the running order.
    pub slot: Option<String>,
    /// channel, fan_group, message, micro_tao, search or off_site.
    pub traffic: Option<String>,
    /// youku, weibo or other.
    pub off_site: Option<String>,
    /// Campaign.
    pub campaign: Option<String>,
    /// preview, live, slice or replay.
    pub phase: Option<String>,
    /// tap, gesture or voice.
    pub trigger: Option<String>,
    /// flat or vr.
    pub format: Option<String>,
    /// Audience segment with its version, `segment@version`.
    pub segment: Option<String>,
}

/// Clicks in one body.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClicksIn {
    /// 1 to 512 clicks.
    pub clicks: Vec<ClickIn>,
}

/// One recorded click.
#[derive(Serialize, ToSchema)]
pub struct ClickView {
    /// Id.
    pub id: String,
    /// It was known already.
    pub replayed: bool,
}

/// Recorded clicks, in the order told.
#[derive(Serialize, ToSchema)]
pub struct ClicksView {
    /// One entry per click.
    pub clicks: Vec<ClickView>,
    /// Last position of each click log touched, as `log:position`.
    pub positions: Vec<String>,
    /// When recorded.
    pub recorded_at: String,
}

/// A click line that was taken.
#[derive(Serialize, ToSchema)]
pub struct ClickLine {
    /// Number of the line in the request, from 1.
    pub n: u64,
    /// Always `recorded`.
    pub state: &'static str,
    /// The click.
    #[serde(flatten)]
    pub click: ClickView,
}

fn closed(form: &mut Form, pointer: &str, text: &Option<String>, words: &[&str]) -> Option<Option<String>> {
    match text {
        Some(word) if !words.contains(&word.as_str()) => {
            form.fault(
                pointer,
                Fault::new("unknown_word", format!("one of {}", words.join(", "))),
            );
            None
        }
        other => Some(other.clone()),
    }
}

fn click(form: &mut Form, book: BookId, told: &ClickIn) -> Option<Click> {
    let source: Option<ExternalId> = form.read("/source", &told.source);
    let at = form.read("/at", &told.at);
    let buyer = form.read("/buyer", &told.buyer);
    let promoter = form.promoter("/promoter", book, &told.promoter);
    let mut number = |name: &str, text: &Option<String>| form.maybe::<ExternalId>(name, text.as_deref());
    let click_no = number("/click_no", &told.click_no);
    let platform = number("/platform", &told.platform);
    let item_no = number("/item_no", &told.item_no);
    let shop_no = number("/shop_no", &told.shop_no);
    let room = number("/room", &told.room);
    let show = number("/show", &told.show);
    let slot = number("/slot", &told.slot);
    let campaign = number("/campaign", &told.campaign);
    let traffic = closed(form, "/traffic", &told.traffic, &TRAFFIC);
    let off_site = closed(form, "/off_site", &told.off_site, &OFF_SITES);
    let phase = closed(form, "/phase", &told.phase, &PHASES);
    let trigger = closed(form, "/trigger", &told.trigger, &TRIGGERS);
    let format = closed(form, "/format", &told.format, &FORMATS);
    let segment = form.word("/segment", told.segment.as_deref());
    let source = source?;
    Some(Click {
        platform: platform?.unwrap_or_else(|| source.clone()),
        source,
        click_no: click_no?,
        at: at?,
        buyer: buyer?,
        promoter: promoter?,
        item_no: item_no?,
        shop_no: shop_no?,
        room: room?,
        show: show?,
        slot: slot?,
        traffic: traffic?,
        off_site: off_site?,
        campaign: campaign?,
        phase: phase?,
        trigger: trigger?,
        format: format?,
        segment: segment?,
    })
}

async fn record(write: &Write, clicks: Vec<Click>) -> Result<ClicksAnswer, Problem> {
    let meta = Meta {
        route: "POST /v1/clicks",
        ..write.meta.clone()
    };
    let recorded = write
        .shared
        .engine
        .record_clicks(write.caller.who.book, clicks, meta)
        .await;
    recorded.map_err(|error| write.problem(error))
}

/// Records clicks: a JSON body with up to 512, or NDJSON of any size with one click a line.
#[utoipa::path(post, path = "/v1/clicks", tag = "cps", request_body(content(
    (ClicksIn = "application/json"), (ClickIn = "application/x-ndjson"))),
    responses((status = 200, content((ClicksView = "application/json"), (ClickLine = "application/x-ndjson")))))]
pub async fn tell(Told(mut write): Told, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    if write.meta.dry_run {
        return Err(
            Problem::bad_request("dry_run_not_here", "clicks decide nothing that could be tried").at("dry_run"),
        );
    }
    if request.content_type() == "application/x-ndjson" {
        write.meta.lane = Lane::Bulk;
        write.meta.deadline *= 6;
        let write = Rc::new(write);
        return Ok(ndjson::answer(payload.into_inner(), move |lines| {
            let write = Rc::clone(&write);
            async move { decide(&write, lines).await }
        }));
    }
    let mut payload = payload.into_inner();
    let Json(body) = <Json<ClicksIn> as actix_web::FromRequest>::from_request(&request, &mut payload).await?;
    let mut form = write
        .form(body.clicks.iter().map(|click| click.promoter.as_str()))
        .await?;
    if !(1..=ndjson::BATCH).contains(&body.clicks.len()) {
        form.fault(
            "/clicks",
            Fault::new("clicks_out_of_range", "1 to 512 clicks; send more as NDJSON"),
        );
    }
    let book = write.caller.who.book;
    let read = |(n, told): (usize, &ClickIn)| form.within(&format!("/clicks/{n}"), |form| click(form, book, told));
    let clicks: Vec<Option<Click>> = body.clicks.iter().enumerate().map(read).collect();
    let clicks = form.finish(clicks.into_iter().collect::<Option<Vec<_>>>())?;
    let answer = record(&write, clicks).await?;
    Ok(HttpResponse::Ok().json(ClicksView {
        clicks: answer.clicks.iter().map(|(id, replayed)| view(id, *replayed)).collect(),
        positions: answer.positions,
        recorded_at: answer.recorded_at.to_string(),
    }))
}

fn view(id: &crate::base::ClickId, replayed: bool) -> ClickView {
    ClickView {
        id: id.to_string(),
        replayed,
    }
}

async fn decide(write: &Write, lines: Vec<Line>) -> Vec<String> {
    let parsed: Vec<(u64, Result<ClickIn, Problem>)> = lines
        .into_iter()
        .map(|line| (line.n, line.text.and_then(|text| parse(&text))))
        .collect();
    let refuse = |problem: &Problem| {
        parsed
            .iter()
            .map(|(n, _)| ndjson::line(&RefusedLine::of(*n, problem)))
            .collect()
    };
    let texts = parsed
        .iter()
        .filter_map(|(_, click)| click.as_ref().ok())
        .map(|click| click.promoter.as_str());
    let known = match write.client().await {
        Ok(client) => parties(&client, &write.caller.who, texts).await,
        Err(problem) => Err(problem),
    };
    let known = match known {
        Ok(known) => Rc::new(known),
        Err(problem) => return refuse(&problem),
    };
    let read = |(n, told): &(u64, Result<ClickIn, Problem>)| {
        let read = told.clone().and_then(|told| {
            let mut form = Form::knowing(Rc::clone(&known));
            let click = click(&mut form, write.caller.who.book, &told);
            form.finish(click)
        });
        (*n, read)
    };
    let read: Vec<(u64, Result<Click, Problem>)> = parsed.iter().map(read).collect();
    let clicks: Vec<Click> = read
        .iter()
        .filter_map(|(_, click)| click.as_ref().ok().cloned())
        .collect();
    let answer = if clicks.is_empty() {
        None
    } else {
        Some(record(write, clicks).await)
    };
    let mut recorded = match &answer {
        Some(Ok(answer)) => answer.clicks.iter(),
        _ => [].iter(),
    };
    let unanswered = Problem::unavailable();
    let result = |(n, click): &(u64, Result<Click, Problem>)| match (click, &answer) {
        (Err(problem), _) | (Ok(_), Some(Err(problem))) => ndjson::line(&RefusedLine::of(*n, problem)),
        (Ok(_), _) => match recorded.next() {
            Some((id, replayed)) => ndjson::line(&ClickLine {
                n: *n,
                state: "recorded",
                click: view(id, *replayed),
            }),
            None => ndjson::line(&RefusedLine::of(*n, &unanswered)),
        },
    };
    read.iter().map(result).collect()
}
