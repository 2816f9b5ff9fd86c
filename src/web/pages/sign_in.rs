//! `/sign-in`: the form takes `email`, `password`, `csrf_token`, `next`, and `code` where a second factor is on.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::{Shell, filters};

/// The sign-in form, fresh or refused.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub shell: Shell,
    /// What was typed before.
    pub email: String,
    /// Why it was refused; never says which of the two was wrong.
    pub error: Option<String>,
    pub wants_code: bool,
    /// A path of the panel to go on to.
    pub next: String,
}
