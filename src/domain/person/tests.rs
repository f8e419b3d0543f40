//! Tests of keys.
//! Must never need a database.
