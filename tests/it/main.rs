//! The one integration binary: a module per folder of stories.
mod providers;
mod support;
