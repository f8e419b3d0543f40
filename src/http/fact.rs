//! One fact of a platform about one line, as sent: a flat object whose `kind` says which fields it has.
//! Must never judge a fact; a fact that makes no sense is parked by the order slice, not refused here.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::form::{Fault, Form};
use super::reported::{ReportedIn, reported};
use super::wire::MoneyIn;
use crate::base::{BookId, ExternalId, Instant, LineId};
use crate::domain::order::{About, Discount, Funder, Illegibility, LineFact, Manner, Purpose, Snapshot, What};
use crate::money::{Currency, Minor, MoneyError};

/// A discount already allocated to the line.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountIn {
    /// merchant, platform, anchor, agency or payment.
    #[schema(value_type = String, example = "merchant")]
    pub funder: Funder,
    /// What the platform calls it.
    #[schema(example = "shop_coupon")]
    pub kind: String,
    /// How much of it falls on this line.
    pub amount: MoneyIn,
}

/// The kind of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Placed; `amount` is what is to be paid, when told.
    Created,
    /// Pre-sale deposit paid.
    Deposit,
    /// Pre-sale tail paid.
    Tail,
    /// Paid in full.
    Paid,
    /// Receipt confirmed.
    Received,
    /// Session `k` of `n` used.
    Fulfilled,
    /// Settled by the platform; `amount` is its settled base, when it reports one.
    Settled,
    /// Closed.
    Closed,
    /// Deposit kept by the seller.
    DepositKept,
    /// Refund case opened.
    RefundOpened,
    /// Refund case won by the buyer; `amount` is goods, `freight` beside it.
    RefundWon,
    /// Refund case lost.
    RefundLost,
    /// Commission of a won refund deducted.
    RefundDeducted,
    /// Frozen.
    Frozen,
    /// Unfrozen.
    Unfrozen,
    /// Forfeited.
    Forfeited,
    /// Price corrected; `amount` now counts as paid.
    PriceCorrected,
    /// The platform's row as it stands; `at` is its modified time.
    Snapshot,
}

/// One fact.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactIn {
    /// The platform that is the source.
    #[schema(example = "taobao")]
    pub platform: Option<String>,
    /// The platform's sub-order number.
    pub line_no: Option<String>,
    /// Kind.
    pub kind: FactKind,
    /// Business time; of a snapshot its modified time.
    pub at: String,
    /// The amount of the fact, goods only.
    pub amount: Option<MoneyIn>,
    /// Discounts already allocated to this line (created, paid).
    pub discounts: Option<Vec<DiscountIn>>,
    /// Refund, freeze or forfeit case.
    pub case: Option<String>,
    /// Freight refunded; never touches commission.
    pub freight: Option<MoneyIn>,
    /// Units returned.
    pub units: Option<u32>,
    /// The source knows of no later deduction: won and deducted at once.
    pub deducted: Option<bool>,
    /// Number of a price correction.
    pub fact: Option<String>,
    /// Session, from 1.
    pub k: Option<u32>,
    /// Sessions in all.
    pub n: Option<u32>,
    /// Why it was closed.
    pub reason: Option<String>,
    /// The row as it stands.
    pub row: Option<RowIn>,
    /// The order number the buyer sees.
    pub order_no: Option<String>,
    /// Pseudonym of the buyer.
    pub buyer: Option<String>,
    /// The platform's item number.
    pub item_no: Option<String>,
    /// The platform's shop number.
    pub shop_no: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Units bought.
    pub quantity: Option<u32>,
    /// Order time, when this is not the created fact.
    pub ordered_at: Option<String>,
    /// The platform's own attribution: an anchor or promoter, id or own number.
    pub promoter: Option<String>,
    /// Live room.
    pub room: Option<String>,
    /// Show 场次.
    pub show: Option<String>,
    /// The platform account that the row was reported to.
    pub account: Option<String>,
    /// Promotion position 推广位 (PID).
    pub pid: Option<String>,
    /// Nick.
    pub nick: Option<String>,
    /// sale (the default), gift, own_use or exchange: what the line is for.
    #[schema(value_type = Option<String>)]
    pub purpose: Option<Purpose>,
    /// refund_only, return, exchange or price_protection: in what manner a refund was made.
    #[schema(value_type = Option<String>)]
    pub manner: Option<Manner>,
    /// What the platform says the line gives.
    pub reported: Option<ReportedIn>,
}

/// A platform row as it stands. Absent times mean "not (yet)".
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowIn {
    /// Created.
    pub created_at: Option<String>,
    /// Paid.
    pub paid_at: Option<String>,
    /// Received.
    pub received_at: Option<String>,
    /// Settled.
    pub settled_at: Option<String>,
    /// Closed.
    pub closed_at: Option<String>,
    /// Goods amount paid.
    pub paid: Option<MoneyIn>,
    /// Settled base.
    pub settled_base: Option<MoneyIn>,
    /// Goods refunded so far.
    pub refunded: Option<MoneyIn>,
}

/// The one currency of a fact; a second one is a fault.
#[derive(Default)]
pub struct OneCurrency(pub Option<Currency>);

impl OneCurrency {
    /// Reads an amount.
    pub fn amount(&mut self, form: &mut Form, pointer: &str, told: &MoneyIn) -> Option<Minor> {
        let money = form.money(pointer, told)?;
        let currency = *self.0.get_or_insert(money.currency);
        if currency != money.currency {
            form.fault(pointer, MoneyError::Mismatch(currency, money.currency));
            return None;
        }
        Some(money.minor)
    }

    /// Reads an amount that may be absent.
    pub fn maybe(&mut self, form: &mut Form, pointer: &str, told: Option<&MoneyIn>) -> Option<Option<Minor>> {
        told.map_or(Some(None), |told| self.amount(form, pointer, told).map(Some))
    }

    fn need(&mut self, form: &mut Form, pointer: &str, told: Option<&MoneyIn>) -> Option<Minor> {
        let told = form.need(pointer, told)?;
        self.amount(form, pointer, told)
    }

    /// Reads discounts.
    pub fn discounts(&mut self, form: &mut Form, told: &[DiscountIn]) -> Option<Vec<Discount>> {
        let mut read = Vec::new();
        for (n, discount) in told.iter().enumerate() {
            let kind = form
                .word(&format!("/discounts/{n}/kind"), Some(&discount.kind))
                .flatten();
            let amount = self.amount(form, &format!("/discounts/{n}/amount"), &discount.amount);
            read.push(kind.zip(amount).map(|(kind, amount)| Discount {
                funder: discount.funder,
                kind,
                amount,
            }));
        }
        read.into_iter().collect()
    }
}

/// Refuses the fields that a kind does not have.
fn only(form: &mut Form, told: &FactIn, allowed: &[&str]) {
    let given = [
        ("amount", told.amount.is_some()),
        ("discounts", told.discounts.is_some()),
        ("case", told.case.is_some()),
        ("freight", told.freight.is_some()),
        ("units", told.units.is_some()),
        ("deducted", told.deducted.is_some()),
        ("manner", told.manner.is_some()),
        ("fact", told.fact.is_some()),
        ("k", told.k.is_some()),
        ("n", told.n.is_some()),
        ("reason", told.reason.is_some()),
        ("row", told.row.is_some()),
    ];
    for (name, given) in given {
        if given && !allowed.contains(&name) {
            form.fault(
                &format!("/{name}"),
                Fault::new("unexpected_field", "this kind of fact has no such field"),
            );
        }
    }
}

fn allowed(kind: FactKind) -> &'static [&'static str] {
    match kind {
        FactKind::Created | FactKind::Paid => &["amount", "discounts"],
        FactKind::Deposit | FactKind::Tail | FactKind::DepositKept | FactKind::Settled => &["amount"],
        FactKind::Received => &[],
        FactKind::Fulfilled => &["k", "n"],
        FactKind::Closed => &["reason"],
        FactKind::RefundWon => &["case", "amount", "freight", "units", "deducted", "manner"],
        FactKind::RefundOpened | FactKind::RefundLost | FactKind::RefundDeducted => &["case"],
        FactKind::Frozen | FactKind::Unfrozen | FactKind::Forfeited => &["case"],
        FactKind::PriceCorrected => &["fact", "amount"],
        FactKind::Snapshot => &["row"],
    }
}

fn what(form: &mut Form, told: &FactIn, currency: &mut OneCurrency) -> Option<What> {
    only(form, told, allowed(told.kind));
    let amount = told.amount.as_ref();
    let discounts = currency.discounts(form, told.discounts.as_deref().unwrap_or_default());
    let case = |form: &mut Form| {
        let text = form.need("/case", told.case.as_deref())?;
        form.read::<ExternalId>("/case", text)
    };
    Some(match told.kind {
        FactKind::Created => What::Created {
            payable: currency.maybe(form, "/amount", amount)?,
            discounts: discounts?,
        },
        FactKind::Deposit => What::Deposit {
            amount: currency.need(form, "/amount", amount)?,
        },
        FactKind::Tail => What::Tail {
            amount: currency.need(form, "/amount", amount)?,
        },
        FactKind::Paid => What::Paid {
            amount: currency.need(form, "/amount", amount)?,
            discounts: discounts?,
        },
        FactKind::Received => What::Received,
        FactKind::Fulfilled => What::Fulfilled {
            k: form.need("/k", told.k)?,
            n: form.need("/n", told.n)?,
        },
        FactKind::Settled => What::Settled {
            base: currency.maybe(form, "/amount", amount)?,
        },
        FactKind::Closed => What::Closed {
            reason: form.word("/reason", told.reason.as_deref())?,
        },
        FactKind::DepositKept => What::DepositKept {
            amount: currency.need(form, "/amount", amount)?,
        },
        FactKind::RefundOpened => What::RefundOpened { case: case(form)? },
        FactKind::RefundWon => {
            let case = case(form);
            refund_won(form, told, case, currency)?
        }
        FactKind::RefundLost => What::RefundLost { case: case(form)? },
        FactKind::RefundDeducted => What::RefundDeducted { case: case(form)? },
        FactKind::Frozen => What::Frozen { case: case(form)? },
        FactKind::Unfrozen => What::Unfrozen { case: case(form)? },
        FactKind::Forfeited => What::Forfeited { case: case(form)? },
        FactKind::PriceCorrected => {
            let number = form.need("/fact", told.fact.as_deref());
            let fact = number.and_then(|text| form.read("/fact", text));
            let paid = currency.need(form, "/amount", amount);
            What::PriceCorrected {
                fact: fact?,
                paid: paid?,
            }
        }
        FactKind::Snapshot => {
            let row = form.need("/row", told.row.as_ref())?;
            What::Snapshot(form.within("/row", |form| snapshot(form, row, currency))?)
        }
    })
}

fn refund_won(form: &mut Form, told: &FactIn, case: Option<ExternalId>, currency: &mut OneCurrency) -> Option<What> {
    let goods = currency.need(form, "/amount", told.amount.as_ref());
    let freight = currency.maybe(form, "/freight", told.freight.as_ref())?;
    Some(What::RefundWon {
        case: case?,
        goods: goods?,
        freight: freight.unwrap_or_default(),
        units: told.units,
        deducted: told.deducted.unwrap_or(false),
        manner: told.manner,
    })
}

fn snapshot(form: &mut Form, row: &RowIn, currency: &mut OneCurrency) -> Option<Snapshot> {
    let mut time = |name: &str, text: &Option<String>| form.maybe::<Instant>(name, text.as_deref());
    let created_at = time("/created_at", &row.created_at);
    let paid_at = time("/paid_at", &row.paid_at);
    let received_at = time("/received_at", &row.received_at);
    let settled_at = time("/settled_at", &row.settled_at);
    let closed_at = time("/closed_at", &row.closed_at);
    let paid = currency.maybe(form, "/paid", row.paid.as_ref());
    let settled_base = currency.maybe(form, "/settled_base", row.settled_base.as_ref());
    let refunded = currency.maybe(form, "/refunded", row.refunded.as_ref());
    Some(Snapshot {
        created_at: created_at?,
        paid_at: paid_at?,
        received_at: received_at?,
        settled_at: settled_at?,
        closed_at: closed_at?,
        paid: paid?,
        settled_base: settled_base?,
        refunded: refunded?,
    })
}

fn about(form: &mut Form, book: BookId, told: &FactIn) -> Option<About> {
    let mut number = |name: &str, text: &Option<String>| form.maybe::<ExternalId>(name, text.as_deref());
    let order_no = number("/order_no", &told.order_no);
    let buyer = number("/buyer", &told.buyer);
    let item_no = number("/item_no", &told.item_no);
    let shop_no = number("/shop_no", &told.shop_no);
    let room = number("/room", &told.room);
    let show = number("/show", &told.show);
    let account = number("/account", &told.account);
    let pid = number("/pid", &told.pid);
    let nick = number("/nick", &told.nick);
    let category = form.word("/category", told.category.as_deref());
    let ordered_at = form.maybe("/ordered_at", told.ordered_at.as_deref());
    let promoter = match &told.promoter {
        Some(text) => form.promoter("/promoter", book, text).map(Some),
        None => Some(None),
    };
    Some(About {
        order_no: order_no?,
        buyer: buyer?,
        item_no: item_no?,
        shop_no: shop_no?,
        category: category?,
        quantity: told.quantity,
        ordered_at: ordered_at?,
        promoter: promoter?,
        room: room?,
        show: show?,
        account: account?,
        pid: pid?,
        nick: nick?,
        purpose: told.purpose,
    })
}

/// Reads a fact; every fault is noted in the form. A fact at fault only in the spelling of amounts is one that the
/// platform did tell: it is kept as it was sent, to be parked with that code (decision B8).
pub fn read(form: &mut Form, book: BookId, told: &FactIn) -> Option<LineFact> {
    let platform = form.need("/platform", told.platform.as_deref());
    let platform: Option<ExternalId> = platform.and_then(|text| form.read("/platform", text));
    let line_no = form.need("/line_no", told.line_no.as_deref());
    let line_no: Option<ExternalId> = line_no.and_then(|text| form.read("/line_no", text));
    let at = form.read("/at", &told.at);
    let about = about(form, book, told);
    let mut currency = OneCurrency::default();
    let what = what(form, told, &mut currency);
    let reported = match &told.reported {
        None => Some(None),
        Some(told) => form.within("/reported", |form| reported(form, told, &mut currency).map(Some)),
    };
    let (platform, line_no, at, about) = (platform?, line_no?, at?, about?);
    let line = LineId::of(book, platform.as_str(), line_no.as_str());
    let illegibility = form.all_faults_of(&Illegibility::ALL.map(Illegibility::code));
    let (what, currency, reported) = match (what, illegibility) {
        (_, Some(code)) => (illegible(told, code)?, None, None),
        (what, None) => (what?, currency.0, reported?.map(Box::new)),
    };
    Some(LineFact {
        line,
        platform,
        line_no,
        at,
        currency,
        about,
        what,
        reported,
    })
}

fn illegible(told: &FactIn, code: &str) -> Option<What> {
    let fault = Illegibility::ALL.into_iter().find(|fault| fault.code() == code)?;
    // Not the bytes of the request but the fields it had, in one order: told again with other blanks it is the same.
    let mut sent = serde_json::to_value(told).ok()?;
    drop_absent(&mut sent);
    Some(What::Illegible {
        fault,
        raw: sent.to_string(),
    })
}

/// Fields that were not sent.
fn drop_absent(value: &mut serde_json::Value) {
    if let serde_json::Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(drop_absent);
    }
}
