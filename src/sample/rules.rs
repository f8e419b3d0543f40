//! The rules of the sample: every kind of plan, stepped and tiered rates, limits, and changes inside the month.
//! Must never post two exclusive plans on one item: overlaps are refused, and the sample is to load without refusals.

use super::cast::{Cast, percent};
use super::{Change, Step, at, number, start};
use crate::base::{Instant, PartyId};
use crate::domain::command::Command;
use crate::domain::plan::{PlanKind, Rates, RuleScope, RuleTerms, Subjects};
use crate::money::{Currency, Minor};

/// The rules, over a cast.
pub(super) struct Rules<'a> {
    cast: &'a Cast,
}

/// One rule to post.
struct Posting {
    key: String,
    shop: u64,
    kind: PlanKind,
    scope: RuleScope,
    terms: RuleTerms,
}

fn terms(rate: u64) -> RuleTerms {
    RuleTerms {
        subjects: Subjects::Everyone,
        from: start(),
        to: None,
        rates: Rates::Flat(percent(rate)),
        first_n: None,
        budget: None,
        cap_per_order: None,
        give_back: false,
        priority: 0,
        locked: false,
        paused: false,
    }
}

impl<'a> Rules<'a> {
    pub(super) fn new(cast: &'a Cast) -> Rules<'a> {
        Rules { cast }
    }

    fn item(&self, item: u64, suffix: &str, kind: PlanKind, terms: RuleTerms) -> Posting {
        Posting {
            key: format!("item-{item:04}-{suffix}"),
            shop: self.cast.shop_of(item),
            kind,
            scope: RuleScope::Item(self.cast.item_id(item)),
            terms,
        }
    }

    fn shop(&self, shop: u64) -> Posting {
        let mut rule = terms(8 + shop % 9);
        match shop % 12 {
            4 => rule.rates = Rates::Stepped(vec![(Minor::ZERO, percent(8)), (Minor(2_000_000), percent(12))]),
            8 => rule.rates = Rates::Tiered(vec![(Minor::ZERO, percent(6)), (Minor(1_000_000), percent(15))]),
            _ => {}
        }
        Posting {
            key: format!("shop-{shop:02}-general"),
            shop,
            kind: PlanKind::General,
            scope: RuleScope::Shop(self.cast.shop_id(shop)),
            terms: rule,
        }
    }

    /// Anchors that a rule names: three, spread by the item.
    fn named(&self, item: u64) -> Vec<PartyId> {
        let anchors = self.cast.size.anchors.max(1);
        let mut named: Vec<PartyId> = [item, item * 3 + 1, item * 7 + 2]
            .map(|n| self.cast.anchor(1 + n % anchors))
            .to_vec();
        named.sort_unstable();
        named.dedup();
        named
    }

    fn of_item(&self, item: u64) -> Option<Posting> {
        let rule = match item % 20 {
            1 | 2 | 3 | 11 => self.item(item, "general", PlanKind::General, terms(10 + item % 11)),
            4 => self.item(
                item,
                "marketing",
                PlanKind::Marketing,
                between(terms(22), at(8, 0), at(13, 0)),
            ),
            5 => {
                let subjects = Subjects::Named(self.named(item));
                self.item(
                    item,
                    "selfselect",
                    PlanKind::SelfSelect,
                    RuleTerms { subjects, ..terms(18) },
                )
            }
            6 => {
                let first_n = Some(20);
                self.item(item, "firstn", PlanKind::FirstN, RuleTerms { first_n, ..terms(30) })
            }
            7 => {
                let subjects = Subjects::OnApproval(Vec::new());
                self.item(
                    item,
                    "targeted",
                    PlanKind::Targeted,
                    RuleTerms { subjects, ..terms(25) },
                )
            }
            8 if item.is_multiple_of(3) => {
                let subjects = Subjects::Named(self.named(item));
                self.item(
                    item,
                    "exclusive",
                    PlanKind::Exclusive,
                    RuleTerms { subjects, ..terms(32) },
                )
            }
            9 | 19 => {
                let subjects = Subjects::Named(self.named(item));
                let live = between(terms(35), at(10, 19 * 3_600), at(12, 2 * 3_600));
                self.item(item, "live", PlanKind::LiveExclusive, RuleTerms { subjects, ..live })
            }
            12 => {
                let budget = Some(Minor(50_000));
                let month = between(terms(28), start(), at(31, 0));
                self.item(item, "budget", PlanKind::Marketing, RuleTerms { budget, ..month })
            }
            13 => {
                let cap_per_order = Some(Minor(2_000));
                self.item(
                    item,
                    "capped",
                    PlanKind::General,
                    RuleTerms {
                        cap_per_order,
                        ..terms(20)
                    },
                )
            }
            _ => return None,
        };
        Some(rule)
    }

    /// Everything posted before the month.
    pub(super) fn posted(&self) -> Vec<Step> {
        let shops = (1..=self.cast.size.brands).map(|shop| self.shop(shop));
        let items = (1..=self.cast.size.items).filter_map(|item| self.of_item(item));
        let mut steps = Vec::new();
        for rule in shops.chain(items) {
            let key = format!("sample:rule:{}", rule.key);
            let (shelf, targeted) = (rule.scope.shelf(), rule.kind == PlanKind::Targeted);
            steps.push(Step::Do {
                key: key.clone(),
                command: Command::PostRule {
                    external_id: Some(number(&rule.key)),
                    brand: self.cast.brand(rule.shop),
                    kind: rule.kind,
                    scope: rule.scope,
                    currency: Currency::CNY,
                    terms: Box::new(rule.terms),
                },
            });
            if targeted {
                // Applied for and approved before the month.
                let anchor = self.cast.anchor(1 + rule.shop % self.cast.size.anchors.max(1));
                for (word, change) in [
                    ("apply", Change::Apply(shelf, anchor)),
                    ("approve", Change::Approve(shelf, anchor)),
                ] {
                    steps.push(Step::Change {
                        key: format!("sample:{word}:{}", rule.key),
                        of: key.clone(),
                        change,
                    });
                }
            }
        }
        steps
    }

    /// Raises (at once), cuts (next midnight) and ends inside the month.
    pub(super) fn changes(&self) -> Vec<(i64, Step)> {
        let mut changes = Vec::new();
        let items = (1..=self.cast.size.items).filter(|item| matches!(item % 40, 1..=3));
        for item in items {
            let Some(rule) = self.of_item(item) else { continue };
            let (day, change) = match item % 40 {
                1 => (11, Change::Rule(rule.scope.shelf(), Box::new(terms(24)))),
                2 => (14, Change::Rule(rule.scope.shelf(), Box::new(terms(6)))),
                _ => (20, Change::EndRule(rule.scope.shelf())),
            };
            changes.push((
                day,
                Step::Change {
                    key: format!("sample:change:{}", rule.key),
                    of: format!("sample:rule:{}", rule.key),
                    change,
                },
            ));
        }
        changes
    }
}

fn between(terms: RuleTerms, from: Instant, to: Instant) -> RuleTerms {
    RuleTerms {
        from,
        to: Some(to),
        ..terms
    }
}
