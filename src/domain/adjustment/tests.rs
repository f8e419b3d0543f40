//! Tests of adjustments.
//! Must never need a database.
