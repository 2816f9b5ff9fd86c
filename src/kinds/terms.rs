//! Search terms: what a resource is found by, in one spelling, each once.

/// Collects search terms in the order in which they come; lower case, distinct, never empty.
#[derive(Debug, Default)]
pub(super) struct Terms(Vec<String>);

impl Terms {
    pub(super) fn push(&mut self, term: &str) {
        let term = term.trim().to_lowercase();
        if !term.is_empty() && !self.0.contains(&term) {
            self.0.push(term);
        }
    }

    pub(super) fn extend<T: AsRef<str>>(&mut self, terms: impl IntoIterator<Item = T>) {
        for term in terms {
            self.push(term.as_ref());
        }
    }

    /// Tags as `name:value`; a tag without a value is its name alone.
    pub(super) fn tags(&mut self, tags: &[(String, String)]) {
        for (name, value) in tags {
            if value.is_empty() { self.push(name) } else { self.push(&format!("{name}:{value}")) }
        }
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }
}
