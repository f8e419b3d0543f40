//! The terms of a rule in a body: subjects, window, rate, limits.
//! Must never judge them: which terms a kind allows is the plan slice's matter.

use serde::Deserialize;
use utoipa::ToSchema;

use super::form::{Fault, Form};
use super::wire::MoneyIn;
use crate::domain::plan::{Rates, RuleTerms, Subjects};
use crate::money::{Currency, Minor, Rate};

/// The terms of a version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTermsIn {
    /// Anchors, promoters or agencies that may use it, ids or own numbers; everyone when not told.
    pub subjects: Option<Vec<String>>,
    /// Others may apply.
    #[serde(default)]
    pub on_approval: bool,
    /// Start, inclusive.
    pub from: String,
    /// End, exclusive.
    pub to: Option<String>,
    /// One rate for everything; or `steps`, or `tiers`.
    #[schema(example = "0.2")]
    pub rate: Option<String>,
    /// By volume sold before a line: the step reached gives the whole line its rate.
    pub steps: Option<Vec<TierIn>>,
    /// By volume, marginally.
    pub tiers: Option<Vec<TierIn>>,
    /// First N units.
    pub first_n: Option<u32>,
    /// Budget of commission in all.
    pub budget: Option<MoneyIn>,
    /// Cap of commission per order.
    pub cap_per_order: Option<MoneyIn>,
    /// Refunds give reserved units and budget back.
    #[serde(default)]
    pub give_back: bool,
    /// Larger wins inside a level.
    #[serde(default)]
    pub priority: i32,
    /// Cuts are refused.
    #[serde(default)]
    pub locked: bool,
    /// Pays nothing while true.
    #[serde(default)]
    pub paused: bool,
}

/// A tier: from this volume on, inclusive, this rate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierIn {
    /// Lower bound; the first is zero.
    pub from: MoneyIn,
    /// Rate.
    pub rate: String,
}

/// Every party that the terms name.
pub fn subjects_of(terms: &RuleTermsIn) -> impl Iterator<Item = &str> {
    terms.subjects.iter().flatten().map(String::as_str)
}

fn subjects(form: &mut Form, told: &RuleTermsIn) -> Option<Subjects> {
    let Some(texts) = &told.subjects else {
        return Some(if told.on_approval {
            Subjects::OnApproval(Vec::new())
        } else {
            Subjects::Everyone
        });
    };
    let read: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| form.party(&format!("/subjects/{n}"), text))
        .collect();
    let named = read.into_iter().collect::<Option<Vec<_>>>()?;
    Some(if told.on_approval {
        Subjects::OnApproval(named)
    } else {
        Subjects::Named(named)
    })
}

fn tiers(form: &mut Form, name: &str, told: &[TierIn], currency: Currency) -> Option<Vec<(Minor, Rate)>> {
    let read: Vec<_> = told
        .iter()
        .enumerate()
        .map(|(n, tier)| {
            form.within(&format!("/{name}/{n}"), |form| {
                let from = form.amount("/from", &tier.from, currency);
                let rate = form.read("/rate", &tier.rate);
                Some((from?, rate?))
            })
        })
        .collect();
    read.into_iter().collect()
}

fn rates(form: &mut Form, told: &RuleTermsIn, currency: Currency) -> Option<Rates> {
    match (&told.rate, &told.steps, &told.tiers) {
        (Some(rate), None, None) => form.read("/rate", rate).map(Rates::Flat),
        (None, Some(steps), None) => tiers(form, "steps", steps, currency).map(Rates::Stepped),
        (None, None, Some(marginal)) => tiers(form, "tiers", marginal, currency).map(Rates::Tiered),
        _ => {
            form.fault("/rate", Fault::new("one_of", "give rate, or steps, or tiers"));
            None
        }
    }
}

/// Reads the terms.
pub fn terms(form: &mut Form, told: &RuleTermsIn, currency: Currency) -> Option<RuleTerms> {
    let subjects = subjects(form, told);
    let from = form.read("/from", &told.from);
    let to = form.maybe("/to", told.to.as_deref());
    let rates = rates(form, told, currency);
    let budget = form.maybe_amount("/budget", told.budget.as_ref(), currency);
    let cap_per_order = form.maybe_amount("/cap_per_order", told.cap_per_order.as_ref(), currency);
    Some(RuleTerms {
        subjects: subjects?,
        from: from?,
        to: to?,
        rates: rates?,
        first_n: told.first_n,
        budget: budget?,
        cap_per_order: cap_per_order?,
        give_back: told.give_back,
        priority: told.priority,
        locked: told.locked,
        paused: told.paused,
    })
}
