//! Decisions about offers and quotes.
//! Must never let the same content make a version, nor a quote be made from anything but the version that stands.

use super::event::{
    OfferEvent, OfferFigures, OfferPublished, OfferReported, OfferStatus, OfferStatusChanged, QuoteEvent, QuoteGiven,
    QuoteUsed,
};
use super::price::{Asked, PriceKind, price};
use super::state::{OfferState, QuoteState};
use super::terms::OfferTerms;
use crate::base::{ExternalId, Instant, OfferId, PartyId, PartyKind, QuoteId};
use crate::domain::refusal::Refusal;

/// Hours that a quote is valid when nobody says.
pub const VALID_HOURS: u16 = 72;
/// Most hours that a quote is valid.
pub const MOST_HOURS: u16 = 720;

/// Publishes an offer: first, as the next version, or not at all when nothing changed. One that was taken down is on sale
/// again.
pub fn publish(standing: &OfferState, offer: OfferId, mut terms: OfferTerms) -> Result<Vec<OfferEvent>, Refusal> {
    terms.flag();
    terms.check()?;
    let mut events = Vec::new();
    if standing.terms.as_deref() != Some(&terms) {
        events.push(OfferEvent::Published(OfferPublished {
            offer,
            version: standing.version + 1,
            terms: Box::new(terms),
        }));
    }
    if standing.status != OfferStatus::Published {
        let status = OfferStatus::Published;
        events.push(OfferEvent::StatusChanged(OfferStatusChanged { offer, status }));
    }
    Ok(events)
}

/// Notes figures. The same again are no event, nor are older ones than stand.
pub fn report(standing: &OfferState, offer: OfferId, at: Instant, figures: OfferFigures) -> Option<OfferEvent> {
    let known = standing.figures.as_ref();
    let stands = known.is_some_and(|(since, known)| *known == figures || *since > at);
    let nothing = known.is_none() && figures == OfferFigures::default();
    (!stands && !nothing).then_some(OfferEvent::Reported(OfferReported {
        offer,
        reported_at: at,
        figures,
    }))
}

/// Changes how an offer stands; the same again is no event.
pub fn change_status(
    standing: &OfferState,
    offer: OfferId,
    status: OfferStatus,
) -> Result<Option<OfferEvent>, Refusal> {
    if standing.terms.is_none() {
        return Err(Refusal::not_found("offer"));
    }
    let event = OfferEvent::StatusChanged(OfferStatusChanged { offer, status });
    Ok((standing.status != status).then_some(event))
}

/// A question for a quote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuoteAsk<'a> {
    /// Of which offer.
    pub offer: OfferId,
    /// For whom; none: for the book's owner.
    pub buyer: Option<PartyId>,
    /// As what it would be bought.
    pub kind: PriceKind,
    /// What.
    pub lines: &'a [Asked],
    /// For how long it holds, in hours.
    pub valid_for_h: Option<u16>,
}

/// Gives a quote from the version that stands.
pub fn give(standing: &OfferState, quote: QuoteId, ask: QuoteAsk<'_>, now: Instant) -> Result<QuoteEvent, Refusal> {
    let (version, terms) = on_sale(standing)?;
    if ask.buyer.is_some_and(|buyer| !may_buy(buyer)) {
        return Err(Refusal::invalid("party_kind", "anchors, agencies and brands buy").at("/buyer"));
    }
    let hours = ask.valid_for_h.unwrap_or(VALID_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let message = format!("a quote is valid for 1 to {MOST_HOURS} hours");
        return Err(Refusal::invalid("validity_range", message).at("/valid_for_h"));
    }
    let priced = price(terms, ask.kind, ask.lines)?;
    Ok(QuoteEvent::Given(Box::new(QuoteGiven {
        quote,
        offer: ask.offer,
        version,
        buyer: ask.buyer,
        kind: ask.kind,
        currency: terms.currency,
        priced,
        valid_until: now.plus_seconds(3_600 * i64::from(hours)),
    })))
}

/// Uses a quote for a purchase; once, and while it is valid. For the same purchase again it is no event.
pub fn used(standing: &QuoteState, used_for: &ExternalId, now: Instant) -> Result<Option<QuoteEvent>, Refusal> {
    let given = standing.given.as_deref().ok_or_else(|| Refusal::not_found("quote"))?;
    match &standing.used_for {
        Some(known) if known == used_for => return Ok(None),
        Some(known) => return Err(Refusal::conflict("quote_used", "this quote was used already").because_of(known)),
        None => {}
    }
    if now >= given.valid_until {
        let message = format!("this quote was valid until {}", given.valid_until);
        return Err(Refusal::conflict("quote_expired", message));
    }
    Ok(Some(QuoteEvent::Used(QuoteUsed {
        quote: given.quote,
        used_for: used_for.clone(),
    })))
}

/// The version that stands with its terms, when it is on sale.
pub fn on_sale(standing: &OfferState) -> Result<(u32, &OfferTerms), Refusal> {
    let terms = standing.terms.as_deref().ok_or_else(|| Refusal::not_found("offer"))?;
    match standing.status {
        OfferStatus::Published => Ok((standing.version, terms)),
        gone => {
            let message = format!("this offer is not on sale: {}", gone.word());
            Err(Refusal::conflict("offer_not_on_sale", message))
        }
    }
}

/// Who buys: an anchor, an agency, or a brand (its own shop).
pub fn may_buy(party: PartyId) -> bool {
    matches!(party.kind(), PartyKind::Anchor | PartyKind::Agency | PartyKind::Brand)
}
