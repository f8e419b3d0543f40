//! Suppliers, offers and quotes: each slice decides; here a told offer brings its supplier's party with it.
//! Must never hold a rule of a slice; only what joins them.

use std::sync::Arc;

use super::{exists, made, record};
use crate::base::{BookId, OfferId, PartyId, PartyKind, QuoteId, SupplierId};
use crate::domain::book::BookState;
use crate::domain::command::{Command, Made, OfferFate as Told, OfferOutcome, OfferTold, SupplierTold};
use crate::domain::event::Event;
use crate::domain::flow::Scribe;
use crate::domain::offer::decide::{QuoteAsk, change_status, give, publish, report, used};
use crate::domain::offer::{OfferEvent, OfferState};
use crate::domain::party::PartyEvent;
use crate::domain::party::event::PartyRegistered;
use crate::domain::refusal::Refusal;
use crate::domain::stream::StreamId;
use crate::domain::supplier::{SupplierReported, decide as supplier, party_number, party_of};

/// Decides a command about an offer or a quote.
pub(super) fn decide(
    command: &Command,
    book: &Arc<BookState>,
    scribe: &mut Scribe<'_>,
) -> Result<Option<Made>, Refusal> {
    Ok(Some(match command {
        Command::PublishOffer(told) => Made {
            offers: vec![one(told, book, scribe)?],
            ..made([("offer", told.terms.id(scribe.book).to_string())])
        },
        Command::Offers(all) => Made {
            offers: all.iter().map(|told| or_refused(told, book, scribe)).collect(),
            ..Made::default()
        },
        Command::ChangeOfferStatus { offer, status } => {
            let event = change_status(&standing(*offer, scribe), *offer, *status)?;
            keep(*offer, event, scribe);
            made([("offer", offer.to_string())])
        }
        Command::GiveQuote {
            offer,
            buyer,
            kind,
            lines,
            valid_for_h,
        } => {
            if let Some(buyer) = buyer.filter(|buyer| !exists(scribe, *buyer)) {
                return Err(Refusal::not_found("party").at("/buyer").because_of(buyer));
            }
            let ask = QuoteAsk {
                offer: *offer,
                buyer: *buyer,
                kind: *kind,
                lines,
                valid_for_h: *valid_for_h,
            };
            let quote = QuoteId((scribe.fresh)());
            let event = give(&standing(*offer, scribe), quote, ask, scribe.now)?;
            record(scribe, quote, Event::Quote(event));
            made([("quote", quote.to_string())])
        }
        Command::ReportSupplier { .. } => reported(command, scribe)?,
        Command::UseQuote { quote, used_for } => {
            let state = scribe.world.quote(*quote).cloned().unwrap_or_default();
            if let Some(event) = used(&state, used_for, scribe.now)? {
                record(scribe, *quote, Event::Quote(event));
            }
            made([("quote", quote.to_string())])
        }
        _ => return Ok(None),
    }))
}

/// Streams that a command about an offer or a quote needs.
pub(super) fn needs(book: BookId, command: &Command) -> Vec<StreamId> {
    match command {
        Command::PublishOffer(told) => of_told(book, told),
        Command::Offers(all) => all.iter().flat_map(|told| of_told(book, told)).collect(),
        Command::ChangeOfferStatus { offer, .. } => vec![(*offer).into()],
        Command::GiveQuote { offer, buyer, .. } => {
            let buyer = buyer.map(StreamId::from);
            buyer.into_iter().chain([(*offer).into()]).collect()
        }
        Command::ReportSupplier { supplier, .. } => vec![(*supplier).into(), SupplierId::of(*supplier).into()],
        Command::UseQuote { quote, .. } => vec![(*quote).into()],
        _ => Vec::new(),
    }
}

fn of_told(book: BookId, told: &OfferTold) -> Vec<StreamId> {
    let mut wanted: Vec<StreamId> = vec![told.terms.id(book).into()];
    let named = told.terms.supplier.into_iter();
    wanted.extend(named.flat_map(|party| [StreamId::from(party), SupplierId::of(party).into()]));
    if let Some(supplier) = &told.supplier {
        let number = party_number(&told.terms.source, &supplier.member_no);
        wanted.extend(PartyId::candidates(book, number.as_str()).map(StreamId::from));
        let party = party_of(book, &told.terms.source, &supplier.member_no);
        wanted.push(SupplierId::of(party).into());
    }
    wanted
}

fn reported(command: &Command, scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let Command::ReportSupplier {
        supplier: party,
        source,
        member_no,
        reported_at,
        scores,
        profile,
    } = command
    else {
        return Err(Refusal::not_found("supplier"));
    };
    if !exists(scribe, *party) {
        return Err(Refusal::not_found("party").at("/supplier"));
    }
    let told = SupplierReported {
        supplier: *party,
        source: source.clone(),
        member_no: member_no.clone(),
        reported_at: reported_at.unwrap_or(scribe.now).min(scribe.now),
        scores: *scores,
        profile: profile.clone(),
    };
    let id = SupplierId::of(*party);
    let event = supplier::report(scribe.world.supplier(id).map(AsRef::as_ref), told)?;
    if let Some(event) = event {
        record(scribe, id, Event::Supplier(Box::new(event)));
    }
    Ok(made([("supplier", party.to_string())]))
}

fn standing(offer: OfferId, scribe: &Scribe<'_>) -> Arc<OfferState> {
    scribe.world.offer(offer).cloned().unwrap_or_default()
}

fn keep(offer: OfferId, events: impl IntoIterator<Item = OfferEvent>, scribe: &mut Scribe<'_>) {
    for event in events {
        record(scribe, offer, Event::Offer(event));
    }
}

/// A row of a file that cannot stand is refused by itself, and the next one goes on.
fn or_refused(told: &OfferTold, book: &BookState, scribe: &mut Scribe<'_>) -> OfferOutcome {
    one(told, book, scribe).unwrap_or_else(|refusal| OfferOutcome {
        offer: told.terms.id(scribe.book),
        version: 0,
        state: Told::Refused,
        code: Some(refusal.code.to_owned()),
        supplier: None,
        new_supplier: false,
        other_company: false,
        position: scribe.position,
    })
}

/// Decides everything first and records then: what is refused leaves nothing.
fn one(told: &OfferTold, book: &BookState, scribe: &mut Scribe<'_>) -> Result<OfferOutcome, Refusal> {
    let offer = told.terms.id(scribe.book);
    if !book.opened.currencies.contains(&told.terms.currency) {
        let why = "the book has no such currency";
        return Err(Refusal::invalid("currency_not_booked", why).at("/currency"));
    }
    let at = told.reported_at.unwrap_or(scribe.now).min(scribe.now);
    let mut terms = told.terms.clone();
    let supplier = told
        .supplier
        .as_ref()
        .map(|one| seller(one, told, scribe))
        .transpose()?;
    if let Some(seller) = &supplier {
        terms.supplier = Some(seller.party);
    } else if let Some(party) = terms.supplier.filter(|party| !exists(scribe, *party)) {
        return Err(Refusal::not_found("party").at("/supplier").because_of(party));
    }
    let party = terms.supplier;
    let state = standing(offer, scribe);
    let published = publish(&state, offer, terms)?;
    let figures = told.figures.and_then(|figures| report(&state, offer, at, figures));
    let told_so = match (state.version, &published[..]) {
        (0, _) => Told::New,
        (_, []) => Told::Unchanged,
        _ => Told::Changed,
    };
    let (new_supplier, other_company) = supplier.map_or((false, false), |seller| seller.keep(scribe));
    keep(offer, published.into_iter().chain(figures), scribe);
    Ok(OfferOutcome {
        offer,
        version: scribe.world.offer(offer).map_or(0, |state| state.version),
        state: told_so,
        code: None,
        supplier: party,
        new_supplier,
        other_company,
        position: scribe.position,
    })
}

/// A supplier told with its offer: what would be recorded of it.
struct Seller {
    party: PartyId,
    registered: Option<PartyEvent>,
    reported: Option<SupplierReported>,
    other_company: bool,
}

impl Seller {
    /// Records it: whether the party is new, and whether it goes by another name than the one told.
    fn keep(self, scribe: &mut Scribe<'_>) -> (bool, bool) {
        let new = self.registered.is_some();
        if let Some(event) = self.registered {
            record(scribe, self.party, Event::Party(event));
        }
        if let Some(reported) = self.reported {
            record(scribe, SupplierId::of(self.party), Event::Supplier(Box::new(reported)));
        }
        (new, self.other_company)
    }
}

fn seller(one: &SupplierTold, told: &OfferTold, scribe: &Scribe<'_>) -> Result<Seller, Refusal> {
    let source = &told.terms.source;
    let party = party_of(scribe.book, source, &one.member_no);
    if told.terms.supplier.is_some_and(|named| named != party) {
        let why = "the supplier's number and the supplier named are two parties";
        return Err(Refusal::invalid("supplier_unclear", why).at("/supplier"));
    }
    let number = party_number(source, &one.member_no);
    let taken = PartyId::candidates(scribe.book, number.as_str())
        .into_iter()
        .find(|known| known.kind() != PartyKind::Supplier && exists(scribe, *known));
    if let Some(other) = taken {
        let why = "this number is another party's";
        return Err(Refusal::conflict("already_exists", why)
            .at("/supplier")
            .because_of(other));
    }
    let standing = scribe.world.party(party);
    let registered = standing.is_none().then(|| {
        PartyEvent::Registered(PartyRegistered {
            party,
            external_id: Some(number),
            name: one.name.clone(),
        })
    });
    let told = SupplierReported {
        supplier: party,
        source: source.clone(),
        member_no: one.member_no.clone(),
        reported_at: told.reported_at.unwrap_or(scribe.now).min(scribe.now),
        scores: one.scores,
        profile: one.profile.clone(),
    };
    let reported = scribe.world.supplier(SupplierId::of(party));
    Ok(Seller {
        party,
        other_company: standing.is_some_and(|known| known.name != one.name),
        registered,
        reported: supplier::report(reported.map(AsRef::as_ref), told)?,
    })
}
