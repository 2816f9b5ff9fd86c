//! A page's query as pairs, and the same page with a part of it changed: what chips, headings and pagers link to.

use super::moment;
use super::view::Kept;
use crate::clock::Instant;

/// The pairs of a query, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a raw query string; what cannot be decoded is left out, and so are empty values, which forms send for
    /// empty fields.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        Self(pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of that name, in their order.
    pub fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        let name = name.to_owned();
        self.0.iter().filter(move |(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    /// The names that occur, each once.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether nothing else is asked for: what is mistyped must not be answered as if it had not been asked.
    ///
    /// # Errors
    /// Which name is unknown, and which are not.
    pub fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.names().into_iter().find(|name| !known.contains(name)) {
            Some(name) if known.is_empty() => Err(format!("There is no parameter “{name}” here, nor any other.")),
            Some(name) => Err(format!("There is no parameter “{name}” here; there are {}.", known.join(", "))),
            None => Ok(()),
        }
    }

    /// Rows of a page: `limit`, from 1 to `most`.
    ///
    /// # Errors
    /// The bounds.
    pub fn limit(&self, usual: usize, most: usize) -> Result<usize, String> {
        let Some(text) = self.get("limit") else { return Ok(usual) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| format!("limit is a number from 1 to {most}"))
    }

    /// Where a list by id goes on.
    ///
    /// # Errors
    /// It is no number.
    pub fn id_cursor(&self) -> Result<Option<i64>, String> {
        self.cursor(|text| text.parse().ok())
    }

    /// The place where a page goes on, as `parse` understands it.
    pub fn cursor<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, String> {
        let unknown = || "the cursor is not one that a page before has given".to_owned();
        self.get("cursor").map(|text| parse(text).ok_or_else(unknown)).transpose()
    }

    /// Without any of those names.
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// With that name at this one value.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.without(&[name]);
        changed.0.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// At that moment, if there is one.
    pub fn at(&self, at: Option<Instant>) -> Self {
        at.map_or_else(|| self.clone(), |at| self.with("at", &moment::said(at)))
    }

    /// With this value of that name added, or taken away where it is there.
    pub fn toggled(&self, name: &str, value: &str) -> Self {
        let pair = (name.to_owned(), value.to_owned());
        let mut pairs = self.0.clone();
        match pairs.iter().position(|found| *found == pair) {
            Some(position) => drop(pairs.remove(position)),
            None => pairs.push(pair),
        }
        Self(pairs)
    }

    /// `path` with this query and, for each of `values`, that value of `name` added or taken away: a list's chips, of
    /// which there are dozens, each differ by one pair from the page.
    pub fn toggles<'p>(&'p self, path: &str, name: &'p str) -> impl Fn(&str) -> String + 'p {
        let base = self.href(path);
        let mark = if self.is_empty() { '?' } else { '&' };
        move |value| {
            if self.all(name).any(|on| on == value) {
                let path = base.split_once('?').map_or(base.as_str(), |(path, _)| path);
                return self.toggled(name, value).href(path);
            }
            let mut href = String::with_capacity(base.len() + name.len() + value.len() + 8);
            href.extend([base.as_str(), mark.encode_utf8(&mut [0; 4]), name, "="]);
            href.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
            href
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `path` with this query.
    pub fn href(&self, path: &str) -> String {
        match serde_urlencoded::to_string(&self.0) {
            Ok(query) if !query.is_empty() => format!("{path}?{query}"),
            _ => path.to_owned(),
        }
    }

    /// As hidden fields.
    pub fn kept(&self) -> Vec<Kept> {
        self.0.iter().map(|(name, value)| Kept { name: name.clone(), value: value.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_is_added_and_taken_away_and_the_rest_stays() {
        let params = Params::parse("q=web+1&status=running&empty=&cursor=x");
        let base = params.without(&["cursor"]);
        let on = base.toggled("status", "stopped");
        assert_eq!(on.href("/instances"), "/instances?q=web+1&status=running&status=stopped");
        assert_eq!(on.toggled("status", "stopped"), base);
        assert_eq!(on.with("sort", "-name").get("sort"), Some("-name"));
        assert_eq!(on.all("status").collect::<Vec<_>>(), ["running", "stopped"]);
        for (params, value) in [(&base, "stopped"), (&base, "running"), (&on, "a b&c=ü%"), (&Params::default(), "x")] {
            let one_by_one = params.toggled("status", value).href("/instances");
            assert_eq!(params.toggles("/instances", "status")(value), one_by_one);
        }
    }
}
