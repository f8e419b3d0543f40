//! What a platform's row says its line gives, as sent: two tracks with named components.
//! Must never judge a figure; one that makes no sense is parked by the order slice, not refused here.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fact::OneCurrency;
use super::form::Form;
use super::wire::MoneyIn;
use crate::domain::order::{NamedAmount, Reported, Track, View};

/// A component by its name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedAmountIn {
    /// As the formula names it.
    #[schema(example = "technical_fee")]
    pub name: String,
    /// How much.
    pub amount: MoneyIn,
}

/// One track: what the line gives as estimated, or as settled.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackIn {
    /// The base it was computed on; the amount paid, or the settled base, when not told.
    pub base: Option<MoneyIn>,
    /// The rate it shows, as a decimal fraction.
    #[schema(example = "0.2")]
    pub rate: Option<String>,
    /// Commission before the fees.
    pub gross: MoneyIn,
    /// Content fee on top of it.
    pub content_fee: Option<MoneyIn>,
    /// Fees taken out of it.
    #[serde(default)]
    pub fees: Vec<NamedAmountIn>,
    /// Subsidies beside it.
    #[serde(default)]
    pub subsidies: Vec<NamedAmountIn>,
}

/// The figures of a platform's row: posted as given under an `as_reported` formula, compared under `own_rules`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedIn {
    /// owner (the default) or sharer: whose view of the line the row is.
    #[schema(value_type = Option<String>)]
    pub view: Option<View>,
    /// From the amount paid.
    pub estimated: Option<TrackIn>,
    /// From the settled base.
    pub settled: Option<TrackIn>,
}

/// Reads the figures.
pub fn reported(form: &mut Form, told: &ReportedIn, currency: &mut OneCurrency) -> Option<Reported> {
    let mut track = |name: &str, told: &Option<TrackIn>| match told {
        None => Some(None),
        Some(told) => form.within(name, |form| track(form, told, currency).map(Some)),
    };
    let estimated = track("/estimated", &told.estimated);
    let settled = track("/settled", &told.settled);
    Some(Reported {
        view: told.view.unwrap_or_default(),
        estimated: estimated?,
        settled: settled?,
    })
}

/// Reads one track.
pub fn track(form: &mut Form, told: &TrackIn, currency: &mut OneCurrency) -> Option<Track> {
    let base = currency.maybe(form, "/base", told.base.as_ref());
    let rate = form.maybe("/rate", told.rate.as_deref());
    let gross = currency.amount(form, "/gross", &told.gross);
    let content_fee = currency.maybe(form, "/content_fee", told.content_fee.as_ref());
    let fees = named(form, "/fees", &told.fees, currency);
    let subsidies = named(form, "/subsidies", &told.subsidies, currency);
    Some(Track {
        base: base?,
        rate: rate?,
        gross: gross?,
        content_fee: content_fee?,
        fees: fees?,
        subsidies: subsidies?,
    })
}

fn named(form: &mut Form, at: &str, told: &[NamedAmountIn], currency: &mut OneCurrency) -> Option<Vec<NamedAmount>> {
    let mut read = Vec::with_capacity(told.len());
    for (n, told) in told.iter().enumerate() {
        let name = form.word(&format!("{at}/{n}/name"), Some(&told.name)).flatten();
        let amount = currency.amount(form, &format!("{at}/{n}/amount"), &told.amount);
        read.push(name.zip(amount).map(|(name, amount)| NamedAmount { name, amount }));
    }
    read.into_iter().collect()
}
