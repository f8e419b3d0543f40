//! Who may do what: API keys, the principal behind one, the one table of routes and roles, and what a party may see.
//! Must never answer "yes" by default: a route without a row in `table.rs` is refused to everybody.

mod audit;
mod column_sets;
mod key;
mod keyring;
mod limit;
mod principal;
mod roll;
mod sight;
pub mod table;

pub use audit::Audit;
pub use column_sets::{ColumnSet, column_set, column_sets, forget_columns, save_columns};
pub use key::{KeyText, Minted, mint};
pub(crate) use keyring::needs_party;
pub use keyring::{Keyring, KeyringError};
pub use limit::{Allowance, Limiter};
pub use principal::Principal;
pub use roll::{KeyRow, PersonRow, keys_of, person_of, persons_of};
pub use sight::{known_parties, line_numbers, member_of, rule_stand, scope_brand, sees, shop_brand};
pub use table::{Grant, Method};
