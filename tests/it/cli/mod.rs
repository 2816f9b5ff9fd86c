//! The program as a process: what it prints, how it ends, and what a sudden end leaves behind.

mod commands;
mod killed;
mod syncs;
