//! The calls about regions and clusters.

use serde_json::{Value, json};

use super::{MOMENT, Operation, Parameter, in_path, page_of, query, several};
use crate::web::estate::State;

pub fn all() -> [Operation; 4] {
    [regions(), region(), clusters(), cluster()]
}

fn regions() -> Operation {
    let summary = "Every region: the time there, the worst state, and what there is";
    of("/regions", "list_regions", summary, vec![state()], "RegionList", page_of(a_region(), MOMENT.into()))
}

fn region() -> Operation {
    let summary = "One region by its name";
    of("/regions/{name}", "get_region", summary, vec![in_path("name", "Its name.")], "RegionItem", a_region())
}

fn clusters() -> Operation {
    let summary = "Every cluster: the worst state, and what there is";
    let parameters = vec![
        query("region", "Clusters of this region; repeat it for several.", several()),
        query("environment", "Clusters of this environment; repeat it for several.", several()),
        state(),
    ];
    of("/clusters", "list_clusters", summary, parameters, "ClusterList", page_of(a_cluster(), MOMENT.into()))
}

fn cluster() -> Operation {
    let summary = "One cluster by its name";
    of("/clusters/{name}", "get_cluster", summary, vec![in_path("name", "Its name.")], "ClusterItem", a_cluster())
}

fn of(path: &str, id: &str, summary: &str, parameters: Vec<Parameter>, answer: &str, example: Value) -> Operation {
    Operation {
        method: "get",
        path: path.to_owned(),
        id: id.to_owned(),
        summary: summary.to_owned(),
        tag: "Places",
        parameters,
        body: None,
        status: 200,
        answer: answer.to_owned(),
        example,
        csv: false,
    }
}

fn state() -> Parameter {
    let states = State::ALL.map(State::as_str);
    let schema = json!({"type": "array", "items": {"type": "string", "enum": states}});
    query("state", "Places of which this is the worst; repeat it for several.", schema)
}

fn a_region() -> Value {
    let own = json!({
        "name": "eu", "configured": true, "timezone": "Europe/Warsaw", "local_time": "2026-11-21T04:10:22+01:00",
        "latitude": 52.2, "longitude": 21.0, "watched_by": "us",
    });
    with_standing(own)
}

fn a_cluster() -> Value {
    with_standing(json!({"name": "eu-production", "configured": true, "region": "eu", "environment": "production"}))
}

fn with_standing(mut own: Value) -> Value {
    let standing = json!({
        "state": "warning", "counts": {"instance": 42, "dns_record": 310}, "alerts": {"critical": 0, "info": 0, "warning": 1},
        "findings": {"dangling-record": 1}, "held_losses": [],
        "sources": [{"name": "aws-eu", "state": "ok", "confirmed_at": MOMENT, "complete": true}],
    });
    for (name, value) in standing.as_object().into_iter().flatten() {
        own[name] = value.clone();
    }
    own
}
