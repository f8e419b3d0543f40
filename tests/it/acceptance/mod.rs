//! The worked examples of the domain notes and the nasty cases, through the public interface, to the fen.
//! It must never reach behind the interface: what cannot be seen there is not proven here.

mod chains;
mod facts;
mod lines;
mod refunds;
mod reported;
mod rules;
mod services;
pub mod shapes;
mod shares;
pub mod stage;
mod time;
