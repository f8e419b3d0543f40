//! Decisions about samples: requests, repeats, and what each step costs whom.
//! Must never read a clock, nor charge a side what it did not accept.

use serde::{Deserialize, Serialize};

use super::SampleAsk;
use super::event::{Bearer, Requested, SampleEvent, SampleTerms, What};
use super::state::{Round, SampleState, Standing};
use crate::base::{ExternalId, Instant, PartyKind, SampleId};
use crate::domain::refusal::{Class, Refusal, Wrong};
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::money::{Minor, MoneyError};

/// Most days of the rule on repeats.
pub const MOST_DAYS: u32 = 3_650;

/// A side of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The book.
    Book,
    /// Who holds it, and its agencies.
    Holder,
    /// Who gives it.
    Provider,
}

/// What is asked of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Approves it.
    Approve {
        /// On other terms (by the book only).
        terms: Option<SampleTerms>,
    },
    /// Refuses it.
    Refuse {
        /// Why.
        reason: String,
    },
    /// It was sent.
    Send {
        /// Tracking number.
        tracking: Option<ExternalId>,
    },
    /// It arrived.
    Receive,
    /// The holder keeps it.
    Keep,
    /// It came back.
    Return {
        /// Freight back, borne by the holder.
        freight: Minor,
    },
    /// It was not returned in time.
    Bill,
    /// It is lost.
    Lose {
        /// How.
        reason: String,
    },
}

impl Action {
    /// The word of the route.
    pub fn word(&self) -> &'static str {
        match self {
            Action::Approve { .. } => "approve",
            Action::Refuse { .. } => "refuse",
            Action::Send { .. } => "send",
            Action::Receive => "receive",
            Action::Keep => "keep",
            Action::Return { .. } => "return",
            Action::Bill => "bill",
            Action::Lose { .. } => "lose",
        }
    }
}

/// Every action with where a request must stand for it, and the party side that may ask beside the book.
const STEPS: [(&str, &[Standing], &[Side]); 8] = [
    ("approve", &[Standing::Requested], &[Side::Provider]),
    ("refuse", &[Standing::Requested], &[Side::Provider]),
    ("send", &[Standing::Approved], &[Side::Provider]),
    ("receive", &[Standing::Sent], &[Side::Holder]),
    (
        "keep",
        &[Standing::Sent, Standing::Received],
        &[Side::Holder, Side::Provider],
    ),
    ("return", &[Standing::Sent, Standing::Received], &[Side::Provider]),
    ("bill", &[Standing::Sent, Standing::Received], &[Side::Provider]),
    (
        "lose",
        &[Standing::Sent, Standing::Received],
        &[Side::Holder, Side::Provider],
    ),
];

/// What a side may ask of a request now, in the words of the route.
pub fn allowed(round: &Round, side: Side, now: Instant) -> Vec<&'static str> {
    let open = |(word, standings, sides): &&(&str, &[Standing], &[Side])| {
        let late = round.terms.return_by.is_some_and(|by| by <= now);
        let word_fits = match *word {
            "bill" => late,
            "keep" => round.terms.return_by.is_none() || side != Side::Holder,
            _ => true,
        };
        word_fits && standings.contains(&round.standing) && (side == Side::Book || sides.contains(&side))
    };
    STEPS.iter().filter(open).map(|(word, ..)| *word).collect()
}

/// Sets the rule on repeats.
pub fn set_rules(repeat_days: Option<u32>, from: Instant, now: Instant) -> Result<SampleEvent, Refusal> {
    let mut wrong = Wrong::default();
    let out = repeat_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days));
    wrong.when(
        out,
        "/repeat_days",
        "days_range",
        "1 to 3,650 days, or null to allow repeats",
    );
    wrong.when(from < now, "/from", "backdated", "a rule begins now or later");
    wrong.check()?;
    Ok(SampleEvent::of(What::RulesSet { repeat_days, from }))
}

fn check(terms: &SampleTerms, pointer: &str, wrong: &mut Wrong) {
    for (field, amount) in [
        ("cost", terms.cost),
        ("freight", terms.freight),
        ("deposit", terms.deposit),
        ("loss_price", terms.loss_price),
    ] {
        if amount < Minor::ZERO {
            wrong.add(
                format!("{pointer}/{field}"),
                "amount_negative",
                "an amount is not negative",
            );
        }
    }
}

/// Whether terms make the book bear or lay out anything.
fn needs_book(terms: &SampleTerms) -> bool {
    let cost = terms.cost_by == Bearer::Book && !terms.cost.is_zero();
    let freight = [terms.freight_by, terms.freight_paid_by].contains(&Bearer::Book) && !terms.freight.is_zero();
    cost || freight
}

fn by_book_only(pointer: &'static str, why: &'static str) -> Refusal {
    Refusal::new(Class::Forbidden, "by_book_only", why).at(pointer)
}

/// Asks for a sample. `rules` holds the book's rule on repeats.
pub fn request(
    state: &SampleState,
    rules: &SampleState,
    sample: SampleId,
    asked: &SampleAsk,
    by: Side,
    now: Instant,
) -> Result<SampleEvent, Refusal> {
    let mut wrong = Wrong::default();
    let name = asked.name.trim();
    let named = !name.is_empty() && name.chars().count() <= 300 && !name.contains('\0');
    wrong.when(!named, "/name", "name_form", "a sample is named in 1 to 300 characters");
    wrong.when(
        asked.units == 0 || asked.units > 10_000,
        "/units",
        "quantity_range",
        "1 to 10,000 units",
    );
    let gives = matches!(asked.provider.kind(), PartyKind::Supplier | PartyKind::Brand);
    wrong.when(!gives, "/provider", "party_kind", "a supplier or a brand gives samples");
    let holds = matches!(
        asked.holder.kind(),
        PartyKind::Anchor | PartyKind::Agency | PartyKind::Promoter
    );
    wrong.when(
        !holds,
        "/holder",
        "party_kind",
        "an anchor, agency or promoter holds samples",
    );
    let long = asked
        .note
        .as_ref()
        .is_some_and(|note| note.chars().count() > 1_000 || note.contains('\0'));
    wrong.when(long, "/note", "text_length", "a note is at most 1,000 characters");
    check(&asked.terms, "/terms", &mut wrong);
    wrong.check()?;
    if by != Side::Book && needs_book(&asked.terms) {
        return Err(by_book_only(
            "/terms",
            "what the book bears or lays out is asked for by the book",
        ));
    }
    if by != Side::Book && asked.again {
        return Err(by_book_only("/again", "only the book lets a request be repeated"));
    }
    if let Some(days) = rules.repeat_days(now).filter(|_| !asked.again) {
        let mut counted = state.rounds.iter().filter(|round| round.standing != Standing::Refused);
        if let Some(last) = counted
            .next_back()
            .filter(|last| now < last.at.plus_days(i64::from(days)))
        {
            let why = format!("asked for at {}: again after {days} days", last.at);
            return Err(Refusal::conflict("requested_lately", why).because_of(sample));
        }
    }
    let number = state.rounds.last().map_or(1, |last| last.asked.number + 1);
    Ok(SampleEvent::of(What::Requested(Box::new(Requested {
        sample,
        number,
        holder: asked.holder,
        provider: asked.provider,
        item: asked.item,
        offer: asked.offer,
        name: name.to_owned(),
        units: asked.units,
        terms: asked.terms.clone(),
        note: asked.note.clone(),
    }))))
}

/// Decides a step of a request.
pub fn decide(
    state: &SampleState,
    number: Option<u32>,
    action: &Action,
    by: Side,
    now: Instant,
) -> Result<SampleEvent, Refusal> {
    let round = state.round(number).ok_or_else(|| Refusal::not_found("sample"))?;
    let word = action.word();
    let step = STEPS.iter().find(|(known, ..)| *known == word);
    let ((_, standings, sides), number) = (*step.ok_or_else(|| Refusal::not_found("action"))?, round.asked.number);
    if by != Side::Book && !sides.contains(&by) {
        let why = "another side of the sample, or the book, records this";
        return Err(Refusal::new(Class::Forbidden, "not_this_side", why));
    }
    if !standings.contains(&round.standing) {
        let why = format!("the request is {}", round.standing.word());
        return Err(Refusal::conflict("sample_standing", why));
    }
    let late = round.terms.return_by.is_some_and(|by| by <= now);
    let (what, legs) = match action {
        Action::Approve { terms } => (approve(round, terms.as_ref(), by)?, Vec::new()),
        Action::Refuse { reason } => {
            let reason = said(reason)?;
            (What::Refused { number, reason }, Vec::new())
        }
        Action::Send { tracking } => {
            let tracking = tracking.clone();
            (What::Sent { number, tracking }, sent(round)?)
        }
        Action::Receive => (What::Received { number }, Vec::new()),
        Action::Keep if by == Side::Holder && round.terms.return_by.is_some() => {
            let why = "it is to be returned: the provider lets it be kept";
            return Err(Refusal::new(Class::Forbidden, "not_this_side", why));
        }
        Action::Keep => (What::Kept { number }, given_back(round)?),
        Action::Return { freight } => {
            if *freight < Minor::ZERO || (by != Side::Book && *freight > round.terms.freight) {
                let why = "freight back is not negative, and told by the provider no more than freight there";
                return Err(Refusal::invalid("amount_negative", why).at("/freight"));
            }
            let mut legs = given_back(round)?;
            legs.extend(moved(round, Bearer::Holder, Bearer::Provider, *freight)?);
            let freight = *freight;
            (What::Returned { number, freight }, legs)
        }
        Action::Bill if !late => return Err(Refusal::conflict("not_late", "it is not to be returned yet")),
        Action::Bill => {
            let amount = round.terms.loss_price;
            (What::Billed { number, amount }, charged(round)?)
        }
        Action::Lose { reason } => {
            let (amount, reason) = (round.terms.loss_price, said(reason)?);
            (What::Lost { number, amount, reason }, charged(round)?)
        }
    };
    Ok(SampleEvent::of(what).moving(legs))
}

fn said(reason: &str) -> Result<String, Refusal> {
    let mut wrong = Wrong::default();
    wrong.reason("/reason", reason);
    wrong.check()?;
    Ok(reason.trim().to_owned())
}

/// The terms of the request hold as the holder accepted them; only the book sets others.
fn approve(round: &Round, terms: Option<&SampleTerms>, by: Side) -> Result<What, Refusal> {
    if by != Side::Book && (terms.is_some() || needs_book(&round.terms)) {
        return Err(by_book_only(
            "/terms",
            "the provider approves what was asked for; other terms are set by the book",
        ));
    }
    let terms = terms.unwrap_or(&round.terms);
    let mut wrong = Wrong::default();
    check(terms, "/terms", &mut wrong);
    wrong.when(
        terms.currency != round.asked.terms.currency,
        "/terms/currency",
        "currency_mismatch",
        "the request is in another currency",
    );
    wrong.check()?;
    Ok(What::Approved {
        number: round.asked.number,
        terms: terms.clone(),
    })
}

/// Where what somebody bears is taken from, and where what somebody laid out is given.
fn accounts(round: &Round, side: Bearer) -> (Account, Account) {
    let own = |party| Account::of(party, AccountKind::Available);
    match side {
        Bearer::Provider => (own(round.asked.provider), own(round.asked.provider)),
        Bearer::Holder => (own(round.asked.holder), own(round.asked.holder)),
        Bearer::Book => (Account::book(AccountKind::Purchases), Account::book(AccountKind::Cash)),
    }
}

fn leg(round: &Round, account: Account, amount: Minor) -> Leg {
    Leg {
        account,
        layer: Layer::Settled,
        currency: round.terms.currency,
        amount,
    }
}

/// From who bears an amount to who laid it out; a party that does both moves nothing, the book moves its cash to its goods.
fn moved(round: &Round, by: Bearer, to: Bearer, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    let ((from, _), (_, to)) = (accounts(round, by), accounts(round, to));
    if from == to || amount.is_zero() {
        return Ok(Vec::new());
    }
    Ok(vec![leg(round, from, amount.negated()?), leg(round, to, amount)])
}

fn deposit(round: &Round, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    let of = |kind| Account::of(round.asked.holder, kind);
    Ok(vec![
        leg(round, of(AccountKind::Available), amount.negated()?),
        leg(round, of(AccountKind::Held), amount),
    ])
}

/// The cost, the freight and the deposit, when it is sent.
fn sent(round: &Round) -> Result<Vec<Leg>, MoneyError> {
    let terms = &round.terms;
    let mut legs = moved(round, terms.cost_by, Bearer::Provider, terms.cost)?;
    legs.extend(moved(round, terms.freight_by, terms.freight_paid_by, terms.freight)?);
    legs.extend(deposit(round, terms.deposit)?);
    Ok(legs)
}

fn given_back(round: &Round) -> Result<Vec<Leg>, MoneyError> {
    deposit(round, round.terms.deposit.negated()?)
}

/// The deposit goes back, and the loss price is owed to the provider.
fn charged(round: &Round) -> Result<Vec<Leg>, MoneyError> {
    let mut legs = given_back(round)?;
    legs.extend(moved(round, Bearer::Holder, Bearer::Provider, round.terms.loss_price)?);
    Ok(legs)
}
