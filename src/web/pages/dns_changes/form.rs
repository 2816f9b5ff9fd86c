//! `/dns-changes/new`: the form of a record: empty, or filled from a record that is to be updated or deleted.

use actix_web::{HttpRequest, web};
use askama::Template;
use askama_web::WebTemplate;

use crate::context::Context;
use crate::dns_plan::EDITABLE;
use crate::kinds::dns_record::{self, DnsRecord};
use crate::kinds::zone;
use crate::store::{Scope, resources};
use crate::web::params::Params;
use crate::web::{PageError, Shell, filters};

use super::Typed;

/// The form.
#[derive(Template, WebTemplate)]
#[template(path = "dns_changes/form.html")]
pub struct FormPage {
    pub shell: Shell,
    pub typed: Typed,
    pub types: &'static [&'static str],
    pub key: String,
    /// Where it came from, as title and path.
    pub back: Option<(String, String)>,
}

impl FormPage {
    fn title(&self) -> &'static str {
        match self.typed.op.as_str() {
            "update" => "Update a record set",
            "delete" => "Delete a record",
            _ => "New record",
        }
    }

    /// The name of a set that exists is not up for change.
    fn is_new(&self) -> bool {
        self.typed.op == "create"
    }
}

/// `GET /dns-changes/new?record=`, `?zone=`, or with the fields themselves.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<FormPage, PageError> {
    let params = Params::parse(request.query_string());
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    let mut typed = Typed {
        op: match params.get("op") {
            Some("update") => "update".to_owned(),
            Some("delete") => "delete".to_owned(),
            _ => "create".to_owned(),
        },
        zone: text("in"),
        name: text("name"),
        record_type: text("type"),
        contents: text("contents"),
        ..Typed::default()
    };
    let id = |name: &str| params.get(name).map(|id| id.parse::<i64>().map_err(|_| PageError::NotFound)).transpose();
    let (record, zone) = (id("record")?, id("zone")?);
    let rows = context
        .db
        .read(move |connection| {
            let record = match record {
                Some(id) => resources::find(connection, &scope, &dns_record::SPEC, id, None)?,
                None => None,
            };
            let siblings = match &record {
                Some(row) => resources::of_scope(connection, &scope, row.scope_id, std::slice::from_ref(&row.name))?,
                None => Vec::new(),
            };
            let zone = match zone {
                Some(id) => resources::find(connection, &scope, &zone::SPEC, id, None)?,
                None => None,
            };
            Ok((record, siblings, zone))
        })
        .await?;
    let mut back = None;
    if let (Some(row), siblings, _) = &rows {
        let of_set = siblings.iter().filter(|other| other.facet(0) == row.facet(0));
        let records: Vec<DnsRecord> = of_set.filter_map(|row| serde_json::from_str(&row.attrs).ok()).collect();
        let own: DnsRecord = serde_json::from_str(&row.attrs).unwrap_or_default();
        fill(&mut typed, &own, &records, &row.source);
        back = Some((row.title().to_owned(), format!("/{}/{}", dns_record::SPEC.path, row.id)));
    } else if let (_, _, Some(row)) = &rows {
        typed.zone.clone_from(&row.name);
        typed.source.clone_from(&row.source);
        back = Some((row.title().to_owned(), format!("/{}/{}", zone::SPEC.path, row.id)));
    }
    Ok(FormPage { typed, types: &EDITABLE, key: crate::telemetry::new_id(), back, shell })
}

/// An update speaks of the whole set, a deletion of the one value.
fn fill(typed: &mut Typed, own: &DnsRecord, set: &[DnsRecord], source: &str) {
    typed.zone.clone_from(&own.zone);
    source.clone_into(&mut typed.source);
    typed.name.clone_from(&own.name);
    typed.record_type.clone_from(&own.record_type);
    typed.ttl = own.ttl.to_string();
    typed.proxied = if own.proxied { "yes" } else { "" }.to_owned();
    typed.comment.clone_from(&own.comment);
    let shown = |record: &DnsRecord| match record.priority {
        Some(priority) => format!("{priority} {}", record.content),
        None => record.content.clone(),
    };
    typed.contents = match typed.op.as_str() {
        "delete" => shown(own),
        _ => set.iter().map(shown).collect::<Vec<_>>().join("\n"),
    };
}
