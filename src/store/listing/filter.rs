//! The filters of a list: the values of one are alternatives, several filters must all hold.

use super::column::{self, Column};
use crate::kinds::KindSpec;
use crate::store::sql::Sql;

/// A filter by name with its alternatives; made by [`Filter::named`] only, so a name that no column has cannot come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    name: String,
    pub(super) by: By,
    values: Vec<String>,
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Column(Column),
    /// The name of the scope: a zone, an account's region.
    Scope,
    /// A tag as `name:value`.
    Tag,
    /// Whether a complete listing lacks it while the loss is held: `true` or `false`.
    Missing,
}

impl Filter {
    /// The filter of that name: `status source region cluster app environment role app_type`, a facet of the kind,
    /// `scope`, `tag` (`name:value`) or `missing` (`true`, `false`). `None` for any other name.
    pub fn named<V: Into<String>>(spec: &KindSpec, name: &str, values: impl IntoIterator<Item = V>) -> Option<Self> {
        let by = match name {
            "scope" => By::Scope,
            "tag" => By::Tag,
            "missing" => By::Missing,
            _ => By::Column(column::text(spec, name)?),
        };
        let mut values: Vec<String> = values.into_iter().map(Into::into).collect();
        values.sort();
        values.dedup();
        Some(Self { name: name.to_owned(), by, values })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The alternatives, in bytewise order.
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The stored search terms of the tags, for a filter by tag.
    pub(super) fn tag_terms(&self) -> Vec<String> {
        self.values.iter().map(|value| format!("tag:{}", value.to_lowercase())).collect()
    }

    /// The ids of the scopes, for a filter by scope.
    pub(super) fn scope_ids(&self, spec: &'static KindSpec) -> Sql {
        let mut sql = Sql::new("(SELECT x.id FROM scopes x WHERE x.kind = ");
        sql.bind(spec.name).push(" AND x.name IN ").bind_list(&self.values).push(")");
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::instance;

    #[test]
    fn only_known_names_filter() {
        for name in ["status", "scope", "tag", "missing", "app_type"] {
            assert!(Filter::named(&instance::SPEC, name, ["x"]).is_some(), "{name}");
        }
        for name in ["attrs", "", "facet_a", "name; DROP TABLE resources", "r.name"] {
            assert_eq!(Filter::named(&instance::SPEC, name, ["x"]), None, "{name}");
        }
    }

    #[test]
    fn the_order_and_number_of_alternatives_does_not_matter() {
        let one = Filter::named(&instance::SPEC, "status", ["b", "a", "b"]);
        assert_eq!(one, Filter::named(&instance::SPEC, "status", ["a", "b"]));
    }
}
