//! `[[link]]`: deep links to the tools that the panel does not replace.

use url::Url;

use super::names::{Mention, Mentioned};
use super::reader::Reader;

/// A deep link to another tool; `{field}` in the URL is replaced, URL-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    pub kind: String,
    pub title: String,
    pub url: String,
}

/// Reads the links, in the order in which they are shown.
pub fn read(root: &mut Reader<'_>, mentions: &mut Vec<Mention>) -> Vec<LinkConfig> {
    let mut links = Vec::new();
    for table in root.tables("link") {
        let mut section = root.within(table);
        let link = LinkConfig {
            kind: section.required_text("kind", "instance").unwrap_or_default(),
            title: section.required_text("title", "Logs").unwrap_or_default(),
            url: section.required_text("url", "https://logs.example.com/?host={name}").unwrap_or_default(),
        };
        if !link.kind.is_empty() {
            let mentioned = Mentioned::Kind(link.kind.clone());
            mentions.push(Mention { place: section.place("kind"), mentioned });
        }
        if !link.url.is_empty() {
            check_url(&section, &link.url);
            for field in fields(&link.url).unwrap_or_default() {
                let mentioned = Mentioned::LinkField { kind: link.kind.clone(), field: field.to_owned() };
                mentions.push(Mention { place: section.place("url"), mentioned });
            }
        }
        section.finish();
        links.push(link);
    }
    links
}

/// A link is shown to everybody and filled with what providers say, so nothing of theirs may choose the scheme or the
/// host.
fn check_url(section: &Reader<'_>, text: &str) {
    let example = "write https://logs.example.com/?host={name}";
    if let Err(what) = fields(text) {
        section.fault("url", what, example);
        return;
    }
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match host {
        None => section.fault("url", "a link must begin with https://", example),
        Some(host) if host.contains(['{', '}']) => {
            section.fault("url", "a field cannot stand in a link's host", "put it into the path or the query");
        }
        Some(_) if Url::parse(text).is_err() => section.fault("url", format!("{text:?} is not a URL"), example),
        Some(_) => {}
    }
}

/// The names within `{…}`, in their order.
pub fn fields(url: &str) -> Result<Vec<&str>, String> {
    let mut fields = Vec::new();
    let mut rest = url;
    while let Some(at) = rest.find(['{', '}']) {
        let (opening, inner) = rest[at..].split_at(1);
        let end = inner.find(['{', '}']).filter(|end| opening == "{" && inner[*end..].starts_with('}'));
        let Some(end) = end else { return Err(format!("the braces in {url:?} do not match")) };
        let name = &inner[..end];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte)) {
            return Err(format!("{{{name}}} in the link names no field"));
        }
        fields.push(name);
        rest = &inner[end + 1..];
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn the_fields_of_a_link_stand_in_braces() {
        assert_eq!(fields("https://a/?h={name}&t={tag.role}"), Ok(vec!["name", "tag.role"]));
        assert_eq!(fields("https://a/"), Ok(vec![]));
        for broken in ["https://a/{", "https://a/}", "https://a/{}", "https://a/{{name}}", "https://a/{na me}", "x}{y"]
        {
            assert!(fields(broken).is_err(), "{broken}");
        }
    }
}
