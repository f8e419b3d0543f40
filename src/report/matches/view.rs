//! What is shown of one anchor: each figure with its source and period, exact or as a range.
//! Must never show a brand more than the anchor published or five parties share.

use serde::Serialize;
use utoipa::ToSchema;

use super::rank::{EVERY, LEAST, Place, SEASONED, Spreads, WEIGHTS};
use super::{Ask, Known};
use crate::base::{BriefId, Month, PartyId};
use crate::domain::brief::{BriefState, BriefTerms, Stage};
use crate::domain::contract::Side;
use crate::domain::party::{Card, Figure};
use crate::money::{Currency, Minor};
use crate::report::scan::percent;
use crate::report::{Cell, Money, ReportError, Table, Viewer};

/// A range in which a figure lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RangeView {
    /// From here.
    pub from: String,
    /// To here, inclusive.
    pub to: String,
    /// Over so many parties, at least five.
    pub parties: usize,
}

/// A figure of an anchor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FigureView {
    /// sales, conversion, refunds, segment, punctuality or rating.
    pub figure: &'static str,
    /// To the digit: for the book, and where the anchor published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// For others: the range over at least five parties in which it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<RangeView>,
    /// A currency, `percent` or `stars`.
    pub unit: String,
    /// ledger (counted here), published (counted here, and the anchor lets brands see it) or unknown.
    pub source: &'static str,
    /// What was counted.
    pub of: &'static str,
    /// First month counted; none: since the book was opened.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_month: Option<Month>,
    /// Why nothing is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<&'static str>,
}

/// What an anchor asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AskedView {
    /// Fee of all deliverables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// Commission, a decimal fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission: Option<String>,
    /// quote (on this brief) or published.
    pub source: &'static str,
}

/// One anchor in the order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MatchView {
    /// 1, 2, 3, …
    pub rank: u64,
    /// Who.
    #[schema(value_type = String)]
    pub anchor: PartyId,
    /// Business name.
    pub name: String,
    /// merit (by points) or newcomer (a place that is offered to newcomers).
    pub place: &'static str,
    /// Fewer than three delivered contracts.
    pub newcomer: bool,
    /// Points, 0 to 100,000; the book alone sees them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// Figures.
    pub figures: Vec<FigureView>,
    /// What it asks; absent where it told nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<AskedView>,
    /// Level, as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// Fans, as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fans: Option<u64>,
    /// Audience segments, as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// How far its application to this brief is, where it made one or was invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<&'static str>,
}

/// Weight of a figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WeightView {
    /// Which figure; `price` is the brief's fee over what is asked.
    pub figure: &'static str,
    /// Its weight of 100.
    pub weight: i64,
}

/// The rules of the order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MatchRules {
    /// Weights of points; what is not known counts as half, sales as nothing.
    pub weights: Vec<WeightView>,
    /// Equal points: by id of the anchor.
    pub ties: &'static str,
    /// Delivered contracts below which an anchor is a newcomer.
    pub newcomer_below: i64,
    /// Every so many places one is offered to the next newcomer, in the order of a hash of brief and anchor.
    pub newcomer_every: u64,
    /// Figures of others are ranges over at least so many parties.
    pub least_parties: usize,
}

impl Default for MatchRules {
    fn default() -> MatchRules {
        let weight = |(figure, weight): &(&'static str, i64)| WeightView {
            figure,
            weight: *weight,
        };
        MatchRules {
            weights: WEIGHTS.iter().map(weight).collect(),
            ties: "anchor",
            newcomer_below: SEASONED,
            newcomer_every: EVERY,
            least_parties: LEAST,
        }
    }
}

/// Anchors for a brief.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MatchesView {
    /// A position they reflect at least.
    pub position: i64,
    /// For which brief.
    #[schema(value_type = String)]
    pub brief: BriefId,
    /// How many there are on all pages.
    pub anchors: usize,
    /// Category of the figures; every one when the brief names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Currency of the figures.
    pub currency: String,
    /// Price bands of sales, in whole units: those of the brief's list prices, or every one.
    pub price_bands: Vec<String>,
    /// First month of orders counted.
    #[schema(value_type = String)]
    pub from_month: Month,
    /// Last month of orders counted; it is still running.
    #[schema(value_type = String)]
    pub to_month: Month,
    /// How they are ordered.
    pub rules: MatchRules,
    /// Anchors, best first.
    pub matches: Vec<MatchView>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Every price band.
pub(super) const ALL_BANDS: std::ops::RangeInclusive<i16> = 0..=9;

/// Bands in words.
pub(super) fn bands(numbers: &[i16]) -> Vec<String> {
    const WORDS: [&str; 10] = [
        "0-10",
        "10-20",
        "20-50",
        "50-100",
        "100-200",
        "200-500",
        "500-1000",
        "1000-2000",
        "2000-5000",
        "5000-",
    ];
    let word = |number: &i16| WORDS.get(usize::try_from(*number).ok()?);
    numbers.iter().filter_map(word).map(|word| (*word).to_owned()).collect()
}

/// What an anchor asks for a brief.
pub(super) struct Asked {
    /// As shown.
    view: AskedView,
    /// What the brief offers over it, in thousandths.
    pub thousandths: i64,
}

fn thousandths(offered: i64, asked: i64) -> i64 {
    let ratio = i128::from(offered.max(0)) * 1_000 / i128::from(asked.max(1));
    i64::try_from(ratio.min(1_000)).unwrap_or(1_000)
}

fn fee_of(terms: &crate::domain::contract::Terms) -> Result<Minor, ReportError> {
    Ok(Minor::sum(terms.deliverables.iter().map(|one| one.fee))?)
}

/// The applicant's own quote on this brief, else its card. Fee and commission: the worse ratio of the two counts.
pub(super) fn asked(
    brief: &BriefState,
    terms: &BriefTerms,
    anchor: PartyId,
    card: &Card,
) -> Result<Option<Asked>, ReportError> {
    let offered = fee_of(&terms.terms)?;
    let commission = |terms: &crate::domain::contract::Terms| terms.form.commission().map(|commission| commission.rate);
    let offered_rate = commission(&terms.terms);
    let own = brief
        .application(anchor)
        .and_then(|one| one.terms.as_ref().filter(|_| one.by == Side::Anchor));
    let (fee, rate, source) = match own {
        Some(quoted) => (Some(fee_of(quoted)?), commission(quoted), "quote"),
        None => {
            let asks = card
                .asks
                .filter(|asks| asks.currency == terms.terms.currency && offered > Minor::ZERO);
            let count = i64::try_from(terms.terms.deliverables.len()).unwrap_or(i64::MAX);
            let fee = asks.map(|asks| Minor(asks.fee.0.saturating_mul(count)));
            (
                fee,
                card.least_commission.filter(|_| offered_rate.is_some()),
                "published",
            )
        }
    };
    let of_fee = fee
        .filter(|fee| *fee > Minor::ZERO)
        .map(|fee| thousandths(offered.0, fee.0));
    let of_rate = rate
        .zip(offered_rate)
        .map(|(asked, offered)| thousandths(i64::from(offered.ppm()), i64::from(asked.ppm())));
    let worse = match (of_fee, of_rate) {
        (Some(fee), Some(rate)) => fee.min(rate),
        (fee, rate) => match fee.or(rate) {
            Some(one) => one,
            None if fee.is_none() && rate.is_none() && own.is_none() => return Ok(None),
            None => 1_000,
        },
    };
    Ok(Some(Asked {
        view: AskedView {
            fee: fee.map(|fee| Money::of(fee, terms.terms.currency)),
            commission: rate.map(|rate| rate.to_string()),
            source,
        },
        thousandths: worse,
    }))
}

/// One anchor as a viewer sees it.
pub(super) fn one(ask: &Ask<'_>, viewer: Viewer, one: &Known, place: &Place, spreads: &Spreads) -> MatchView {
    let exact = viewer == Viewer::All;
    let currency = ask.terms.terms.currency;
    let with_segment = ask.terms.filters.segment.is_some();
    let figures = Figure::ALL
        .iter()
        .filter(|figure| **figure != Figure::Segment || with_segment);
    let application = ask.brief.application(one.anchor);
    MatchView {
        rank: place.number,
        anchor: one.anchor,
        name: one.name.clone(),
        place: if place.drawn { "newcomer" } else { "merit" },
        newcomer: one.counted.is_newcomer(),
        score: exact.then(|| spreads.score(&one.counted, with_segment)),
        figures: figures
            .map(|figure| shown(*figure, one, (ask, currency), exact, spreads))
            .collect(),
        asks: one.asked.as_ref().map(|asked| asked.view.clone()),
        level: one.card.level,
        fans: one.card.fans,
        segments: one.card.segments.clone(),
        application: application.map(|one| match one.stage {
            Stage::Awarded(_) => "awarded",
            stage => stage.word(),
        }),
    }
}

fn shown(
    figure: Figure,
    one: &Known,
    (ask, currency): (&Ask<'_>, Currency),
    exact: bool,
    spreads: &Spreads,
) -> FigureView {
    let published = one.card.shows.contains(&figure);
    let known = one.counted.figure(figure);
    let range = known.and_then(|value| spreads.figure(figure).range(value));
    let text = |value: i64| said(figure, value, currency);
    let open = exact || published;
    FigureView {
        figure: figure.word(),
        value: known.filter(|_| open).map(text),
        range: range.filter(|_| !open).map(|(from, to, parties)| RangeView {
            from: text(from),
            to: text(to),
            parties,
        }),
        unit: match figure {
            Figure::Sales => currency.code().to_owned(),
            Figure::Rating => "stars".to_owned(),
            _ => "percent".to_owned(),
        },
        source: match (known, published) {
            (None, _) => "unknown",
            (Some(_), true) => "published",
            (Some(_), false) => "ledger",
        },
        of: counted(figure),
        from_month: match figure {
            Figure::Sales | Figure::Refunds | Figure::Segment => Some(ask.from),
            Figure::Conversion | Figure::Punctuality | Figure::Rating => None,
        },
        withheld: (known.is_some() && !open && range.is_none()).then_some("fewer_than_five_parties"),
    }
}

fn counted(figure: Figure) -> &'static str {
    match figure {
        Figure::Sales => "goods paid through the anchor in the category and price bands",
        Figure::Conversion => "lines that a click on its links won, of all such clicks; from twenty clicks on",
        Figure::Refunds => "goods refunded of goods paid in the category; price protection aside",
        Figure::Segment => "goods paid by the brief's segment, of those whose segment was told, in the category",
        Figure::Punctuality => {
            "deliverables with a due time delivered before it; late ones and contracts its side cancelled count against it"
        }
        Figure::Rating => "average of brands' ratings, 1 to 5",
    }
}

/// A figure's number as a text.
fn said(figure: Figure, value: i64, currency: Currency) -> String {
    match figure {
        Figure::Sales => Minor(value).display(currency),
        Figure::Rating => format!("{}.{:02}", value / 100, value % 100),
        _ => percent(value, 1_000_000).unwrap_or_default(),
    }
}

impl MatchesView {
    /// As a table; a range is written `from–to`.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Anchors for {} 达人匹配 at position {}", self.brief, self.position),
            &[
                "rank",
                "anchor",
                "name",
                "place",
                "sales",
                "conversion %",
                "refunds %",
                "segment %",
                "punctuality %",
                "rating",
                "asks",
                "application",
            ],
        );
        for row in &self.matches {
            let figure = |figure: Figure| {
                let found = row.figures.iter().find(|one| one.figure == figure.word());
                match found.map(|one| (&one.value, &one.range)) {
                    Some((Some(value), _)) => Cell::Number(value.clone()),
                    Some((None, Some(range))) => Cell::Text(format!("{}–{}", range.from, range.to)),
                    _ => Cell::Empty,
                }
            };
            let rank = i64::try_from(row.rank).unwrap_or(i64::MAX);
            let asks = row.asks.as_ref().and_then(|asks| asks.fee.as_ref());
            let mut cells: Vec<Cell> = vec![
                rank.into(),
                row.anchor.to_string().into(),
                row.name.clone().into(),
                row.place.into(),
            ];
            cells.extend(Figure::ALL.map(figure));
            cells.push(asks.map_or(Cell::Empty, Cell::from));
            cells.push(row.application.map(str::to_owned).into());
            table.push(cells);
        }
        table
    }
}
