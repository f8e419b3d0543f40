//! Stand-ins: objects that a file does not have but the ledger needs so that its rows can post legs.
//! Must never be taken for data of the file: each is made by a command whose name carries the mapping's label.

use serde::Deserialize;

use super::mapping::MappingError;
use crate::base::{BookId, ExternalId, Instant, ItemId, Name, PartyId, PartyKind, ShopId};
use crate::domain::book::{Fee, Formula, FormulaBasis, Subsidy};
use crate::domain::command::Command;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::money::{Currency, Rate, Rounding};

/// The `[setup]` of a mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Appended to every name, such as `stand-in, not data of the file`.
    pub label: String,
    /// Everything is in force from here: before the first row.
    pub from: Instant,
    /// Parties.
    #[serde(default)]
    pub party: Vec<SetupParty>,
    /// Contracts.
    #[serde(default)]
    pub membership: Vec<SetupMembership>,
    /// Shops.
    #[serde(default)]
    pub shop: Vec<SetupShop>,
    /// The formula.
    pub formula: Option<SetupFormula>,
    /// Rules.
    #[serde(default)]
    pub rule: Vec<SetupRule>,
}

/// A party.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupParty {
    /// What it is.
    pub kind: PartyKind,
    /// Its number, by which fields name it.
    pub external_id: ExternalId,
    /// Name, before the label.
    pub name: String,
}

/// A contract of an anchor with its agency.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupMembership {
    /// Number of the anchor.
    pub anchor: ExternalId,
    /// Number of the agency.
    pub agency: ExternalId,
    /// What the agency keeps.
    pub agency_keeps: String,
}

/// A shop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupShop {
    /// Platform.
    pub platform: ExternalId,
    /// Number.
    pub shop_no: ExternalId,
    /// Name, before the label.
    pub name: String,
    /// Number of its brand.
    pub brand: ExternalId,
}

/// A fee of the formula, on the gross commission.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupFee {
    /// Component name, such as `technical_fee`.
    pub name: String,
    /// Number of the platform that takes it.
    pub taker: ExternalId,
    /// Rate; only names the taker where the row reports the amount.
    #[serde(default = "no_rate")]
    pub rate: String,
}

fn no_rate() -> String {
    "0".to_owned()
}

/// The formula.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupFormula {
    /// Only for this platform.
    pub platform: Option<ExternalId>,
    /// `as_reported` posts the row's own figures.
    #[serde(default)]
    pub basis: FormulaBasis,
    /// Number of the platform that owes what is reported; else the brand of the line's shop.
    pub payer: Option<ExternalId>,
    /// Number of the platform that takes the content fee of what is reported.
    pub content_fee_taker: Option<ExternalId>,
    /// Attribution window in days.
    #[serde(default)]
    pub window_days: i64,
    /// Fees, in order.
    #[serde(default)]
    pub fee: Vec<SetupFee>,
    /// Subsidies of what is reported: name and the platform that pays it.
    #[serde(default)]
    pub subsidy: Vec<SetupSubsidy>,
}

/// A subsidy that a row reports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupSubsidy {
    /// Component name, such as `subsidy`.
    pub name: String,
    /// Number of the platform that pays it.
    pub payer: ExternalId,
}

/// A general rule on a shop or an item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupRule {
    /// Number.
    pub external_id: ExternalId,
    /// Number of the brand.
    pub brand: ExternalId,
    /// Platform of the shop or item.
    pub platform: ExternalId,
    /// Number of the shop.
    pub shop_no: Option<ExternalId>,
    /// Number of the item.
    pub item_no: Option<ExternalId>,
    /// Rate.
    pub rate: String,
    /// Currency of its amounts.
    pub currency: Currency,
}

fn rate(text: &str) -> Result<Rate, MappingError> {
    text.parse()
        .map_err(|error| MappingError::Sense(format!("rate {text:?} of the setup: {error}")))
}

impl Setup {
    fn label(&self, name: &str) -> Result<Name, MappingError> {
        let text = format!("{name} ({})", self.label);
        text.parse()
            .map_err(|error| MappingError::Sense(format!("name {text:?} of the setup: {error}")))
    }

    /// The commands that make the stand-ins, in dependency order, each with the idempotency key that makes it once per book.
    pub fn commands(&self, mapping: &str, book: BookId) -> Result<Vec<(String, Command)>, MappingError> {
        let mut commands = Vec::new();
        let key = |what: &str, id: &str| format!("setup:{mapping}:{what}:{id}");
        for party in &self.party {
            commands.push((
                key("party", party.external_id.as_str()),
                Command::RegisterParty {
                    kind: party.kind,
                    external_id: Some(party.external_id.clone()),
                    name: self.label(&party.name)?,
                },
            ));
        }
        for shop in &self.shop {
            commands.push((
                key("shop", shop.shop_no.as_str()),
                Command::RegisterShop {
                    platform: shop.platform.clone(),
                    shop_no: shop.shop_no.clone(),
                    name: self.label(&shop.name)?,
                    brand: PartyId::of(book, PartyKind::Brand, shop.brand.as_str()),
                },
            ));
        }
        for contract in &self.membership {
            commands.push((
                key("membership", contract.anchor.as_str()),
                Command::SignMembership {
                    member: PartyId::of(book, PartyKind::Anchor, contract.anchor.as_str()),
                    upper: PartyId::of(book, PartyKind::Agency, contract.agency.as_str()),
                    scope: ContractScope::Cps,
                    share: Share::UpperKeeps(rate(&contract.agency_keeps)?),
                    receiver: Receiver::Book,
                    guarantee: None,
                    from: self.from,
                    to: None,
                },
            ));
        }
        if let Some(formula) = &self.formula {
            commands.push((
                key("formula", "1"),
                Command::SetFormula {
                    formula: None,
                    effective_from: Some(self.from),
                    terms: Box::new(self.formula(formula, mapping, book)?),
                },
            ));
        }
        for rule in &self.rule {
            commands.push((key("rule", rule.external_id.as_str()), self.rule(rule, book)?));
        }
        Ok(commands)
    }

    fn formula(&self, formula: &SetupFormula, mapping: &str, book: BookId) -> Result<Formula, MappingError> {
        let mut fees = Vec::with_capacity(formula.fee.len());
        for fee in &formula.fee {
            fees.push(Fee {
                name: fee.name.clone(),
                taker: PartyId::of(book, PartyKind::Platform, fee.taker.as_str()),
                rate: rate(&fee.rate)?,
                of: FeeOf::Gross,
            });
        }
        let platform = |number: &ExternalId| PartyId::of(book, PartyKind::Platform, number.as_str());
        let subsidies = formula.subsidy.iter().map(|subsidy| Subsidy {
            name: subsidy.name.clone(),
            payer: platform(&subsidy.payer),
            rate: Rate::ZERO,
            cap: None,
            share: Rate::ONE,
        });
        let subsidies = subsidies.collect();
        let window = formula.window_days.checked_mul(86_400).filter(|window| *window >= 0);
        let too_long = || MappingError::Sense("window_days of the setup is out of range".into());
        Ok(Formula {
            name: format!("{mapping} ({})", self.label),
            basis: formula.basis,
            platform: formula.platform.clone(),
            payer: formula.payer.as_ref().map(&platform),
            rounding: Rounding::HalfUp,
            add_back: Vec::new(),
            kept_deposit_is_base: false,
            content_fee: formula
                .content_fee_taker
                .as_ref()
                .map(|taker| (platform(taker), Rate::ZERO)),
            rates_are_overall: false,
            fees,
            subsidies,
            settleable: Settleable::PlatformSettled,
            window_seconds: window.ok_or_else(too_long)?,
        })
    }

    fn rule(&self, rule: &SetupRule, book: BookId) -> Result<Command, MappingError> {
        let scope = match (&rule.shop_no, &rule.item_no) {
            (Some(shop), None) => RuleScope::Shop(ShopId::of(book, rule.platform.as_str(), shop.as_str())),
            (None, Some(item)) => RuleScope::Item(ItemId::of(book, rule.platform.as_str(), item.as_str())),
            _ => {
                let message = format!("rule {} of the setup names either a shop or an item", rule.external_id);
                return Err(MappingError::Sense(message));
            }
        };
        Ok(Command::PostRule {
            external_id: Some(rule.external_id.clone()),
            brand: PartyId::of(book, PartyKind::Brand, rule.brand.as_str()),
            kind: PlanKind::General,
            scope,
            currency: rule.currency,
            terms: Box::new(RuleTerms {
                subjects: Subjects::Everyone,
                from: self.from,
                to: None,
                rates: Rates::Flat(rate(&rule.rate)?),
                first_n: None,
                budget: None,
                cap_per_order: None,
                give_back: false,
                priority: 0,
                locked: false,
                paused: false,
            }),
        })
    }
}
