//! To be filled in this very change.
//! It must never be empty when it is done.
