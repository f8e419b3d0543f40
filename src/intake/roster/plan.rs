//! What a roster asks of a book: the commands that bring the book to it, and the rows that cannot be.
//! Must never plan what a command would refuse: it decides with the slices' own rules, on what stands and on the rows before.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::row::{Named, PaidTo, Row, shown};
use crate::base::{
    BookId, ExternalId, Instant, MembershipId, Name, PartyId, PartyKind, PlacementId, Zone, derive_uuid,
};
use crate::domain::book::BookOpened;
use crate::domain::command::Command;
use crate::domain::party::{self, Contract, ContractScope, MembershipSigned, PartyEvent, PartyRegistered, PartyState};
use crate::domain::party::{Receiver, Share};
use crate::domain::placement::{self, Holder, PlacementAssigned, PlacementState};
use crate::domain::refusal::Refusal;

/// What the plan is for.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which book.
    pub book: BookId,
    /// Its zone.
    pub zone: Zone,
    /// Now: what begins earlier must not begin before orders that are decided already.
    pub now: Instant,
    /// Whose books these are to be; none leaves it to the file: the only agency of a new agency's book.
    pub owner: Option<ExternalId>,
    /// The book is an agency's.
    pub of_agency: bool,
    /// The book is opened with this roster.
    pub new_book: bool,
}

/// What stands in the book of all that the file names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// How the book was opened.
    pub opened: Option<BookOpened>,
    /// Whose books.
    pub owner: Option<PartyId>,
    /// Parties, and those above them.
    pub parties: HashMap<PartyId, PartyState>,
    /// Placements.
    pub placements: HashMap<PlacementId, PlacementState>,
    /// The latest instant at which an order is decided.
    pub latest_pin: Option<Instant>,
}

/// What a step is about. Steps of one kind wait for those of the kinds before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum What {
    /// A party.
    Party,
    /// The owner of the book.
    Owner,
    /// The end of a contract or of an assignment.
    End,
    /// A contract.
    Contract,
    /// A placement.
    Placement,
}

impl What {
    /// Every kind, in order.
    pub const ALL: [What; 5] = [What::Party, What::Owner, What::End, What::Contract, What::Placement];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            What::Party => "parties 主体",
            What::Owner => "owner 账套所有者",
            What::End => "ends 终止",
            What::Contract => "contracts 机构合约",
            What::Placement => "placements 推广位",
        }
    }
}

/// One command, and the row that asks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Number of the row.
    pub row: u64,
    /// What it is about.
    pub what: What,
    /// The command.
    pub command: Command,
}

/// Why a row cannot be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Number of the row.
    pub row: u64,
    /// The column.
    pub column: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// A sentence for people, with what to do next.
    pub message: String,
}

/// A plan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Planned {
    /// What is to be done, in order.
    pub steps: Vec<Step>,
    /// What cannot be.
    pub problems: Vec<Problem>,
    /// How many of each stand already as the file says.
    pub known: HashMap<What, u64>,
}

/// Plans a roster on what stands, which afterwards is what will stand.
pub fn plan(frame: &Frame, rows: &[Row], standing: &mut Standing) -> Planned {
    let mut planner = Planner {
        frame,
        standing,
        planned: Planned::default(),
        named: HashMap::new(),
        counted: HashSet::new(),
    };
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let agency = row
            .agency
            .as_ref()
            .map(|agency| planner.party(row, "agency", PartyKind::Agency, agency));
        let anchor = planner.party(row, "number", row.kind, &row.anchor);
        // What is said of a party that cannot be is not looked at.
        if let (Some(anchor), Some(agency)) = (anchor, agency.map_or(Some(None), |agency| agency.map(Some))) {
            told.push((row, anchor, agency));
        }
    }
    planner.owner(rows, &told);
    // A contract that ends makes room for the next one of the same anchor.
    told.sort_by_key(|(row, ..)| row.from);
    for (row, anchor, agency) in &told {
        // Without its contract the anchor's orders would be hers alone: its placements wait for it too.
        let before = planner.planned.problems.len();
        planner.contract(row, *anchor, *agency);
        if planner.planned.problems.len() == before {
            planner.placements(row, *anchor);
        }
    }
    let mut planned = planner.planned;
    planned.steps.sort_by_key(|step| (step.what, step.row));
    planned.problems.sort_by_key(|problem| problem.row);
    planned
}

struct Planner<'a> {
    frame: &'a Frame,
    standing: &'a mut Standing,
    planned: Planned,
    /// Names told by this file, and by which row.
    named: HashMap<PartyId, (u64, Name)>,
    /// Parties counted as known.
    counted: HashSet<PartyId>,
}

impl Planner<'_> {
    fn step(&mut self, row: &Row, what: What, command: Command) {
        self.planned.steps.push(Step {
            row: row.row,
            what,
            command,
        });
    }

    fn problem(&mut self, row: &Row, column: &'static str, code: &'static str, message: impl Into<String>) {
        self.planned.problems.push(Problem {
            row: row.row,
            column,
            code,
            message: message.into(),
        });
    }

    fn known(&mut self, what: What) {
        *self.planned.known.entry(what).or_default() += 1;
    }

    /// The party of a number, registered or renamed if need be; none when the number is another kind's.
    fn party(&mut self, row: &Row, column: &'static str, kind: PartyKind, named: &Named) -> Option<PartyId> {
        let book = self.frame.book;
        let id = PartyId::of(book, kind, named.number.as_str());
        let candidates = PartyId::candidates(book, named.number.as_str());
        let standing = candidates.into_iter().find(|id| self.standing.parties.contains_key(id));
        if let Some(other) = standing.filter(|standing| *standing != id) {
            let message = format!(
                "this number is a {} already: give the {} another one",
                other.kind().word(),
                kind.word()
            );
            self.problem(row, column, "already_exists", message);
            return None;
        }
        if let (Some((before, earlier)), Some(name)) = (self.named.get(&id), &named.name)
            && earlier != name
        {
            let (before, earlier) = (*before, earlier.as_str().to_owned());
            self.problem(
                row,
                column,
                "names_differ",
                format!("row {before} calls this number {earlier:?}: give each party a number of its own"),
            );
            return None;
        }
        if let Some(name) = &named.name {
            self.named.entry(id).or_insert_with(|| (row.row, name.clone()));
        }
        let Some(state) = self.standing.parties.get_mut(&id) else {
            let name = named.name.as_ref().unwrap_or(&named.typed).clone();
            let registered = PartyRegistered {
                party: id,
                external_id: Some(named.number.clone()),
                name: name.clone(),
            };
            if let Some(state) = PartyState::begin(&PartyEvent::Registered(registered)) {
                self.standing.parties.insert(id, state);
            }
            self.counted.insert(id);
            let external_id = Some(named.number.clone());
            let command = Command::RegisterParty {
                kind,
                external_id,
                name,
            };
            self.step(row, What::Party, command);
            return Some(id);
        };
        match &named.name {
            Some(name) if state.name != *name => {
                state.name = name.clone();
                let (party, name) = (id, name.clone());
                self.counted.insert(id);
                self.step(row, What::Party, Command::RenameParty { party, name });
            }
            _ if self.counted.insert(id) => self.known(What::Party),
            _ => {}
        }
        Some(id)
    }

    /// Names the owner of a book that has none.
    fn owner(&mut self, rows: &[Row], told: &[(&Row, PartyId, Option<PartyId>)]) {
        if self.standing.owner.is_some() {
            return;
        }
        let agencies: HashSet<PartyId> = told.iter().filter_map(|(.., agency)| *agency).collect();
        let wanted = match &self.frame.owner {
            Some(number) => Some(PartyId::of(self.frame.book, PartyKind::Agency, number.as_str())),
            None if self.frame.of_agency && self.frame.new_book && agencies.len() == 1 => {
                agencies.iter().next().copied()
            }
            None => None,
        };
        let (Some(owner), Some(first)) = (wanted, rows.first()) else {
            return;
        };
        if self.standing.parties.contains_key(&owner) {
            self.standing.owner = Some(owner);
            self.step(first, What::Owner, Command::NameOwner { owner });
        } else {
            self.problem(
                first,
                "agency",
                "not_found",
                "--owner names no agency of this file or of the book",
            );
        }
    }

    fn start(&self, day: NaiveDate) -> Instant {
        self.frame.zone.midnight(day)
    }

    /// The instant after a last day.
    fn end(&self, day: NaiveDate) -> Instant {
        self.frame.zone.midnight(day.succ_opt().unwrap_or(day))
    }

    /// True when orders at or after an instant of the past are decided already (decision A4).
    fn decided(&self, from: Instant) -> bool {
        from < self.frame.now && self.standing.latest_pin.is_some_and(|pinned| pinned >= from)
    }

    fn contract(&mut self, row: &Row, anchor: PartyId, agency: Option<PartyId>) {
        let Some(upper) = agency else {
            if row.share.is_some() {
                self.problem(
                    row,
                    "agency",
                    "value_missing",
                    "a share needs the agency that it is shared with",
                );
            }
            return;
        };
        let (Some(share), Some(from)) = (&row.share, row.from) else {
            let (column, message) = match row.share {
                None => ("agency_share", "a contract needs the agency's share or the anchor's"),
                Some(_) => ("from", "a contract needs its first day"),
            };
            return self.problem(row, column, "value_missing", message);
        };
        if row.paid_to == PaidTo::Agency && self.frame.of_agency && self.standing.owner.is_none() {
            return self.problem(
                row,
                "receiver",
                "owner_needed",
                "whether the agency receives for this book depends on whose book it is: say so with --owner",
            );
        }
        if row.to.is_some_and(|to| to < from) {
            return self.problem(row, "to", "window_empty", "the last day comes before the first");
        }
        let wanted = Terms {
            upper,
            share: share.clone(),
            receiver: self.receiver(row.paid_to, upper),
            from: self.start(from),
            to: row.to.map(|to| self.end(to)),
        };
        let Some(state) = self.standing.parties.get(&anchor) else {
            return;
        };
        match bring(&wanted.pieces(state), (wanted.from, wanted.to)) {
            Bring::Nothing => self.known(What::Contract),
            Bring::End(id, at) => self.end_contract(row, anchor, id, at),
            Bring::From(from) => self.sign(row, anchor, Terms { from, ..wanted }),
        }
    }

    fn receiver(&self, paid_to: PaidTo, upper: PartyId) -> Receiver {
        match paid_to {
            PaidTo::Book => Receiver::Book,
            // What the owner of the book receives is payable from the book.
            PaidTo::Agency if self.standing.owner == Some(upper) => Receiver::Book,
            PaidTo::Agency => Receiver::Upper,
            PaidTo::Anchor => Receiver::Member,
            PaidTo::Each => Receiver::Each,
        }
    }

    fn sign(&mut self, row: &Row, member: PartyId, terms: Terms) {
        if self.decided(terms.from) {
            return self.problem(row, "from", "backdated", BACKDATED);
        }
        let key = [member.to_string(), terms.from.to_string()];
        let signed = MembershipSigned {
            // Stands in for the one that the command makes.
            membership: MembershipId(derive_uuid("roster", self.frame.book.0, &[&key[0], &key[1]])),
            member,
            upper: terms.upper,
            scope: ContractScope::Cps,
            share: terms.share.clone(),
            receiver: terms.receiver,
            from: terms.from,
            to: terms.to,
            guarantee: None,
        };
        let parties = &self.standing.parties;
        let Some(state) = parties.get(&member) else { return };
        match party::decide::sign(state, signed, &|party| parties.get(&party)) {
            Ok(event) => {
                if let Some(state) = self.standing.parties.get_mut(&member) {
                    state.evolve(&event);
                }
                let command = Command::SignMembership {
                    member,
                    upper: terms.upper,
                    scope: ContractScope::Cps,
                    share: terms.share,
                    receiver: terms.receiver,
                    from: terms.from,
                    to: terms.to,
                    guarantee: None,
                };
                self.step(row, What::Contract, command);
            }
            Err(refusal) => {
                let message = self.why_not(&refusal, state, &terms);
                self.problem(row, "from", refusal.code, message);
            }
        }
    }

    /// Says what a refused contract collides with.
    fn why_not(&self, refusal: &Refusal, member: &PartyState, terms: &Terms) -> String {
        let overlapping = member.contracts.iter().find(|contract| {
            contract.to.is_none_or(|to| terms.from < to) && terms.to.is_none_or(|to| contract.from < to)
        });
        let Some(contract) = overlapping.filter(|_| refusal.code == "membership_overlaps") else {
            return refusal.message.clone();
        };
        let upper = self.standing.parties.get(&contract.upper);
        let upper = upper.map_or_else(|| contract.upper.to_string(), |upper| upper.name.as_str().to_owned());
        let share = match &contract.share {
            Share::UpperKeeps(rate) => format!("of which the agency keeps {}", shown(*rate)),
            Share::UpperPasses(rate) => format!("of which the anchor gets {}", shown(*rate)),
            Share::Formula(_) => "by a formula".to_owned(),
        };
        let zone = self.frame.zone;
        let until = contract
            .to
            .map_or("without an end".to_owned(), |to| format!("to before {}", zone.day(to)));
        format!(
            "there is a contract with {upper} from {} {until}, {share}; a contract is never rewritten: \
             give a row with its own terms and its last day, and one with the new terms from the day after",
            zone.day(contract.from)
        )
    }

    fn end_contract(&mut self, row: &Row, member: PartyId, membership: MembershipId, at: Instant) {
        if self.decided(at) {
            return self.problem(row, "to", "backdated", BACKDATED);
        }
        let Some(state) = self.standing.parties.get_mut(&member) else {
            return;
        };
        match party::decide::end(state, membership, at) {
            Ok(event) => {
                state.evolve(&event);
                let command = Command::EndMembership { member, membership, at };
                self.step(row, What::End, command);
            }
            Err(refusal) => self.problem(row, "to", refusal.code, refusal.message),
        }
    }

    fn placements(&mut self, row: &Row, anchor: PartyId) {
        let from = row.placement_from.or(row.from).map(|day| self.start(day));
        let to = row.placement_to.or(row.to).map(|day| self.end(day));
        let Some(from) = from else {
            if !row.placements.is_empty() {
                let message = "say from which day the placements are this anchor's, or give the contract's first day";
                self.problem(row, "placement_from", "value_missing", message);
            }
            return;
        };
        for (kind, number) in &row.placements {
            let assigned = PlacementAssigned {
                placement: PlacementId::of(self.frame.book, &row.platform, *kind, number),
                platform: row.platform.clone(),
                kind: *kind,
                number: number.clone(),
                holder: Holder::Party(anchor),
                from,
                to,
            };
            self.placement(row, assigned);
        }
    }

    fn placement(&mut self, row: &Row, wanted: PlacementAssigned) {
        let id = wanted.placement;
        let (now, pin) = (self.frame.now, self.standing.latest_pin);
        let decided = |at: Instant| at < now && pin.is_some_and(|pinned| pinned >= at);
        let state = self.standing.placements.entry(id).or_default();
        let own = state.assignments.iter().filter(|known| known.holder == wanted.holder);
        let pieces: Vec<(PlacementId, Instant, Option<Instant>)> =
            own.map(|known| (id, known.from, known.to)).collect();
        let column = wanted.kind.word();
        match bring(&pieces, (wanted.from, wanted.to)) {
            Bring::Nothing => self.known(What::Placement),
            Bring::End(_, at) if decided(at) => self.problem(row, "placement_to", "backdated", BACKDATED),
            Bring::End(_, at) => match placement::decide::end(state, id, at) {
                Ok(event) => {
                    state.evolve(&event);
                    self.step(row, What::End, Command::EndPlacement { placement: id, at });
                }
                Err(refusal) => self.problem(row, "placement_to", refusal.code, refusal.message),
            },
            Bring::From(from) => {
                let wanted = PlacementAssigned { from, ..wanted };
                let command = Command::AssignPlacement {
                    platform: wanted.platform.clone(),
                    kind: wanted.kind,
                    number: wanted.number.clone(),
                    holder: wanted.holder.clone(),
                    from,
                    to: wanted.to,
                };
                match placement::decide::assign(state, wanted, true) {
                    Ok(event) => {
                        event.iter().for_each(|event| state.evolve(event));
                        self.step(row, What::Placement, command);
                    }
                    Err(refusal) => {
                        let message = self.whose(id, from, to_of(&command), &refusal);
                        self.problem(row, column, refusal.code, message);
                    }
                }
            }
        }
    }

    /// Names the holder that an assignment collides with.
    fn whose(&self, id: PlacementId, from: Instant, to: Option<Instant>, refusal: &Refusal) -> String {
        let state = self.standing.placements.get(&id);
        let known = state.into_iter().flat_map(|state| &state.assignments);
        let mut known =
            known.filter(|known| known.to.is_none_or(|end| from < end) && to.is_none_or(|to| known.from < to));
        let Some(known) = known.next().filter(|_| refusal.code == "placement_taken") else {
            return refusal.message.clone();
        };
        let holder = match &known.holder {
            Holder::Room(room) => format!("room {room}"),
            Holder::Party(party) => {
                let state = self.standing.parties.get(party);
                state.map_or_else(|| party.to_string(), |state| state.name.as_str().to_owned())
            }
        };
        let zone = self.frame.zone;
        let until = known
            .to
            .map_or("without an end".to_owned(), |to| format!("to before {}", zone.day(to)));
        format!(
            "{} is {holder}'s from {} {until}: end that first, with a row of {holder} that has its last day, \
             or with POST /v1/placements/{id}/end",
            known.number,
            zone.day(known.from)
        )
    }
}

const BACKDATED: &str = "orders at or after this day are decided already: let it begin or end from today on, \
     and adjust what earlier orders paid with approval";

fn to_of(command: &Command) -> Option<Instant> {
    match command {
        Command::AssignPlacement { to, .. } => *to,
        _ => None,
    }
}

/// Terms of a contract.
#[derive(Clone)]
struct Terms {
    upper: PartyId,
    share: Share,
    receiver: Receiver,
    from: Instant,
    to: Option<Instant>,
}

impl Terms {
    /// The contracts of a member on these terms, with their dates.
    fn pieces(&self, member: &PartyState) -> Vec<(MembershipId, Instant, Option<Instant>)> {
        let same = |contract: &&Contract| {
            contract.upper == self.upper
                && contract.scope == ContractScope::Cps
                && contract.share == self.share
                && contract.receiver == self.receiver
        };
        let pieces = member.contracts.iter().filter(same);
        pieces
            .map(|contract| (contract.id, contract.from, contract.to))
            .collect()
    }
}

/// What brings dated pieces to an interval.
enum Bring<Id> {
    /// They cover it.
    Nothing,
    /// One of them begins with it and is to end with it.
    End(Id, Instant),
    /// A piece from here to the interval's end is missing.
    From(Instant),
}

/// Pieces that follow each other without a gap from where the interval begins. One that began before it is not ended by it.
fn bring<Id: Copy>(pieces: &[(Id, Instant, Option<Instant>)], (from, to): (Instant, Option<Instant>)) -> Bring<Id> {
    let mut pieces = pieces.to_vec();
    pieces.sort_by_key(|(_, from, _)| *from);
    let (mut reached, mut own) = (from, false);
    for (id, start, end) in pieces {
        if start > reached || end.is_some_and(|end| end <= reached) {
            continue;
        }
        own |= start == from;
        match (end, to) {
            (Some(end), None) => reached = end,
            (Some(end), Some(to)) if end < to => reached = end,
            (Some(end), Some(to)) if end == to => return Bring::Nothing,
            (_, Some(to)) if own => return Bring::End(id, to),
            _ => return Bring::Nothing,
        }
    }
    Bring::From(reached)
}
