//! What a command needs to be decided: streams and clicks, named round by round.
//! Must never name a stream the world already knows.
//!
//! A line takes at most three rounds: book, line and whatever the facts name; then clicks, shop and counters of the item's
//! rules; then the promoters of those clicks with the parties above them, and counters of the shop's rules.
//! Returns that name no order take two more where they meet their lines: which lines, then what those name.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::base::{
    BookId, ContractId, ExternalId, Instant, ItemId, LineId, PartyId, PlacementId, ReturnsId, ShelfId, ShopId, UsageId,
};
use crate::domain::click::{Click, buyer_key};
use crate::domain::command::Command;
use crate::domain::flow::{Clicks, Sold, Uncovered};
use crate::domain::order::decide::pins_wanted;
use crate::domain::order::{About, LineFact, LineState};
use crate::domain::placement::{Holder, PlacementKind};
use crate::domain::plan::{Rates, RuleTerms};
use crate::domain::pricing::placement_numbers;
use crate::domain::returns::Returned;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::World;

/// The last click of a buyer on an item, and on a shop, in `[from, before)`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClickQuery {
    /// For which line.
    pub line: LineId,
    /// Buyer key.
    pub buyer: Uuid,
    /// Item.
    pub item: Option<ItemId>,
    /// Shop.
    pub shop: Option<ShopId>,
    /// Inclusive.
    pub from: Instant,
    /// Exclusive.
    pub before: Instant,
}

/// The lines that a buyer bought of an item.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SoldQuery {
    /// For which returns.
    pub returns: ReturnsId,
    /// Buyer key.
    pub buyer: Uuid,
    /// Item.
    pub item: ItemId,
}

/// What was looked up for this batch beside streams.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// Clicks by line.
    pub clicks: &'a Clicks,
    /// Lines sold by returns.
    pub sold: &'a Sold,
    /// What open brand contracts are short of, by brand.
    pub open: &'a Uncovered,
}

/// What is missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Needs {
    /// Streams to load.
    pub streams: BTreeSet<StreamId>,
    /// Parties to load together with every party above them, by contract.
    pub uppers: BTreeSet<PartyId>,
    /// Clicks to look up.
    pub clicks: Vec<ClickQuery>,
    /// Lines sold to look up.
    pub sold: Vec<SoldQuery>,
    /// Brands whose open contracts are to be looked up.
    pub open: BTreeSet<PartyId>,
}

impl Needs {
    /// True when nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.uppers.is_empty()
            && self.clicks.is_empty()
            && self.sold.is_empty()
            && self.open.is_empty()
    }
}

/// Adds what the commands of a batch still need, given what the world and the clicks hold. Called until nothing is added.
/// Answers to click queries must be put into `clicks` under their line even when they are empty, those about lines sold
/// into `sold` under their returns, those about open contracts into `open` under their brand.
///
/// INVARIANT: facts of one line are asked for together, whichever commands of the batch tell them: one may name the
/// buyer and another bring the amount that pins.
pub fn needs<'a>(
    book: BookId,
    commands: impl IntoIterator<Item = &'a Command>,
    world: &World,
    looked: Looked<'_>,
    out: &mut Needs,
) {
    let mut asking = Asking {
        book,
        world,
        clicks: looked.clicks,
        sold: looked.sold,
        out,
    };
    asking.stream(book);
    let mut returned: Vec<&Returned> = Vec::new();
    let mut told: Vec<&LineFact> = Vec::new();
    for command in commands {
        match command {
            Command::Facts(facts) | Command::ResolveParked { facts, .. } => told.extend(facts),
            Command::Returns(words) => returned.extend(words.iter().map(|word| word.returned())),
            Command::Reattribute { line, click } => asking.reattribute(*line, click),
            Command::Release { lines } => asking.release(lines),
            Command::FireTimer { stream, .. } => {
                asking.stream(*stream);
                match stream.slice {
                    Slice::Line => asking.timers(LineId(stream.id)),
                    Slice::Contract => super::objects::of_contract_stream(ContractId(stream.id), world, asking.out),
                    _ => {}
                }
            }
            object => {
                if let Command::ResolveBreaks { breaks, .. } = object {
                    told.extend(breaks.iter().flat_map(|one| &one.facts));
                }
                super::objects::needs(book, object, (world, looked.open), asking.out);
            }
        }
    }
    asking.facts(&told);
    for returned in returned {
        asking.returned(returned);
    }
}

struct Asking<'a> {
    book: BookId,
    world: &'a World,
    clicks: &'a Clicks,
    sold: &'a Sold,
    out: &'a mut Needs,
}

impl Asking<'_> {
    fn stream(&mut self, stream: impl Into<StreamId>) {
        let stream = stream.into();
        if !self.world.knows(stream) {
            self.out.streams.insert(stream);
        }
    }

    /// A party with everybody above it.
    fn uppers(&mut self, party: PartyId) {
        let mut seen = BTreeSet::new();
        let mut left = vec![party];
        while let Some(party) = left.pop() {
            if !seen.insert(party) {
                continue;
            }
            if !self.world.knows(party.into()) {
                self.out.uppers.insert(party);
            } else if let Some(state) = self.world.party(party) {
                left.extend(state.contracts.iter().map(|contract| contract.upper));
            }
        }
    }

    fn facts(&mut self, facts: &[&LineFact]) {
        let mut lines: BTreeMap<LineId, Vec<&LineFact>> = BTreeMap::new();
        for &fact in facts {
            self.stream(fact.line);
            self.named(&fact.platform, &fact.about);
            lines.entry(fact.line).or_default().push(fact);
        }
        for (line, told) in lines {
            let Some(first) = told.first().filter(|_| self.world.knows(line.into())) else {
                continue;
            };
            self.timers(line);
            let state = self.world.line(line).cloned().unwrap_or_default();
            let wanted = pins_wanted(&state, &told);
            self.line(line, &first.platform, &state, &wanted);
            self.returns_of(&first.platform, &state, &told);
        }
    }

    /// Due timers fire before their line's command, and one may free a fact that was told ahead of its time.
    fn timers(&mut self, line: LineId) {
        let Some(state) = self.world.line(line).filter(|state| !state.timers.is_empty()).cloned() else {
            return;
        };
        self.due(line, &state);
        if let Some(platform) = state.platform() {
            let told: Vec<&LineFact> = state.facts().map(|kept| &kept.fact).collect();
            self.returns_of(platform, &state, &told);
        }
    }

    fn due(&mut self, line: LineId, state: &LineState) {
        if state.timers.is_empty() {
            return;
        }
        let told: Vec<&LineFact> = state.facts().map(|kept| &kept.fact).collect();
        let wanted = pins_wanted(state, &told);
        if let Some(platform) = state.platform() {
            self.line(line, platform, state, &wanted);
        }
    }

    /// A return that names no order: its stream, and the lines it may belong to.
    fn returned(&mut self, returned: &Returned) {
        let id = returned.stream(self.book);
        self.stream(id);
        if let (Some(buyer), Some(item)) = (&returned.buyer, &returned.item_no)
            && self.matches_returns(&returned.platform)
        {
            self.sales(id, &returned.platform, buyer, item);
        }
    }

    fn matches_returns(&self, platform: &ExternalId) -> bool {
        self.world
            .book(self.book)
            .is_some_and(|book| book.matches_returns(platform))
    }

    /// Returns that a line may bear on: of every buyer and item it was or will be told to have. Where no return was ever
    /// told there is nothing more to load.
    fn returns_of(&mut self, platform: &ExternalId, state: &LineState, told: &[&LineFact]) {
        if !self.matches_returns(platform) {
            return;
        }
        let abouts = || std::iter::once(state.about()).chain(told.iter().map(|fact| &fact.about));
        let buyers: BTreeSet<&ExternalId> = abouts().filter_map(|about| about.buyer.as_ref()).collect();
        let items: BTreeSet<&ExternalId> = abouts().filter_map(|about| about.item_no.as_ref()).collect();
        for (buyer, item) in buyers
            .iter()
            .flat_map(|buyer| items.iter().map(move |item| (*buyer, *item)))
        {
            let id = ReturnsId::of(self.book, platform.as_str(), buyer.as_str(), item.as_str());
            self.stream(id);
            if self.world.returns(id).is_some_and(|returns| returns.sample().is_some()) {
                self.sales(id, platform, buyer, item);
            }
        }
    }

    /// Lines that returns are matched with: those that joined, or those the database has while none did.
    fn sales(&mut self, id: ReturnsId, platform: &ExternalId, buyer: &ExternalId, item: &ExternalId) {
        let joined = self.world.returns(id).filter(|returns| returns.knows_sales()).cloned();
        match (joined, self.sold.get(&id)) {
            (Some(returns), _) => returns.sales().iter().for_each(|line| self.sale(*line)),
            (None, Some(lines)) => lines.iter().for_each(|line| self.sale(*line)),
            (None, None) => {
                let query = SoldQuery {
                    returns: id,
                    buyer: buyer_key(self.book, buyer),
                    item: ItemId::of(self.book, platform.as_str(), item.as_str()),
                };
                if !self.out.sold.contains(&query) {
                    self.out.sold.push(query);
                }
            }
        }
    }

    /// A line that may be told the refund of a match.
    fn sale(&mut self, line: LineId) {
        self.stream(line);
        let Some(state) = self.world.line(line).cloned() else {
            return;
        };
        self.due(line, &state);
        if let (Some(platform), Some(last)) = (state.platform(), state.facts().last()) {
            let wanted = pins_wanted(&state, &[&last.fact]);
            self.line(line, platform, &state, &wanted);
        }
    }

    fn release(&mut self, lines: &[LineId]) {
        for line in lines {
            self.stream(*line);
            self.timers(*line);
            let Some(state) = self.world.line(*line).cloned() else {
                continue;
            };
            if let (Some(platform), Some(pin)) = (state.platform(), &state.pin) {
                self.line(*line, platform, &state, &[(pin.at, state.about().clone())]);
            }
            if let Some(platform) = state.platform() {
                self.returns_of(platform, &state, &[]);
            }
        }
    }

    /// Placements that a line names, the rooms that they belong to, and whoever is assigned there.
    fn placements(&mut self, platform: &ExternalId, at: Instant, about: &About) {
        let reported = self
            .world
            .book(self.book)
            .is_some_and(|book| book.has_reported(platform));
        for (kind, number) in placement_numbers(about, reported) {
            let id = PlacementId::of(self.book, platform, kind, number);
            self.stream(id);
            let holder = |id| Some(self.world.placement(id)?.at(at)?.holder.clone());
            let holder = match holder(id) {
                Some(Holder::Room(room)) => {
                    let id = PlacementId::of(self.book, platform, PlacementKind::Room, &room);
                    self.stream(id);
                    self.world
                        .placement(id)
                        .and_then(|room| Some(room.at(at)?.holder.clone()))
                }
                found => found,
            };
            if let Some(Holder::Party(party)) = holder {
                self.uppers(party);
            }
        }
    }

    fn reattribute(&mut self, line: LineId, click: &Click) {
        self.stream(line);
        self.timers(line);
        self.uppers(click.promoter);
        // What the click arrived at is what the line sold, or its shop.
        let arrived = About {
            item_no: click.item_no.clone(),
            shop_no: click.shop_no.clone(),
            ..About::default()
        };
        self.named(&click.platform, &arrived);
        let Some(state) = self.world.line(line).cloned() else {
            return;
        };
        if let (Some(platform), Some(pin)) = (state.platform(), &state.pin) {
            self.line(line, platform, &state, &[(pin.at, state.about().clone())]);
            self.returns_of(platform, &state, &[]);
        }
    }

    /// What a fact names itself, before anything is known.
    fn named(&mut self, platform: &ExternalId, about: &About) {
        if let Some(item) = item(self.book, platform, about) {
            self.stream(item);
            self.stream(ShelfId::of_item(item));
        }
        if let Some(no) = &about.shop_no {
            self.shop(ShopId::of(self.book, platform.as_str(), no.as_str()));
        }
        about.promoter.iter().for_each(|promoter| self.uppers(*promoter));
    }

    fn shop(&mut self, shop: ShopId) {
        self.stream(shop);
        self.stream(ShelfId::of_shop(shop));
    }

    /// A known line: what it holds of limited rules, and what each pin looks up.
    fn line(&mut self, line: LineId, platform: &ExternalId, state: &LineState, wanted: &[(Instant, About)]) {
        if let Some(pin) = state.pin.as_ref().filter(|pin| pin.reservation.is_some()) {
            let shelves = [pin.dims.item.map(ShelfId::of_item), pin.dims.shop.map(ShelfId::of_shop)];
            shelves.into_iter().flatten().for_each(|shelf| self.stream(shelf));
            if let Some(rule) = &pin.rule {
                self.stream(UsageId::of_rule(rule.rule));
                for no in state.pinned_about().order_no.iter().filter(|_| rule.cap.is_some()) {
                    self.stream(UsageId::of_order(rule.rule, platform.as_str(), no.as_str()));
                }
            }
        }
        for (at, about) in wanted {
            self.pin(line, platform, *at, about);
        }
    }

    fn pin(&mut self, line: LineId, platform: &ExternalId, at: Instant, about: &About) {
        self.named(platform, about);
        let item = item(self.book, platform, about);
        if item.is_some_and(|item| !self.world.knows(item.into())) || !self.world.knows(self.book.into()) {
            return;
        }
        let listing = item
            .and_then(|item| self.world.item(item))
            .and_then(|item| item.listing(at));
        let named = about.shop_no.as_ref();
        let shop = named
            .map(|no| ShopId::of(self.book, platform.as_str(), no.as_str()))
            .or_else(|| listing.map(|listing| listing.shop));
        shop.iter().for_each(|shop| self.shop(*shop));
        for shelf in [item.map(ShelfId::of_item), shop.map(ShelfId::of_shop)] {
            shelf
                .iter()
                .for_each(|shelf| self.counters(*shelf, platform, at, about));
        }
        if about.promoter.is_none() {
            self.placements(platform, at, about);
            self.click(line, at, about, item, shop);
        }
    }

    fn click(&mut self, line: LineId, at: Instant, about: &About, item: Option<ItemId>, shop: Option<ShopId>) {
        if let Some(clicks) = self.clicks.get(&line) {
            clicks.iter().for_each(|click| self.uppers(click.promoter));
            return;
        }
        let (Some(buyer), Some(book)) = (&about.buyer, self.world.book(self.book)) else {
            return;
        };
        if item.is_none() && shop.is_none() {
            return;
        }
        let query = ClickQuery {
            line,
            buyer: buyer_key(self.book, buyer),
            item,
            shop,
            from: at.plus_seconds(book.longest_window().saturating_neg()),
            before: at,
        };
        if !self.out.clicks.contains(&query) {
            self.out.clicks.push(query);
        }
    }

    /// Counters of the limited rules in force on a shelf.
    fn counters(&mut self, shelf: ShelfId, platform: &ExternalId, at: Instant, about: &About) {
        let Some(shelf) = self.world.shelf(shelf).cloned() else {
            return;
        };
        for rule in &shelf.rules {
            let Some(version) = rule.in_force(at) else { continue };
            if is_limited(&version.terms) {
                self.stream(UsageId::of_rule(rule.id));
            }
            for no in about.order_no.iter().filter(|_| version.terms.cap_per_order.is_some()) {
                self.stream(UsageId::of_order(rule.id, platform.as_str(), no.as_str()));
            }
        }
    }
}

fn is_limited(terms: &RuleTerms) -> bool {
    let counted = !matches!(terms.rates, Rates::Flat(_));
    counted || terms.first_n.is_some() || terms.budget.is_some() || terms.cap_per_order.is_some()
}

fn item(book: BookId, platform: &ExternalId, about: &About) -> Option<ItemId> {
    let no = about.item_no.as_ref()?;
    Some(ItemId::of(book, platform.as_str(), no.as_str()))
}
