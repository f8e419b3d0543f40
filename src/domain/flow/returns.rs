//! Returns that name no order joined with the lines they may belong to: a match tells its line an ordinary refund, a
//! reversed match takes it back.
//! Must never leave a match whose reason is gone: whoever tells a line or a return, the verdicts of its buyer and item are
//! given anew before the command ends (decision A5).

use std::collections::BTreeSet;

use super::{Scribe, due, facts};
use crate::base::{BookId, ExternalId, Instant, LineId, ReturnsId};
use crate::domain::command::{Made, ReturnOutcome, ReturnWord};
use crate::domain::event::Event;
use crate::domain::order::{About, FactState, LineFact, LineState, Manner, What};
use crate::domain::refusal::Refusal;
use crate::domain::returns::decide::{self, Heard};
use crate::domain::returns::{Flaw, Kept, ReturnEvent, ReturnJudged, Returned, ReturnsState, Sale, SalesJoined};
use crate::domain::stream::{Slice, StreamId};
use crate::money::{Currency, Minor};

/// Decides words about returns in the order told.
pub fn returns(words: &[ReturnWord], scribe: &mut Scribe<'_>) -> Result<Made, Refusal> {
    let mut heard = Vec::with_capacity(words.len());
    for word in words {
        heard.push(match word {
            ReturnWord::Told { returned } => tell(returned, scribe)?,
            ReturnWord::TakenBack { returned, batch } => take_back(returned, batch, scribe)?,
        });
    }
    settle(scribe)?;
    let outcome = |(word, (position, replayed)): (&ReturnWord, (i64, bool))| {
        let returns = word.returned().stream(scribe.book);
        let state = scribe.world.returns(returns);
        let kept = state.and_then(|state| state.kept().find(|kept| kept.position == position));
        let line = kept.and_then(Kept::line);
        let code = match word {
            ReturnWord::Told { .. } => kept.and_then(Kept::code).map(str::to_owned),
            ReturnWord::TakenBack { .. } => (position == 0).then(|| NOTHING_TO_WITHDRAW.to_owned()),
        };
        ReturnOutcome {
            returns,
            state: match (word, kept.and_then(|kept| kept.flaw), &code) {
                (ReturnWord::Told { .. }, Some(Flaw::Conflict), _) => FactState::Conflict,
                (_, _, Some(_)) => FactState::Parked,
                (_, _, None) => FactState::Applied,
            },
            code,
            line,
            replayed,
            position,
        }
    };
    Ok(Made {
        returns: words.iter().zip(heard).map(outcome).collect(),
        ..Made::default()
    })
}

/// Code of a return taken back that does not stand.
const NOTHING_TO_WITHDRAW: &str = "nothing_to_withdraw";

fn tell(returned: &Returned, scribe: &mut Scribe<'_>) -> Result<(i64, bool), Refusal> {
    let book = scribe
        .world
        .book(scribe.book)
        .ok_or_else(|| Refusal::not_found("book"))?;
    let books = |currency: Currency| book.opened.currencies.contains(&currency);
    let id = returned.stream(scribe.book);
    let state = scribe.world.returns(id).cloned().unwrap_or_default();
    match decide::told(&state, returned, &books) {
        Heard::Known(position) => Ok((position, true)),
        Heard::New(event) => {
            let placed = scribe.record(id, returned.at, Event::Returns(event));
            scribe.touched.entry(id).or_default();
            Ok((placed.position, false))
        }
    }
}

fn take_back(returned: &Returned, batch: &ExternalId, scribe: &mut Scribe<'_>) -> Result<(i64, bool), Refusal> {
    let id = returned.stream(scribe.book);
    let state = scribe.world.returns(id).cloned().unwrap_or_default();
    let Some(event) = decide::withdraw(&state, returned, batch) else {
        return Ok((0, true));
    };
    let before = event.before;
    let placed = scribe.record(id, returned.at, Event::Returns(ReturnEvent::Withdrawn(event)));
    scribe.touched.entry(id).or_default();
    if let Some(line) = before {
        let outer = scribe.causation.replace(placed.id);
        withdraw(line, returned, state.matches(returned), scribe)?;
        scribe.causation = outer;
    }
    Ok((placed.position, false))
}

/// The returns that what is told of a line may bear on.
pub fn of_line(book: BookId, platform: &ExternalId, about: &About) -> Option<ReturnsId> {
    let (buyer, item) = (about.buyer.as_ref()?, about.item_no.as_ref()?);
    Some(ReturnsId::of(book, platform.as_str(), buyer.as_str(), item.as_str()))
}

fn belongs(book: BookId, state: &LineState) -> Option<ReturnsId> {
    of_line(book, state.platform()?, state.about())
}

/// Notes that a line changed: the returns of its buyer and item are judged anew when the command ends.
pub fn touch(line: LineId, before: &LineState, scribe: &mut Scribe<'_>) {
    let after = scribe.world.line(line).cloned().unwrap_or_default();
    let asked = after
        .platform()
        .zip(scribe.world.book(scribe.book))
        .is_some_and(|(platform, book)| book.matches_returns(platform));
    if asked {
        for id in [belongs(scribe.book, before), belongs(scribe.book, &after)]
            .into_iter()
            .flatten()
        {
            scribe.touched.entry(id).or_default().insert(line);
        }
    }
}

/// Judges the returns of every buyer and item that the command touched.
pub fn settle(scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    while let Some((id, lines)) = scribe.touched.pop_first() {
        let Some(state) = scribe.world.returns(id).cloned() else {
            continue;
        };
        if let Some(sample) = state.sample().cloned() {
            judge(id, &sample, &state, lines, scribe)?;
            // What the matches told their lines bears on these returns only, and on none of them anew.
            scribe.touched.remove(&id);
        }
    }
    Ok(())
}

fn judge(
    id: ReturnsId,
    sample: &Returned,
    state: &ReturnsState,
    touched: BTreeSet<LineId>,
    scribe: &mut Scribe<'_>,
) -> Result<(), Refusal> {
    let book = scribe
        .world
        .book(scribe.book)
        .ok_or_else(|| Refusal::not_found("book"))?;
    let sales = if book.matches_returns(&sample.platform) {
        if !state.knows_sales() && !scribe.sold.contains_key(&id) {
            // Which lines were sold before was not looked up: the next word about the buyer and item judges.
            return Ok(());
        }
        join(id, sample.at, state, touched, scribe);
        let state = scribe.world.returns(id).cloned().unwrap_or_default();
        due::fire_lines(state.sales(), scribe)?;
        Some(sold(id, &state, scribe))
    } else {
        None
    };
    let state = scribe.world.returns(id).cloned().unwrap_or_default();
    let judged = decide::judge(&state, sales.as_deref(), &|returned, line| {
        stands(returned, line, scribe)
    });
    let mut caused = Vec::with_capacity(judged.len());
    for judged in judged {
        let Some(kept) = standing(&state, &judged) else {
            continue;
        };
        let event = Event::Returns(ReturnEvent::Judged(judged.clone()));
        let placed = scribe.record(id, kept.returned.at, event);
        caused.push((placed.id, judged, kept));
    }
    // INVARIANT: what no longer holds is taken back first, so no line is ever refunded more than it has.
    let outer = scribe.causation;
    for (cause, judged, kept) in &caused {
        if let Some(line) = judged.before {
            scribe.causation = Some(*cause);
            withdraw(line, &kept.returned, kept.matches, scribe)?;
        }
    }
    for (cause, judged, kept) in &caused {
        if let Some(line) = judged.verdict.line() {
            scribe.causation = Some(*cause);
            refund(line, &kept.returned, scribe)?;
        }
    }
    scribe.causation = outer;
    Ok(())
}

fn standing<'a>(state: &'a ReturnsState, judged: &ReturnJudged) -> Option<&'a Kept> {
    let is = |kept: &&Kept| kept.returned.document == judged.document && kept.returned.row == judged.row;
    state.kept().filter(|kept| kept.counts()).find(is)
}

/// Lines of the buyer and item that are not in the set yet join it.
fn join(id: ReturnsId, at: Instant, state: &ReturnsState, mut lines: BTreeSet<LineId>, scribe: &mut Scribe<'_>) {
    if !state.knows_sales() {
        lines.extend(scribe.sold.get(&id).into_iter().flatten());
        // Lines of this batch that are not in the database yet.
        let changed = scribe.world.changed_since(0).into_iter();
        lines.extend(
            changed
                .filter(|stream| stream.slice == Slice::Line)
                .map(|stream| LineId(stream.id)),
        );
    }
    let belongs = |line: &LineId| scribe.world.line(*line).and_then(|line| belongs(scribe.book, line)) == Some(id);
    lines.retain(|line| !state.sales().contains(line) && belongs(line));
    if !lines.is_empty() || !state.knows_sales() {
        let lines = lines.into_iter().collect();
        scribe.record(id, at, Event::Returns(ReturnEvent::Joined(SalesJoined { lines })));
    }
}

/// The lines as returns see them.
fn sold(id: ReturnsId, state: &ReturnsState, scribe: &mut Scribe<'_>) -> Vec<Sale> {
    // A line that was not loaded is loaded, and the command decided again.
    let unknown = |line: &&LineId| !scribe.world.knows(StreamId::from(**line));
    let missing = state.sales().iter().filter(unknown);
    scribe.missing.extend(missing.map(|line| StreamId::from(*line)));
    let sale = |line: &LineId| {
        let line_state = scribe.world.line(*line)?;
        if belongs(scribe.book, line_state) != Some(id) {
            return None;
        }
        let sold = line_state.sold(|case| state.is_own_case(case))?;
        Some(Sale {
            line: *line,
            at: sold.at,
            currency: sold.currency,
            units: sold.units,
            paid: sold.paid,
            left: sold.left,
        })
    };
    state.sales().iter().filter_map(sale).collect()
}

/// The refund that a match tells its line.
fn refund_of(line: LineId, state: &LineState, returned: &Returned) -> Option<LineFact> {
    Some(LineFact {
        line,
        platform: state.platform()?.clone(),
        line_no: state.line_no()?.clone(),
        at: returned.at,
        currency: Some(returned.currency),
        about: About::default(),
        what: What::RefundWon {
            case: returned.case(),
            goods: returned.amount,
            freight: Minor::ZERO,
            units: Some(returned.units),
            deducted: true,
            manner: Some(Manner::Return),
        },
        reported: None,
    })
}

/// The line still has the refund of the match.
fn stands(returned: &Returned, line: LineId, scribe: &Scribe<'_>) -> bool {
    let Some(state) = scribe.world.line(line) else {
        return false;
    };
    let Some(identity) = refund_of(line, state, returned).map(|fact| fact.identity()) else {
        return false;
    };
    state.facts().any(|kept| kept.identity == identity && !kept.withdrawn)
}

fn refund(line: LineId, returned: &Returned, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let state = scribe.world.line(line).cloned().unwrap_or_default();
    if let Some(fact) = refund_of(line, &state, returned) {
        facts::hear(&fact, scribe)?;
    }
    Ok(())
}

fn withdraw(line: LineId, returned: &Returned, matches: u32, scribe: &mut Scribe<'_>) -> Result<(), Refusal> {
    let state = scribe.world.line(line).cloned().unwrap_or_default();
    let Some(told) = refund_of(line, &state, returned) else {
        return Ok(());
    };
    let Ok(batch) = format!("match-{matches}").parse() else {
        return Ok(());
    };
    let fact = LineFact {
        // Taken back now, even what was told ahead of its time.
        at: returned.at.min(scribe.now),
        currency: None,
        what: What::Withdrawn {
            identity: told.identity(),
            batch,
        },
        ..told
    };
    facts::hear(&fact, scribe)?;
    Ok(())
}
