//! The OpenAPI document against the routes and against live answers.

use std::collections::BTreeSet;

use quarterdeck::kinds::KINDS;
use quarterdeck::web::api::{openapi, operations};
use quarterdeck::web::routes;
use serde_json::Value;

use super::Platform;

/// A route's path as the document has it, once for each kind.
fn documented(path: &str) -> Vec<String> {
    let path = path.replace("{id:[0-9]+}", "{id}");
    if path.contains("{kind}") {
        KINDS.iter().map(|spec| path.replace("{kind}", spec.path)).collect()
    } else {
        vec![path]
    }
}

#[test]
fn every_route_is_described_and_every_description_has_its_route() {
    let routed: BTreeSet<(String, String)> = routes::all()
        .iter()
        .filter(|entry| entry.path.starts_with("/api/v1/"))
        .flat_map(|entry| documented(entry.path).into_iter().map(|path| (entry.method.to_lowercase(), path)))
        .collect();
    let document = openapi::document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, calls)| calls.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    assert_eq!(routed, described);
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn each_example_has_the_shape_of_the_live_answer() {
    let platform = Platform::start().await;
    let ada = platform.ada().await;
    platform.busy().await;
    let mut compared = 0;
    for operation in operations::all().into_iter().filter(|operation| operation.method == "get") {
        let mut path = format!("/api/v1{}", operation.path).replace("{rule}", "instance-without-record");
        if let Some((list, rest)) = path.clone().split_once("/{id}") {
            let first = ada.get(list).await.json();
            path = format!("{list}/{}{rest}", first["items"][0]["id"].as_str().expect("each kind has a resource"));
        }
        path = path.replace("{address}", "10.0.0.1");
        let named = if path.contains("/regions/") {
            "eu"
        } else if path.contains("/clusters/") {
            "eu-1"
        } else {
            "cloudflare"
        };
        path = path.replace("{name}", named);
        if operation.path == "/search" {
            path.push_str("?q=shop");
        }
        let page = ada.get(&path).await;
        assert_eq!(page.status, operation.status, "{path}");
        if !operation.example.is_null() {
            same_shape(&operation.example, &page.json(), &path);
            compared += 1;
        }
    }
    assert!(compared > KINDS.len() * 2);
}

/// What is in the document is said of the right thing: every reference leads somewhere, every example fits its own
/// schema.
#[test]
fn every_reference_leads_somewhere_and_every_example_fits_its_schema() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in &references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{reference} leads nowhere");
    }
    for spec in KINDS {
        let attrs: Value = serde_json::from_str(spec.example).unwrap();
        let name = openapi_name(spec.name);
        let schema = &schemas[&format!("{name}Attrs")];
        for (field, value) in attrs.as_object().unwrap() {
            let types = &schema["properties"][field]["type"];
            let wanted = json_type(value);
            let fits = types == wanted || types.as_array().is_some_and(|types| types.iter().any(|one| one == wanted));
            assert!(fits, "{name}.{field} is {wanted} and not {types}");
        }
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            into.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}

fn openapi_name(kind: &str) -> String {
    kind.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The same keys at each level and the same types; what can be null may be so on either side. Maps by process, by
/// setting or by kind have the names that they have, and a record's `data` and `settings` are there when its type has
/// any.
fn same_shape(example: &Value, live: &Value, at: &str) {
    match (example, live) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(expected), Value::Object(found)) => {
            if at.ends_with(".neighbours") || at.ends_with(".limits") {
                let any = expected.values().next().expect("an example of one");
                found.values().for_each(|group| same_shape(any, group, &format!("{at}.*")));
                return;
            }
            if [".processes", ".running", ".counts", ".findings"].iter().any(|name| at.ends_with(name)) {
                assert!(found.values().all(Value::is_number), "{at}: {found:?}");
                return;
            }
            if at.ends_with(".config") || at.ends_with(".node_tags") {
                assert!(found.values().all(Value::is_string), "{at}: {found:?}");
                return;
            }
            if at.ends_with(".other") {
                return;
            }
            let names = |object: &serde_json::Map<String, Value>| {
                let optional = |name: &String| at.ends_with(".attrs") && ["data", "settings"].contains(&name.as_str());
                object.keys().filter(|name| !optional(name)).cloned().collect::<BTreeSet<_>>()
            };
            assert_eq!(names(expected), names(found), "{at}");
            for (name, value) in expected {
                same_shape(value, &found[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if let (Some(expected), Some(found)) = (expected.first(), found.first()) {
                same_shape(expected, found, &format!("{at}[]"));
            }
        }
        (expected, found) => {
            assert_eq!(std::mem::discriminant(expected), std::mem::discriminant(found), "{at}: {found}");
        }
    }
}
