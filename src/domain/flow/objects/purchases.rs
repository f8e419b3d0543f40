//! Purchases: which side records, which price an order is pinned to, and what joins a dropship order to the buyer's line.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, made};
use crate::base::{Instant, OfferId, PartyId, PurchaseId, TimerId};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::offer::{self, Asked, PriceKind, Priced, QuoteGiven};
use crate::domain::purchase::{
    self, Action, CheaperOf, Line, LineAsk, Offered, Ordered, Pays, PurchaseAsk, PurchaseFigures, PurchaseKind, Side,
};
use crate::domain::refusal::{Class, Refusal};
use crate::money::Minor;

/// Decides a command about a purchase.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    let made = match command {
        Command::OrderPurchase(asked) => order(asked, book, scribe)?,
        Command::ActPurchase { purchase, action, at } => act(*purchase, action, *at, scribe)?,
        _ => return Ok(None),
    };
    Ok(Some(made))
}

/// The purchase that an order would be: by its outside number, the book's own number, or the buyer's line.
pub(super) fn id_of(book: crate::base::BookId, asked: &PurchaseAsk) -> Option<PurchaseId> {
    let line = asked.lines.first().and_then(|line| line.order_line);
    match (&asked.order_no, &asked.external_id, line) {
        (Some(no), ..) => Some(PurchaseId::of(book, asked.source.as_str(), no.as_str())),
        (None, Some(no), _) => Some(PurchaseId::numbered(book, no.as_str())),
        (None, None, Some(line)) => Some(PurchaseId::of_line(line)),
        (None, None, None) => None,
    }
}

/// The business time of a fact: not to come.
fn told_at(at: Option<Instant>, now: Instant) -> Result<Instant, Refusal> {
    match at {
        Some(at) if at > now => Err(Refusal::invalid("in_future", "this time has not come yet").at("/at")),
        Some(at) => Ok(at),
        None => Ok(now),
    }
}

fn order(asked: &PurchaseAsk, book: &BookState, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let now = scribe.now;
    let at = told_at(asked.at, now)?;
    if !book.opened.currencies.contains(&asked.currency) {
        return Err(Refusal::invalid("currency_not_booked", "the book has no such currency").at("/currency"));
    }
    // What the owner of the book buys, the book buys.
    let buyer = asked.buyer.filter(|buyer| Some(*buyer) != book.owner);
    own_order(asked, buyer, scribe)?;
    let quote = quoted(asked, scribe)?;
    let resolved = resolve(asked, quote.as_deref(), scribe)?;
    let supplier = asked.supplier.or(resolved.supplier);
    let supplier = supplier.ok_or_else(|| Refusal::invalid("missing_field", "say who sells").at("/supplier"))?;
    for (pointer, party) in [("/supplier", Some(supplier)), ("/buyer", buyer)] {
        if party.is_some_and(|party| !exists(scribe, party)) {
            return Err(Refusal::not_found("party").at(pointer));
        }
    }
    let freight = asked.freight.or(resolved.freight);
    let freight = freight.ok_or_else(|| {
        let why = "the offer does not say what sending costs: tell it, 0.00 when the seller pays";
        Refusal::invalid("freight_needed", why).at("/freight")
    })?;
    let id = id_of(scribe.book, asked).unwrap_or_else(|| PurchaseId((scribe.fresh)()));
    let ordered = Ordered {
        purchase: id,
        external_id: asked.external_id.clone(),
        source: asked.source.clone(),
        order_no: asked.order_no.clone(),
        kind: asked.kind,
        buyer,
        supplier,
        currency: asked.currency,
        pays: asked.pays,
        lines: resolved.lines,
        freight,
        sold_freight: asked.sold_freight,
        pay_by: asked.pay_by,
        quote: asked.quote,
    };
    let figures = PurchaseFigures::of(&ordered, resolved.cheaper)?;
    let state = scribe.world.purchase(id).cloned();
    let events = purchase::decide::order(state.as_deref(), ordered, now)?;
    let mut first = None;
    for event in events {
        let placed = scribe.record(id, at, Event::Purchase(Box::new(event)));
        first.get_or_insert(placed.id);
    }
    use_quote(asked, id, first, scribe)?;
    Ok(Made {
        purchase: Some(Box::new(figures)),
        ..made([("purchase", id.to_string())])
    })
}

/// A party orders for itself, or an agency for its member, and pays itself: nothing becomes owed by the book.
fn own_order(asked: &PurchaseAsk, buyer: Option<PartyId>, scribe: &Scribe<'_>) -> Result<(), Refusal> {
    let Some(own) = scribe.actor.party else { return Ok(()) };
    let theirs = buyer.is_some_and(|buyer| buyer == own || is_above(own, buyer, scribe));
    if !theirs {
        return Err(Refusal::not_found("party").at("/buyer"));
    }
    if asked.pays != Pays::Buyer {
        let why = "what the book is to pay is ordered by the book; a party orders what it pays itself";
        return Err(Refusal::new(Class::Forbidden, "pays_itself", why).at("/pays"));
    }
    Ok(())
}

/// An agency acts for who has a contract in force with it.
pub(super) fn is_above(upper: PartyId, member: PartyId, scribe: &Scribe<'_>) -> bool {
    let now = scribe.now;
    let state = scribe.world.party(member);
    state.is_some_and(|state| {
        let in_force = |from: Instant, to: Option<Instant>| from <= now && to.is_none_or(|to| now < to);
        let mut contracts = state.contracts.iter();
        contracts.any(|contract| contract.upper == upper && in_force(contract.from, contract.to))
    })
}

/// The quote that an order names; it must be of the same kind and for the same buyer.
fn quoted(asked: &PurchaseAsk, scribe: &Scribe<'_>) -> Result<Option<Arc<QuoteGiven>>, Refusal> {
    let Some(quote) = asked.quote else { return Ok(None) };
    let given = scribe.world.quote(quote).and_then(|state| state.given.clone());
    let given = given.ok_or_else(|| Refusal::not_found("quote").at("/quote"))?;
    let differs = |why: &str| Err(Refusal::conflict("quote_differs", why.to_owned()).at("/quote"));
    if given.kind != price_kind(asked.kind) || given.currency != asked.currency {
        return differs("the quote is of another kind or currency");
    }
    if given.buyer.is_some() && given.buyer != asked.buyer {
        return differs("the quote was given to somebody else");
    }
    let quoted = given.priced.lines.iter();
    let same = quoted.zip(&asked.lines).all(|(quoted, asked)| {
        let offer = asked.offer.is_none_or(|offer| offer == given.offer);
        offer && asked.quantity == quoted.quantity && asked.sku == quoted.sku
    });
    if !asked.lines.is_empty() && (asked.lines.len() != given.priced.lines.len() || !same) {
        return differs("the quote is for other lines");
    }
    Ok(Some(given))
}

fn use_quote(
    asked: &PurchaseAsk,
    id: PurchaseId,
    because: Option<crate::base::EventId>,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let Some(quote) = asked.quote else { return Ok(()) };
    let state = scribe.world.quote(quote).cloned().unwrap_or_default();
    let used_for = id.to_string().parse().map_err(|_| Refusal::not_found("quote"))?;
    let now = scribe.now;
    if let Some(event) = offer::decide::used(&state, &used_for, now)? {
        let outer = std::mem::replace(&mut scribe.causation, because);
        scribe.record(quote, now, Event::Quote(event));
        scribe.causation = outer;
    }
    Ok(())
}

fn price_kind(kind: PurchaseKind) -> PriceKind {
    match kind {
        PurchaseKind::Wholesale => PriceKind::Wholesale,
        PurchaseKind::Dropship => PriceKind::Consign,
        PurchaseKind::Sample => PriceKind::Sample,
    }
}

/// What an order's lines come to.
struct Resolved {
    lines: Vec<Line>,
    supplier: Option<PartyId>,
    freight: Option<Minor>,
    cheaper: Vec<CheaperOf>,
}

/// An offer with what its lines of an order cost.
struct Pricing {
    offer: OfferId,
    version: u32,
    subject: String,
    supplier: Option<PartyId>,
    /// The lines of the order that are of it, in order.
    of: Vec<usize>,
    priced: Option<Priced>,
    freight: Option<Minor>,
}

/// Pins every line's price: the quote's, the one told, or what the offer says now for all its lines of the order together.
fn resolve(asked: &PurchaseAsk, quote: Option<&QuoteGiven>, scribe: &Scribe<'_>) -> Result<Resolved, Refusal> {
    let from_quote: Vec<LineAsk>;
    let lines: &[LineAsk] = match quote {
        Some(given) if asked.lines.is_empty() => {
            let each = given.priced.lines.iter().map(|line| LineAsk {
                offer: Some(given.offer),
                sku: line.sku.clone(),
                quantity: line.quantity,
                ..LineAsk::default()
            });
            from_quote = each.collect();
            &from_quote
        }
        _ => &asked.lines,
    };
    let pricings = pricings(asked, lines, quote, scribe)?;
    let mut resolved = Vec::with_capacity(lines.len());
    for (n, line) in lines.iter().enumerate() {
        let pricing = pricings.iter().find(|pricing| pricing.of.contains(&n));
        resolved.push(pinned(n, line, pricing, scribe)?);
    }
    let every_line_has_one = pricings.iter().map(|pricing| pricing.of.len()).sum::<usize>() == lines.len();
    let freight: Option<Vec<Minor>> = pricings.iter().map(|pricing| pricing.freight).collect();
    let freight = freight.filter(|_| every_line_has_one && !lines.is_empty());
    let cheaper = pricings.iter().filter_map(|pricing| {
        let larger = pricing.priced.as_ref()?.cheaper?;
        Some(CheaperOf {
            offer: pricing.offer,
            quantity: larger.quantity,
            unit_price: larger.unit_price,
            total: larger.total,
        })
    });
    Ok(Resolved {
        cheaper: cheaper.collect(),
        lines: resolved,
        supplier: pricings.iter().find_map(|pricing| pricing.supplier),
        freight: freight.map(Minor::sum).transpose()?,
    })
}

/// The offers of an order, each priced for all its lines together.
fn pricings(
    asked: &PurchaseAsk,
    lines: &[LineAsk],
    quote: Option<&QuoteGiven>,
    scribe: &Scribe<'_>,
) -> Result<Vec<Pricing>, Refusal> {
    let mut pricings: Vec<Pricing> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let Some(offer) = line.offer.or(quote.map(|given| given.offer)) else {
            continue;
        };
        if let Some(known) = pricings.iter_mut().find(|pricing| pricing.offer == offer) {
            known.of.push(n);
            continue;
        }
        let wrong = |refusal: Refusal| refusal.at(format!("/lines/{n}/offer"));
        let state = scribe
            .world
            .offer(offer)
            .ok_or_else(|| wrong(Refusal::not_found("offer")))?;
        let (version, terms) = match (quote, &state.terms) {
            // A quote holds whatever became of its offer.
            (Some(given), Some(terms)) => (given.version, terms.as_ref()),
            _ => offer::decide::on_sale(state).map_err(wrong)?,
        };
        if terms.currency != asked.currency {
            return Err(wrong(Refusal::invalid(
                "currency_mismatch",
                "the offer is in another currency",
            )));
        }
        pricings.push(Pricing {
            offer,
            version,
            subject: terms.subject.as_str().to_owned(),
            supplier: terms.supplier,
            of: vec![n],
            priced: None,
            freight: None,
        });
    }
    for pricing in &mut pricings {
        let of = || pricing.of.iter().filter_map(|n| lines.get(*n));
        if let Some(given) = quote {
            pricing.freight = given.priced.freight;
            pricing.priced = Some(given.priced.clone());
        } else if of().any(|line| line.unit_price.is_none()) {
            let asking: Vec<Asked> = of()
                .map(|line| Asked {
                    sku: line.sku.clone(),
                    quantity: line.quantity,
                })
                .collect();
            let terms = scribe.world.offer(pricing.offer).and_then(|state| state.terms.clone());
            let terms = terms.ok_or_else(|| Refusal::not_found("offer"))?;
            let priced = offer::price::price(&terms, price_kind(asked.kind), &asking)?;
            pricing.freight = priced.freight;
            pricing.priced = Some(priced);
        }
    }
    Ok(pricings)
}

fn pinned(n: usize, line: &LineAsk, pricing: Option<&Pricing>, scribe: &Scribe<'_>) -> Result<Line, Refusal> {
    let place = pricing.and_then(|pricing| pricing.of.iter().position(|of| *of == n));
    let priced = pricing.and_then(|pricing| pricing.priced.as_ref()?.lines.get(place?));
    let own = priced.map(|priced| priced.unit_price);
    let unit_price = line.unit_price.or(own).ok_or_else(|| {
        let why = "tell the price, or an offer that has one";
        Refusal::invalid("no_price", why).at(format!("/lines/{n}/unit_price"))
    })?;
    let offer = pricing.map(|pricing| Offered {
        offer: pricing.offer,
        version: pricing.version,
        sku: line.sku.clone(),
        tier_from: priced
            .and_then(|priced| priced.tier_from)
            .filter(|_| Some(unit_price) == own),
        agreed: Some(unit_price) != own,
    });
    let name = line
        .name
        .clone()
        .or_else(|| pricing.map(|pricing| pricing.subject.clone()));
    let mut pinned = Line {
        name: name.unwrap_or_default(),
        product: line.product,
        offer,
        quantity: line.quantity,
        unit_price,
        sold: line.sold,
        order_line: line.order_line,
    };
    if let Some(id) = line.order_line {
        let state = scribe.world.line(id);
        let state = state.ok_or_else(|| Refusal::not_found("order line").at(format!("/lines/{n}/order_line")))?;
        let about = state.pin.as_ref().and_then(|pin| pin.dims.item);
        pinned.product = pinned.product.or(about);
        // The whole line is bought: what the buyer paid for it is what it was sold for.
        if pinned.sold.is_none() && state.quantity() == line.quantity {
            pinned.sold = state.story().paid_goods();
        }
    }
    Ok(pinned)
}

fn act(id: PurchaseId, action: &Action, at: Option<Instant>, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.purchase(id).cloned();
    let state = state.ok_or_else(|| Refusal::not_found("purchase"))?;
    let order = state.order.as_deref().ok_or_else(|| Refusal::not_found("purchase"))?;
    let at = told_at(at, scribe.now)?;
    let by = match scribe.actor.party {
        None => Side::Book,
        Some(party) if party == order.supplier => Side::Supplier,
        Some(party) if Some(party) == order.buyer => Side::Buyer,
        Some(party) if order.buyer.is_some_and(|buyer| is_above(party, buyer, scribe)) => Side::Buyer,
        Some(_) => return Err(Refusal::not_found("purchase")),
    };
    let events = purchase::decide::decide(&state, action, by, scribe.now, &|party| exists(scribe, party))?;
    for event in events {
        scribe.record(id, at, Event::Purchase(Box::new(event)));
    }
    Ok(made([("purchase", id.to_string())]))
}

/// Fires the deadline of a purchase; one that is not running leaves nothing.
pub fn fire(id: PurchaseId, timer: TimerId, due: Instant, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let state = scribe.world.purchase(id).cloned();
    let event = state
        .map(|state| purchase::decide::fire(&state, timer, due))
        .transpose()?
        .flatten();
    if let Some(event) = event {
        scribe.record(id, due, Event::Purchase(Box::new(event)));
    }
    Ok(Made::default())
}
