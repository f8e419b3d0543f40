//! The commodity pool 选品池 from outside: what is shown, found, filtered and sorted, and by which plans.
//! It must never assert a time.

mod desk;
mod plans;
mod search;
