//! PostgreSQL: what is stored and how it is read back.
//! It must never decide anything about money.

pub mod migrate;
mod migrations_list;
