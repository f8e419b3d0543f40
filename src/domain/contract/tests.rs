//! Tests of contracts.
//! Must never need a database.
