//! The OpenAPI 3.1 document, drawn from the operations and the schemas of what they answer with.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::operations::{self, Operation, Parameter};
use super::schemas;

/// The document. The same code prints it on the command line and serves it.
pub fn document() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations::all() {
        let path = format!("/api/v1{}", operation.path);
        paths.entry(path).or_default().insert(operation.method.to_owned(), describe(&operation));
    }
    let tags = [
        "Inventory",
        "History",
        "Findings",
        "Places",
        "Sources",
        "Alerts",
        "Runs",
        "DNS changes",
        "Tasks",
        "Access",
        "Audit",
        "API",
    ]
    .map(|name| json!({"name": name}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quarterdeck",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything the panel knows, with its age and its completeness. Lists are paged by cursor; answers to GET \
                            carry an ETag; errors are problem JSON (RFC 9457).",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token from /tokens."}},
        },
    })
}

fn describe(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses(operation),
    });
    if operation.method == "get" {
        described["parameters"].as_array_mut().into_iter().for_each(|list| list.push(if_none_match()));
    }
    if let Some((schema, example)) = &operation.body {
        described["requestBody"] = json!({"required": true, "content": {"application/json": {
            "schema": {"$ref": schemas::reference(schema)}, "example": example,
        }}});
    }
    described
}

fn responses(operation: &Operation) -> Value {
    let mut json = json!({"schema": {"$ref": schemas::reference(&operation.answer)}});
    if !operation.example.is_null() {
        json["example"] = operation.example.clone();
    }
    // An answer that is no JSON is described by its media type.
    let mut content = match operation.answer.contains('/') {
        true => json!({ operation.answer.clone(): {"schema": {"type": "string"}} }),
        false => json!({"application/json": json}),
    };
    if operation.csv {
        content["text/csv"] = json!({"schema": {"type": "string"}});
    }
    let mut responses = json!({
        operation.status.to_string(): {"description": "As asked.", "content": content},
        "default": {
            "description": "What went wrong, and what can be done about it.",
            "content": {"application/problem+json": {"schema": {"$ref": schemas::reference("Problem")}}},
        },
    });
    if operation.method == "get" {
        let tag = json!({"ETag": {"description": "Of this very answer.", "schema": {"type": "string"}}});
        responses[operation.status.to_string()]["headers"] = tag.clone();
        responses["304"] =
            json!({"description": "Nothing has changed since `If-None-Match`; no body.", "headers": tag});
    }
    responses
}

fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match", "in": "header", "description": "The `ETag` of what you have already.", "required": false,
        "schema": {"type": "string"},
    })
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name, "in": parameter.place, "description": parameter.about, "required": parameter.place == "path",
        "schema": parameter.schema,
    })
}
