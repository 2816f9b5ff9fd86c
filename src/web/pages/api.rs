//! `/api`: the API, read out of its own OpenAPI document.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::web;
use serde_json::Value;

use crate::context::Context;
use crate::web::api::openapi;
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

/// `GET /api`.
pub async fn show(context: web::Data<Context>, shell: Shell) -> ApiPage {
    let base_url = context.config.server.public_url.as_str().trim_end_matches('/').to_owned();
    ApiPage::of(&openapi::document(), base_url, shell)
}

impl ApiPage {
    /// The page of an OpenAPI document.
    pub fn of(document: &Value, base_url: String, shell: Shell) -> Self {
        let mut groups: Vec<CallGroup> = Vec::new();
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters")
            {
                let name = text(&operation["tags"][0]);
                let call = call(path, method, operation);
                match groups.iter_mut().find(|group| group.name == name) {
                    Some(group) => group.calls.push(call),
                    None => groups.push(CallGroup { name, calls: vec![call] }),
                }
            }
        }
        let order: Vec<String> =
            document["tags"].as_array().into_iter().flatten().map(|tag| text(&tag["name"])).collect();
        groups.sort_by_key(|group| order.iter().position(|name| *name == group.name).unwrap_or(usize::MAX));
        Self { shell, about: text(&document["info"]["description"]), base_url, groups }
    }
}

fn call(path: &str, method: &str, operation: &Value) -> Call {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let answers = operation["responses"].as_object().into_iter().flatten();
    Call {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        parameters: parameters.map(parameter).collect(),
        answers: answers
            .map(|(status, answer)| Answer { status: status.clone(), about: text(&answer["description"]) })
            .collect(),
    }
}

fn parameter(parameter: &Value) -> Parameter {
    Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        about: text(&parameter["description"]),
        required: parameter["required"] == true,
    }
}

fn text(value: &Value) -> String {
    filters::without_spans(value.as_str().unwrap_or_default())
}
