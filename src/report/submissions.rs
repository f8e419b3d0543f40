//! Product submissions 报品: lists, one with what clashes with it, and the running order 播品单 of a show.
//! Must never tell a submitter whose goods clash with its own.

use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::part;
use super::streams::{Stored, stored};
use super::{At, Cell, Money, Page, ReportError, Statement, Table, Viewer, position, sql, streams, wire};
use crate::base::{Instant, LogId, PartyId, SubmissionId};
use crate::domain::pool::Target;
use crate::domain::submission::{Status, SubmissionState, SubmissionTerms, licences};
use crate::domain::world::Entity;
use crate::money::{Minor, Rounding};

pub(super) const SQL: &[Statement] = &[
    sql!("submissions_page"),
    sql!("submission_clashes"),
    sql!("running_order"),
];

/// A submission in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SubmissionRow {
    /// Which.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// The submitter's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Who submits.
    #[schema(value_type = String)]
    pub by: PartyId,
    /// For whose show.
    #[schema(value_type = String)]
    pub anchor: PartyId,
    /// Name of the goods.
    pub title: String,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Number of the show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
    /// When it begins.
    #[schema(value_type = String)]
    pub show_at: Instant,
    /// submitted, returned, approved, placed, refused or closed.
    pub status: String,
    /// Place in the running order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    /// Why it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// Commission lost by a stock-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Money>,
}

/// Submissions, by id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SubmissionsView {
    /// A position they reflect at least.
    pub position: i64,
    /// Submissions.
    pub submissions: Vec<SubmissionRow>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A licence, test report or the like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct QualificationView {
    /// Which.
    pub kind: String,
    /// SHA-256 of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// It holds until then.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
}

/// What stands against a submission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ClashView {
    /// same_item, rival_exclusive, rival_scheduled, licence_missing or qualification_expired.
    pub code: String,
    /// In words.
    pub why: String,
    /// The other submission; for the anchor's side and the book.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<SubmissionId>,
}

/// One submission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SubmissionView {
    /// The position it reflects.
    pub position: i64,
    /// As in a list.
    #[serde(flatten)]
    pub row: SubmissionRow,
    /// The product or offer.
    pub entry: String,
    /// Price on other days.
    pub daily_price: Money,
    /// Price in the show.
    pub live_price: Money,
    /// Commission, a decimal fraction.
    pub commission: String,
    /// Commission of a unit at the show's price.
    pub commission_per_unit: Money,
    /// Slot fee.
    pub slot_fee: Money,
    /// Units reserved.
    pub stock: u32,
    /// Gifts.
    pub gifts: Vec<String>,
    /// Hours until dispatch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ships_within: Option<u16>,
    /// Days of price protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection_days: Option<u16>,
    /// Days without a rival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_days: Option<u16>,
    /// Qualifications.
    pub qualifications: Vec<QualificationView>,
    /// Page of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is said of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
    /// Why it was sent back or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Units that were wanted and not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmet: Option<u32>,
    /// What stands against it, while it is not over.
    pub clashes: Vec<ClashView>,
}

/// Which submissions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubmissionFilter {
    /// With this status.
    pub status: Option<&'static str>,
    /// With this number.
    pub external_id: Option<String>,
    /// For this anchor.
    pub anchor: Option<PartyId>,
    /// For this show.
    pub show: Option<String>,
}

async fn rows(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    (filter, id): (&SubmissionFilter, Option<Uuid>),
    (after, fetch): (Uuid, i64),
) -> Result<Vec<Row>, ReportError> {
    let (own, anchor) = (viewer.party().map(PartyId::uuid), filter.anchor.map(PartyId::uuid));
    let sql = include_str!("sql/submissions_page.sql");
    Ok(client
        .query(
            sql,
            &[
                &log.0,
                &after,
                &fetch,
                &own,
                &filter.status,
                &filter.external_id,
                &id,
                &anchor,
                &filter.show,
            ],
        )
        .await?)
}

fn row(row: &Row) -> Result<SubmissionRow, ReportError> {
    let currency = wire::currency(row.get(12))?;
    Ok(SubmissionRow {
        submission: SubmissionId(row.get(0)),
        external_id: row.get(1),
        by: wire::party(row.get(2))?,
        anchor: wire::party(row.get(3))?,
        title: row.get(5),
        category: row.get(6),
        show: row.get(7),
        show_at: Instant::from_utc(row.get(8)),
        status: row.get(9),
        place: row.get(10),
        closed: row.get(11),
        lost: row
            .get::<_, Option<i64>>(13)
            .map(|lost| Money::of(Minor(lost), currency)),
    })
}

/// Submissions a page at a time: a submitter its own, an anchor those for it, an agency those for its anchors.
pub async fn submissions(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    filter: &SubmissionFilter,
    page: &Page,
) -> Result<SubmissionsView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let after = match page.parts::<1>()? {
        Some([after]) => part::<SubmissionId>(after)?.0,
        None => Uuid::nil(),
    };
    let mut rows = rows(client, log, viewer, (filter, None), (after, page.fetch())).await?;
    let more = page.cut(&mut rows);
    let submissions: Vec<SubmissionRow> = rows.iter().map(row).collect::<Result<_, _>>()?;
    let next = submissions
        .last()
        .filter(|_| more)
        .map(|last| last.submission.to_string());
    Ok(SubmissionsView {
        position,
        submissions,
        next,
    })
}

/// The submission that a text names for a viewer: its id, or the submitter's own number. Foreign and missing are alike.
pub async fn submission_named(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    text: &str,
) -> Result<SubmissionId, ReportError> {
    let id = text.parse::<SubmissionId>().ok().map(|id| id.0);
    let filter = SubmissionFilter {
        external_id: if id.is_none() { Some(text.to_owned()) } else { None },
        ..SubmissionFilter::default()
    };
    match rows(client, log, viewer, (&filter, id), (Uuid::nil(), 2))
        .await?
        .as_slice()
    {
        [one] => Ok(SubmissionId(one.get(0))),
        _ => Err(ReportError::NotFound),
    }
}

/// One submission as it stands, with what clashes with it; the viewer must be shown it, which `submission_named` says.
pub async fn submission(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    id: SubmissionId,
) -> Result<SubmissionView, ReportError> {
    let position = position(client, log, At::Now).await?;
    let rows = rows(
        client,
        log,
        viewer,
        (&SubmissionFilter::default(), Some(id.0)),
        (Uuid::nil(), 1),
    )
    .await?;
    let listed = row(rows.first().ok_or(ReportError::NotFound)?)?;
    let events = streams::events(client, log, id.into(), i64::MAX).await?;
    let state = folded(&events).ok_or(ReportError::NotFound)?;
    let mut view = view(position, listed, &state)?;
    let open = !matches!(state.status, Status::Closed | Status::Refused);
    if let Some(terms) = state.terms.as_deref().filter(|_| open) {
        view.clashes = clashes(client, log, viewer, &view.row, terms).await?;
    }
    Ok(view)
}

fn folded(events: &[Stored]) -> Option<SubmissionState> {
    match streams::fold(events) {
        Some(Entity::Submission(state)) => Some(SubmissionState::clone(&state)),
        _ => None,
    }
}

async fn clashes(
    client: &Client,
    log: LogId,
    viewer: Viewer,
    listed: &SubmissionRow,
    terms: &SubmissionTerms,
) -> Result<Vec<ClashView>, ReportError> {
    let zone = streams::book(client, log, i64::MAX).await?.opened.zone.to_string();
    let sql = include_str!("sql/submission_clashes.sql");
    let own = viewer == Viewer::Party(listed.by);
    let mut found = Vec::new();
    for row in client.query(sql, &[&log.0, &listed.submission.0, &zone]).await? {
        let code: String = row.get(0);
        let title: String = row.get(2);
        let at = Instant::from_utc(row.get(3));
        let name = if own { "another submission".to_owned() } else { title };
        let why = match code.as_str() {
            "same_item" => format!("the same goods stand in the same week: {name}, {at}"),
            "rival_exclusive" => format!("{name} of the same category was promised to be alone around {at}"),
            _ => format!("{name} of the same category is taken for {at}, and this one is to be alone then"),
        };
        found.push(ClashView {
            code,
            why,
            other: (!own).then(|| SubmissionId(row.get(1))),
        });
    }
    found.extend(licences::missing(terms).map(|licence| ClashView {
        code: "licence_missing".to_owned(),
        why: format!("goods of this category are usually sold with: {licence}"),
        other: None,
    }));
    found.extend(licences::expired(terms).map(|kind| ClashView {
        code: "qualification_expired".to_owned(),
        why: format!("ends before the show: {kind}"),
        other: None,
    }));
    Ok(found)
}

fn view(position: i64, row: SubmissionRow, state: &SubmissionState) -> Result<SubmissionView, ReportError> {
    let wrong = || ReportError::Stored("submission");
    let (made, terms) = (
        state.made.as_deref().ok_or_else(wrong)?,
        state.terms.as_deref().ok_or_else(wrong)?,
    );
    let money = |amount| Money::of(amount, terms.currency);
    let reviewed = state.review.as_ref();
    Ok(SubmissionView {
        position,
        row,
        entry: made.target.to_string(),
        daily_price: money(terms.daily_price),
        live_price: money(terms.live_price),
        commission: terms.commission.to_string(),
        commission_per_unit: money(terms.commission.of(terms.live_price, Rounding::HalfUp)?),
        slot_fee: money(terms.slot_fee),
        stock: terms.stock,
        gifts: terms.gifts.clone(),
        ships_within: terms.ships_within,
        protection_days: terms.protection_days,
        exclusive_days: terms.exclusive_days,
        qualifications: terms
            .qualifications
            .iter()
            .map(|one| QualificationView {
                kind: one.kind.clone(),
                file: one.file.as_ref().map(|file| file.as_str().to_owned()),
                expires: one.expires,
            })
            .collect(),
        link: terms.link.clone(),
        points: terms.points.clone(),
        reason: reviewed.and_then(|review| review.reason.clone()),
        unmet: state.closed.as_ref().and_then(|closed| closed.unmet),
        clashes: Vec::new(),
    })
}

/// The running order of an anchor between two instants, of one show when given: what is shown, at which price, with links.
pub async fn running_order(
    client: &Client,
    log: LogId,
    anchor: PartyId,
    (from, to): (Instant, Instant),
    show: Option<&str>,
) -> Result<Table, ReportError> {
    let sql = include_str!("sql/running_order.sql");
    let (from, to) = (from.utc(), to.utc());
    let rows = client.query(sql, &[&log.0, &anchor.uuid(), &from, &to, &show]).await?;
    let mut table = Table::new(
        format!("Running order 播品单 of {anchor}"),
        &[
            "place",
            "show",
            "show_at",
            "title",
            "live_price",
            "daily_price",
            "commission",
            "commission_per_unit",
            "gifts",
            "stock",
            "ships_within",
            "price_protection_days",
            "slot_fee",
            "currency",
            "link",
            "points",
            "entry",
            "submission",
        ],
    );
    let mut events: Vec<Stored> = Vec::new();
    for row in &rows {
        let event = stored(log, row, 0)?;
        if events.last().is_some_and(|last| last.stream != event.stream) {
            ordered(&mut table, &std::mem::take(&mut events))?;
        }
        events.push(event);
    }
    ordered(&mut table, &events)?;
    Ok(table)
}

fn ordered(table: &mut Table, events: &[Stored]) -> Result<(), ReportError> {
    let (Some(state), Some(first)) = (folded(events), events.first()) else {
        return Ok(());
    };
    let (Some(made), Some(terms)) = (&state.made, &state.terms) else {
        return Ok(());
    };
    let amount = |amount: Minor| Cell::Number(amount.display(terms.currency));
    let number = |number: Option<u16>| number.map_or(Cell::Empty, |number| i64::from(number).into());
    let target: Target = made.target;
    table.push([
        state.place.map_or(Cell::Empty, |place| i64::from(place).into()),
        terms.show.as_ref().map(ToString::to_string).into(),
        terms.show_at.to_string().into(),
        terms.title.as_str().into(),
        amount(terms.live_price),
        amount(terms.daily_price),
        Cell::Number(terms.commission.to_string()),
        amount(terms.commission.of(terms.live_price, Rounding::HalfUp)?),
        terms.gifts.join("; ").into(),
        i64::from(terms.stock).into(),
        number(terms.ships_within),
        number(terms.protection_days),
        amount(terms.slot_fee),
        terms.currency.code().into(),
        terms.link.clone().into(),
        terms.points.clone().into(),
        target.to_string().into(),
        SubmissionId(first.stream).to_string().into(),
    ]);
    Ok(())
}

impl SubmissionsView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Product submissions 报品 at position {}", self.position),
            &[
                "submission",
                "by",
                "anchor",
                "title",
                "show_at",
                "status",
                "place",
                "closed",
                "lost",
                "currency",
            ],
        );
        for row in &self.submissions {
            table.push([
                row.submission.to_string().into(),
                row.by.to_string().into(),
                row.anchor.to_string().into(),
                row.title.clone().into(),
                row.show_at.to_string().into(),
                row.status.clone().into(),
                row.place.map_or(Cell::Empty, Cell::from),
                row.closed.clone().into(),
                row.lost.as_ref().map_or(Cell::Empty, Cell::from),
                row.lost.as_ref().map(|lost| lost.currency.clone()).into(),
            ]);
        }
        table
    }
}
