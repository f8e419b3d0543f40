//! An auditor in memory: told the accepted commands and clicks of a book in log order, it predicts every balance.
//! It must never import a decider, a fold or the pricing of the product; it reads commands, clicks and ids as data only.

mod choose;
mod line;
mod sums;

use std::collections::BTreeMap;

use fenzhang::base::{BookId, Instant, ItemId, LineId, ShopId, Zone};
use fenzhang::domain::click::Click;
use fenzhang::domain::command::{Command, Made};
use fenzhang::domain::order::LineFact;
use fenzhang::domain::plan::{Rates, RuleTerms};

use choose::{Deal, Knowledge, Rule};
use line::Line;
pub use line::Sheet;

/// The auditor of one book.
pub struct Auditor {
    book: BookId,
    zone: Zone,
    now: Instant,
    known: Knowledge,
    lines: BTreeMap<LineId, Line>,
}

impl Auditor {
    pub fn new(book: BookId, now: Instant) -> Auditor {
        Auditor {
            book,
            zone: Zone::SHANGHAI,
            now,
            known: Knowledge::default(),
            lines: BTreeMap::new(),
        }
    }

    /// Hears an accepted command, in the order of the log, with what the answer says was made.
    pub fn accepted(&mut self, command: &Command, made: &Made, recorded_at: Instant) {
        self.pass(recorded_at);
        match command {
            Command::SetFormula {
                effective_from, terms, ..
            } => {
                let from = effective_from.unwrap_or(recorded_at);
                self.known
                    .formulas
                    .push((from, (terms.platform.clone(), (**terms).clone())));
            }
            Command::MoveClock { to } => self.pass(*to),
            Command::SignMembership {
                member,
                upper,
                scope,
                share,
                receiver,
                from,
                to,
                ..
            } => self.known.deals.push(Deal {
                id: made.ids["membership"].parse().unwrap(),
                member: *member,
                upper: *upper,
                scope: *scope,
                share: share.clone(),
                receiver: *receiver,
                from: *from,
                to: *to,
            }),
            Command::AmendMembership {
                membership,
                share,
                receiver,
                from,
                ..
            } => {
                let covers = |d: &&mut Deal| d.id == *membership && d.from <= *from && d.to.is_none_or(|to| *from < to);
                let old = self
                    .known
                    .deals
                    .iter_mut()
                    .find(covers)
                    .expect("an accepted change has a contract");
                let next = Deal {
                    share: share.clone(),
                    receiver: *receiver,
                    from: *from,
                    ..old.clone()
                };
                old.to = Some(*from);
                self.known.deals.push(next);
            }
            Command::EndMembership { membership, at, .. } => {
                for deal in self.known.deals.iter_mut().filter(|deal| deal.id == *membership) {
                    deal.to = Some(deal.to.map_or(*at, |to| to.min(*at)));
                }
            }
            Command::RegisterShop {
                platform,
                shop_no,
                brand,
                ..
            } => {
                let shop = ShopId::of(self.book, platform.as_str(), shop_no.as_str());
                self.known.brands.insert(shop, *brand);
            }
            Command::ListItem {
                platform,
                item_no,
                shop_no,
                category,
                from,
                ..
            } => {
                let item = ItemId::of(self.book, platform.as_str(), item_no.as_str());
                let shop = ShopId::of(self.book, platform.as_str(), shop_no.as_str());
                let from = from.unwrap_or(recorded_at);
                self.known
                    .items
                    .entry(item)
                    .or_default()
                    .push((from, (shop, category.clone())));
            }
            Command::PostRule { kind, scope, terms, .. } => self.known.rules.push(Rule {
                id: made.ids["rule"].parse().unwrap(),
                kind: *kind,
                scope: scope.clone(),
                versions: vec![(terms.from, (**terms).clone())],
                ended: None,
                approved: Vec::new(),
            }),
            Command::ChangeRule { rule, terms, .. } => {
                let midnight = self.zone.next_midnight(recorded_at);
                let rule = self.known.rules.iter_mut().find(|r| r.id == *rule).unwrap();
                let live = |index: usize| rule.versions.get(index + 1).is_none_or(|next| next.0 > recorded_at);
                let alive = rule.versions.iter().enumerate().filter(|(index, _)| live(*index));
                let cut = alive.into_iter().any(|(_, (_, old))| flat(terms) < flat(old));
                rule.versions
                    .push((if cut { midnight } else { recorded_at }, (**terms).clone()));
            }
            Command::EndRule { rule, .. } => {
                let midnight = self.zone.next_midnight(recorded_at);
                self.known.rules.iter_mut().find(|r| r.id == *rule).unwrap().ended = Some(midnight);
            }
            Command::DecideApplicant {
                rule,
                party,
                approved: true,
                ..
            } => {
                let rule = self.known.rules.iter_mut().find(|r| r.id == *rule).unwrap();
                rule.approved.push((*party, recorded_at));
            }
            Command::Facts(facts) => facts.iter().for_each(|fact| self.fact(fact)),
            // Names, periods, keys and approvals move no commission; timers and late clicks the auditor finds by itself.
            _ => {}
        }
    }

    /// Hears recorded clicks; a known one changes nothing. Late ones move the lines they would have won (A7).
    pub fn clicked(&mut self, clicks: &[Click]) {
        for click in clicks {
            if !self.known.clicks.contains(click) {
                self.known.clicks.push(click.clone());
            }
        }
        self.reattribute();
    }

    fn reattribute(&mut self) {
        for line in self.lines.values_mut() {
            let Some(old) = line.pinned.clone() else { continue };
            let Some(question) = line.question(self.book, self.now) else {
                continue;
            };
            if old.by_platform {
                continue;
            }
            let shop = question.shop.or_else(|| self.known.shop_of(&question));
            let winner = self
                .known
                .winner(self.book, &question, shop, old.formula.window_seconds);
            let Some(winner) = winner.filter(|winner| old.click.as_ref() != Some(winner)) else {
                continue;
            };
            for (usage, used) in &old.taken {
                self.known.shift(*usage, used, -1);
            }
            line.pinned = self.known.pin(self.book, &question, Some((old.formula, winner)));
        }
    }

    /// Time passes: facts of the future come true.
    fn pass(&mut self, to: Instant) {
        let mut due: Vec<(Instant, LineId)> = Vec::new();
        for line in self.lines.values() {
            let coming = line
                .facts
                .values()
                .map(|fact| fact.at)
                .filter(|at| self.now < *at && *at <= to);
            due.extend(coming.map(|at| (at, line.id)));
        }
        due.sort();
        for (at, line) in due {
            self.now = self.now.max(at);
            self.settle_pin(line);
        }
        self.now = self.now.max(to);
    }

    fn fact(&mut self, fact: &LineFact) {
        self.lines
            .entry(fact.line)
            .or_insert_with(|| Line::new(fact))
            .hear(fact);
        self.settle_pin(fact.line);
    }

    /// Pins a line, or pins it anew when its creation turns out to have been at another time (A4).
    fn settle_pin(&mut self, id: LineId) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let Some(question) = line.question(self.book, self.now) else {
            return;
        };
        if line.pinned.as_ref().is_none_or(|pinned| pinned.at != question.at) {
            if let Some(old) = line.pinned.take() {
                for (usage, used) in &old.taken {
                    self.known.shift(*usage, used, -1);
                }
            }
            line.pinned = self.known.pin(self.book, &question, None);
        }
        let closed_unpaid = line.closed_unpaid(self.now);
        if let Some(pinned) = line.pinned.as_mut().filter(|_| closed_unpaid) {
            for (usage, used) in std::mem::take(&mut pinned.taken) {
                self.known.shift(usage, &used, -1);
            }
        }
    }

    /// Every balance that is not zero.
    pub fn balances(&self) -> Sheet {
        let mut sheet = Sheet::new();
        for line in self.lines.values() {
            for (key, amount) in line.sheet(self.now) {
                *sheet.entry(key).or_default() += amount;
            }
        }
        sheet.retain(|_, amount| *amount != 0);
        sheet
    }
}

fn flat(terms: &RuleTerms) -> u32 {
    match &terms.rates {
        Rates::Flat(_) if terms.paused => 0,
        Rates::Flat(rate) => rate.ppm(),
        Rates::Stepped(_) | Rates::Tiered(_) => panic!("the histories change flat rules only"),
    }
}
