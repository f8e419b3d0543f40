//! One row and a compiled mapping give clicks and facts, or one fault with a code.
//! Must never emit a part of a row: all it tells, or none of it.

mod cash;
pub(super) mod offer;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;

pub use cash::Cash;

use super::field::{Amount, Spec, outside_id};
use super::mapping::Kind;
use super::plan::{Cells, DISCOUNTS, ESTIMATED, EmitPlan, Found, Plan, SETTLED, TrackFields, all};
use crate::base::{BookId, ExternalId, Instant, LineId, PartyId, PartyKind, ReceiptId};
use crate::domain::click::{Click, FORMATS, OFF_SITES, PHASES, TRAFFIC, TRIGGERS};
use crate::domain::command::OfferTold;
use crate::domain::order::fact::{About, Discount, Funder, LineFact, NamedAmount, Reported, Snapshot, Track, What};
use crate::domain::receipt::ReceiptFact;
use crate::domain::returns::Returned;
use crate::money::{Currency, Minor, Rate};

/// Why a row was rejected: nothing of it was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowFault {
    /// Stable code.
    pub code: &'static str,
    /// The column or field at fault.
    pub column: Option<String>,
    /// A sentence for people.
    pub message: String,
}

impl RowFault {
    /// A fault with its code and sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> RowFault {
        RowFault {
            code,
            column: None,
            message: message.into(),
        }
    }

    /// Names the column or field, unless a nearer one is named already.
    #[must_use]
    pub fn at(mut self, column: &str) -> RowFault {
        self.column.get_or_insert_with(|| column.to_owned());
        self
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{} ({}: {})", self.code, column, self.message),
            None => write!(f, "{} ({})", self.code, self.message),
        }
    }
}

/// What a row told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A click.
    Click(Box<Click>),
    /// A fact of an order.
    Fact(Box<LineFact>),
    /// A return that names no order.
    Return(Box<Returned>),
    /// A movement on the owner's own account.
    Receipt(Box<ReceiptFact>),
    /// An offer of a supplier.
    Offer(Box<OfferTold>),
}

/// An amount that a row told: for the sums of a report, which are of the raw decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figure {
    /// In what kind of fact.
    pub kind: Kind,
    /// In which field.
    pub field: &'static str,
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

/// What a row came to. Reused from row to row.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// Clicks and facts, in the mapping's order.
    pub told: Vec<Told>,
    /// Amounts in them.
    pub figures: Vec<Figure>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken<'p> {
    /// It told something.
    Told,
    /// Left out on purpose, with the mapping's reason.
    Ignored(&'p str),
}

impl Plan {
    /// Maps one row into `out`, which it clears first. `ordinal`: which occurrence of the identical row this is, from 1.
    pub fn row(&self, book: BookId, cells: &Cells, ordinal: u32, out: &mut Emitted) -> Result<Taken<'_>, RowFault> {
        out.told.clear();
        out.figures.clear();
        for (reason, when) in &self.ignore {
            if all(when, cells) {
                return Ok(Taken::Ignored(reason));
            }
        }
        for emit in &self.emits {
            if !all(&emit.when, cells) {
                continue;
            }
            let mut row = Row {
                plan: self,
                emit,
                book,
                cells,
                ordinal,
                from: out.figures.len(),
                figures: &mut out.figures,
            };
            out.told.push(row.read()?);
        }
        if out.told.is_empty() {
            return Err(RowFault::new(
                "row_matches_nothing",
                "no emission of the mapping fits, and it is not ignored",
            ));
        }
        Ok(Taken::Told)
    }
}

/// One emission of one row.
struct Row<'a> {
    plan: &'a Plan,
    emit: &'a EmitPlan,
    book: BookId,
    cells: &'a Cells,
    ordinal: u32,
    /// Figures of emissions before this one.
    from: usize,
    figures: &'a mut Vec<Figure>,
}

impl<'a> Row<'a> {
    fn read(&mut self) -> Result<Told, RowFault> {
        if self.emit.kind == Kind::Click {
            return self.click().map(|click| Told::Click(Box::new(click)));
        }
        if self.emit.kind == Kind::Return {
            return self.returned().map(|returned| Told::Return(Box::new(returned)));
        }
        if self.emit.kind == Kind::Receipt {
            return self.receipt().map(|receipt| Told::Receipt(Box::new(receipt)));
        }
        if self.emit.kind == Kind::Offer {
            return self.offer().map(|offer| Told::Offer(Box::new(offer)));
        }
        let platform = self.platform()?;
        let line_no = self.need("line_no", Self::id)?;
        let before = self.figures.len();
        let what = self.what()?;
        let reported = self.reported()?;
        let has_amount = self.figures.len() > before || self.emit.fields.contains_key("currency");
        let currency = if has_amount { Some(self.currency()?) } else { None };
        Ok(Told::Fact(Box::new(LineFact {
            line: LineId::of(self.book, platform.as_str(), line_no.as_str()),
            at: self.need("at", Self::time)?,
            about: self.about()?,
            platform,
            line_no,
            currency,
            what,
            reported,
        })))
    }

    /// The text of a field, with where it was found; absent when the mapping has no such field.
    fn found(&self, name: &'static str) -> Result<Option<(&'a Found, Cow<'a, str>)>, RowFault> {
        let Some(alternatives) = self.emit.fields.get(name) else {
            return Ok(None);
        };
        for found in alternatives {
            let cells: Vec<Option<&'a str>> = found.slots.iter().map(|slot| self.cells.get(*slot)).collect();
            let text = found.spec.text(&cells, self.ordinal);
            if let Some(text) = text.map_err(|fault| fault.at(found.spec.column.as_deref().unwrap_or(name)))? {
                return Ok(Some((found, text)));
            }
        }
        if alternatives.iter().any(|found| found.spec.optional) {
            return Ok(None);
        }
        Err(self.name(RowFault::new("value_missing", "the cell is empty"), name))
    }

    fn text(&self, name: &'static str) -> Result<Option<(&'a Spec, Cow<'a, str>)>, RowFault> {
        Ok(self.found(name)?.map(|(found, text)| (&found.spec, text)))
    }

    fn name(&self, fault: RowFault, field: &str) -> RowFault {
        let first = self.emit.fields.get(field).and_then(|found| found.first());
        let column = first.and_then(|found| found.spec.column.as_deref());
        fault.at(column.unwrap_or(field))
    }

    fn need<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Self, &'static str) -> Result<Option<T>, RowFault>,
    ) -> Result<T, RowFault> {
        let missing = || RowFault::new("value_missing", "this fact cannot do without the value").at(name);
        read(self, name)?.ok_or_else(missing)
    }

    fn id(&mut self, name: &'static str) -> Result<Option<ExternalId>, RowFault> {
        let Some((_, text)) = self.text(name)? else {
            return Ok(None);
        };
        outside_id(&text).map(Some).map_err(|fault| self.name(fault, name))
    }

    fn time(&mut self, name: &'static str) -> Result<Option<Instant>, RowFault> {
        let Some((spec, text)) = self.text(name)? else {
            return Ok(None);
        };
        let time = spec.instant(&text, self.plan.source.zone);
        time.map(Some).map_err(|fault| self.name(fault, name))
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, RowFault> {
        let Some((_, text)) = self.text(name)? else {
            return Ok(None);
        };
        let wrong = || {
            self.name(
                RowFault::new("value_form", "not a value of the kind expected here"),
                name,
            )
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    fn word(&mut self, name: &'static str, words: &[&str]) -> Result<Option<String>, RowFault> {
        let Some((_, text)) = self.text(name)? else {
            return Ok(None);
        };
        if words.is_empty() || words.contains(&text.as_ref()) {
            return Ok(Some(text.into_owned()));
        }
        let message = format!("not one of {}", words.join(", "));
        Err(self.name(RowFault::new("word_unknown", message), name))
    }

    fn party(&mut self, name: &'static str) -> Result<Option<PartyId>, RowFault> {
        let Some((spec, text)) = self.text(name)? else {
            return Ok(None);
        };
        if let Ok(party) = text.parse() {
            return Ok(Some(party));
        }
        let number = outside_id(&text).map_err(|fault| self.name(fault, name))?;
        let kind = spec.party.unwrap_or(PartyKind::Anchor);
        Ok(Some(PartyId::of(self.book, kind, number.as_str())))
    }

    fn platform(&mut self) -> Result<ExternalId, RowFault> {
        match (self.id("platform")?, &self.plan.source.platform) {
            (Some(platform), _) => Ok(platform),
            (None, Some(platform)) => Ok(platform.clone()),
            (None, None) => Err(RowFault::new("value_missing", "the row names no platform").at("platform")),
        }
    }

    fn currency(&mut self) -> Result<Currency, RowFault> {
        match (self.parsed("currency")?, self.plan.source.currency) {
            (Some(currency), _) => Ok(currency),
            (None, Some(currency)) => Ok(currency),
            (None, None) => Err(RowFault::new("value_missing", "the row names no currency").at("currency")),
        }
    }

    fn amount(&mut self, name: &'static str) -> Result<Option<Minor>, RowFault> {
        let Some((found, text)) = self.found(name)? else {
            return Ok(None);
        };
        let currency = self.currency()?;
        let missing = || RowFault::new("value_missing", "how many units is not told");
        let units = found.times.map(|slot| self.cells.get(slot).ok_or_else(missing));
        let units = units.transpose().map_err(|fault| self.name(fault, name))?;
        let amount = found.spec.amount(&text, units, currency);
        let amount = amount.map_err(|fault| self.name(fault, name))?;
        // A settled base is the snapshot's and its track's: one figure of the row.
        let told = self.figures.iter().skip(self.from).any(|figure| figure.field == name);
        if !told {
            self.figures.push(Figure {
                kind: self.emit.kind,
                field: name,
                amount,
                currency,
            });
        }
        Ok(Some(amount.minor))
    }

    fn rate(&mut self, name: &'static str) -> Result<Option<Rate>, RowFault> {
        let Some((spec, text)) = self.text(name)? else {
            return Ok(None);
        };
        spec.rate(&text).map(Some).map_err(|fault| self.name(fault, name))
    }

    fn discounts(&mut self) -> Result<Vec<Discount>, RowFault> {
        let funders = [
            Funder::Merchant,
            Funder::Platform,
            Funder::Anchor,
            Funder::Agency,
            Funder::Payment,
        ];
        let mut discounts = Vec::new();
        for (name, funder) in DISCOUNTS.into_iter().zip(funders) {
            if let Some(amount) = self.amount(name)?.filter(|amount| !amount.is_zero()) {
                let kind = name.to_owned();
                discounts.push(Discount { funder, kind, amount });
            }
        }
        Ok(discounts)
    }

    fn about(&mut self) -> Result<About, RowFault> {
        Ok(About {
            order_no: self.id("order_no")?,
            buyer: self.id("buyer")?,
            item_no: self.id("item_no")?,
            shop_no: self.id("shop_no")?,
            category: self.word("category", &[])?,
            quantity: self.parsed("quantity")?,
            ordered_at: self.time("ordered_at")?,
            promoter: self.party("promoter")?,
            room: self.id("room")?,
            show: self.id("show")?,
            account: self.id("account")?,
            pid: self.id("pid")?,
            nick: self.id("nick")?,
            purpose: self.choice("purpose")?,
        })
    }

    /// One word of an enumeration.
    fn choice<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>, RowFault> {
        let Some((_, text)) = self.text(name)? else {
            return Ok(None);
        };
        let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(&text);
        let unknown = |error: serde::de::value::Error| RowFault::new("word_unknown", error.to_string());
        T::deserialize(word)
            .map(Some)
            .map_err(|error| self.name(unknown(error), name))
    }

    /// What the row says the line gives, when it says anything.
    fn reported(&mut self) -> Result<Option<Box<Reported>>, RowFault> {
        let reported = Reported {
            view: self.choice("view")?.unwrap_or_default(),
            estimated: self.track(&ESTIMATED)?,
            settled: self.track(&SETTLED)?,
        };
        Ok((reported != Reported::default()).then(|| Box::new(reported)))
    }

    fn track(&mut self, names: &TrackFields) -> Result<Option<Track>, RowFault> {
        let Some(gross) = self.amount(names.gross)? else {
            return Ok(None);
        };
        Ok(Some(Track {
            base: self.amount(names.base)?,
            rate: self.rate(names.rate)?,
            gross,
            content_fee: self.amount(names.content_fee)?,
            fees: self.named(&names.fees)?,
            subsidies: self.named(&names.subsidies)?,
        }))
    }

    fn named(&mut self, names: &[(&'static str, &'static str)]) -> Result<Vec<NamedAmount>, RowFault> {
        let mut told = Vec::new();
        for (field, name) in names {
            if let Some(amount) = self.amount(field)?.filter(|amount| !amount.is_zero()) {
                told.push(NamedAmount {
                    name: (*name).to_owned(),
                    amount,
                });
            }
        }
        Ok(told)
    }

    fn what(&mut self) -> Result<What, RowFault> {
        Ok(match self.emit.kind {
            Kind::Created => What::Created {
                payable: self.amount("amount")?,
                discounts: self.discounts()?,
            },
            Kind::Deposit => What::Deposit {
                amount: self.need("amount", Self::amount)?,
            },
            Kind::Tail => What::Tail {
                amount: self.need("amount", Self::amount)?,
            },
            Kind::Paid => What::Paid {
                amount: self.need("amount", Self::amount)?,
                discounts: self.discounts()?,
            },
            Kind::Received => What::Received,
            Kind::Fulfilled => What::Fulfilled {
                k: self.need("k", Self::parsed)?,
                n: self.need("n", Self::parsed)?,
            },
            Kind::Settled => What::Settled {
                base: self.amount("amount")?,
            },
            Kind::Closed => What::Closed {
                reason: self.word("reason", &[])?,
            },
            Kind::DepositKept => What::DepositKept {
                amount: self.need("amount", Self::amount)?,
            },
            Kind::PriceCorrected => What::PriceCorrected {
                fact: self.need("case", Self::id)?,
                paid: self.need("amount", Self::amount)?,
            },
            Kind::Snapshot => What::Snapshot(self.snapshot()?),
            Kind::RefundOpened
            | Kind::RefundWon
            | Kind::RefundLost
            | Kind::RefundDeducted
            | Kind::Frozen
            | Kind::Unfrozen
            | Kind::Forfeited
            | Kind::Return
            | Kind::Receipt
            | Kind::Offer
            | Kind::Click
            | Kind::Cash => self.case()?,
        })
    }

    /// Facts that belong to a case of the platform.
    fn case(&mut self) -> Result<What, RowFault> {
        let case = self.need("case", Self::id)?;
        Ok(match self.emit.kind {
            Kind::RefundOpened => What::RefundOpened { case },
            Kind::RefundLost => What::RefundLost { case },
            Kind::RefundDeducted => What::RefundDeducted { case },
            Kind::Frozen => What::Frozen { case },
            Kind::Unfrozen => What::Unfrozen { case },
            Kind::Forfeited => What::Forfeited { case },
            _ => What::RefundWon {
                case,
                goods: self.need("amount", Self::amount)?,
                freight: self.amount("freight")?.unwrap_or_default(),
                units: self.parsed("units")?,
                deducted: self.parsed("deducted")?.unwrap_or(false),
                manner: self.choice("manner")?,
            },
        })
    }

    fn snapshot(&mut self) -> Result<Snapshot, RowFault> {
        Ok(Snapshot {
            created_at: self.time("created_at")?,
            paid_at: self.time("paid_at")?,
            received_at: self.time("received_at")?,
            settled_at: self.time("settled_at")?,
            closed_at: self.time("closed_at")?,
            paid: self.amount("paid")?,
            settled_base: self.amount("settled_base")?,
            refunded: self.amount("refunded")?,
        })
    }

    fn returned(&mut self) -> Result<Returned, RowFault> {
        Ok(Returned {
            platform: self.platform()?,
            document: self.need("document", Self::id)?,
            row: self.need("row", Self::id)?,
            buyer: self.id("buyer")?,
            item_no: self.id("item_no")?,
            at: self.need("at", Self::time)?,
            currency: self.currency()?,
            units: self.need("units", Self::parsed)?,
            amount: self.need("amount", Self::amount)?,
        })
    }

    fn receipt(&mut self) -> Result<ReceiptFact, RowFault> {
        let source = self.platform()?;
        let flow_no = self.need("flow_no", Self::id)?;
        Ok(ReceiptFact {
            receipt: ReceiptId::of(self.book, source.as_str(), flow_no.as_str()),
            source,
            flow_no,
            at: self.need("at", Self::time)?,
            amount: self.need("amount", Self::amount)?,
            currency: self.currency()?,
            account: self.id("account")?,
            payer: self.remark("payer")?,
            tag: self.remark("tag")?,
            memo: self.remark("memo")?,
        })
    }

    /// Words for people: control characters become blanks, and the first 200 characters are taken. The row keeps the rest.
    fn remark(&mut self, name: &'static str) -> Result<Option<String>, RowFault> {
        let blank = |c: char| if c.is_control() { ' ' } else { c };
        let text = self.text(name)?;
        Ok(text.map(|(_, text)| text.chars().map(blank).take(200).collect()))
    }

    fn click(&mut self) -> Result<Click, RowFault> {
        let platform = self.platform()?;
        let click = Click {
            source: self.id("source")?.unwrap_or_else(|| platform.clone()),
            click_no: self.id("click_no")?,
            at: self.need("at", Self::time)?,
            buyer: self.need("buyer", Self::id)?,
            promoter: self.need("promoter", Self::party)?,
            item_no: self.id("item_no")?,
            shop_no: self.id("shop_no")?,
            room: self.id("room")?,
            show: self.id("show")?,
            slot: self.id("slot")?,
            traffic: self.word("traffic", &TRAFFIC)?,
            off_site: self.word("off_site", &OFF_SITES)?,
            campaign: self.id("campaign")?,
            phase: self.word("phase", &PHASES)?,
            trigger: self.word("trigger", &TRIGGERS)?,
            format: self.word("format", &FORMATS)?,
            segment: self.word("segment", &[])?,
            platform,
        };
        if click.item_no.is_none() && click.shop_no.is_none() {
            return Err(RowFault::new("value_missing", "a click needs an item_no or a shop_no").at("item_no"));
        }
        Ok(click)
    }
}
