//! Tests of briefs.
//! Must never need a database.
