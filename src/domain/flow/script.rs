//! What a sandbox's scripted anchors 脚本主播 do next, from the events of a brief or a contract alone: the same log gives the
//! same moves, whoever asks and however often.
//! Must never decide: a move is a command like any anchor's, and is refused like any anchor's.
//!
//! | what stands | steady | pricey | late | disputes | silent |
//! | --- | --- | --- | --- | --- | --- |
//! | an open brief, or an invitation | applies after 1 h | applies after 3 h, a fifth dearer | after 2 h | after 4 h | after 5 h |
//! | a counter-quote, or other terms | accepts after 4 h | accepts | accepts | accepts | accepts |
//! | a funded contract | schedules after 2 h | same | same | same | same |
//! | a scheduled deliverable | delivers after a day, not before its window ends | same | a day after it is due | like steady | never |
//! | a revision asked for | delivers again after a day | same | same | goes to the arbiter | nothing |
//! | a dispute | makes a statement after 4 h | same | same | same | nothing |
//! | a proposed sales result | accepts after 4 h | same | same | contests its first line | nothing |

use crate::base::{Instant, LineId, PartyId};
use crate::domain::brief::{Ask, BriefState, BriefStatus, Stage, Visibility};
use crate::domain::command::Command;
use crate::domain::contract::event::{Delivery, Evidence, What};
use crate::domain::contract::{Action, ContractState, Deliverable, Phase, Side, Status, Terms, Work};
use crate::domain::event::Event;
use crate::domain::flow::Recorded;
use crate::domain::party::Script;
use crate::domain::stream::{Slice, StreamId};
use crate::domain::world::{Entity, Known};
use crate::money::{Minor, MoneyError, Rate, Rounding};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What a scripted anchor says of itself.
pub const NOTE: &str = "脚本主播: played by the sandbox's script";

/// One move: a command of a party, and when.
#[derive(Clone, PartialEq, Debug)]
pub struct Move {
    /// When.
    pub at: Instant,
    /// Whose.
    pub party: PartyId,
    /// On which stream.
    pub stream: StreamId,
    /// The version that it answers.
    pub version: i64,
    /// The word of the route.
    pub word: &'static str,
    /// What.
    pub command: Command,
}

/// Something that an anchor would do as things stand.
struct Wish {
    word: &'static str,
    deliverable: u32,
    /// Seconds from when it first would.
    after: i64,
    /// Not before.
    earliest: Option<Instant>,
    command: Command,
}

impl Wish {
    fn of(word: &'static str, deliverable: u32, after: i64, command: Command) -> Wish {
        Wish {
            word,
            deliverable,
            after,
            earliest: None,
            command,
        }
    }
}

/// The next move of an anchor on a brief or contract, from all its events in order.
pub fn next(party: PartyId, script: Script, stream: StreamId, events: &[Recorded]) -> Option<Move> {
    let mut known = Known::ABSENT;
    let mut stated = Vec::new();
    let mut since: Option<(Wish, Instant)> = None;
    for recorded in events {
        known.evolve(&recorded.event, &recorded.placed);
        if let Event::Contract(event) = &recorded.event {
            match &event.what {
                What::Disputed { deliverable, .. } => stated.retain(|number| number != deliverable),
                What::StatementMade { deliverable, by, .. } if *by == Side::Anchor => stated.push(*deliverable),
                _ => {}
            }
        }
        let wish = match (&known.entity, stream.slice) {
            (Some(Entity::Brief(state)), Slice::Brief) => of_brief(party, script, stream, state),
            (Some(Entity::Contract(state)), Slice::Contract) => of_contract(party, script, stream, state, &stated),
            _ => None,
        };
        let same = |old: &Wish, new: &Wish| (old.word, old.deliverable) == (new.word, new.deliverable);
        since = wish.map(|wish| match &since {
            Some((old, at)) if same(old, &wish) => (wish, *at),
            _ => (wish, recorded.placed.recorded_at),
        });
    }
    let (wish, since) = since?;
    let at = since.plus_seconds(wish.after);
    Some(Move {
        at: wish.earliest.map_or(at, |earliest| at.max(earliest)),
        party,
        stream,
        version: known.version,
        word: wish.word,
        command: wish.command,
    })
}

fn of_brief(party: PartyId, script: Script, stream: StreamId, state: &BriefState) -> Option<Wish> {
    let terms = state.terms.as_deref()?;
    let ask = |word, after, ask| {
        let brief = crate::base::BriefId(stream.id);
        let side = None;
        Some(Wish::of(word, 0, after, Command::AskBrief { brief, side, ask }))
    };
    let apply = || {
        let after = match script {
            Script::Steady => HOUR,
            Script::Late => 2 * HOUR,
            Script::Pricey => 3 * HOUR,
            Script::Disputes => 4 * HOUR,
            Script::Silent => 5 * HOUR,
        };
        let asked = match script {
            Script::Pricey => Some(Box::new(dearer(&terms.terms).ok()?)),
            _ => None,
        };
        let note = Some(NOTE.to_owned());
        let external_id = None;
        let apply = Ask::Apply {
            party,
            terms: asked,
            note,
            external_id,
        };
        ask("apply", after, apply)
    };
    match state.application(party) {
        None => {
            let open = state.status == BriefStatus::Posted && terms.visibility == Visibility::Open;
            open.then(apply).flatten()
        }
        Some(one) if one.stage == Stage::Invited && state.status.awards() => apply(),
        Some(one) if one.stage == Stage::Applied && !one.stands && state.status.awards() => {
            ask("accept-quote", 4 * HOUR, Ask::AcceptQuote { party })
        }
        Some(_) => None,
    }
}

/// The same terms with fees a fifth higher.
fn dearer(terms: &Terms) -> Result<Terms, MoneyError> {
    let fifth = Rate::from_ppm(200_000).unwrap_or(Rate::ZERO);
    let mut dearer = terms.clone();
    for one in &mut dearer.deliverables {
        one.fee = one.fee.plus(fifth.of(one.fee, Rounding::HalfUp)?)?;
    }
    Ok(dearer)
}

fn of_contract(
    party: PartyId,
    script: Script,
    stream: StreamId,
    state: &ContractState,
    stated: &[u32],
) -> Option<Wish> {
    if state.anchor != Some(party) || state.phase.is_over() {
        return None;
    }
    let act = |word, number, after, action| {
        let contract = crate::base::ContractId(stream.id);
        let side = None;
        Wish::of(word, number, after, Command::ActContract { contract, side, action })
    };
    if let Some(proposal) = state.proposal.as_ref().filter(|proposal| proposal.by == Side::Brand) {
        let number = proposal.number;
        return Some(act(
            "accept-amendment",
            number,
            4 * HOUR,
            Action::AcceptAmendment { number },
        ));
    }
    let terms = state.terms()?;
    let works = (0_u32..).zip(terms.deliverables.iter().zip(&state.works));
    works
        .filter_map(|(number, (one, work))| {
            let (word, after, action) = match work.status {
                Status::Planned if coverable(state, terms, one) => ("schedule", 2 * HOUR, schedule(number, one)),
                Status::Scheduled if script != Script::Silent => ("deliver", DAY, deliver(number, one, terms)),
                Status::Revising if script == Script::Disputes => ("dispute", 4 * HOUR, dispute(number)),
                Status::Revising if script != Script::Silent => ("deliver", DAY, deliver(number, one, terms)),
                Status::Disputed if script != Script::Silent && !stated.contains(&number) => {
                    ("state", 4 * HOUR, state_ours(number))
                }
                Status::Proposed if script != Script::Silent => of_result(script, number, work)?,
                _ => return None,
            };
            let mut wish = act(word, number, after, action);
            wish.earliest = (work.status == Status::Scheduled)
                .then(|| earliest(script, one, work))
                .flatten();
            Some((wish.earliest, wish))
        })
        // What is due first, else the first deliverable.
        .min_by_key(|(earliest, wish)| (*earliest, wish.deliverable))
        .map(|(_, wish)| wish)
}

/// Work may begin, and what is set aside covers this deliverable beside those that are bound.
fn coverable(state: &ContractState, terms: &Terms, one: &Deliverable) -> bool {
    let begun = state.phase != Phase::Awarded;
    let free = state.needed(terms, false).and_then(|bound| state.left().minus(bound));
    let covered = |free: Minor| terms.need(one).is_ok_and(|need| need <= free);
    begun && free.is_ok_and(covered)
}

fn schedule(deliverable: u32, one: &Deliverable) -> Action {
    Action::Schedule {
        deliverable,
        at: one.from,
    }
}

fn deliver(deliverable: u32, one: &Deliverable, terms: &Terms) -> Action {
    let url = format!("https://example.com/scripted/{deliverable}");
    let kinds = one.evidence.iter().cloned();
    let mut kinds: Vec<String> = kinds.collect();
    if kinds.is_empty() {
        kinds.push("replay_url".to_owned());
    }
    let evidence = kinds.into_iter().map(|kind| Evidence {
        kind,
        value: url.clone(),
    });
    Action::Deliver {
        deliverable,
        delivery: Delivery {
            evidence: evidence.collect(),
            minutes: terms.form.by_minutes().then(|| one.minutes.unwrap_or(60)),
            note: Some(NOTE.to_owned()),
        },
    }
}

/// Not before the show is over; late is a day after it was due.
fn earliest(script: Script, one: &Deliverable, work: &Work) -> Option<Instant> {
    match (script, one.due.or(one.to), one.to.or(work.at)) {
        (Script::Late, Some(due), _) => Some(due.plus_seconds(DAY)),
        (_, _, shown) => shown,
    }
}

fn dispute(deliverable: u32) -> Action {
    Action::Dispute {
        deliverable,
        reason: format!("{NOTE}: it was delivered as agreed"),
        files: Vec::new(),
    }
}

fn state_ours(deliverable: u32) -> Action {
    Action::State {
        deliverable,
        text: format!("{NOTE}: it was delivered as agreed"),
        files: Vec::new(),
    }
}

fn of_result(script: Script, deliverable: u32, work: &Work) -> Option<(&'static str, i64, Action)> {
    let lines = work.result.iter().flat_map(|result| &result.lines);
    let first: Option<LineId> = lines.map(|sold| sold.line).min();
    let contests = script == Script::Disputes && work.contested.is_empty();
    match first.filter(|_| contests) {
        Some(line) => Some((
            "contest-result",
            4 * HOUR,
            Action::ContestResult {
                deliverable,
                lines: vec![line],
                reason: format!("{NOTE}: this line counts otherwise"),
            },
        )),
        None if work.agreed.1 => None,
        None => Some(("accept-result", 4 * HOUR, Action::AcceptResult { deliverable })),
    }
}
