//! Decisions of this slice.
//! Must never read a clock or make an id.
