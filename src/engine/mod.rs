//! The engine: one writer per log and server, group commit, followers, timers, the clock.
//! Must never hold SQL text or an HTTP status.

pub mod api;

pub use api::{Answer, ClicksAnswer, EngineError, EventRef, Lane, Meta};
