//! Deep links to the tools that this panel does not replace: `[[link]]` of the configuration, filled from a resource.

use super::view::Crumb;
use crate::config::LinkConfig;
use crate::store::rows::ResourceRow;

/// The link for this resource; `None` where a field that it names is empty or unknown, because half a link leads nowhere.
pub fn of(link: &LinkConfig, row: &ResourceRow) -> Option<Crumb> {
    let attrs: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&row.attrs).unwrap_or_default();
    let mut href = String::new();
    let mut rest = link.url.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        let value = field_of(field, row, &attrs).filter(|value| !value.is_empty())?;
        href.push_str(before);
        href.extend(url::form_urlencoded::byte_serialize(value.as_bytes()).map(|part| part.replace('+', "%20")));
        rest = after;
    }
    href.push_str(rest);
    Some(Crumb { title: link.title.clone(), href })
}

fn field_of(field: &str, row: &ResourceRow, attrs: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    Some(match field {
        "name" => row.name.clone(),
        "external_id" => row.external_id.clone(),
        "source" => row.source.clone(),
        "region" => row.region.clone(),
        "cluster" => row.cluster.clone(),
        "app" => row.app.clone(),
        _ => match attrs.get(field)? {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => return None,
        },
    })
}
