//! Tests of this slice.
//! Must never need a database.
