//! What anchors publish of themselves 主播名片, and whether brand contracts must be covered before they are awarded 预存款.
//! Must never take a figure that the ledger counts from anybody: a card only says which of them brands may see.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::problem::Problem;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::BookId;
use crate::domain::command::Command;
use crate::domain::party::{Asking, Card, Credit, Figure, PrefundSet};

/// An anchor's card, whole: what is left out is not shown any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardIn {
    /// False: brands that look for an anchor do not find it. True when not told.
    pub listed: Option<bool>,
    /// Level on the platform.
    pub level: Option<u32>,
    /// Number of fans.
    pub fans: Option<u64>,
    /// Audience segments that it reaches.
    pub segments: Option<Vec<String>>,
    /// Fee that it asks for one deliverable.
    pub fee: Option<MoneyIn>,
    /// Least commission that it takes, a decimal fraction.
    #[schema(example = "0.2")]
    pub least_commission: Option<String>,
    /// Figures of the ledger that brands may see to the digit: sales, conversion, refunds, segment, punctuality, rating.
    #[schema(value_type = Option<Vec<String>>)]
    pub shows: Option<Vec<Figure>>,
}

/// Whether a brand's contracts must be covered by deposit and credit before they are awarded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefundIn {
    /// They must; the book's own setting when not told.
    pub on: Option<bool>,
    /// Agreed credit, one amount a currency; none when not told.
    pub credit: Option<Vec<MoneyIn>>,
}

/// The same for a whole book.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookPrefundIn {
    /// They must; a brand's own setting goes before.
    pub on: bool,
}

/// Publishes an anchor's card: by itself, by its agency, or by the book for it.
#[utoipa::path(post, path = "/v1/parties/{party}/card", tag = "parties", request_body = CardIn,
    params(("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn publish(write: Write, party: Path<String>, Json(body): Json<CardIn>) -> Result<HttpResponse, Problem> {
    let party = write.party(&party).await?;
    let mut form = Form::default();
    let asks = match &body.fee {
        Some(fee) => form.money("/fee", fee).map(Some),
        None => Some(None),
    };
    let least = form.maybe("/least_commission", body.least_commission.as_deref());
    let (asks, least_commission) = form.finish(asks.zip(least))?;
    let card = Card {
        listed: body.listed.unwrap_or(true),
        level: body.level,
        fans: body.fans,
        segments: body.segments.unwrap_or_default(),
        asks: asks.map(|fee| Asking {
            currency: fee.currency,
            fee: fee.minor,
        }),
        least_commission,
        shows: body.shows.unwrap_or_default(),
    };
    let command = Command::SetCard {
        party,
        card: Box::new(card),
    };
    write.change("POST /v1/parties/{party}/card", command).await
}

/// Says whether a brand's contracts must be covered before they are awarded, and by what credit.
#[utoipa::path(post, path = "/v1/parties/{party}/prefund", tag = "vtask", request_body = PrefundIn,
    params(("party" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn prefund(write: Write, party: Path<String>, Json(body): Json<PrefundIn>) -> Result<HttpResponse, Problem> {
    let party = write.party(&party).await?;
    let mut form = Form::default();
    let told = body.credit.unwrap_or_default();
    let read = |(n, told)| form.money(&format!("/credit/{n}"), told);
    let credit: Vec<Option<_>> = told.iter().enumerate().map(read).collect();
    let credit: Option<Vec<_>> = credit.into_iter().collect();
    let credit = form.finish(credit)?;
    let agreed = credit.into_iter().map(|money| Credit {
        currency: money.currency,
        amount: money.minor,
    });
    let command = Command::SetPrefund {
        brand: Some(party),
        set: PrefundSet {
            on: body.on,
            credit: agreed.collect(),
        },
    };
    write.change("POST /v1/parties/{party}/prefund", command).await
}

/// Says whether the contracts of the book's brands must be covered before they are awarded.
#[utoipa::path(post, path = "/v1/books/{book}/prefund", tag = "vtask", request_body = BookPrefundIn,
    params(("book" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn prefund_book(
    write: Write,
    book: Path<String>,
    Json(body): Json<BookPrefundIn>,
) -> Result<HttpResponse, Problem> {
    let book: BookId = book.parse().map_err(|_| Problem::not_found())?;
    if book != write.caller.who.book {
        return Err(Problem::not_found());
    }
    let command = Command::SetPrefund {
        brand: None,
        set: PrefundSet {
            on: Some(body.on),
            credit: Vec::new(),
        },
    };
    write.change("POST /v1/books/{book}/prefund", command).await
}
