//! The sample month: a generated November of live commerce, labelled as generated, the same on every machine.
//! Must never be taken for real data, nor be written into a live book: it is a sandbox of its own with a test clock.
//!
//! Pure: `cast` (parties, contracts, shops, items), `rules`, `trade` (clicks and orders), `rng`. With I/O: `load`.
//! Steps come in order of business time; the book's clock moves with them, so that changes of rules and contracts take
//! effect in the middle of the month as they would have.

pub mod brand;
mod cast;
pub mod load;
pub(crate) mod rng;
mod rules;
#[cfg(test)]
mod tests;
mod trade;

use uuid::Uuid;

use crate::base::{BookId, Instant, Month, Name, PartyId, ShelfId, Zone};
use crate::domain::book::{BookMode, BookOpened, Perspective};
use crate::domain::click::Click;
use crate::domain::command::{Command, Made};
use crate::domain::order::LineFact;
use crate::domain::party::{Receiver, Share};
use crate::domain::plan::RuleTerms;
use crate::money::Currency;

/// One thing to do. Every command has its idempotency key: a load that was broken off starts anew and changes nothing twice.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Moves the book's clock.
    Clock(Instant),
    /// A command.
    Do {
        /// Idempotency key.
        key: String,
        /// What.
        command: Command,
    },
    /// A command about what an earlier one made.
    Change {
        /// Idempotency key.
        key: String,
        /// Key of the earlier one.
        of: String,
        /// What.
        change: Change,
    },
    /// Clicks.
    Clicks(Vec<Click>),
    /// Facts of orders, in order of time.
    Facts(Vec<LineFact>),
}

/// A change of what an earlier command made.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Other terms of a rule.
    Rule(ShelfId, Box<RuleTerms>),
    /// The end of a rule.
    EndRule(ShelfId),
    /// An applicant to a rule, approved at once.
    Approve(ShelfId, PartyId),
    /// An application to a rule.
    Apply(ShelfId, PartyId),
    /// Other terms of a contract from an instant on.
    Membership(PartyId, Share, Instant),
    /// The end of a contract.
    EndMembership(PartyId, Instant),
}

impl Change {
    /// The command, once it is known what the earlier one made.
    pub fn command(&self, made: &Made) -> Option<Command> {
        let rule = || made.ids.get("rule").and_then(|id| id.parse().ok());
        let membership = || made.ids.get("membership").and_then(|id| id.parse().ok());
        Some(match self {
            Change::Rule(shelf, terms) => Command::ChangeRule {
                shelf: *shelf,
                rule: rule()?,
                terms: terms.clone(),
            },
            Change::EndRule(shelf) => Command::EndRule {
                shelf: *shelf,
                rule: rule()?,
            },
            Change::Apply(shelf, party) => Command::ApplyToRule {
                shelf: *shelf,
                rule: rule()?,
                party: *party,
            },
            Change::Approve(shelf, party) => Command::DecideApplicant {
                shelf: *shelf,
                rule: rule()?,
                party: *party,
                approved: true,
            },
            Change::Membership(member, share, from) => Command::AmendMembership {
                member: *member,
                membership: membership()?,
                share: share.clone(),
                receiver: Receiver::Book,
                guarantee: None,
                from: *from,
            },
            Change::EndMembership(member, at) => Command::EndMembership {
                member: *member,
                membership: membership()?,
                at: *at,
            },
        })
    }
}

/// How large a sample is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// 主播
    pub anchors: u64,
    /// 机构
    pub agencies: u64,
    /// 品牌
    pub brands: u64,
    /// Items in all.
    pub items: u64,
    /// Clicks in the month.
    pub clicks: u64,
    /// Orders in the month; every fifth has two lines.
    pub orders: u64,
}

impl Size {
    /// The sample month of `dev`.
    pub const MONTH: Size = Size {
        anchors: 240,
        agencies: 24,
        brands: 36,
        items: 400,
        clicks: 20_000,
        orders: 5_000,
    };
}

/// The sample's book: the same id on every machine.
pub fn book() -> BookId {
    BookId(Uuid::from_u128(0x5a4d_504c_4500_0000_8000_0000_0000_2511))
}

/// The month it shows.
pub const MONTH: Month = Month { year: 2025, month: 11 };

/// An instant of the sample: day 1 is the first of the month, in Shanghai; days before and after are allowed.
fn at(day: i64, second: i64) -> Instant {
    Zone::SHANGHAI
        .midnight(MONTH.first_day())
        .plus_days(day - 1)
        .plus_seconds(second)
}

/// Where the book's clock starts: before anything happens.
pub fn start() -> Instant {
    at(-9, 0)
}

/// The opening of the sample's book.
pub fn opened() -> BookOpened {
    BookOpened {
        book: book(),
        name: name("示例账套 2025-11 (generated sample, not real data)"),
        perspective: Perspective::Platform,
        mode: BookMode::Sandbox,
        zone: Zone::SHANGHAI,
        currencies: vec![Currency::CNY],
        click_logs: 2,
    }
}

/// The steps, in order, after the book was opened.
pub fn steps(size: Size) -> Vec<Step> {
    let cast = cast::Cast::new(size);
    let mut steps = cast.steps();
    let rules = rules::Rules::new(&cast);
    steps.extend(rules.posted());
    let mut days = trade::days(&cast);
    let mut changes = cast.changes();
    changes.extend(rules.changes());
    for (day, told) in &mut days {
        // Changes are asked for in the morning, before the day's trade.
        steps.push(Step::Clock(at(*day, 6 * 3_600)));
        steps.extend(changes.iter().filter(|(on, _)| on == day).map(|(_, step)| step.clone()));
        steps.push(Step::Clock(at(*day + 1, 0)));
        steps.append(told);
    }
    steps
}

/// A name the sample made itself; always of the allowed form.
fn name(text: &str) -> Name {
    text.parse()
        .unwrap_or_else(|_| unreachable!("the sample's names are names"))
}

/// An outside number the sample made itself; always of the allowed form.
fn number(text: &str) -> crate::base::ExternalId {
    text.parse()
        .unwrap_or_else(|_| unreachable!("the sample's numbers are outside ids"))
}
