//! `/users`: who may sign in, and as what.
//!
//! Forms: `POST /users` (`email`, `role`, `password`), `POST /users/{id}/role` (`role`), `POST /users/{id}/disable` and `/enable`;
//! each with `csrf_token`.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::web::{Shell, filters};

/// All users, and the form for one more.
#[derive(Template, WebTemplate)]
#[template(path = "users.html")]
pub struct UsersPage {
    pub shell: Shell,
    pub users: Vec<UserLine>,
    /// `admin`, `operator`, `viewer`.
    pub roles: Vec<String>,
    /// Why a user was not added, with what was typed.
    pub error: Option<String>,
    pub draft_email: String,
    pub draft_role: String,
    pub shortest_password: usize,
}

/// A user in the list.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub id: i64,
    pub email: String,
    pub role: String,
    pub created_at: Instant,
    pub last_sign_in_at: Option<Instant>,
    pub disabled_at: Option<Instant>,
    /// Nobody disables or demotes themselves.
    pub is_self: bool,
}
