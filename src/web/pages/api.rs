//! `/api`: the API, read out of its own OpenAPI document.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::{Shell, filters};

/// The calls of the API, by noun.
#[derive(Template, WebTemplate)]
#[template(path = "api.html")]
pub struct ApiPage {
    pub shell: Shell,
    pub about: String,
    /// Without a final slash; paths follow it.
    pub base_url: String,
    pub groups: Vec<CallGroup>,
}

/// The calls that share a tag.
#[derive(Clone, Debug)]
pub struct CallGroup {
    pub name: String,
    pub calls: Vec<Call>,
}

/// A method on a path.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: String,
    pub parameters: Vec<Parameter>,
    pub answers: Vec<Answer>,
}

/// What a call takes.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    /// `query`, `path`, `header`.
    pub place: String,
    pub about: String,
    pub required: bool,
}

/// What a call answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: String,
    pub about: String,
}
