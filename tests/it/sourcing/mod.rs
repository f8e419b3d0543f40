//! Sourcing from outside: real offer files through the mapping, and offers and quotes over HTTP.
//! It must never reach around the interface, except to count rows and events.

mod api;
mod files;
