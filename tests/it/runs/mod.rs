//! Runs: who goes when, who may write, what becomes of what was cut off, and what people see of it.

mod alerted;
mod claims;
mod endings;
mod killed;
mod pages;
mod purge;
mod taken_over;
