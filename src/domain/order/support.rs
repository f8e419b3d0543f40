//! What the tests of a line share: five parties, the formula of the worked examples, and a line that facts are told to.
//! Must never price anything: pins are made by hand.

use uuid::Uuid;

use super::decide::{self, Desk, Heard, PinRequest};
use super::pin::{BaseTerms, FeeOf, FeeTerms};
use super::*;
use crate::base::{EventId, ExternalId, FormulaId, Instant, LineId, LogId, PartyId, PartyKind, RuleId, TimerId};
use crate::domain::world::Placed;
use crate::ledger::{AccountKind, Layer};
use crate::money::{Currency, Minor, Rate, Rounding};

pub fn party(kind: PartyKind, n: u128) -> PartyId {
    PartyId::tagged(kind, Uuid::from_u128(n))
}

/// Name in the texts of the tests.
pub fn name(party: PartyId) -> String {
    let n = party.uuid().as_u128() & 0xff;
    match (party.kind(), n) {
        (PartyKind::Platform, 1) => "alimama".to_owned(),
        (PartyKind::Platform, 2) => "live".to_owned(),
        (kind, 0) => kind.word().to_owned(),
        (kind, n) => format!("{}{n}", kind.word()),
    }
}

pub fn ppm(n: u32) -> Rate {
    Rate::from_ppm(n).unwrap()
}

pub fn hop(party: PartyId, keeps: Keeps) -> Hop {
    Hop {
        party,
        keeps,
        membership: None,
        direct: false,
        formula: None,
    }
}

pub fn brand() -> PartyId {
    party(PartyKind::Brand, 0)
}

pub fn agency() -> PartyId {
    party(PartyKind::Agency, 0)
}

pub fn anchor() -> PartyId {
    party(PartyKind::Anchor, 0)
}

fn fee(name: &str, taker: u128, rate: u32) -> FeeTerms {
    FeeTerms {
        name: name.to_owned(),
        taker: party(PartyKind::Platform, taker),
        rate: ppm(rate),
        of: FeeOf::Gross,
    }
}

/// Technical fee 10 % of G, live share 20 % of G, agency 30 % of the rest, anchor residual.
pub fn terms() -> Terms {
    Terms {
        merchant: brand(),
        rounding: Rounding::HalfUp,
        base: BaseTerms {
            add_back: Vec::new(),
            kept_deposit: false,
        },
        content_fee: None,
        fees: vec![fee("technical_fee", 1, 100_000), fee("live_share", 2, 200_000)],
        subsidies: Vec::new(),
        chain: vec![hop(agency(), Keeps::Share(ppm(300_000))), hop(anchor(), Keeps::All)],
        settleable: Settleable::PlatformSettled,
        as_reported: false,
    }
}

pub fn rule(rate: u32) -> RuleChoice {
    RuleChoice {
        rule: RuleId(Uuid::from_u128(9)),
        version: 1,
        level: 8,
        rate: RateTerms::Flat(ppm(rate)),
        cap: None,
    }
}

pub fn pin_of(request: &PinRequest<'_>, terms: Terms, rule: RuleChoice) -> Pin {
    Pin {
        at: request.at,
        payable: request.payable,
        attribution: Attribution {
            basis: Basis::Platform,
            party: Some(anchor()),
            click: None,
            clicked_at: None,
            scope: None,
        },
        dims: Dims::default(),
        formula: FormulaId(Uuid::from_u128(8)),
        formula_version: 1,
        rule: Some(rule),
        why_nothing: None,
        lost: Vec::new(),
        lost_more: Default::default(),
        terms: Some(terms),
        reservation: None,
        brought_over: None,
    }
}

pub fn day(n: i64) -> Instant {
    Instant::from_micros(1_780_000_000_000_000).unwrap().plus_days(n)
}

pub fn cny(fen: i64) -> Minor {
    Minor(fen)
}

pub fn case(n: u32) -> ExternalId {
    format!("c{n}").parse().unwrap()
}

pub fn fact(at: Instant, what: What) -> LineFact {
    let currency = what.amounts().next().map(|_| Currency::CNY);
    LineFact {
        line: LineId(Uuid::from_u128(1)),
        platform: "taobao".parse().unwrap(),
        line_no: "1".parse().unwrap(),
        at,
        currency,
        about: About::default(),
        what,
        reported: None,
    }
}

pub fn paid(at: Instant, fen: i64) -> LineFact {
    let (amount, discounts) = (Minor(fen), Vec::new());
    fact(at, What::Paid { amount, discounts })
}

pub fn created(at: Instant, fen: i64) -> LineFact {
    let (payable, discounts) = (Some(Minor(fen)), Vec::new());
    fact(at, What::Created { payable, discounts })
}

pub fn settled(at: Instant) -> LineFact {
    fact(at, What::Settled { base: None })
}

pub fn won(at: Instant, n: u32, fen: i64) -> LineFact {
    let won = What::RefundWon {
        case: case(n),
        goods: Minor(fen),
        freight: Minor::ZERO,
        units: None,
        deducted: false,
        manner: None,
    };
    fact(at, won)
}

pub fn deducted(at: Instant, n: u32) -> LineFact {
    fact(at, What::RefundDeducted { case: case(n) })
}

pub type Pricing = Box<dyn FnMut(&PinRequest<'_>) -> Option<Pin>>;

/// A line that facts are told to.
pub struct Line {
    pub state: LineState,
    pub now: Instant,
    pub cut_off: Option<Instant>,
    pub price: Pricing,
}

impl Line {
    pub fn priced(price: impl FnMut(&PinRequest<'_>) -> Option<Pin> + 'static) -> Line {
        Line {
            state: LineState::default(),
            now: day(10_000),
            cut_off: None,
            price: Box::new(price),
        }
    }

    pub fn with(terms: Terms, rate: u32) -> Line {
        Line::priced(move |request| Some(pin_of(request, terms.clone(), rule(rate))))
    }

    pub fn desk<T>(&mut self, decide: impl FnOnce(&LineState, &mut Desk<'_>) -> T) -> T {
        let cut_off = self.cut_off;
        let mut desk = Desk {
            now: self.now,
            books: &|currency| currency == Currency::CNY,
            cut_over: &|cutover| cutover.0.is_nil().then(|| day(5)),
            cut_off: &|at| cut_off.is_some_and(|cut| at <= cut),
            price: &mut self.price,
        };
        decide(&self.state, &mut desk)
    }

    pub fn record(&mut self, event: &LineEvent, at: Instant) {
        post::post(event).expect("every event of a line balances");
        let position = self.state.position() + 1;
        let placed = Placed {
            log: LogId(Uuid::nil()),
            position,
            version: position,
            id: EventId(Uuid::from_u128(position as u128)),
            occurred_at: at,
            recorded_at: self.now,
        };
        self.state.evolve(event, &placed);
    }

    /// Tells a fact: its event, or none when it is known.
    pub fn tell(&mut self, fact: &LineFact) -> Option<FactApplied> {
        match self.desk(|state, desk| decide::fact(state, fact, desk)) {
            Heard::Known(_) => None,
            Heard::New(event) => {
                self.record(&event, fact.at);
                match event {
                    LineEvent::Fact(applied) => Some(*applied),
                    other => panic!("a fact gave {other:?}"),
                }
            }
        }
    }

    /// What became of a fact that is new.
    pub fn became(&mut self, fact: &LineFact) -> (FactState, Option<String>) {
        let applied = self.tell(fact).expect("a new fact");
        (applied.state, applied.code)
    }

    pub fn all(mut self, facts: &[LineFact]) -> Line {
        for fact in facts {
            self.tell(fact);
        }
        self
    }

    /// Fires every due timer, also those set meanwhile.
    pub fn fire(&mut self) -> Vec<TimerOutcome> {
        let mut fired = Vec::new();
        while let Some((timer, due)) = decide::due_timers(&self.state, self.now).first().copied() {
            fired.push(self.fire_one(timer, due));
        }
        fired
    }

    fn fire_one(&mut self, timer: TimerId, due: Instant) -> TimerOutcome {
        let event = self.desk(|state, desk| decide::timer(state, timer, due, desk)).unwrap();
        self.record(&event, due);
        match event {
            LineEvent::TimerFired(outcome) => *outcome,
            other => panic!("a timer gave {other:?}"),
        }
    }

    /// Balances as plain text, one account a line.
    pub fn text(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for ((account, layer), amount) in self.state.posted() {
            let layer = if *layer == Layer::Estimated { "estimated " } else { "" };
            let party = account.party().map(name).unwrap_or_default();
            lines.push(format!(
                "{layer}{party}:{} {}",
                account.kind.word(),
                amount.display(Currency::CNY)
            ));
        }
        lines.sort();
        lines.join("\n")
    }

    pub fn balance(&self, party: PartyId, kind: AccountKind) -> i64 {
        let key = (crate::ledger::Account::of(party, kind), Layer::Settled);
        self.state.posted().get(&key).map_or(0, |amount| amount.0)
    }
}

/// A text of balances, blanks of the source removed.
pub fn expected(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The same balances in the estimated layer.
pub fn estimated(text: &str) -> String {
    let lines = text.lines().map(|line| format!("estimated {}\n", line.trim()));
    expected(&lines.collect::<String>())
}
