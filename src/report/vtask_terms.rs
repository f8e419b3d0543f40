//! The wire shape of a contract's terms, in briefs, quotes and contracts alike.
//! Must never leave out a term: both sides read here what they agreed.

use serde::Serialize;
use utoipa::ToSchema;

use super::Money;
use crate::base::{ExternalId, Instant, ItemId, PartyId};
use crate::domain::contract::{Channel, Clocks, Deliverable, Form, Measured, Remedy, Terms};
use crate::money::{Currency, Minor};

/// Terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContractTermsView {
    /// Currency of every amount.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// How it pays.
    pub form: FormView,
    /// What is delivered.
    pub deliverables: Vec<DeliverableTermsView>,
    /// On top, from the brand: a decimal fraction of what is earned.
    pub service_fee: String,
    /// Who gets it; the book's own income when absent.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_fee_taker: Option<PartyId>,
    /// What the anchor's side keeps of a deliverable cancelled by the brand after it was scheduled.
    pub penalty: String,
    /// Seconds that each side has.
    pub clocks: ClocksView,
    /// vtask, bank, alipay or mixed.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Work may begin when a part is set aside.
    pub part_funding: bool,
    /// The programme that it is awarded to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// What the contract needs set aside in all.
    pub needs: Money,
}

/// Clocks in seconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[allow(missing_docs, reason = "each is the term of the same name in the body that sets it")]
pub struct ClocksView {
    pub funding: u32,
    pub review: u32,
    pub review_warning: u32,
    pub revision_rounds: u32,
    pub dispute: u32,
    pub settle: u32,
    pub refund_window: u32,
    pub result_answer: u32,
    pub rating: u32,
}

/// A form; which fields it has depends on its kind.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct FormView {
    /// slot_fee, slot_fee_commission, commission, guarantee, hourly, retainer or hosted.
    pub kind: &'static str,
    /// Exclusive commission that comes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission: Option<CommissionView>,
    /// For sixty minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Money>,
    /// Sales promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Money>,
    /// What a shortfall means.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// Most that goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// Lower bound and rate of each tier of net sales.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierView>,
    /// Which sales count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<MeasuredView>,
}

/// Commission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CommissionView {
    /// Items.
    #[schema(value_type = Vec<String>)]
    pub items: Vec<ItemId>,
    /// Rate, a decimal fraction.
    pub rate: String,
    /// Inclusive.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Exclusive.
    #[schema(value_type = String)]
    pub to: Instant,
}

/// A tier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TierView {
    /// Lower bound, inclusive.
    pub from: Money,
    /// Rate, a decimal fraction.
    pub rate: String,
}

/// Which sales count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MeasuredView {
    /// Of these items; empty: every item.
    #[schema(value_type = Vec<String>)]
    pub items: Vec<ItemId>,
    /// Sold through these accounts; empty: whatever is the anchor's.
    pub accounts: Vec<String>,
    /// Order time, inclusive.
    #[schema(value_type = String)]
    pub from: Instant,
    /// Order time, exclusive.
    #[schema(value_type = String)]
    pub to: Instant,
    /// Before refunds; otherwise net of them.
    pub gross: bool,
    /// Whose figures count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Orders that do not count, in words.
    pub excluded: Vec<String>,
}

/// A deliverable as agreed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DeliverableTermsView {
    /// Its name.
    pub name: String,
    /// Live slot, short video, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// The most that it pays.
    pub fee: Money,
    /// Start of its window.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// End of its window.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Minutes agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Overdue from here on.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// Kinds of evidence that a delivery must carry.
    pub evidence: Vec<String>,
    /// The brand's own number for it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl ContractTermsView {
    /// From terms.
    pub fn of(terms: &Terms) -> ContractTermsView {
        let money = |amount: Minor| Money::of(amount, terms.currency);
        ContractTermsView {
            currency: terms.currency,
            form: form(&terms.form, &money),
            deliverables: terms.deliverables.iter().map(|one| deliverable(one, &money)).collect(),
            service_fee: terms.service_fee.rate.to_string(),
            service_fee_taker: terms.service_fee.taker,
            penalty: terms.penalty.to_string(),
            clocks: clocks(&terms.clocks),
            channel: terms.channel,
            part_funding: terms.part_funding,
            programme: terms.programme.as_ref().map(ToString::to_string),
            needs: money(terms.needs().unwrap_or_default()),
        }
    }
}

fn clocks(clocks: &Clocks) -> ClocksView {
    ClocksView {
        funding: clocks.funding,
        review: clocks.review,
        review_warning: clocks.review_warning,
        revision_rounds: clocks.revision_rounds,
        dispute: clocks.dispute,
        settle: clocks.settle,
        refund_window: clocks.refund_window,
        result_answer: clocks.result_answer,
        rating: clocks.rating,
    }
}

fn measured(measured: &Measured) -> MeasuredView {
    MeasuredView {
        items: measured.items.clone(),
        accounts: measured.accounts.clone(),
        from: measured.from,
        to: measured.to,
        gross: measured.gross,
        source: measured.source.clone(),
        excluded: measured.excluded.clone(),
    }
}

fn form(form: &Form, money: &dyn Fn(Minor) -> Money) -> FormView {
    let commission = form.commission().map(|commission| CommissionView {
        items: commission.items.clone(),
        rate: commission.rate.to_string(),
        from: commission.from,
        to: commission.to,
    });
    let plain = FormView {
        kind: form.word(),
        commission,
        ..FormView::default()
    };
    match form {
        Form::Guarantee { guarantee } => FormView {
            target: Some(money(guarantee.target)),
            remedy: Some(guarantee.remedy),
            cap: guarantee.cap.map(money),
            measured: Some(measured(&guarantee.measured)),
            ..plain
        },
        Form::Hourly { rate } => FormView {
            rate: Some(money(*rate)),
            ..plain
        },
        Form::Hosted { hosted } => FormView {
            rate: Some(money(hosted.rate)),
            tiers: hosted
                .tiers
                .iter()
                .map(|(from, rate)| TierView {
                    from: money(*from),
                    rate: rate.to_string(),
                })
                .collect(),
            measured: Some(measured(&hosted.measured)),
            ..plain
        },
        Form::SlotFee | Form::SlotFeeCommission { .. } | Form::Commission { .. } | Form::Retainer => plain,
    }
}

fn deliverable(one: &Deliverable, money: &dyn Fn(Minor) -> Money) -> DeliverableTermsView {
    DeliverableTermsView {
        name: one.name.clone(),
        media: one.media.clone(),
        fee: money(one.fee),
        from: one.from,
        to: one.to,
        minutes: one.minutes,
        due: one.due,
        evidence: one.evidence.clone(),
        external_id: one.external_id.clone(),
    }
}
