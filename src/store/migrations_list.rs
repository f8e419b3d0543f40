//! The migrations compiled into the program, in order; a new file in `migrations/` gets its line here.
//! It must never be reordered, and a file that was released must never change.

use super::migrate::Migration;

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/V", $version, "__", $name, ".sql")),
        }
    };
}

/// Every migration, oldest first.
pub(super) const MIGRATIONS: &[Migration] = &[
    migration!(1, "log"),
    migration!(2, "sandbox_timers"),
    migration!(3, "line_ledger"),
    migration!(4, "imports"),
    migration!(5, "pull"),
    migration!(6, "placements"),
    migration!(7, "returned"),
    migration!(8, "entities"),
    migration!(9, "settlement"),
    migration!(10, "money_desk"),
    migration!(11, "reconciliation"),
    migration!(12, "vtask"),
    migration!(13, "sheets"),
    migration!(14, "matching"),
    migration!(15, "scripted"),
    migration!(16, "offers"),
    migration!(17, "purchases"),
    migration!(18, "pool"),
];
