//! Tests of pending commands.
//! Must never need a database.
