//! Tests of items and shops.
//! Must never need a database.
