//! What the pure parts of the pollers keep.
//! Must never reach a network.
