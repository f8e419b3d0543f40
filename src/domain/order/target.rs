//! What every account of a line should hold, given the set of its facts and its pin.
//! Must never depend on arrival order.
