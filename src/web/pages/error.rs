//! What went wrong for the user, and the way out of it.

use askama::Template;

use crate::web::view::Crumb;
use crate::web::{Shell, filters};

/// A refusal or a failure as a page.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub shell: Shell,
    pub status: u16,
    /// `There is no such page`.
    pub title: String,
    /// What happened, and what can be done about it.
    pub text: String,
    /// For the logs; empty where nothing of ours failed.
    pub request_id: String,
    /// Ways on, the best first.
    pub ways: Vec<Crumb>,
}
