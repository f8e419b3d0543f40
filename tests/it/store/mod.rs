//! The store against a real server.
//! It must never go through the engine: what the store promises holds for any caller.

mod check;
mod load;
mod plans;
mod rows;
pub mod sample;
mod statements;
mod write;
