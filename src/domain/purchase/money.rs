//! Which accounts each fact of a purchase moves.
//! Must never decide an amount: it is handed in.

use super::terms::{ChargeKind, Ordered, Pays, PurchaseKind};
use crate::base::PartyId;
use crate::ledger::{Account, AccountKind, Layer, Leg};
use crate::money::{Minor, MoneyError};

fn leg(order: &Ordered, account: Account, amount: Minor) -> Leg {
    Leg {
        account,
        layer: Layer::Settled,
        currency: order.currency,
        amount,
    }
}

/// From one account to another.
fn moved(order: &Ordered, from: Account, to: Account, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    Ok(vec![leg(order, from, amount.negated()?), leg(order, to, amount)])
}

/// Where what is owed to a party by this purchase stands.
pub fn owed(order: &Ordered, party: PartyId) -> Account {
    let kind = match order.pays {
        Pays::Book | Pays::Balance => AccountKind::Available,
        Pays::Buyer => AccountKind::DirectPaid,
    };
    Account::of(party, kind)
}

/// Where what it costs stands: with the stock of the buyer, or with who keeps the margin.
pub fn bearer(order: &Ordered) -> Account {
    match (order.kind, order.buyer) {
        (PurchaseKind::Dropship, Some(taker)) => owed(order, taker),
        (PurchaseKind::Dropship, None) => Account::book(AccountKind::Income),
        (PurchaseKind::Wholesale | PurchaseKind::Sample, Some(buyer)) => Account::of(buyer, AccountKind::Purchases),
        (PurchaseKind::Wholesale | PurchaseKind::Sample, None) => Account::book(AccountKind::Purchases),
    }
}

/// It costs more by an amount, or less by a negative one.
pub fn bought(order: &Ordered, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    moved(order, bearer(order), owed(order, order.supplier), amount)
}

/// A buyer paid for a dropship order, or gets a negative amount back.
pub fn sold(order: &Ordered, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    moved(order, Account::book(AccountKind::Clearing), bearer(order), amount)
}

/// The supplier was paid, or paid a negative amount back.
pub fn paid(order: &Ordered, amount: Minor) -> Result<Vec<Leg>, MoneyError> {
    let supplier = owed(order, order.supplier);
    let mut legs = match (order.pays, order.buyer, order.kind) {
        (Pays::Buyer, Some(_), PurchaseKind::Dropship) => {
            moved(order, supplier, Account::book(AccountKind::Clearing), amount)?
        }
        (Pays::Buyer, Some(buyer), _) => moved(order, supplier, Account::of(buyer, AccountKind::DirectPaid), amount)?,
        _ => moved(order, supplier, Account::book(AccountKind::Cash), amount)?,
    };
    if let (Pays::Balance, Some(buyer)) = (order.pays, order.buyer) {
        let of = |kind| Account::of(buyer, kind);
        legs.extend(moved(
            order,
            of(AccountKind::Available),
            of(AccountKind::DirectPaid),
            amount,
        )?);
    }
    Ok(legs)
}

/// A charge, or one taken back by a negative amount.
pub fn charged(
    order: &Ordered,
    charge: ChargeKind,
    payee: Option<PartyId>,
    amount: Minor,
) -> Result<Vec<Leg>, MoneyError> {
    let payee = match (payee, charge, order.pays) {
        (Some(party), ..) => owed(order, party),
        (None, _, Pays::Buyer) => Account::book(AccountKind::Clearing),
        (None, ChargeKind::Fee, _) => Account::book(AccountKind::Income),
        (None, ..) => Account::book(AccountKind::Cash),
    };
    moved(order, bearer(order), payee, amount)
}
