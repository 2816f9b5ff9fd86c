//! `/account`: one's own password and sessions.
//!
//! Forms: `POST /account/password` (`current_password`, `new_password`, `new_password_again`), `POST /account/theme` (`theme`,
//! `next`), `POST /account/sessions/{id}/revoke`, `POST /account/sessions/revoke-others`; each with `csrf_token`.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::web::{Shell, filters};

/// One's own account.
#[derive(Template, WebTemplate)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub email: String,
    pub role: String,
    pub created_at: Instant,
    /// The current one first, then by last use.
    pub sessions: Vec<SessionLine>,
    /// Why the password was not changed.
    pub error: Option<String>,
    pub shortest_password: usize,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Names it in a path; never the session's own token.
    pub id: String,
    pub address: String,
    pub user_agent: String,
    pub created_at: Instant,
    pub used_at: Instant,
    pub expires_at: Instant,
    pub current: bool,
}
