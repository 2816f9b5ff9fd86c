//! `/setup?token=`: the first administrator; the form takes `token`, `email`, `password`, `password_again`, `csrf_token`.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::{Shell, filters};

/// The form for the first administrator, behind a link that works once.
#[derive(Template, WebTemplate)]
#[template(path = "setup.html")]
pub struct SetupPage {
    pub shell: Shell,
    pub token: String,
    pub email: String,
    pub error: Option<String>,
    /// Characters.
    pub shortest_password: usize,
}
