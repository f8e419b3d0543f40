//! Who takes part: anchors, agencies, brands, second-level promoters, platforms, their contracts, shops and items.
//! Must never use a real name: everybody is numbered and labelled as a sample.

use super::{Change, Size, Step, at, book, name, number, rng::Rng, start};
use crate::base::{ItemId, PartyId, PartyKind, ShopId};
use crate::domain::book::{Fee, Formula, FormulaBasis};
use crate::domain::command::Command;
use crate::domain::order::pin::{FeeOf, Settleable};
use crate::domain::party::{ContractScope, Receiver, Share};
use crate::money::{Rate, Rounding};

/// The platform of every shop and item.
pub(super) const PLATFORM: &str = "taobao";
/// What shops sell.
const CATEGORIES: [&str; 8] = [
    "beauty",
    "food",
    "home",
    "fashion",
    "baby",
    "electronics",
    "jewellery",
    "services",
];

/// Everybody and everything, by number from 1.
pub(super) struct Cast {
    pub(super) size: Size,
    /// One for each promoter: anchors that have a second-level promoter below them.
    pub(super) promoters: u64,
}

/// A rate in hundredths; always within the whole.
pub(super) fn percent(hundredths: u64) -> Rate {
    Rate::from_ppm(u32::try_from(hundredths.min(100)).unwrap_or(0).saturating_mul(10_000)).unwrap_or(Rate::ONE)
}

impl Cast {
    pub(super) fn new(size: Size) -> Cast {
        Cast {
            size,
            promoters: size.anchors / 12,
        }
    }

    pub(super) fn anchor(&self, n: u64) -> PartyId {
        PartyId::of(book(), PartyKind::Anchor, &format!("A{n:03}"))
    }

    pub(super) fn agency(&self, n: u64) -> PartyId {
        PartyId::of(book(), PartyKind::Agency, &format!("M{n:02}"))
    }

    pub(super) fn promoter(&self, n: u64) -> PartyId {
        PartyId::of(book(), PartyKind::Promoter, &format!("T{n:02}"))
    }

    pub(super) fn brand(&self, n: u64) -> PartyId {
        PartyId::of(book(), PartyKind::Brand, &format!("B{n:02}"))
    }

    /// The shop of an item: items are dealt over shops, one shop a brand.
    pub(super) fn shop_of(&self, item: u64) -> u64 {
        1 + (item - 1) % self.size.brands.max(1)
    }

    pub(super) fn shop_id(&self, shop: u64) -> ShopId {
        ShopId::of(book(), PLATFORM, &format!("shop-{shop:02}"))
    }

    pub(super) fn item_id(&self, item: u64) -> ItemId {
        ItemId::of(book(), PLATFORM, &format!("item-{item:04}"))
    }

    pub(super) fn category_of(&self, item: u64) -> &'static str {
        let index = usize::try_from(self.shop_of(item)).unwrap_or(0) % CATEGORIES.len();
        CATEGORIES.get(index).copied().unwrap_or("home")
    }

    /// The agency of an anchor at the start of the month: nine in ten have one.
    fn agency_of(&self, anchor: u64) -> Option<u64> {
        (!anchor.is_multiple_of(10)).then(|| 1 + anchor % self.size.agencies.max(1))
    }

    /// Everybody is registered, contracted and listed before the month.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut party = |kind: PartyKind, external: String, label: &str| {
            steps.push(Step::Do {
                key: format!("sample:party:{external}"),
                command: Command::RegisterParty {
                    kind,
                    name: name(&format!("{label} {external} (sample)")),
                    external_id: Some(number(&external)),
                },
            });
        };
        party(PartyKind::Platform, "alimama".into(), "示例联盟平台");
        party(PartyKind::Platform, "live".into(), "示例直播平台");
        (1..=self.size.agencies).for_each(|n| party(PartyKind::Agency, format!("M{n:02}"), "示例机构"));
        (1..=self.size.brands).for_each(|n| party(PartyKind::Brand, format!("B{n:02}"), "示例品牌"));
        (1..=self.size.anchors).for_each(|n| party(PartyKind::Anchor, format!("A{n:03}"), "示例主播"));
        (1..=self.promoters).for_each(|n| party(PartyKind::Promoter, format!("T{n:02}"), "示例推客"));
        steps.push(Step::Do {
            key: "sample:formula".into(),
            command: Command::SetFormula {
                formula: None,
                effective_from: Some(start()),
                terms: Box::new(self.formula()),
            },
        });
        for n in 1..=self.size.anchors {
            if let Some(agency) = self.agency_of(n) {
                let keeps = percent(20 + 5 * (agency % 5));
                steps.push(contract(
                    format!("sample:contract:A{n:03}"),
                    self.anchor(n),
                    self.agency(agency),
                    Share::UpperKeeps(keeps),
                ));
            }
        }
        for n in 1..=self.promoters {
            steps.push(contract(
                format!("sample:contract:T{n:02}"),
                self.promoter(n),
                self.anchor(n * 12),
                Share::UpperPasses(percent(40)),
            ));
        }
        steps.extend(self.shops_and_items());
        steps
    }

    fn formula(&self) -> Formula {
        let fee = |name: &str, taker: &str, rate: u64| Fee {
            name: name.into(),
            taker: PartyId::of(book(), PartyKind::Platform, taker),
            rate: percent(rate),
            of: FeeOf::Gross,
        };
        Formula {
            name: "示例公式 (sample): 技术服务费 10 %, 直播平台 20 %".into(),
            basis: FormulaBasis::OwnRules,
            payer: None,
            platform: None,
            rounding: Rounding::HalfUp,
            add_back: Vec::new(),
            kept_deposit_is_base: false,
            content_fee: None,
            rates_are_overall: false,
            fees: vec![fee("technical_fee", "alimama", 10), fee("live_share", "live", 20)],
            subsidies: Vec::new(),
            settleable: Settleable::PlatformSettled,
            window_seconds: 15 * 86_400,
        }
    }

    fn shops_and_items(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for n in 1..=self.size.brands {
            steps.push(Step::Do {
                key: format!("sample:shop:{n:02}"),
                command: Command::RegisterShop {
                    platform: number(PLATFORM),
                    shop_no: number(&format!("shop-{n:02}")),
                    name: name(&format!("示例店铺 {n:02} (sample)")),
                    brand: self.brand(n),
                },
            });
        }
        for n in 1..=self.size.items {
            steps.push(Step::Do {
                key: format!("sample:item:{n:04}"),
                command: Command::ListItem {
                    platform: number(PLATFORM),
                    item_no: number(&format!("item-{n:04}")),
                    title: Some(name(&format!("示例商品 {n:04} (sample)"))),
                    shop_no: number(&format!("shop-{:02}", self.shop_of(n))),
                    category: Some(self.category_of(n).to_owned()),
                    from: Some(start()),
                },
            });
        }
        steps
    }

    /// Contracts that change inside the month: some anchors move to another agency, some get another share.
    pub(super) fn changes(&self) -> Vec<(i64, Step)> {
        let mut rng = Rng::new(2);
        let mut changes = Vec::new();
        for n in (3..=self.size.anchors).step_by(20) {
            let Some(old) = self.agency_of(n) else { continue };
            let day = rng.between(10, 20);
            changes.push((
                day,
                Step::Change {
                    key: format!("sample:leave:A{n:03}"),
                    of: format!("sample:contract:A{n:03}"),
                    change: Change::EndMembership(self.anchor(n), at(day + 1, 0)),
                },
            ));
            let next = self.agency(1 + old % self.size.agencies.max(1));
            let mut join = contract(
                format!("sample:join:A{n:03}"),
                self.anchor(n),
                next,
                Share::UpperKeeps(percent(25)),
            );
            if let Step::Do {
                command: Command::SignMembership { from, .. },
                ..
            } = &mut join
            {
                *from = at(day + 1, 0);
            }
            changes.push((day, join));
        }
        for n in (7..=self.size.anchors).step_by(20) {
            if self.agency_of(n).is_some() {
                let day = rng.between(8, 22);
                changes.push((
                    day,
                    Step::Change {
                        key: format!("sample:amend:A{n:03}"),
                        of: format!("sample:contract:A{n:03}"),
                        change: Change::Membership(self.anchor(n), Share::UpperKeeps(percent(15)), at(day + 1, 0)),
                    },
                ));
            }
        }
        changes
    }
}

fn contract(key: String, member: PartyId, upper: PartyId, share: Share) -> Step {
    Step::Do {
        key,
        command: Command::SignMembership {
            member,
            upper,
            scope: ContractScope::Cps,
            share,
            receiver: Receiver::Book,
            guarantee: None,
            from: start(),
            to: None,
        },
    }
}
