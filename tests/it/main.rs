//! The one integration binary.

mod providers;
mod support;
