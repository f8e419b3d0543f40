//! The HTTP interface from outside: a real server on a free port, a real database, real keys.
//! It must never reach behind the interface, except to issue the keys it asks with.

mod codes;
mod contract;
mod cutover;
mod desk;
mod entities;
mod hostile;
mod imports;
mod matrix;
mod recon;
mod returns;
pub mod server;
mod writes;
