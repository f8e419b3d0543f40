//! Terms of a brand contract in a body: of briefs, quotes and amendments alike.
//! Must never fill in a fee: only clocks and what is optional have defaults.

use serde::Deserialize;
use utoipa::ToSchema;

use super::form::{Fault, Form};
use super::wire::MoneyIn;
use crate::base::{BookId, ExternalId, ItemId};
use crate::domain::contract::forms::Hosted;
use crate::domain::contract::{
    self, Channel, Clocks, Commission, Deliverable, Guarantee, Measured, Remedy, ServiceFee, Terms,
};
use crate::money::{Currency, Minor, Rate};

/// Terms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsIn {
    /// Currency of every amount; CNY when not told.
    pub currency: Option<String>,
    /// How it pays.
    pub form: FormIn,
    /// What is delivered, 1 to 100.
    pub deliverables: Vec<DeliverableIn>,
    /// What the service costs the brand, on top: a decimal fraction of what is earned; none when not told.
    #[schema(example = "0.05")]
    pub service_fee: Option<String>,
    /// Who gets it: id or own number; the book's own income when not told.
    pub service_fee_taker: Option<String>,
    /// What the anchor's side keeps of a deliverable that the brand cancels after it was scheduled; none when not told.
    #[schema(example = "0.2")]
    pub penalty: Option<String>,
    /// Seconds that each side has; defaults where not told.
    pub clocks: Option<ClocksIn>,
    /// vtask, bank (the default), alipay or mixed.
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// Work may begin when a part of the money is set aside.
    pub part_funding: Option<bool>,
    /// The programme that it is awarded to, by a number of its own; who appears in it is assigned later, guests with the
    /// brand's consent.
    pub programme: Option<String>,
}

/// Clocks, in seconds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClocksIn {
    /// From the award until the money must be set aside (a day).
    pub funding: Option<u32>,
    /// From a delivery until it counts as accepted (seven days).
    pub review: Option<u32>,
    /// That long before, the brand is warned (a day; 0: never).
    pub review_warning: Option<u32>,
    /// Revisions of one deliverable (2).
    pub revision_rounds: Option<u32>,
    /// From a dispute until the arbiter is overdue (fifteen days).
    pub dispute: Option<u32>,
    /// From acceptance until the money is released (a day; 0: at once).
    pub settle: Option<u32>,
    /// From the end of a sales window until its result is due (sixteen days).
    pub refund_window: Option<u32>,
    /// From a proposed result until it stands (three days).
    pub result_answer: Option<u32>,
    /// From the end of the contract until ratings close (thirty days).
    pub rating: Option<u32>,
}

/// Kinds of forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// 坑位费.
    SlotFee,
    /// 坑位费 + 佣金.
    SlotFeeCommission,
    /// 纯佣.
    Commission,
    /// 保量.
    Guarantee,
    /// By the hour.
    Hourly,
    /// By the month.
    Retainer,
    /// Hosted by the shop.
    Hosted,
}

/// A form; which fields it needs depends on its kind.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormIn {
    /// slot_fee, slot_fee_commission, commission, guarantee, hourly, retainer or hosted.
    #[schema(value_type = String, example = "slot_fee")]
    pub kind: FormKind,
    /// Exclusive commission (slot_fee_commission, commission).
    pub commission: Option<CommissionIn>,
    /// For sixty minutes (hourly, hosted).
    pub rate: Option<MoneyIn>,
    /// Sales promised (guarantee).
    pub target: Option<MoneyIn>,
    /// pro_rata (the default), make_up_show or commission_only (guarantee).
    #[schema(value_type = Option<String>)]
    pub remedy: Option<Remedy>,
    /// Most that goes back (guarantee).
    pub cap: Option<MoneyIn>,
    /// Tiers of net sales (hosted).
    pub tiers: Option<Vec<SalesTierIn>>,
    /// Which sales count (guarantee, hosted).
    pub measured: Option<MeasuredIn>,
}

/// An item of a platform.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemOfIn {
    /// Platform.
    #[schema(example = "taobao")]
    pub platform: String,
    /// The platform's item number.
    pub item: String,
}

impl ItemOfIn {
    /// The item, whether it is listed or not.
    pub fn read(&self, form: &mut Form, book: BookId) -> Option<ItemId> {
        let platform: Option<ExternalId> = form.read("/platform", &self.platform);
        let item: Option<ExternalId> = form.read("/item", &self.item);
        let (platform, item) = platform.zip(item)?;
        Some(ItemId::of(book, platform.as_str(), item.as_str()))
    }
}

/// Exclusive commission for the anchor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommissionIn {
    /// On these items.
    pub items: Vec<ItemOfIn>,
    /// Rate.
    #[schema(example = "0.2")]
    pub rate: String,
    /// Inclusive.
    pub from: String,
    /// Exclusive.
    pub to: String,
}

/// A tier of net sales.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SalesTierIn {
    /// Lower bound, inclusive; the first is zero.
    pub from: MoneyIn,
    /// Rate of the portion above it.
    pub rate: String,
}

/// Which sales count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuredIn {
    /// Of these items; every item when not told.
    pub items: Option<Vec<ItemOfIn>>,
    /// Sold through these accounts; whatever is the anchor's when not told.
    pub accounts: Option<Vec<String>>,
    /// Order time, inclusive.
    pub from: String,
    /// Order time, exclusive.
    pub to: String,
    /// Before refunds; net of them when not told.
    pub gross: Option<bool>,
    /// Whose figures count.
    pub source: Option<String>,
    /// Orders that do not count, in words.
    pub excluded: Option<Vec<String>>,
}

/// A deliverable.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverableIn {
    /// Its name.
    #[schema(example = "live slot")]
    pub name: String,
    /// Live slot, short video, ….
    pub media: Option<String>,
    /// The most that it pays.
    pub fee: MoneyIn,
    /// Start of its window, or of its month.
    pub from: Option<String>,
    /// End of it, exclusive.
    pub to: Option<String>,
    /// Minutes agreed.
    pub minutes: Option<u32>,
    /// Overdue from here on.
    pub due: Option<String>,
    /// Kinds of evidence that a delivery must carry.
    pub evidence: Option<Vec<String>>,
    /// Your own number for it, accepted wherever its number is.
    pub external_id: Option<String>,
}

/// The parties that terms name.
pub fn parties_of(told: &TermsIn) -> impl Iterator<Item = &str> {
    told.service_fee_taker.as_deref().into_iter()
}

/// Reads terms.
pub fn terms(form: &mut Form, book: BookId, told: &TermsIn) -> Option<Terms> {
    let currency = match &told.currency {
        Some(code) => form.read::<Currency>("/currency", code)?,
        None => Currency::CNY,
    };
    let kind = form.within("/form", |form| of_form(form, book, &told.form, currency));
    let each = told.deliverables.iter().enumerate();
    let read = |(n, one): (usize, &DeliverableIn)| {
        form.within(&format!("/deliverables/{n}"), |form| deliverable(form, one, currency))
    };
    let deliverables: Vec<Option<Deliverable>> = each.map(read).collect();
    let zero = Some(Rate::ZERO);
    let rate = told
        .service_fee
        .as_deref()
        .map_or(zero, |text| form.read("/service_fee", text));
    let penalty = told.penalty.as_deref().map_or(zero, |text| form.read("/penalty", text));
    let taker = match &told.service_fee_taker {
        Some(text) => form.party("/service_fee_taker", text).map(Some),
        None => Some(None),
    };
    let programme = form.maybe("/programme", told.programme.as_deref());
    Some(Terms {
        currency,
        form: kind?,
        deliverables: deliverables.into_iter().collect::<Option<_>>()?,
        service_fee: ServiceFee {
            rate: rate?,
            taker: taker?,
        },
        penalty: penalty?,
        clocks: told.clocks.as_ref().map(clocks).unwrap_or_default(),
        channel: told.channel.unwrap_or_default(),
        part_funding: told.part_funding.unwrap_or_default(),
        programme: programme?,
    })
}

fn clocks(told: &ClocksIn) -> Clocks {
    let usual = Clocks::default();
    Clocks {
        funding: told.funding.unwrap_or(usual.funding),
        review: told.review.unwrap_or(usual.review),
        review_warning: told.review_warning.unwrap_or(usual.review_warning),
        revision_rounds: told.revision_rounds.unwrap_or(usual.revision_rounds),
        dispute: told.dispute.unwrap_or(usual.dispute),
        settle: told.settle.unwrap_or(usual.settle),
        refund_window: told.refund_window.unwrap_or(usual.refund_window),
        result_answer: told.result_answer.unwrap_or(usual.result_answer),
        rating: told.rating.unwrap_or(usual.rating),
    }
}

fn deliverable(form: &mut Form, told: &DeliverableIn, currency: Currency) -> Option<Deliverable> {
    let fee = form.amount("/fee", &told.fee, currency);
    let from = form.maybe("/from", told.from.as_deref());
    let to = form.maybe("/to", told.to.as_deref());
    let due = form.maybe("/due", told.due.as_deref());
    let external_id = form.maybe("/external_id", told.external_id.as_deref());
    Some(Deliverable {
        name: told.name.clone(),
        media: told.media.clone(),
        fee: fee?,
        from: from?,
        to: to?,
        minutes: told.minutes,
        due: due?,
        evidence: told.evidence.clone().unwrap_or_default(),
        external_id: external_id?,
    })
}

fn of_form(form: &mut Form, book: BookId, told: &FormIn, currency: Currency) -> Option<contract::Form> {
    let given: [(&str, bool, &[FormKind]); 6] = [
        (
            "/commission",
            told.commission.is_some(),
            &[FormKind::SlotFeeCommission, FormKind::Commission],
        ),
        ("/rate", told.rate.is_some(), &[FormKind::Hourly, FormKind::Hosted]),
        ("/target", told.target.is_some(), &[FormKind::Guarantee]),
        ("/tiers", told.tiers.is_some(), &[FormKind::Hosted]),
        (
            "/measured",
            told.measured.is_some(),
            &[FormKind::Guarantee, FormKind::Hosted],
        ),
        ("/cap", told.cap.is_some(), &[FormKind::Guarantee]),
    ];
    for (pointer, given, kinds) in given {
        let fits = kinds.contains(&told.kind);
        if given && !fits {
            form.fault(pointer, Fault::new("unexpected_field", "this form has no such term"));
        }
        if !given && fits && pointer != "/cap" {
            form.fault(pointer, Fault::new("missing_field", "this form needs this term"));
        }
    }
    let money = |form: &mut Form, pointer: &str, told: &Option<MoneyIn>| match told {
        Some(told) => form.amount(pointer, told, currency),
        None => Some(Minor::ZERO),
    };
    let rate = money(form, "/rate", &told.rate);
    let target = money(form, "/target", &told.target);
    let cap = money(form, "/cap", &told.cap);
    let part = told.commission.as_ref();
    let commission = part.map(|told| form.within("/commission", |form| commission(form, book, told)));
    let window = told.measured.as_ref();
    let measured = window.map(|told| form.within("/measured", |form| measured(form, book, told)));
    let tiers = told.tiers.as_deref().map(|told| tiers(form, told, currency));
    Some(match told.kind {
        FormKind::SlotFee => contract::Form::SlotFee,
        FormKind::Retainer => contract::Form::Retainer,
        FormKind::SlotFeeCommission => contract::Form::SlotFeeCommission {
            commission: commission??,
        },
        FormKind::Commission => contract::Form::Commission {
            commission: commission??,
        },
        FormKind::Hourly => contract::Form::Hourly { rate: rate? },
        FormKind::Guarantee => contract::Form::Guarantee {
            guarantee: Guarantee {
                target: target?,
                measured: measured??,
                remedy: told.remedy.unwrap_or(Remedy::ProRata),
                cap: cap.filter(|_| told.cap.is_some()),
            },
        },
        FormKind::Hosted => contract::Form::Hosted {
            hosted: Hosted {
                rate: rate?,
                tiers: tiers??,
                measured: measured??,
            },
        },
    })
}

fn tiers(form: &mut Form, told: &[SalesTierIn], currency: Currency) -> Option<Vec<(Minor, Rate)>> {
    let read = |(n, tier): (usize, &SalesTierIn)| {
        form.within(&format!("/tiers/{n}"), |form| {
            let from = form.amount("/from", &tier.from, currency);
            let rate = form.read("/rate", &tier.rate);
            from.zip(rate)
        })
    };
    let each: Vec<Option<(Minor, Rate)>> = told.iter().enumerate().map(read).collect();
    each.into_iter().collect()
}

fn commission(form: &mut Form, book: BookId, told: &CommissionIn) -> Option<Commission> {
    let items = items(form, book, &told.items);
    let rate = form.read("/rate", &told.rate);
    let from = form.read("/from", &told.from);
    let to = form.read("/to", &told.to);
    Some(Commission {
        items: items?,
        rate: rate?,
        from: from?,
        to: to?,
    })
}

fn measured(form: &mut Form, book: BookId, told: &MeasuredIn) -> Option<Measured> {
    let items = items(form, book, told.items.as_deref().unwrap_or_default());
    let from = form.read("/from", &told.from);
    let to = form.read("/to", &told.to);
    Some(Measured {
        items: items?,
        accounts: told.accounts.clone().unwrap_or_default(),
        from: from?,
        to: to?,
        gross: told.gross.unwrap_or_default(),
        source: told.source.clone(),
        excluded: told.excluded.clone().unwrap_or_default(),
    })
}

/// Reads items.
pub fn items(form: &mut Form, book: BookId, told: &[ItemOfIn]) -> Option<Vec<ItemId>> {
    let read = |(n, one): (usize, &ItemOfIn)| form.within(&format!("/items/{n}"), |form| one.read(form, book));
    let each: Vec<Option<ItemId>> = told.iter().enumerate().map(read).collect();
    each.into_iter().collect()
}
