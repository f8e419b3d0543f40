//! What a leg is on a settlement sheet 结算单: the part 项 under which it is shown, decided once, when the leg is written.
//! Must never be decided again anywhere else: the row of a leg carries it, and every report reads it from there.
//!
//! A new kind of event that posts legs: the compiler asks for its arm here, and that is all. If it is none of the parts
//! there are, a new [`Part`] with the next number; a rebuild then finds older rows as they should be.

use super::adjustment::AdjustmentPurpose;
use super::event::Event;
use super::freeze::FreezeEvent;
use super::order::{LineEvent, What};
use super::settlement::{ClosingEvent, Part};
use super::share::ShareEvent;
use crate::ledger::{AccountKind, Leg};

/// The part of a sheet that a leg of an event belongs to.
///
/// Of the commission of a line, what goes against the sign of earning (for a brand: of owing) is a claw-back.
pub fn part_of(event: &Event, leg: &Leg) -> Part {
    match event {
        Event::Line(LineEvent::Fact(fact)) => match fact.fact.what {
            What::Frozen { .. } | What::Unfrozen { .. } => Part::Freezes,
            What::Forfeited { .. } => Part::Penalties,
            _ => commission(leg),
        },
        Event::Line(_) => commission(leg),
        Event::Adjustment(posted) => match posted.purpose {
            None | Some(AdjustmentPurpose::Adjustment) => Part::Adjustments,
            Some(AdjustmentPurpose::Contract) => Part::Contracts,
            Some(AdjustmentPurpose::Sourcing) => Part::Sourcing,
            Some(AdjustmentPurpose::Penalty) => Part::Penalties,
            Some(AdjustmentPurpose::Charge) => Part::Charges,
            Some(AdjustmentPurpose::Payment) => Part::Payments,
            Some(AdjustmentPurpose::Receipt) => Part::Receipts,
            Some(AdjustmentPurpose::WriteOff) => Part::WriteOffs,
        },
        Event::Cutover(_) => Part::Adjustments,
        Event::Share(ShareEvent::Accrued(_) | ShareEvent::TruedUp(_)) => Part::TrueUps,
        Event::Closing(ClosingEvent::Guarantee(_)) => Part::Guarantees,
        Event::Closing(ClosingEvent::Held(_)) => Part::ReserveHeld,
        Event::Closing(ClosingEvent::Released(_)) => Part::ReserveReleased,
        Event::Payment(_) => Part::Payments,
        Event::Receipt(_) => Part::Receipts,
        Event::Freeze(FreezeEvent::Placed(_) | FreezeEvent::Lifted(_)) => Part::Freezes,
        Event::Freeze(FreezeEvent::Forfeited(_)) => Part::Penalties,
        Event::Contract(_) => Part::Contracts,
        Event::Purchase(_) | Event::Sample(_) => Part::Sourcing,
        // These post nothing.
        Event::Book(_)
        | Event::Party(_)
        | Event::Item(_)
        | Event::Shop(_)
        | Event::ShopEntity(_)
        | Event::Entity(_)
        | Event::Shelf(_)
        | Event::Usage(_)
        | Event::Approval(_)
        | Event::Person(_)
        | Event::Click(_)
        | Event::Placement(_)
        | Event::Import(_)
        | Event::Resolution(_)
        | Event::Returns(_)
        | Event::Run(_)
        | Event::Sheet(_)
        | Event::Policy(_)
        | Event::Recon(_)
        | Event::Dispute(_)
        | Event::Brief(_)
        | Event::Supplier(_)
        | Event::Offer(_)
        | Event::Quote(_)
        | Event::Pool(_)
        | Event::Submission(_)
        | Event::Selection(_)
        | Event::Watch(_) => Part::Adjustments,
    }
}

fn commission(leg: &Leg) -> Part {
    if (leg.amount.0 > 0) == (leg.account.kind != AccountKind::Commission) {
        Part::Settled
    } else {
        Part::Clawbacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// INVARIANT: a part's number and word are its own, and both lead back to it.
    #[test]
    fn every_part_has_a_number_and_a_word_of_its_own() {
        for (index, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part.code(), i16::try_from(index + 1).unwrap());
            assert_eq!(Part::from_code(part.code()), Some(part));
            assert_eq!(Part::from_word(part.word()), Some(part));
        }
        assert_eq!(Part::from_code(0), None);
        assert_eq!(Part::from_code(16), None);
    }
}
