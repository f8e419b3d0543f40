//! Tests across slices.
//! Must never need a database.
