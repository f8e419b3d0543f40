//! Tests of pricing: a small known world, then attribution, rules, limits and chains in files of their own.
//! Must never need a database.

mod chains;
mod clicks;
mod limits;
mod precedence;

use std::collections::HashMap;

use super::*;
use crate::base::{FormulaId, MembershipId, Name, PartyKind, RuleId, ShelfId, Zone, derive_uuid};
use crate::domain::book::{BookMode, BookOpened, Formula, FormulaVersion, Perspective};
use crate::domain::order::{About, Settleable};
use crate::domain::party::{Contract, ContractScope, Receiver, Share};
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleState, RuleTerms, Subjects, Version};
use crate::money::{Currency, Minor, Rate, Rounding};

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn ext(text: &str) -> ExternalId {
    text.parse().unwrap()
}

pub(super) fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

pub(super) fn book_id() -> BookId {
    BookId(derive_uuid("test", uuid::Uuid::nil(), &["book"]))
}

pub(super) fn party(kind: PartyKind, name: &str) -> PartyId {
    PartyId::of(book_id(), kind, name)
}

pub(super) fn anchor() -> PartyId {
    party(PartyKind::Anchor, "anchor")
}

pub(super) fn item() -> ItemId {
    ItemId::of(book_id(), "taobao", "item-1")
}

pub(super) fn shop() -> ShopId {
    ShopId::of(book_id(), "taobao", "shop-1")
}

/// A rule id that sorts by its number.
pub(super) fn rule_id(number: u128) -> RuleId {
    RuleId(uuid::Uuid::from_u128(number))
}

pub(super) fn formula() -> Formula {
    Formula {
        name: "plain".into(),
        basis: Default::default(),
        payer: None,
        platform: None,
        rounding: Rounding::HalfUp,
        add_back: Vec::new(),
        kept_deposit_is_base: false,
        content_fee: None,
        rates_are_overall: false,
        fees: Vec::new(),
        subsidies: Vec::new(),
        settleable: Settleable::PlatformSettled,
        window_seconds: 15 * 86_400,
        returns_without_order: false,
    }
}

pub(super) fn terms(subjects: Subjects, rates: Rates) -> RuleTerms {
    RuleTerms {
        subjects,
        from: at("2026-01-01T00:00:00Z"),
        to: None,
        rates,
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    }
}

pub(super) fn rule(number: u128, kind: PlanKind, scope: RuleScope, terms: RuleTerms) -> RuleState {
    RuleState {
        id: rule_id(number),
        external_id: None,
        brand: party(PartyKind::Brand, "brand"),
        kind,
        scope,
        currency: Currency::CNY,
        versions: vec![Version {
            number: 1,
            effective_from: terms.from,
            terms,
        }],
        ended_at: None,
        approved: Vec::new(),
        applied: Vec::new(),
    }
}

pub(super) fn open_item(number: u128, kind: PlanKind, percent: &str) -> RuleState {
    let terms = terms(Subjects::Everyone, Rates::Flat(rate(percent)));
    rule(number, kind, RuleScope::Item(item()), terms)
}

pub(super) fn named_item(number: u128, kind: PlanKind, percent: &str, who: PartyId) -> RuleState {
    let terms = terms(Subjects::Named(vec![who]), Rates::Flat(rate(percent)));
    rule(number, kind, RuleScope::Item(item()), terms)
}

pub(super) fn on_shop(number: u128, percent: &str) -> RuleState {
    let terms = terms(Subjects::Everyone, Rates::Flat(rate(percent)));
    rule(number, PlanKind::General, RuleScope::Shop(shop()), terms)
}

/// Everything that a pin may depend on, in memory.
pub(super) struct Small {
    pub book: BookState,
    pub shelves: HashMap<ShelfId, ShelfState>,
    pub parties: HashMap<PartyId, PartyState>,
    pub usages: HashMap<UsageId, UsageState>,
    pub placements: HashMap<PlacementId, PlacementState>,
    pub about: About,
    pub at: Instant,
    pub payable: Minor,
}

impl Known for Small {
    fn book(&self) -> Option<&BookState> {
        Some(&self.book)
    }
    fn item(&self, _: ItemId) -> Option<&ItemState> {
        None
    }
    fn brand(&self, _: ShopId) -> Option<PartyId> {
        None
    }
    fn shelf(&self, shelf: ShelfId) -> Option<&ShelfState> {
        self.shelves.get(&shelf)
    }
    fn party(&self, party: PartyId) -> Option<&PartyState> {
        self.parties.get(&party)
    }
    fn placement(&self, placement: PlacementId) -> Option<&PlacementState> {
        self.placements.get(&placement)
    }
    fn usage(&self, usage: UsageId) -> UsageState {
        self.usages.get(&usage).cloned().unwrap_or_default()
    }
}

impl Small {
    /// A book with a plain formula, and an order of one unit of the item for 100.00, promoted by the anchor.
    pub fn new(rules: impl IntoIterator<Item = RuleState>) -> Small {
        let opened = BookOpened {
            book: book_id(),
            name: "book".parse::<Name>().unwrap(),
            perspective: Perspective::Agency,
            mode: BookMode::Live,
            zone: Zone::SHANGHAI,
            currencies: vec![Currency::CNY],
            click_logs: 2,
        };
        let mut small = Small {
            book: BookState {
                opened,
                owner: None,
                formulas: Vec::new(),
                cut_off_through: None,
                clock: None,
                cut_overs: Vec::new(),
                reopened: std::collections::BTreeMap::new(),
                terms: Vec::new(),
                prefund: false,
            },
            shelves: HashMap::new(),
            parties: HashMap::new(),
            usages: HashMap::new(),
            placements: HashMap::new(),
            about: About {
                order_no: Some(ext("order-1")),
                item_no: Some(ext("item-1")),
                shop_no: Some(ext("shop-1")),
                promoter: Some(anchor()),
                ..About::default()
            },
            at: at("2026-06-18T12:00:00Z"),
            payable: Minor(10_000),
        };
        small.set_formula(formula());
        small.register(anchor());
        for rule in rules {
            let shelf = small.shelves.entry(rule.scope.shelf()).or_default();
            shelf.rules.push(rule);
        }
        small
    }

    pub fn set_formula(&mut self, terms: Formula) {
        let version = self.book.formulas.len() as u32 + 1;
        self.book.formulas.push(FormulaVersion {
            id: FormulaId(uuid::Uuid::nil()),
            version,
            effective_from: at("2026-01-01T00:00:00Z"),
            terms,
        });
    }

    pub fn register(&mut self, party: PartyId) {
        self.parties.entry(party).or_insert(PartyState {
            id: party,
            external_id: None,
            name: "party".parse().unwrap(),
            contracts: Vec::new(),
            entity: None,
            suspended: None,
            card: None,
            prefund: Default::default(),
        });
    }

    pub fn sign(
        &mut self,
        member: PartyId,
        upper: PartyId,
        share: Share,
        receiver: Receiver,
        from: &str,
        to: Option<&str>,
    ) {
        self.register(member);
        self.register(upper);
        let contracts = &mut self.parties.get_mut(&member).unwrap().contracts;
        let id = MembershipId(uuid::Uuid::from_u128(contracts.len() as u128));
        contracts.push(Contract {
            id,
            upper,
            scope: ContractScope::Cps,
            share,
            receiver,
            guarantee: None,
            from: at(from),
            to: to.map(at),
        });
    }

    pub fn pin_with(&self, clicks: &[Click], forced: Option<(&Click, &Pin)>) -> Option<Pin> {
        let request = PinRequest {
            at: self.at,
            payable: self.payable,
            currency: Currency::CNY,
            about: &self.about,
            agreed: None,
        };
        pin(&request, &ext("taobao"), self, clicks, forced)
    }

    pub fn pin(&self) -> Pin {
        self.pin_with(&[], None).unwrap()
    }

    pub fn pin_at(&mut self, time: &str) -> Pin {
        self.at = at(time);
        self.pin()
    }
}

/// Number of the rule that won.
pub(super) fn won(pin: &Pin) -> Option<u128> {
    pin.rule.as_ref().map(|choice| choice.rule.0.as_u128())
}

/// Losers as (rule number, reason).
pub(super) fn lost(pin: &Pin) -> Vec<(u128, crate::domain::order::Reason)> {
    pin.lost.iter().map(|c| (c.rule.0.as_u128(), c.reason)).collect()
}
