//! What a party may see and touch beside itself: an agency its members, a brand its shops, items and rules.
//! Must never tell a foreign object from a missing one: both are `false` or none.

use tokio_postgres::Client;
use uuid::Uuid;

use super::Principal;
use crate::base::{ItemId, LineId, LogId, MembershipId, PartyId, RuleId, ShelfId, ShopId};
use crate::domain::person::Role;
use crate::domain::plan::RuleScope;
use crate::store::statements::text;

type Found<T> = Result<T, tokio_postgres::Error>;

/// Whether a principal may see what belongs to `party`: its own; for an agency also that of who has a contract in force
/// with it.
pub async fn sees(client: &Client, who: &Principal, party: PartyId) -> Found<bool> {
    match who.party {
        None => Ok(true),
        Some(own) if own == party => Ok(true),
        Some(own) if who.role == Role::Agency => {
            let sql = text::access_is_member;
            let row = client.query_one(sql, &[&who.log.0, &own.uuid(), &party.uuid()]).await?;
            Ok(row.get(0))
        }
        Some(_) => Ok(false),
    }
}

/// The member of a contract.
pub async fn member_of(client: &Client, log: LogId, membership: MembershipId) -> Found<Option<PartyId>> {
    let sql = text::access_membership;
    party(client.query_opt(sql, &[&log.0, &membership.0]).await?)
}

/// The brand of a shop.
pub async fn shop_brand(client: &Client, log: LogId, shop: ShopId) -> Found<Option<PartyId>> {
    party(client.query_opt(text::access_shop_brand, &[&log.0, &shop.0]).await?)
}

async fn item_brand(client: &Client, log: LogId, item: ItemId) -> Found<Option<PartyId>> {
    party(client.query_opt(text::access_item_brand, &[&log.0, &item.0]).await?)
}

/// The brand that may post rules of a scope.
pub async fn scope_brand(client: &Client, log: LogId, scope: &RuleScope) -> Found<Option<PartyId>> {
    match scope {
        RuleScope::Item(item) => item_brand(client, log, *item).await,
        RuleScope::Shop(shop) | RuleScope::Category(shop, _) => shop_brand(client, log, *shop).await,
    }
}

/// Where a rule stands, and whose it is.
pub async fn rule_stand(client: &Client, log: LogId, rule: RuleId) -> Found<Option<(ShelfId, PartyId)>> {
    let row = client.query_opt(text::access_rule, &[&log.0, &rule.0]).await?;
    Ok(row.and_then(|row| Some((ShelfId(row.get(0)), PartyId::from_uuid(row.get(1)).ok()?))))
}

/// Which of these ids are parties of the book.
pub async fn known_parties(client: &Client, log: LogId, ids: &[PartyId]) -> Found<Vec<PartyId>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = client.query(text::access_parties, &[&log.0, &ids]).await?;
    Ok(rows
        .iter()
        .filter_map(|row| PartyId::from_uuid(row.get(0)).ok())
        .collect())
}

fn party(row: Option<tokio_postgres::Row>) -> Found<Option<PartyId>> {
    Ok(row.and_then(|row| PartyId::from_uuid(row.get(0)).ok()))
}

/// The platform of a line, and its number there.
pub async fn line_numbers(client: &Client, log: LogId, line: LineId) -> Found<Option<(String, String)>> {
    let row = client.query_opt(text::access_line_numbers, &[&log.0, &line.0]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}
