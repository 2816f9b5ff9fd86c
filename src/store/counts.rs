//! How many present resources there are, by kind, facet, value and cluster: kept current by whoever writes, never
//! counted per page.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::AnyConnection;
use super::sql::{Value, insert_rows};
use crate::kinds::KindSpec;
use crate::placement::Place;

/// In place of a cluster, for the sum over all of them. No cluster can be named so.
pub const EVERYWHERE: &str = "*";

/// Changes to the counts, collected over a slice and written in one statement.
#[derive(Debug, Default)]
pub struct Deltas {
    /// (kind, facet, value, cluster) to difference; sorted, so that two writers lock rows in one order.
    by_value: BTreeMap<(&'static str, &'static str, String, String), i64>,
}

impl Deltas {
    /// Counts a row in (`by` = 1) or out (`by` = -1): in the total, whose facet is empty, and under each filter of its
    /// kind.
    pub fn add(
        &mut self,
        spec: &'static KindSpec,
        source: &str,
        status: &str,
        facets: &[String; 3],
        place: &Place,
        by: i64,
    ) {
        self.bump(spec, "", "", &place.cluster, by);
        for filter in spec.filters {
            let value = match *filter {
                "status" => status,
                "source" => source,
                "region" => &place.region,
                "cluster" => &place.cluster,
                "app" => &place.app,
                "role" => &place.role,
                "app_type" => &place.app_type,
                "environment" => &place.environment,
                facet => match spec.facet(facet) {
                    Some(position) => &facets[position],
                    None => continue,
                },
            };
            if !value.is_empty() {
                self.bump(spec, filter, value, &place.cluster, by);
            }
        }
    }

    fn bump(&mut self, spec: &'static KindSpec, facet: &'static str, value: &str, cluster: &str, by: i64) {
        for cluster in [EVERYWHERE, cluster] {
            *self.by_value.entry((spec.name, facet, value.to_owned(), cluster.to_owned())).or_default() += by;
        }
    }

    /// Writes what does not cancel out.
    pub fn write(self, connection: &mut AnyConnection) -> QueryResult<()> {
        let rows = self
            .by_value
            .into_iter()
            .filter(|(_, by)| *by != 0)
            .map(|((kind, facet, value, cluster), by)| -> Vec<Value> {
                vec![kind.into(), facet.into(), value.into(), cluster.into(), by.into()]
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
