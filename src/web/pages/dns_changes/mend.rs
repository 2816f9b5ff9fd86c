//! What can be done about a record that leads to nothing of ours any more, wherever such a record is shown: on its
//! page, among the findings, on its app's page.

use crate::dns_plan::EDITABLE;
use crate::kinds::{dns_record, instance};
use crate::relations::behind::reached_at;
use crate::store::rows::ResourceRow;

/// Ways out, each to a plan or to a form that is filled in.
#[derive(Clone, Debug)]
pub struct Mend {
    pub name: String,
    /// The form of its set, where its type can be rewritten here.
    pub edit_href: Option<String>,
    pub delete_href: String,
    /// Who had what it leads to and is to be found elsewhere now: id and name.
    pub repoint: Option<(i64, String)>,
}

impl Mend {
    /// Of a record; `former` is who held what it leads to. `None` for what is no record.
    pub fn of(record: &ResourceRow, former: Option<&ResourceRow>) -> Option<Self> {
        if record.kind != dns_record::SPEC.name {
            return None;
        }
        let form = |op: &str| format!("/dns-changes/new?record={}&op={op}", record.id);
        let moved = former.filter(|former| former.kind == instance::SPEC.name && !reached_at(former).is_empty());
        Some(Self {
            name: record.title().to_owned(),
            edit_href: EDITABLE.contains(&record.facet(0)).then(|| form("update")),
            delete_href: form("delete"),
            repoint: moved.map(|former| (former.id, former.title().to_owned())),
        })
    }
}
