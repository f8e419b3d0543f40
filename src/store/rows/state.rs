//! Rows of a state: what the fold of one stream looks like in its table.
//! Must never depend on anything but the fold and the position of its last event.

use uuid::Uuid;

use super::{
    ApprovalRow, ItemRow, LineRow, MembershipRow, PartyRow, PlacementRow, Rows, RuleRow, ShopRow, TimerRow, word,
};
use crate::base::{BookId, ExternalId, Instant, ItemId, ShopId};
use crate::domain::approval::ApprovalState;
use crate::domain::catalogue::{ItemState, ShopState};
use crate::domain::click::buyer_key;
use crate::domain::command::Pending;
use crate::domain::order::LineState;
use crate::domain::party::PartyState;
use crate::domain::placement::{Holder, PlacementState};
use crate::domain::plan::{RuleScope, ShelfState};
use crate::domain::stream::StreamId;
use crate::domain::world::{Entity, Known};
use crate::store::error::Result;

/// Adds the rows of one stream as it stands; `position` is that of its last event. Call it once a stream.
pub fn of_state(book: BookId, stream: StreamId, known: &Known, position: i64, rows: &mut Rows) -> Result<()> {
    match &known.entity {
        Some(Entity::Line(state)) => line(book, stream, state, position, rows),
        Some(Entity::Party(state)) => party(state, position, rows)?,
        Some(Entity::Item(state)) => item(stream, state, position, rows),
        Some(Entity::Shop(state)) => shop(stream, state, position, rows),
        Some(Entity::Shelf(state)) => shelf(stream, state, position, rows)?,
        Some(Entity::Placement(state)) => placement(stream, state, position, rows),
        Some(Entity::Approval(state)) => approval(stream, state, position, rows)?,
        Some(Entity::Brief(state)) => super::vtask::brief(stream, state, position, rows)?,
        Some(Entity::Contract(state)) => super::vtask::contract(stream, state, position, rows),
        Some(
            Entity::Book(_)
            | Entity::Usage(_)
            | Entity::Adjustment(_)
            | Entity::Cutover(_)
            | Entity::Person(_)
            | Entity::Import(_)
            | Entity::Share(_),
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
    });
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
            kind: match &requested.command {
                Pending::Adjust { .. } => "adjust",
                Pending::BackdateFormula { .. } => "backdate_formula",
                Pending::OpenBalances { .. } => "open_balances",
                Pending::ReverseOpening { .. } => "reverse_opening",
                Pending::ReverseImport(_) => "reverse_import",
            }
            .to_owned(),
            maker: requested.maker.0,
            status: word(&state.status)?,
            position,
        });
    }
    Ok(())
}
