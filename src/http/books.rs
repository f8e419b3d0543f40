//! `/v1/books`: the caller's book, new books, their owner, and a sandbox's clock.
//! Must never show a book to a key of another one.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::keys::NewKeyView;
use super::problem::Problem;
use super::read::{Read, answer};
use super::rules::NothingIn;
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::access::mint;
use crate::base::{BookId, Zone, derive_uuid};
use crate::domain::book::{BookMode, BookOpened, Perspective};
use crate::domain::command::Command;
use crate::domain::person::Role;
use crate::engine::Meta;
use crate::report::EventView;

/// A book to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookIn {
    /// Name for people.
    pub name: String,
    /// Whose books these are: platform, agency or brand.
    #[schema(value_type = String, example = "platform")]
    pub perspective: Perspective,
    /// live, or sandbox with a clock of its own.
    #[schema(value_type = String, example = "sandbox")]
    pub mode: BookMode,
    /// Time zone of business days and months; Asia/Shanghai when not told.
    pub zone: Option<String>,
    /// Currencies that may be booked; CNY when not told.
    pub currencies: Option<Vec<String>>,
    /// Number of click logs, 1 to 64; 2 when not told. It cannot change later.
    pub click_logs: Option<u32>,
    /// Where a sandbox's clock starts; now when not told.
    pub clock: Option<String>,
}

/// A book that was opened.
#[derive(Serialize, ToSchema)]
pub struct BookOpenedView {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// Its first key, of its owner. Its secret is in the first answer only.
    pub key: NewKeyView,
}

/// The book of the caller.
#[derive(Serialize, ToSchema)]
pub struct BooksView {
    /// One book: a key belongs to one.
    pub books: Vec<BookView>,
    /// Position it reflects.
    pub position: i64,
}

/// A book.
#[derive(Serialize, ToSchema)]
pub struct BookView {
    /// Id.
    pub id: String,
    /// live or sandbox.
    pub mode: &'static str,
    /// Its money log.
    pub log: String,
    /// Last position of the money log.
    pub position: i64,
    /// Time of its last event.
    pub recorded_at: String,
}

/// Shows the caller's book.
#[utoipa::path(get, path = "/v1/books", tag = "books", responses((status = 200, body = BooksView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let head = crate::report::head(&read.client, read.log()).await?;
    let who = read.who();
    let book = BookView {
        id: who.book.to_string(),
        mode: if who.sandbox { "sandbox" } else { "live" },
        log: who.log.to_string(),
        position: head.position,
        recorded_at: head.recorded_at.to_string(),
    };
    answer(
        &request,
        &BooksView {
            books: vec![book],
            position: head.position,
        },
    )
}

/// Opens a book with its owner's first key.
#[utoipa::path(post, path = "/v1/books", tag = "books", request_body = BookIn,
    responses((status = 201, body = BookOpenedView)))]
pub async fn open(write: Write, Json(body): Json<BookIn>) -> Result<HttpResponse, Problem> {
    let mut form = Form::default();
    let name = form.read("/name", &body.name);
    let zone = form
        .maybe("/zone", body.zone.as_deref())
        .map(|zone| zone.unwrap_or(Zone::SHANGHAI));
    let told = body.currencies.unwrap_or_else(|| vec!["CNY".to_owned()]);
    let currencies: Option<Vec<_>> = told
        .iter()
        .enumerate()
        .map(|(n, code)| form.read(&format!("/currencies/{n}"), code))
        .collect();
    let clock = form.maybe("/clock", body.clock.as_deref());
    let read = name.zip(zone).zip(currencies).zip(clock);
    let (((name, zone), currencies), clock) = form.finish(read)?;
    // The same key gives the same book, so that a retry after a lost answer opens no second one.
    let key = write.meta.key.clone().unwrap_or_default();
    let book = BookId(derive_uuid(
        "book",
        write.caller.who.book.0,
        &[&write.caller.who.scope(), &key],
    ));
    let opened = BookOpened {
        book,
        name,
        perspective: body.perspective,
        mode: body.mode,
        zone,
        currencies,
        click_logs: body.click_logs.unwrap_or(2),
    };
    let meta = Meta {
        route: "POST /v1/books",
        ..write.meta.clone()
    };
    let answer = write
        .shared
        .engine
        .open_book(opened, clock, meta)
        .await
        .map_err(|error| write.problem(error))?;
    let first = mint(body.mode == BookMode::Sandbox);
    let owner = Command::IssueKey {
        person: None,
        key: first.key,
        label: "owner".parse().map_err(|_| Problem::forbidden())?,
        role: Role::Owner,
        party: None,
        expires_at: None,
    };
    let meta = Meta {
        route: "POST /v1/books#key",
        secret_hash: Some(first.hash),
        expected_version: None,
        ..write.meta.clone()
    };
    let meta = Meta {
        key: meta.key.map(|key| format!("{key}#key")),
        ..meta
    };
    let issued = write
        .shared
        .engine
        .submit(book, owner, meta)
        .await
        .map_err(|error| write.problem(error))?;
    let key = NewKeyView::of(&issued, first.text);
    Ok(HttpResponse::build(StatusCode::CREATED).json(BookOpenedView {
        answer: AnswerView::of(answer, "book"),
        key,
    }))
}

/// The owner of a book.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerIn {
    /// The party whose books these are: id or own number.
    pub party: String,
}

/// Names the party whose books these are.
#[utoipa::path(post, path = "/v1/books/{book}/owner", tag = "books", request_body = OwnerIn,
    params(("book" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn owner(write: Write, book: Path<String>, Json(body): Json<OwnerIn>) -> Result<HttpResponse, Problem> {
    own(&write, &book)?;
    let mut form = write.form([body.party.as_str()]).await?;
    let owner = form.party("/party", &body.party);
    let owner = form.finish(owner)?;
    write
        .change("POST /v1/books/{book}/owner", Command::NameOwner { owner })
        .await
}

/// Where to move a clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockIn {
    /// New time, RFC 3339; later than the clock stands.
    pub to: String,
}

/// The answer to a move of the clock, with what happened on the way.
#[derive(Serialize, ToSchema)]
pub struct ClockAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// What was recorded on the way, the clock's own steps apart: the first 200; all of it is in `/v1/events`. Empty in an
    /// answer given again.
    pub happened: Vec<HappenedView>,
}

/// Something that happened while the clock moved.
#[derive(Serialize, ToSchema)]
pub struct HappenedView {
    /// Position of its event.
    pub position: i64,
    /// Business time.
    pub at: String,
    /// Kind.
    pub kind: String,
    /// Stream.
    pub stream: String,
    /// A scripted party of the sandbox asked for it: nobody stands behind it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scripted: bool,
}

/// Who asked, as far as it says whether somebody did: a party without a key is played by a script.
#[derive(Deserialize)]
struct Asked {
    party: Option<serde::de::IgnoredAny>,
    key: Option<serde::de::IgnoredAny>,
}

impl HappenedView {
    fn of(event: EventView) -> HappenedView {
        let asked = serde_json::from_str::<Asked>(event.actor.get()).ok();
        HappenedView {
            position: event.position,
            at: event.occurred_at,
            kind: event.kind,
            stream: event.stream,
            scripted: asked.is_some_and(|asked| asked.party.is_some() && asked.key.is_none()),
        }
    }
}

/// Moves a sandbox's clock forward; what falls due on the way happens, and scripted anchors act.
#[utoipa::path(post, path = "/v1/books/{book}/clock", tag = "books", request_body = ClockIn,
    params(("book" = String, Path)), responses((status = 200, body = ClockAnswer)))]
pub async fn clock(write: Write, book: Path<String>, Json(body): Json<ClockIn>) -> Result<HttpResponse, Problem> {
    own(&write, &book)?;
    let mut form = Form::default();
    let to = form.read("/to", &body.to);
    let to = form.finish(to)?;
    let client = write.client().await?;
    let log = write.caller.who.log;
    let before = crate::report::head(&client, log).await?.position;
    // The move takes many small transactions: none of them waits for this connection.
    drop(client);
    let answer = write
        .decide("POST /v1/books/{book}/clock", Command::MoveClock { to })
        .await?;
    let client = write.client().await?;
    let told = crate::report::events(&client, log, before, answer.position, CLOCK_EVENTS).await?;
    let kept = told.events.into_iter().filter(|event| event.kind != "book.clock_moved");
    let happened = kept.take(200).map(HappenedView::of).collect();
    let answer = AnswerView::of(answer, "");
    Ok(HttpResponse::Ok().json(ClockAnswer { answer, happened }))
}

/// Events that are looked through for what happened.
const CLOCK_EVENTS: i64 = 500;

/// Resets a sandbox: a new log under the same book, opening with the parties that hold keys and have a number of their
/// own. Rules, formulas, clicks and orders are gone from it; the old log is kept.
#[utoipa::path(post, path = "/v1/books/{book}/reset", tag = "books", request_body = NothingIn,
    params(("book" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn reset(
    write: Write,
    book: Path<String>,
    Json(NothingIn {}): Json<NothingIn>,
) -> Result<HttpResponse, Problem> {
    own(&write, &book)?;
    let meta = Meta {
        route: "POST /v1/books/{book}/reset",
        expected_version: None,
        ..write.meta.clone()
    };
    let engine = &write.shared.engine;
    let answer = engine.reset_book(write.caller.who.book, meta).await;
    let answer = answer.map_err(|error| write.problem(error))?;
    Ok(HttpResponse::Ok().json(AnswerView::of(answer, "book")))
}

/// A book that is not the key's own is as good as missing.
fn own(write: &Write, book: &str) -> Result<(), Problem> {
    match book.parse::<BookId>() {
        Ok(book) if book == write.caller.who.book => Ok(()),
        _ => Err(Problem::not_found()),
    }
}
