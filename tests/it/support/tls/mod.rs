//! Servers with certificates of every sort, each on a loopback address of its own.

mod authority;
mod server;

pub use authority::{Authority, Leaf, Served, web_root};
pub use server::{Behaviour, Server, free_port};
