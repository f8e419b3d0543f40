//! Rows of a state: what the fold of one stream looks like in its table.
//! Must never depend on anything but the fold and the position of its last event.

use uuid::Uuid;

use super::{
    AnchorCardRow, ApprovalRow, DisputeRow, EntityRow, ItemRow, LineRow, MembershipRow, PartyRow, PlacementRow,
    ReturnedRow, Rows, RuleRow, RunRow, SheetRow, ShopRow, TimerRow, money, word,
};
use crate::base::{BookId, ExternalId, Instant, ItemId, Month, ShopId};
use crate::domain::approval::ApprovalState;
use crate::domain::catalogue::{ItemState, ShopState};
use crate::domain::click::buyer_key;
use crate::domain::dispute::DisputeState;
use crate::domain::entity::EntityState;
use crate::domain::order::LineState;
use crate::domain::party::PartyState;
use crate::domain::placement::{Holder, PlacementState};
use crate::domain::plan::{RuleScope, ShelfState};
use crate::domain::returns::{Kept, ReturnsState, Verdict};
use crate::domain::settlement::{RunState, SheetState};
use crate::domain::stream::StreamId;
use crate::domain::world::{Entity, Known};
use crate::store::error::Result;

/// Adds the rows of one stream as it stands; `position` is that of its last event. Call it once a stream.
pub fn of_state(book: BookId, stream: StreamId, known: &Known, position: i64, rows: &mut Rows) -> Result<()> {
    super::pool::entry(stream, known, position, rows);
    match &known.entity {
        Some(Entity::Line(state)) => line(book, stream, state, position, rows),
        Some(Entity::Party(state)) => party(state, position, rows)?,
        Some(Entity::Item(state)) => item(stream, state, position, rows),
        Some(Entity::Shop(state)) => shop(stream, state, position, rows),
        Some(Entity::Entity(state)) => entity(stream, state, position, rows),
        Some(Entity::Shelf(state)) => shelf(stream, state, position, rows)?,
        Some(Entity::Placement(state)) => placement(stream, state, position, rows),
        Some(Entity::Approval(state)) => approval(stream, state, position, rows)?,
        Some(Entity::Returns(state)) => returned(stream, state, rows)?,
        Some(Entity::Run(state)) => run(stream, state, position, rows),
        Some(Entity::Sheet(state)) => sheet(stream, state, position, rows)?,
        Some(Entity::Person(state)) => money::substitutes(stream, state, position, rows),
        Some(Entity::Payment(state)) => money::payment(stream, state, position, rows),
        Some(Entity::Freeze(state)) => money::freeze(stream, state, position, rows),
        Some(Entity::Receipt(state)) => money::receipt(stream, state, position, rows)?,
        Some(Entity::Dispute(state)) => dispute(stream, state, position, rows)?,
        Some(Entity::Brief(state)) => super::vtask::brief(stream, state, position, rows)?,
        Some(Entity::Contract(state)) => super::vtask::contract(stream, state, position, rows),
        Some(Entity::Supplier(state)) => super::offers::supplier(state, position, rows),
        Some(Entity::Offer(state)) => super::offers::offer(stream, state, position, rows),
        Some(Entity::Quote(state)) => super::offers::quote(stream, state, position, rows),
        Some(Entity::Purchase(state)) => super::purchases::purchase(stream, state, position, rows)?,
        Some(Entity::Sample(state)) => super::purchases::sample(stream, state, position, rows),
        Some(Entity::Submission(state)) => super::pool::submission(stream, state, position, rows),
        Some(Entity::Selection(state)) => super::pool::selection(stream, state, position, rows),
        Some(Entity::Watch(state)) => super::pool::watch(stream, state, position, rows),
        Some(
            Entity::Book(_)
            | Entity::Usage(_)
            | Entity::Adjustment(_)
            | Entity::Cutover(_)
            | Entity::Policy(_)
            | Entity::Import(_)
            | Entity::Share(_)
            | Entity::Closing(_)
            | Entity::Recon(_),
        )
        | None => {}
    }
    Ok(())
}

fn line(book: BookId, stream: StreamId, state: &LineState, position: i64, rows: &mut Rows) {
    rows.timed.push(stream.id);
    for (timer, due) in &state.timers {
        rows.timers.push(TimerRow {
            timer: timer.0,
            slice: stream.slice.code(),
            stream: stream.id,
            due: due.utc(),
        });
    }
    let (Some(platform), Some(line_no), Some(at)) = (state.platform(), state.line_no(), state.at()) else {
        return;
    };
    let about = state.about();
    let pin = state.pin.as_ref();
    let item = || {
        about
            .item_no
            .as_ref()
            .map(|no| ItemId::of(book, platform.as_str(), no.as_str()))
    };
    let shop = || {
        about
            .shop_no
            .as_ref()
            .map(|no| ShopId::of(book, platform.as_str(), no.as_str()))
    };
    // The numbers by which a waiting line could be found; they are of no use once it waits no longer.
    let waits = pin.filter(|pin| pin.waits() && state.story().has_amount());
    let number = |number: &Option<ExternalId>| number.as_ref().filter(|_| waits.is_some()).map(ToString::to_string);
    rows.lines.push(LineRow {
        line: stream.id,
        platform: platform.as_str().to_owned(),
        line_no: line_no.as_str().to_owned(),
        order_no: about.order_no.as_ref().map(|no| no.as_str().to_owned()),
        buyer: about.buyer.as_ref().map(|buyer| buyer_key(book, buyer)),
        item: pin.and_then(|pin| pin.dims.item).or_else(item).map(|item| item.0),
        shop: pin.and_then(|pin| pin.dims.shop).or_else(shop).map(|shop| shop.0),
        at: at.utc(),
        promoter: pin.and_then(|pin| pin.attribution.party).map(|party| party.uuid()),
        status: state.status().code(),
        pinned: pin.is_some(),
        currency: state.currency().map(|currency| currency.code().to_owned()),
        position,
        waits: waits.and_then(|pin| pin.why_nothing.clone()),
        account: number(&about.account),
        pid: number(&about.pid),
        nick: number(&about.nick),
        room: number(&about.room),
    });
}

fn canonical<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json_canonicalizer::to_string(value)?)
}

fn run(stream: StreamId, state: &RunState, position: i64, rows: &mut Rows) {
    let Some(started) = &state.started else { return };
    rows.runs.push(RunRow {
        run: stream.id,
        period: started.period.number(),
        number: i32::try_from(started.number).unwrap_or(i32::MAX),
        stage: state.stage.word().to_owned(),
        started_at: started.position,
        reckoned_at: state.reckoned,
        sheets: (state.drafted.as_ref()).map(|drafted| i64::try_from(drafted.sheets).unwrap_or(i64::MAX)),
        digest: state.drafted.as_ref().map(|drafted| drafted.digest.clone()),
        contested: i64::try_from(state.contested.len()).unwrap_or(i64::MAX),
        held_back: i64::try_from(state.held_back.len()).unwrap_or(i64::MAX),
        position,
        pay_by: state.pay_by.map(|day| day.to_string()),
        exit_of: started.exit.as_ref().map(|exit| exit.party.uuid()),
    });
}

fn sheet(stream: StreamId, state: &SheetState, position: i64, rows: &mut Rows) -> Result<()> {
    rows.timed.push(stream.id);
    for (timer, due) in &state.timers {
        rows.timers.push(TimerRow {
            timer: timer.0,
            slice: stream.slice.code(),
            stream: stream.id,
            due: due.utc(),
        });
    }
    let Some(sheet) = &state.sheet else { return Ok(()) };
    rows.sheets.push(SheetRow {
        sheet: stream.id,
        run: sheet.run.0,
        party: sheet.party.uuid(),
        currency: sheet.currency.code().to_owned(),
        period: sheet.period.number(),
        account: sheet.account.code(),
        status: state.status.word().to_owned(),
        held_back: state.held_back,
        opening: sheet.opening.0,
        parts: canonical(&sheet.parts)?,
        closing: sheet.closing.0,
        payable: sheet.payable.0,
        carried: sheet.carried.0,
        negative_since: sheet.negative_since.map(Month::number),
        others: canonical(&sheet.others)?,
        lines: i64::try_from(sheet.lines).unwrap_or(i64::MAX),
        lines_sha256: sheet.lines_sha256.clone(),
        sha256: sheet.sha256(),
        position,
        suspended: sheet.suspended.clone(),
        pay_by: state.issued.flatten().map(|day| day.to_string()),
        unreceived: sheet.unreceived.0,
        advanced: sheet.advanced.0,
        estimated: sheet.estimated.map(|amount| amount.0),
    });
    Ok(())
}

fn placement(stream: StreamId, state: &PlacementState, position: i64, rows: &mut Rows) {
    rows.placed.push(stream.id);
    for assigned in &state.assignments {
        let (party, room) = match &assigned.holder {
            Holder::Party(party) => (Some(party.uuid()), None),
            Holder::Room(room) => (None, Some(room.as_str().to_owned())),
        };
        rows.placements.push(PlacementRow {
            placement: stream.id,
            platform: assigned.platform.as_str().to_owned(),
            kind: assigned.kind.word().to_owned(),
            number: assigned.number.as_str().to_owned(),
            party,
            room,
            from_at: assigned.from.utc(),
            to_at: assigned.to.map(Instant::utc),
            position,
        });
    }
}

fn party(state: &PartyState, position: i64, rows: &mut Rows) -> Result<()> {
    let member: Uuid = state.id.uuid();
    rows.parties.push(PartyRow {
        party: member,
        external_id: state.external_id.as_ref().map(|id| id.as_str().to_owned()),
        name: state.name.as_str().to_owned(),
        position,
        entity: state.entity.map(|entity| entity.0),
        suspended: state.suspended.is_some(),
        script: state.script.map(|script| script.word().to_owned()),
    });
    if let Some(card) = &state.card {
        rows.cards.push(AnchorCardRow {
            anchor: member,
            card: canonical(card)?,
            position,
        });
    }
    rows.members.push(member);
    for contract in &state.contracts {
        rows.memberships.push(MembershipRow {
            membership: contract.id.0,
            member,
            upper: contract.upper.uuid(),
            scope: word(&contract.scope)?,
            share: serde_json_canonicalizer::to_string(&contract.share)?,
            receiver: word(&contract.receiver)?,
            from_at: contract.from.utc(),
            to_at: contract.to.map(Instant::utc),
            position,
            guarantee: contract.guarantee.as_ref().map(canonical).transpose()?,
        });
    }
    Ok(())
}

/// The item as last listed; which listing counts at an instant is for pricing to say.
fn item(stream: StreamId, state: &ItemState, position: i64, rows: &mut Rows) {
    if let Some(listed) = state.listings.last() {
        rows.items.push(ItemRow {
            item: stream.id,
            platform: listed.platform.as_str().to_owned(),
            item_no: listed.item_no.as_str().to_owned(),
            title: listed.title.as_ref().map(|title| title.as_str().to_owned()),
            shop: listed.shop.0,
            category: listed.category.clone(),
            position,
        });
    }
}

fn shop(stream: StreamId, state: &ShopState, position: i64, rows: &mut Rows) {
    if let Some(shop) = &state.registered {
        rows.shops.push(ShopRow {
            shop: stream.id,
            platform: shop.platform.as_str().to_owned(),
            shop_no: shop.shop_no.as_str().to_owned(),
            name: shop.name.as_str().to_owned(),
            brand: shop.brand.uuid(),
            position,
            entity: state.entity.map(|entity| entity.0),
        });
    }
}

fn entity(stream: StreamId, state: &EntityState, position: i64, rows: &mut Rows) {
    if let Some(entity) = &state.registered {
        rows.entities.push(EntityRow {
            entity: stream.id,
            external_id: entity.external_id.as_str().to_owned(),
            name: entity.name.as_str().to_owned(),
            position,
        });
    }
}

fn shelf(stream: StreamId, state: &ShelfState, position: i64, rows: &mut Rows) -> Result<()> {
    for rule in &state.rules {
        let (item, shop) = match &rule.scope {
            RuleScope::Item(item) => (Some(item.0), None),
            RuleScope::Shop(shop) | RuleScope::Category(shop, _) => (None, Some(shop.0)),
        };
        let Some(first) = rule.versions.first() else { continue };
        rows.rules.push(RuleRow {
            rule: rule.id.0,
            shelf: stream.id,
            external_id: rule.external_id.as_ref().map(|id| id.as_str().to_owned()),
            brand: rule.brand.uuid(),
            kind: word(&rule.kind)?,
            item,
            shop,
            from_at: first.effective_from.utc(),
            ended_at: rule.ended_at.map(Instant::utc),
            position,
        });
    }
    Ok(())
}

fn approval(stream: StreamId, state: &ApprovalState, position: i64, rows: &mut Rows) -> Result<()> {
    if let Some(requested) = &state.requested {
        rows.approvals.push(ApprovalRow {
            approval: stream.id,
            kind: requested.command.kind().word().to_owned(),
            maker: requested.maker.0,
            status: word(&state.status)?,
            position,
            approvers: i16::try_from(requested.approvers()).unwrap_or(i16::MAX),
            roles: requested
                .requirement
                .as_ref()
                .map_or_else(String::new, |needed| money::roles(needed.roles.iter().copied())),
            agreed: money::persons(state.claimed()),
        });
    }
    Ok(())
}

fn returned(stream: StreamId, state: &ReturnsState, rows: &mut Rows) -> Result<()> {
    for kept in state.kept() {
        let told = &kept.returned;
        let candidates = match &kept.verdict {
            Some(Verdict::Parked { candidates, .. }) if !candidates.is_empty() => {
                Some(serde_json_canonicalizer::to_string(candidates)?)
            }
            _ => None,
        };
        rows.returned.push(ReturnedRow {
            told: kept.position,
            stream: stream.id,
            platform: told.platform.as_str().to_owned(),
            document: told.document.as_str().to_owned(),
            row_no: told.row.as_str().to_owned(),
            at: told.at.utc(),
            units: i64::from(told.units),
            amount: told.amount.0,
            currency: told.currency.code().to_owned(),
            state: standing(kept).to_owned(),
            code: kept.code().map(str::to_owned),
            line: kept.line().map(|line| line.0),
            candidates,
            position: kept.stands_since,
        });
    }
    Ok(())
}

fn standing(kept: &Kept) -> &'static str {
    match kept.line() {
        _ if kept.withdrawn => "withdrawn",
        Some(_) => "matched",
        None if kept.code().is_some() => "parked",
        None => "waiting",
    }
}
fn dispute(stream: StreamId, state: &DisputeState, position: i64, rows: &mut Rows) -> Result<()> {
    let Some(opened) = &state.opened else { return Ok(()) };
    let answer = state.answered.as_ref();
    rows.disputes.push(DisputeRow {
        dispute: stream.id,
        number: i32::try_from(opened.number).unwrap_or(i32::MAX),
        line: opened.line.0,
        party: opened.party.uuid(),
        reason: opened.reason.clone(),
        due: opened.due.utc(),
        evidence_position: opened.evidence_position,
        evidence_sha256: opened.evidence_sha256.clone(),
        state: match answer {
            Some(answer) => word(&answer.verdict)?,
            None => "open".to_owned(),
        },
        answer: answer.map(|answer| answer.reason.clone()),
        correction: answer.and_then(|answer| answer.correction).map(|approval| approval.0),
        position,
    });
    Ok(())
}
