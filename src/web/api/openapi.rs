//! The OpenAPI 3.1 document, drawn from the operations and the schemas of what they answer with.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::items;
use super::operations::{self, Operation, Parameter};

/// The document. The same code prints it on the command line and serves it.
pub fn document() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations::all() {
        let path = format!("/api/v1{}", operation.path);
        paths.entry(path).or_default().insert(operation.method.to_owned(), describe(&operation));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quarterdeck",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything the panel knows, with its age and its completeness. Lists are paged by cursor; errors are problem \
                            JSON (RFC 9457); answers to GET carry an ETag.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": "Inventory"}, {"name": "Sources"}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token from /tokens."}},
        },
    })
}

fn describe(operation: &Operation) -> Value {
    let mut content = json!({"application/json": {
        "schema": {"$ref": format!("#/components/schemas/{}", operation.answer)},
        "example": operation.example,
    }});
    if operation.csv {
        content["text/csv"] = json!({"schema": {"type": "string"}});
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": operation.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "responses": {
            operation.status.to_string(): {"description": "As asked.", "content": content},
            "default": {
                "description": "What went wrong, and what can be done about it.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    });
    if let Some((schema, example)) = &operation.body {
        described["requestBody"] = json!({"required": true, "content": {"application/json": {
            "schema": {"$ref": format!("#/components/schemas/{schema}")}, "example": example,
        }}});
    }
    described
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name, "in": parameter.place, "description": parameter.about, "required": parameter.place == "path",
        "schema": {"type": "string"},
    })
}

fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<items::Item>(&mut schemas);
    add::<items::ItemList>(&mut schemas);
    add::<items::ItemDetail>(&mut schemas);
    add::<items::NeighbourItem>(&mut schemas);
    add::<items::SearchAnswer>(&mut schemas);
    add::<items::SearchGroup>(&mut schemas);
    add::<items::SourceItem>(&mut schemas);
    add::<items::SourceList>(&mut schemas);
    add::<items::SourceDetail>(&mut schemas);
    add::<items::ScopeItem>(&mut schemas);
    add::<items::HeldLossItem>(&mut schemas);
    add::<items::SyncAccepted>(&mut schemas);
    add::<items::Reason>(&mut schemas);
    schemas.insert("Problem".to_owned(), problem());
    schemas
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Map<String, Value>) {
    let schema = serde_json::to_value(T::schema()).expect("a schema is plain JSON");
    schemas.insert(T::name().into_owned(), schema);
}

/// RFC 9457.
fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "Stable; what went wrong, as a name."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "This time in particular, and the way out."},
        },
    })
}
