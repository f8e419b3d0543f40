//! The one integration-test binary; each module tests one part from outside.
//! It must never hold a test itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod acceptance;
mod affiliate;
mod chaos;
mod cli;
mod compare;
mod cutover;
mod engine;
mod export;
mod finance;
mod fuzz;
mod golden;
mod histories;
mod http;
mod import;
mod imports;
mod launcher;
mod ledger;
mod migrate;
mod model;
mod pool;
mod pull;
mod purchasing;
mod readme;
mod recon;
mod report;
mod returns;
mod sample;
mod settlement;
mod sourcing;
mod store;
mod support;
mod tidy;
mod vtask;
