//! `/tokens`: the API's tokens; an administrator sees all, everybody else their own.
//!
//! Forms: `POST /tokens` (`name`, `scope`, `days`, `networks`), `POST /tokens/{id}/revoke`; each with `csrf_token`.

use askama::Template;
use askama_web::WebTemplate;

use crate::clock::Instant;
use crate::web::{Shell, filters};

/// The tokens, and the form for one more.
#[derive(Template, WebTemplate)]
#[template(path = "tokens.html")]
pub struct TokensPage {
    pub shell: Shell,
    pub tokens: Vec<TokenLine>,
    /// A token just made, in full: the one time that it is shown.
    pub made: Option<String>,
    /// `read`, `act`, `generated`, as far as the viewer may give them.
    pub scopes: Vec<String>,
    /// Why none was made, with what was typed.
    pub error: Option<String>,
    pub draft_name: String,
    pub draft_scope: String,
    pub draft_days: i64,
    pub draft_networks: String,
    pub longest_days: i64,
}

/// A token in the list.
#[derive(Clone, Debug)]
pub struct TokenLine {
    pub id: i64,
    pub name: String,
    /// Its first characters, by which it is recognised.
    pub prefix: String,
    pub scope: String,
    pub created_by: String,
    /// Comma-separated networks; empty for anywhere.
    pub allowed_networks: String,
    pub expires_at: Instant,
    pub last_used_at: Option<Instant>,
    pub last_used_address: String,
    pub revoked_at: Option<Instant>,
    /// Revoked or expired.
    pub is_over: bool,
}
