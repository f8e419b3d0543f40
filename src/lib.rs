//! Fenzhang 分账: the commission ledger for live commerce. This file is the code map.
//! It must never hold logic.

pub mod access;
pub mod base;
pub mod bench;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod export;
pub mod http;
pub mod intake;
pub mod launcher;
pub mod ledger;
pub mod money;
pub mod pull;
pub mod report;
pub mod sample;
pub mod store;
