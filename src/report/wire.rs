//! The wire shape of money, and conversions from what rows hold.
//! Must never round or sum.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ReportError;
use crate::base::PartyId;
use crate::ledger::{Account, AccountKind, Layer, Owner};
use crate::money::{Currency, Minor};

/// An amount with its currency: `{"amount":"12.34","currency":"CNY"}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Money {
    /// Exactly the currency's digits after the point; negative amounts begin with `-`.
    #[schema(example = "12.34")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
}

impl Money {
    /// From minor units.
    pub fn of(amount: Minor, currency: Currency) -> Money {
        Money {
            amount: amount.display(currency),
            currency: currency.to_string(),
        }
    }
}

/// A currency of a row.
pub(super) fn currency(code: &str) -> Result<Currency, ReportError> {
    Ok(code.parse()?)
}

/// Who owns an account of a row: the nil uuid is the book.
pub(super) fn owner(id: Uuid) -> Result<Owner, ReportError> {
    if id.is_nil() {
        return Ok(Owner::Book);
    }
    PartyId::from_uuid(id)
        .map(Owner::Party)
        .map_err(|_| ReportError::Stored("owner"))
}

/// An account of a row.
pub(super) fn account(id: Uuid, kind: i16) -> Result<Account, ReportError> {
    Ok(Account {
        owner: owner(id)?,
        kind: AccountKind::from_code(kind).ok_or(ReportError::Stored("account"))?,
    })
}

/// A layer of a row.
pub(super) fn layer(code: i16) -> Result<Layer, ReportError> {
    Layer::from_code(code).ok_or(ReportError::Stored("layer"))
}

/// A party of a row.
pub(super) fn party(id: Uuid) -> Result<PartyId, ReportError> {
    PartyId::from_uuid(id).map_err(|_| ReportError::Stored("party"))
}
