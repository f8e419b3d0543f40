//! Tests of the line.
//! Must never need a database.
