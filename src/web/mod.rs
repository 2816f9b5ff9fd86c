//! Pages for people.
//!
//! A page is a file below `pages/`: its struct with `#[template(path)]`, what it fetches, and its handler, in that order. What
//! surrounds its content is the [`shell`], and what several pages share is in [`view`] and [`filters`].
//!
//! **One more page**: its file in `pages/`, its template, and its line in the table of routes.

pub mod assets;
pub mod filters;
pub mod pages;
pub mod shell;
pub mod view;

pub use shell::{Flash, Past, Shell, Standing, Theme, Viewer};
