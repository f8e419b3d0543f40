//! A chunk of an import on its way to the engine: sorted by the command that takes it, sent, and what became of each row.
//! Must never drop what the database did not take: it is sent again, and what was taken already is known by itself.

use std::time::Duration;

use super::emit::Told;
use super::import::ImportError;
use super::reader::Bundle;
use crate::base::BookId;
use crate::domain::click::Click;
use crate::domain::command::{
    Command, FactOutcome, Made, OfferFate, OfferOutcome, OfferTold, ReceiptOutcome, ReturnOutcome, ReturnWord,
};
use crate::domain::order::{FactState, LineFact};
use crate::domain::receipt::ReceiptFact;
use crate::domain::stream::StreamId;
use crate::engine::{Engine, EngineError, Meta};

/// The identity of a receipt inside its own stream.
pub(super) const RECEIPT: &str = "receipt.recorded";
/// The identity of an offer inside its own stream.
pub(super) const OFFER: &str = "offer.published";
/// How often a chunk is sent again when the database did not take it.
const TRIES: u32 = 10;

/// What came of a chunk.
pub(super) struct Answered {
    /// The chunk.
    pub bundle: Bundle,
    /// For each click, whether it was known.
    pub clicks: Vec<bool>,
    /// For each fact, return and receipt what became of it, in order of rows.
    pub came: Vec<Came>,
    /// For each offer what became of it, with its row.
    pub offers: Vec<(u64, OfferOutcome)>,
}

/// What became of a fact, a return or a receipt that a row told.
pub(super) struct Came {
    /// Number of the row.
    pub row: u64,
    /// The line, the returns of its buyer and item, the receipt, or the offer.
    pub stream: StreamId,
    /// Identity in the stream.
    pub identity: String,
    /// What became of it.
    pub state: FactState,
    /// Why, when it is not simply applied.
    pub code: String,
    /// It was known.
    pub replayed: bool,
    /// Position of the event that keeps it.
    pub position: i64,
}

impl Came {
    fn of_fact((row, identity): (u64, String), outcome: FactOutcome) -> Came {
        Came {
            row,
            stream: outcome.line.into(),
            identity,
            state: outcome.state,
            code: outcome.code.unwrap_or_default(),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }

    fn of_return((row, identity): (u64, String), outcome: ReturnOutcome) -> Came {
        Came {
            row,
            stream: outcome.returns.into(),
            identity,
            state: outcome.state,
            code: outcome.code.unwrap_or_default(),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }

    fn of_receipt(row: u64, outcome: ReceiptOutcome) -> Came {
        Came {
            row,
            stream: outcome.receipt.into(),
            identity: RECEIPT.to_owned(),
            state: outcome.state,
            code: outcome.code.unwrap_or_default(),
            replayed: outcome.replayed,
            position: outcome.position,
        }
    }
}

impl Came {
    fn of_offer(row: u64, outcome: &OfferOutcome) -> Came {
        Came {
            row,
            stream: outcome.offer.into(),
            identity: OFFER.to_owned(),
            state: match outcome.state {
                OfferFate::Refused => FactState::Parked,
                OfferFate::New | OfferFate::Changed | OfferFate::Unchanged => FactState::Applied,
            },
            code: outcome.code.clone().unwrap_or_default(),
            replayed: outcome.state == OfferFate::Unchanged,
            position: outcome.position,
        }
    }
}

/// What a chunk tells, by the command that takes it.
#[derive(Default)]
struct Sorted {
    clicks: Vec<Click>,
    facts: Vec<LineFact>,
    returns: Vec<ReturnWord>,
    receipts: Vec<ReceiptFact>,
    offers: Vec<OfferTold>,
    /// Row and identity of each fact and of each return; row of each receipt and offer.
    fact_rows: Vec<(u64, String)>,
    return_rows: Vec<(u64, String)>,
    receipt_rows: Vec<u64>,
    offer_rows: Vec<u64>,
}

impl Sorted {
    fn of(told: impl Iterator<Item = (u64, Told)>) -> Sorted {
        let mut sorted = Sorted::default();
        for (row, told) in told {
            match told {
                Told::Click(click) => sorted.clicks.push(*click),
                Told::Fact(fact) => {
                    sorted.fact_rows.push((row, fact.identity()));
                    sorted.facts.push(*fact);
                }
                Told::Return(returned) => {
                    sorted.return_rows.push((row, returned.identity()));
                    sorted.returns.push(ReturnWord::Told { returned });
                }
                Told::Receipt(receipt) => {
                    sorted.receipt_rows.push(row);
                    sorted.receipts.push(*receipt);
                }
                Told::Offer(offer) => {
                    sorted.offer_rows.push(row);
                    sorted.offers.push(*offer);
                }
            }
        }
        sorted
    }
}

/// Sends a chunk, again while the database does not take it: what was taken is known by itself.
pub(super) async fn send(
    engine: &Engine,
    book: BookId,
    meta: Meta,
    mut bundle: Bundle,
) -> Result<Answered, ImportError> {
    let told = Sorted::of(bundle.told.drain(..));
    let mut tries = 0;
    loop {
        let clicks = async {
            match told.clicks.is_empty() {
                true => Ok(Vec::new()),
                false => {
                    let answer = engine.record_clicks(book, told.clicks.clone(), meta.clone()).await?;
                    Ok(answer.clicks)
                }
            }
        };
        let facts = asked(engine, book, &meta, &told.facts, Command::Facts, |made| made.facts);
        // Asked after the facts of the chunk: most returns then find the line they belong to.
        let returns = asked(engine, book, &meta, &told.returns, Command::Returns, |made| {
            made.returns
        });
        let receipts = asked(engine, book, &meta, &told.receipts, Command::Receipts, |made| {
            made.receipts
        });
        let offers = asked(engine, book, &meta, &told.offers, Command::Offers, |made| made.offers);
        match futures_util::future::try_join5(clicks, facts, returns, receipts, offers).await {
            Ok((clicks, facts, returns, receipts, offers)) => {
                let facts = told.fact_rows.into_iter().zip(facts);
                let returns = told.return_rows.into_iter().zip(returns);
                let receipts = told.receipt_rows.into_iter().zip(receipts);
                let mut came: Vec<Came> = facts
                    .map(|(told, outcome)| Came::of_fact(told, outcome))
                    .chain(returns.map(|(told, outcome)| Came::of_return(told, outcome)))
                    .chain(receipts.map(|(row, outcome)| Came::of_receipt(row, outcome)))
                    .collect();
                let offers: Vec<(u64, OfferOutcome)> = told.offer_rows.into_iter().zip(offers).collect();
                came.extend(offers.iter().map(|(row, outcome)| Came::of_offer(*row, outcome)));
                came.sort_by_key(|came| came.row);
                return Ok(Answered {
                    offers,
                    clicks: clicks.into_iter().map(|(_, known)| known).collect(),
                    came,
                    bundle,
                });
            }
            Err(EngineError::NotStarted | EngineError::Unknown) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                return Err(ImportError::Engine {
                    row: bundle.last,
                    error,
                });
            }
        }
    }
}

/// Asks for a command with some of what a chunk tells; for nothing, nothing is asked.
async fn asked<T: Clone, O>(
    engine: &Engine,
    book: BookId,
    meta: &Meta,
    told: &[T],
    command: fn(Vec<T>) -> Command,
    outcomes: fn(Made) -> Vec<O>,
) -> Result<Vec<O>, EngineError> {
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let answer = engine.submit(book, command(told.to_vec()), meta.clone()).await?;
    Ok(outcomes(answer.made))
}

/// The word of a fact's state.
pub(super) fn state_word(state: FactState) -> &'static str {
    match state {
        FactState::Applied => "applied",
        FactState::Waiting => "waiting",
        FactState::Parked => "parked",
        FactState::Stale => "stale",
        FactState::Conflict => "conflict",
    }
}
