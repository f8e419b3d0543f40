//! Faults on purpose: several servers on one database, connections cut at COMMIT, killed servers and databases.
//! It must never assert a speed, nor pass without having hit what it aims at.
//!
//! `FENZHANG_CHAOS_ROUNDS` says how many kills of each kind (3 when absent), `FENZHANG_CHAOS_CUTS` how many cuts (6).

mod audit;
mod cuts;
mod history;
mod http;
mod postmaster;
mod proxy;
mod proxy_tests;
mod readers;
pub mod servers;
pub mod two_servers;

/// A count from the environment.
fn count(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}
