//! Fenzhang: the commission ledger for live commerce. This file is the code map.
//! It must never hold logic.
