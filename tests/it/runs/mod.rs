//! Runs: who goes when, who may write, what becomes of what was cut off, and what people see of it.

mod claims;
mod endings;
mod taken_over;
