//! What tests share; one file per need.
//! It must never hold an assertion about the product.

pub mod folder;
pub mod pg;
