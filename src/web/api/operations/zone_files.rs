//! The call for a zone as a file.

use serde_json::Value;

use super::{Operation, in_path};

/// The one call.
pub fn read() -> Operation {
    Operation {
        method: "get",
        path: "/zones/{id}/zone-file".to_owned(),
        id: "get_zone_file".to_owned(),
        summary: "The zone as a zone file (RFC 1035), as the last listing had it; its head says of when, and whether it was complete"
            .to_owned(),
        tag: "Inventory",
        parameters: vec![in_path("id", "The zone's id.")],
        body: None,
        status: 200,
        answer: "text/dns".to_owned(),
        example: Value::Null,
        csv: false,
    }
}
