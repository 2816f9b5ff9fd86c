//! Pages, as proxies and routers answer with them where an API was asked.

/// The title of a page, which is about all that it says to a program.
pub fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(page[start..end].trim())
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn a_title_is_found_however_it_is_written_and_only_if_it_ends() {
        assert_eq!(title("<HTML><Title> 502 Bad Gateway\n</TITLE>"), Some("502 Bad Gateway"));
        assert_eq!(title("\u{130}<title>\u{130}</title>"), Some("\u{130}"), "lower case has as many bytes");
        assert_eq!(title("<title>cut o"), None);
        assert_eq!(title("upstream gone"), None);
    }
}
