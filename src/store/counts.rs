//! How many present resources there are, by kind, facet, value and cluster: kept current by whoever writes, never counted per page.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::AnyConnection;
use super::sql::{Value, insert_rows};
use crate::kinds::KindSpec;
use crate::placement::Place;

/// In place of a cluster, for the sum over all of them. No cluster can be named so.
pub const EVERYWHERE: &str = "*";

/// Changes to the counts of one kind, collected over a slice and written in one statement.
#[derive(Debug)]
pub struct Deltas {
    spec: &'static KindSpec,
    /// (facet, value, cluster) to difference; sorted, so that two writers lock rows in one order.
    by_value: BTreeMap<(&'static str, String, String), i64>,
}

impl Deltas {
    pub fn new(spec: &'static KindSpec) -> Self {
        Self { spec, by_value: BTreeMap::new() }
    }

    /// Counts a row in (`by` = 1) or out (`by` = -1): in the total, whose facet is empty, and under each filter of its kind.
    pub fn add(&mut self, source: &str, status: &str, facets: &[String; 3], place: &Place, by: i64) {
        self.bump("", "", &place.cluster, by);
        for filter in self.spec.filters {
            let value = match *filter {
                "status" => status,
                "source" => source,
                "region" => &place.region,
                "cluster" => &place.cluster,
                "app" => &place.app,
                "role" => &place.role,
                "app_type" => &place.app_type,
                "environment" => &place.environment,
                facet => match self.spec.facet(facet) {
                    Some(position) => &facets[position],
                    None => continue,
                },
            };
            if !value.is_empty() {
                self.bump(filter, value, &place.cluster, by);
            }
        }
    }

    fn bump(&mut self, facet: &'static str, value: &str, cluster: &str, by: i64) {
        for cluster in [EVERYWHERE, cluster] {
            *self.by_value.entry((facet, value.to_owned(), cluster.to_owned())).or_default() += by;
        }
    }

    /// Writes what does not cancel out.
    pub fn write(self, connection: &mut AnyConnection) -> QueryResult<()> {
        let rows = self
            .by_value
            .into_iter()
            .filter(|(_, by)| *by != 0)
            .map(|((facet, value, cluster), by)| -> Vec<Value> {
                vec![self.spec.name.into(), facet.into(), value.into(), cluster.into(), by.into()]
            })
            .collect();
        insert_rows(
            connection,
            "INSERT INTO counts (kind, facet, value, cluster, present) VALUES ",
            rows,
            " ON CONFLICT (kind, facet, value, cluster) DO UPDATE SET present = counts.present + excluded.present",
        )
        .map(|_| ())
    }
}
