//! The one integration-test binary; each module tests one part from outside.
//! It must never hold a test itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod engine;
mod launcher;
mod migrate;
mod store;
mod support;
