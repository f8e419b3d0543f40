//! Offers in a row: what a supplier sells at which price, read by stated rules, each noted on the offer it was applied to.
//! Must never guess a price: a row without one is rejected, and what the rules could not say plainly is noted by its code.
//!
//! The rules, by the code of their note:
//! - `unit_stripped`: a number carries its unit (`19副`): the digits are the number, the rest is what a unit is called.
//! - `tiers_missing`: no tiers are stated: the sale price holds for every quantity.
//! - `range_only`: only a lowest and a highest price are stated: quotes name the highest and say that it is at most that.
//! - `single_price`: lowest and highest price are the same: it holds for every quantity.
//! - `sale_price_differs`: the sale price is not the first tier's: tiers decide, the sale price is kept beside them.
//! - `tiers_not_monotone`: a larger quantity has a dearer unit: kept as stated.
//! - `tier_ends_differ`: a tier's stated end is not the unit before the next one: where a tier begins decides.
//! - `min_order_unstated`: no minimum order is stated: where the first tier begins, else one unit.
//! - `supplier_unnamed`: the row names no supplier.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Row, RowFault};
use crate::base::Name;
use crate::domain::command::{OfferTold, SupplierTold};
use crate::domain::offer::{Consign, Freight, Note, OfferFigures, OfferTerms, PriceRange, Tier};
use crate::domain::supplier::{Profile, Scores, party_of};
use crate::intake::ndjson;
use crate::money::Minor;

/// Fields that an offer needs.
pub(in crate::intake) const NEEDS: [&str; 2] = ["product_no", "subject"];
/// Fields that it may have.
pub(in crate::intake) const MAY: [&str; 41] = [
    "platform",
    "currency",
    "other_subject",
    "category",
    "place",
    "url",
    "tags",
    "unit",
    "tiers",
    "sale_price",
    "list_price",
    "price_low",
    "price_high",
    "min_order",
    "mixed",
    "private_price",
    "seller_pays",
    "ships_within_h",
    "dropship",
    "consign_price",
    "consign_seller_pays",
    "sold",
    "sold_days",
    "orders",
    "score",
    "repurchase",
    "supplier_no",
    "company",
    "login_name",
    "business",
    "factory_inspected",
    "super_factory",
    "services",
    "score_composite",
    "score_logistics",
    "score_dispute",
    "score_offer",
    "score_after_sales",
    "score_consulting",
    "medal",
    "member_years",
];

/// A number that may carry its unit: the digits, and what stands behind them.
fn numbered(text: &str) -> Result<(u32, Option<&str>), RowFault> {
    let wrong = || {
        RowFault::new(
            "value_form",
            "not a number of units, with or without its unit behind it",
        )
    };
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim();
    // A sign, a point or a comma behind digits is a number of another form, not a unit.
    if unit.starts_with(|c: char| c.is_ascii_punctuation()) {
        return Err(wrong());
    }
    let number = digits.parse().map_err(|_| wrong())?;
    Ok((number, Some(unit).filter(|unit| !unit.is_empty())))
}

/// The texts of a list: of JSON, or one text alone.
fn texts(text: &str) -> Result<Vec<String>, RowFault> {
    let listed = match text.starts_with('[') {
        true => serde_json::from_str(text).map_err(|_| RowFault::new("value_form", "not a list of texts"))?,
        false => vec![text.to_owned()],
    };
    let kept = listed.iter().map(|text: &String| text.trim().to_owned());
    Ok(kept.filter(|text| !text.is_empty()).collect())
}

impl Row<'_> {
    /// The offer that a row tells.
    pub(super) fn offer(&mut self) -> Result<OfferTold, RowFault> {
        let source = self.platform()?;
        let currency = self.currency()?;
        let product_no = self.need("product_no", Self::id)?;
        let subject: Name = self.need("subject", Self::parsed)?;
        let mut terms = OfferTerms::plain(source.clone(), product_no, subject, currency);
        terms.other_subject = self.parsed("other_subject")?;
        terms.company = self.parsed("company")?;
        terms.category = self.listed("category")?;
        terms.tags = self.listed("tags")?;
        terms.place = Some(self.listed("place")?.join(" ")).filter(|place| !place.is_empty());
        terms.url = self.remark("url")?;
        terms.unit = self.remark("unit")?;
        terms.mixed = self.flag("mixed")?;
        terms.private_price = self.flag("private_price")?;
        terms.freight = self.freight("seller_pays")?;
        terms.ships_within_h = self.parsed("ships_within_h")?;
        self.consigned(&mut terms)?;
        self.priced(&mut terms)?;
        self.least(&mut terms)?;
        let supplier = self.supplier()?;
        terms.supplier = supplier
            .as_ref()
            .map(|told| party_of(self.book, &source, &told.member_no));
        terms.flag();
        terms.check().map_err(|refusal| {
            let field = refusal.fields.first();
            let at = field.map_or("offer", |field| field.pointer.trim_start_matches('/'));
            RowFault::new(refusal.code, refusal.message.clone()).at(at)
        })?;
        Ok(OfferTold {
            terms,
            supplier,
            figures: Some(self.figures_of_offer()?).filter(|figures| *figures != OfferFigures::default()),
            reported_at: None,
        })
    }

    fn listed(&mut self, name: &'static str) -> Result<Vec<String>, RowFault> {
        let Some((_, text)) = self.text(name)? else {
            return Ok(Vec::new());
        };
        texts(&text).map_err(|fault| self.name(fault, name))
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, RowFault> {
        Ok(self.parsed(name)?.unwrap_or(false))
    }

    fn freight(&mut self, name: &'static str) -> Result<Freight, RowFault> {
        Ok(match self.flag(name)? {
            true => Freight::SellerPays,
            false => Freight::Unknown,
        })
    }

    /// A price; one with more decimals than its currency has is rejected, not rounded.
    fn price(&mut self, name: &'static str) -> Result<Option<Minor>, RowFault> {
        let Some((found, text)) = self.found(name)? else {
            return Ok(None);
        };
        let currency = self.currency()?;
        let price = found
            .spec
            .amount(&text, None, currency)
            .map_err(|fault| self.name(fault, name))?;
        match price.difference.is_zero() {
            true => Ok(Some(price.minor)),
            false => {
                let message = "more decimals than the currency has";
                Err(self.name(RowFault::new("price_decimals", message), name))
            }
        }
    }

    fn consigned(&mut self, terms: &mut OfferTerms) -> Result<(), RowFault> {
        if self.flag("dropship")? {
            terms.consign = Some(Consign {
                price: self.price("consign_price")?,
                freight: self.freight("consign_seller_pays")?,
            });
        }
        Ok(())
    }

    /// Tiers, else one price, else a range.
    fn priced(&mut self, terms: &mut OfferTerms) -> Result<(), RowFault> {
        terms.sale_price = self.price("sale_price")?;
        terms.list_price = self.price("list_price")?;
        self.tiers(terms)?;
        if !terms.tiers.is_empty() {
            return Ok(());
        }
        match (self.price("price_low")?, self.price("price_high")?) {
            (Some(low), Some(high)) if low == high => {
                terms.single_price = Some(low);
                terms.notes.insert(Note::SinglePrice);
            }
            (Some(low), Some(high)) => {
                terms.range = Some(PriceRange { low, high });
                terms.notes.insert(Note::RangeOnly);
            }
            _ => {
                let missing = || RowFault::new("price_missing", "the row states no price").at("sale_price");
                terms.single_price = Some(terms.sale_price.ok_or_else(missing)?);
                terms.notes.insert(Note::TiersMissing);
            }
        }
        Ok(())
    }

    fn tiers(&mut self, terms: &mut OfferTerms) -> Result<(), RowFault> {
        let Some((found, text)) = self.found("tiers")? else {
            return Ok(());
        };
        let members = &found.spec.members;
        let fault = |fault: RowFault| self.name(fault, "tiers");
        let wrong = || fault(RowFault::new("value_form", "not a list of tiers"));
        let listed: Vec<&RawValue> = serde_json::from_str(&text).map_err(|_| wrong())?;
        let mut ends = Vec::with_capacity(listed.len());
        for tier in listed {
            let mut told: BTreeMap<String, String> = BTreeMap::new();
            ndjson::flatten(tier.get(), &mut |path, value| {
                told.insert(path.to_owned(), value.to_owned());
            })
            .map_err(|_| wrong())?;
            let get = |member: &str| {
                let named = members.get(member).map_or(member, String::as_str);
                told.get(named).map(|text| text.trim()).filter(|text| !text.is_empty())
            };
            let missing = || {
                fault(RowFault::new(
                    "value_missing",
                    "a tier needs where it begins, and a price",
                ))
            };
            let (from, unit) = numbered(get("from").ok_or_else(missing)?).map_err(fault)?;
            let to = get("to").map(numbered).transpose().map_err(fault)?;
            let spec = crate::intake::field::Spec::default();
            let amount = spec
                .amount(get("price").ok_or_else(missing)?, None, terms.currency)
                .map_err(fault)?;
            if !amount.difference.is_zero() {
                return Err(fault(RowFault::new(
                    "price_decimals",
                    "more decimals than the currency has",
                )));
            }
            if let Some(unit) = unit.or_else(|| to.and_then(|(_, unit)| unit)) {
                terms.notes.insert(Note::UnitStripped);
                terms.unit.get_or_insert_with(|| unit.to_owned());
            }
            terms.tiers.push(Tier {
                from,
                price: amount.minor,
            });
            ends.push((from, to.map(|(to, _)| to)));
        }
        terms.tiers.sort_by_key(|tier| tier.from);
        ends.sort_by_key(|(from, _)| *from);
        let next = ends.iter().skip(1).map(|(from, _)| from.checked_sub(1)).chain([None]);
        if ends.iter().zip(next).any(|((_, to), last)| to.is_some() && *to != last) {
            terms.notes.insert(Note::TierEndsDiffer);
        }
        Ok(())
    }

    fn least(&mut self, terms: &mut OfferTerms) -> Result<(), RowFault> {
        if let Some((_, text)) = self.text("min_order")? {
            let (least, unit) = numbered(&text).map_err(|fault| self.name(fault, "min_order"))?;
            terms.min_order = least;
            if let Some(unit) = unit {
                terms.notes.insert(Note::UnitStripped);
                terms.unit.get_or_insert_with(|| unit.to_owned());
            }
            return Ok(());
        }
        terms.min_order = terms.tiers.first().map_or(1, |tier| tier.from);
        if terms.tiers.is_empty() {
            terms.notes.insert(Note::MinOrderUnstated);
        }
        Ok(())
    }

    fn figures_of_offer(&mut self) -> Result<OfferFigures, RowFault> {
        let sold = self.parsed("sold")?;
        Ok(OfferFigures {
            sold,
            sold_days: self.parsed("sold_days")?.filter(|_| sold.is_some()),
            orders: self.parsed("orders")?,
            score: self.parsed("score")?,
            repurchase_ppm: self.rate("repurchase")?,
        })
    }

    fn supplier(&mut self) -> Result<Option<SupplierTold>, RowFault> {
        let Some(member_no) = self.remark("supplier_no")? else {
            return Ok(None);
        };
        let login_name = self.remark("login_name")?;
        let unnamed = || RowFault::new("value_form", "not a name of a company").at("company");
        let name = match self.parsed::<Name>("company")? {
            Some(company) => company,
            None => {
                let shown = login_name.as_deref().unwrap_or(&member_no);
                shown.parse().map_err(|_| unnamed())?
            }
        };
        Ok(Some(SupplierTold {
            member_no,
            name,
            scores: Scores {
                composite: self.parsed("score_composite")?,
                logistics: self.parsed("score_logistics")?,
                dispute: self.parsed("score_dispute")?,
                offer: self.parsed("score_offer")?,
                after_sales: self.parsed("score_after_sales")?,
                consulting: self.parsed("score_consulting")?,
                medal: self.parsed("medal")?,
                member_years: self.parsed("member_years")?,
                ..Scores::default()
            },
            profile: Profile {
                login_name,
                business: self.remark("business")?,
                factory_inspected: self.flag("factory_inspected")?,
                super_factory: self.flag("super_factory")?,
                services: self.listed("services")?,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_with_or_without_its_unit() {
        assert_eq!(numbered("20").unwrap(), (20, None));
        assert_eq!(numbered("19副").unwrap(), (19, Some("副")));
        assert_eq!(numbered(" 1000 个 ").unwrap(), (1_000, Some("个")));
        for text in ["", "副", "-1", "1.5", "1,000", "99999999999"] {
            assert_eq!(numbered(text).unwrap_err().code, "value_form", "{text}");
        }
    }
}
