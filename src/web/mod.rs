//! Pages for people, and what stands before them: who may enter ([`access`], [`session`], [`csrf`]), on which path
//! ([`routes`]), and what every answer carries ([`frame`], [`headers`], [`error`]).
//!
//! A page is a file below `pages/`: its struct with `#[template(path)]`, what it fetches, and its handler, in that
//! order. What surrounds its content is the [`shell`], and what several pages share is in [`view`] and [`filters`].
//!
//! **One more page**: its file in `pages/`, its template, and its line in the table of routes.

pub mod access;
pub mod acts;
pub mod api;
pub mod assets;
pub mod cells;
pub mod changes;
pub mod client;
pub mod csrf;
pub mod deep_link;
pub mod error;
pub mod estate;
pub mod export;
pub mod extract;
pub mod filters;
pub mod forms;
pub mod frame;
pub mod half;
pub mod headers;
pub mod health;
pub mod listing;
pub mod map;
pub mod moment;
pub mod pages;
pub mod params;
pub mod revalidation;
pub mod routes;
pub mod server;
pub mod session;
pub mod shell;
pub mod tally;
pub mod view;
mod zone_file;

pub use error::PageError;
pub use session::{Live, Session};
pub use shell::{Flash, Past, Shell, Theme, ViewedAs, Viewer};
