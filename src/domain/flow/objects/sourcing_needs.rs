//! Streams that purchases and samples need.
//! Must never name a stream the world already knows.

use std::collections::BTreeSet;

use super::needs::above;
use super::purchases::id_of;
use crate::base::{BookId, PartyId};
use crate::domain::command::Command;
use crate::domain::flow::Needs;
use crate::domain::purchase::{Action, PurchaseAsk};
use crate::domain::sample;
use crate::domain::stream::StreamId;
use crate::domain::world::World;

/// Adds what a command about a purchase or a sample still needs.
pub(super) fn needs(book: BookId, command: &Command, world: &World, out: &mut Needs) {
    let mut wanted: Vec<StreamId> = Vec::new();
    let mut member: Option<PartyId> = None;
    match command {
        Command::OrderPurchase(asked) => {
            member = asked.buyer;
            of_order(book, asked, world, &mut wanted);
        }
        Command::ActPurchase { purchase, action, .. } => {
            wanted.push((*purchase).into());
            member = world.purchase(*purchase).and_then(|state| state.order.as_ref()?.buyer);
            if let Action::Charge { payee, .. } = action {
                wanted.extend(payee.map(StreamId::from));
            }
        }
        Command::AskSample(asked) => {
            member = Some(asked.holder);
            wanted.push(asked.id(book).into());
            wanted.push(sample::rules(book).into());
            wanted.push(asked.provider.into());
            wanted.push(asked.holder.into());
            wanted.extend(asked.offer.map(StreamId::from));
        }
        Command::ActSample { sample, .. } => {
            wanted.push((*sample).into());
            member = world
                .sample(*sample)
                .and_then(|state| state.rounds.last())
                .map(|round| round.asked.holder);
        }
        Command::SetSampleRules { .. } => wanted.push(sample::rules(book).into()),
        _ => {}
    }
    if let Some(member) = member {
        above(member, world, &mut BTreeSet::new(), out);
    }
    out.streams
        .extend(wanted.into_iter().filter(|stream| !world.knows(*stream)));
}

fn of_order(book: BookId, asked: &PurchaseAsk, world: &World, wanted: &mut Vec<StreamId>) {
    wanted.extend(id_of(book, asked).map(StreamId::from));
    wanted.extend(asked.buyer.map(StreamId::from));
    wanted.extend(asked.supplier.map(StreamId::from));
    wanted.extend(
        asked
            .lines
            .iter()
            .filter_map(|line| line.order_line)
            .map(StreamId::from),
    );
    let mut offers: Vec<_> = asked.lines.iter().filter_map(|line| line.offer).collect();
    if let Some(quote) = asked.quote {
        wanted.push(quote.into());
        offers.extend(
            world
                .quote(quote)
                .and_then(|state| state.given.as_ref())
                .map(|given| given.offer),
        );
    }
    for offer in offers {
        wanted.push(offer.into());
        let terms = world.offer(offer).and_then(|state| state.terms.as_ref());
        wanted.extend(terms.and_then(|terms| terms.supplier).map(StreamId::from));
    }
}
