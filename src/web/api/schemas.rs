//! The JSON schemas of what the API takes and answers: those of our own shapes, and each kind's, read off its example.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::{estate, items, served_certificates as served};
use crate::kinds::{KINDS, KindSpec};

/// Every schema by name.
pub fn all() -> Map<String, Value> {
    let mut schemas = Map::new();
    add::<items::Item>(&mut schemas);
    add_as::<items::List<items::Item>>(&mut schemas, "ItemList");
    add::<items::ItemDetail>(&mut schemas);
    add::<items::NeighbourItem>(&mut schemas);
    add::<items::SearchAnswer>(&mut schemas);
    add::<items::SearchGroup>(&mut schemas);
    add::<items::SourceItem>(&mut schemas);
    add_as::<items::List<items::SourceItem>>(&mut schemas, "SourceList");
    add::<items::SourceDetail>(&mut schemas);
    add::<items::ScopeItem>(&mut schemas);
    add::<items::HeldLossItem>(&mut schemas);
    add::<items::SyncAccepted>(&mut schemas);
    add::<estate::RegionItem>(&mut schemas);
    add_as::<items::List<estate::RegionItem>>(&mut schemas, "RegionList");
    add::<estate::ClusterItem>(&mut schemas);
    add_as::<items::List<estate::ClusterItem>>(&mut schemas, "ClusterList");
    add::<estate::StandingItem>(&mut schemas);
    add::<estate::PlaceSourceItem>(&mut schemas);
    add::<served::ServedCertificateItem>(&mut schemas);
    add_as::<items::List<served::ServedCertificateItem>>(&mut schemas, "ServedCertificateList");
    add::<served::FindingItem>(&mut schemas);
    add::<served::SentItem>(&mut schemas);
    add::<items::AlertItem>(&mut schemas);
    add_as::<items::List<items::AlertItem>>(&mut schemas, "AlertList");
    add::<items::TaskItem>(&mut schemas);
    add_as::<items::List<items::TaskItem>>(&mut schemas, "TaskList");
    add::<items::TaskAccepted>(&mut schemas);
    add::<items::AuditItem>(&mut schemas);
    add_as::<items::List<items::AuditItem>>(&mut schemas, "AuditList");
    add::<items::Reason>(&mut schemas);
    add::<items::UserItem>(&mut schemas);
    add_as::<items::List<items::UserItem>>(&mut schemas, "UserList");
    add::<items::InvitationItem>(&mut schemas);
    add_as::<items::List<items::InvitationItem>>(&mut schemas, "InvitationList");
    add::<items::InvitationMade>(&mut schemas);
    add::<items::InvitationWanted>(&mut schemas);
    add::<items::TeamItem>(&mut schemas);
    add_as::<items::List<items::TeamItem>>(&mut schemas, "TeamList");
    add::<items::TeamRuleItem>(&mut schemas);
    add::<items::MemberItem>(&mut schemas);
    add::<items::TeamWanted>(&mut schemas);
    add::<items::WithinWanted>(&mut schemas);
    add::<items::MemberWanted>(&mut schemas);
    add::<items::ReachWanted>(&mut schemas);
    add::<items::FindingRuleItem>(&mut schemas);
    add_as::<items::List<items::FindingRuleItem>>(&mut schemas, "FindingRuleList");
    add::<items::FindingItem>(&mut schemas);
    add_as::<items::List<items::FindingItem>>(&mut schemas, "FindingList");
    add::<items::OtherItem>(&mut schemas);
    add::<items::IgnoreUntil>(&mut schemas);
    add::<items::ChangeList>(&mut schemas);
    add::<items::ChangeItem>(&mut schemas);
    add::<items::FieldChange>(&mut schemas);
    add::<items::HoldersAnswer>(&mut schemas);
    add::<items::HolderItem>(&mut schemas);
    add::<items::TouchesAnswer>(&mut schemas);
    add::<items::TouchedItem>(&mut schemas);
    add::<items::StepItem>(&mut schemas);
    add::<items::DnsChangeWanted>(&mut schemas);
    add::<items::RecordWanted>(&mut schemas);
    add::<items::OverrideWanted>(&mut schemas);
    add::<items::ApplyWanted>(&mut schemas);
    add::<items::DnsChangeItem>(&mut schemas);
    add::<items::DnsChangeList>(&mut schemas);
    add::<items::SetChangeItem>(&mut schemas);
    add::<items::RecordSetItem>(&mut schemas);
    add::<items::SetTouchItem>(&mut schemas);
    add::<items::RefusalItem>(&mut schemas);
    add::<items::RunItem>(&mut schemas);
    add_as::<items::List<items::RunItem>>(&mut schemas, "RunList");
    add::<items::RunDetail>(&mut schemas);
    add::<items::RunStepItem>(&mut schemas);
    add::<items::RunAccepted>(&mut schemas);
    add::<items::CachePurge>(&mut schemas);
    for spec in KINDS {
        let attrs = json!({"type": "object", "properties": {"attrs": {"$ref": reference(&attrs_of(spec))}}});
        schemas.insert(attrs_of(spec), attrs_schema(spec));
        schemas.insert(detail_of(spec), json!({"allOf": [{"$ref": reference("ItemDetail")}, attrs]}));
        let items = json!({"type": "object", "properties": {"items": {"type": "array", "items": attrs}}});
        schemas.insert(list_of(spec), json!({"allOf": [{"$ref": reference("ItemList")}, items]}));
    }
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Document".to_owned(), json!({"type": "object", "description": "An OpenAPI 3.1 document."}));
    schemas
}

/// Where a schema is found in the document.
pub fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// The name of the schema of a kind's list: `InstanceList`.
pub fn list_of(spec: &KindSpec) -> String {
    format!("{}List", type_name(spec))
}

/// The name of the schema of one resource of a kind with its neighbours: `Instance`.
pub fn detail_of(spec: &KindSpec) -> String {
    type_name(spec)
}

fn attrs_of(spec: &KindSpec) -> String {
    format!("{}Attrs", type_name(spec))
}

/// `dns_record` as `DnsRecord`.
fn type_name(spec: &KindSpec) -> String {
    let words = spec.name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

fn add<T: ToSchema + PartialSchema>(schemas: &mut Map<String, Value>) {
    add_as::<T>(schemas, &T::name());
}

fn add_as<T: PartialSchema>(schemas: &mut Map<String, Value>, name: &str) {
    let schema = serde_json::to_value(T::schema()).expect("a schema is plain JSON");
    schemas.insert(name.to_owned(), schema);
}

/// A kind's fields with their types; what is null in an empty one can be null.
fn attrs_schema(spec: &KindSpec) -> Value {
    let (example, empty) = ((spec.of.complete)(spec.example).unwrap_or_default(), spec.empty());
    let fields = example.as_object().into_iter().flatten();
    let properties: Map<String, Value> =
        fields.map(|(name, value)| (name.clone(), schema_of(value, empty[name].is_null()))).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn schema_of(example: &Value, nullable: bool) -> Value {
    let name = match example {
        Value::Null => return json!({}),
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut schema = if nullable { json!({"type": [name, "null"]}) } else { json!({"type": name}) };
    if let Some(first) = example.as_array().and_then(|items| items.first()) {
        schema["items"] = schema_of(first, false);
    }
    schema
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
