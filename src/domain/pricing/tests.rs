//! Tests of pricing.
//! Must never need a database.
