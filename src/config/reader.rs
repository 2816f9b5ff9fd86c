//! Takes settings out of a [`Table`] by name. Mistakes are collected, not thrown one by one, and what nobody asked for
//! is one too.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use url::{Host, Url};

use super::environment::Environment;
use super::table::{Table, Value};
use crate::error::{Fault, Place};
use crate::secret::Secret;

/// A secret setting: `x_env` or `x_file`.
#[derive(Debug)]
pub enum SecretSetting {
    Given(Secret),
    /// Neither `x_env` nor `x_file` is written.
    Absent,
    /// It is written, and what it names is not there; says what.
    Missing(String),
}

/// Takes settings out of a table by name; mistakes are collected, and what nobody asked for is a mistake too.
pub struct Reader<'a> {
    table: &'a Table,
    environment: &'a Environment,
    faults: &'a RefCell<Vec<Fault>>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub fn new(table: &'a Table, environment: &'a Environment, faults: &'a RefCell<Vec<Fault>>) -> Self {
        Self { table, environment, faults, asked: BTreeSet::new() }
    }

    /// A reader of a table within this one's file, with the same environment and the same list of mistakes.
    pub fn within(&self, table: &'a Table) -> Self {
        Self::new(table, self.environment, self.faults)
    }

    pub fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// Where the table stands, or the named value in it.
    pub fn place(&self, name: &str) -> Place {
        self.table.entries.get(name).map_or(&self.table.place, |entry| &entry.place).clone()
    }

    /// Records a mistake at the named value, or at the table if it is not there.
    pub fn fault(&self, name: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.borrow_mut().push(Fault::new(self.place(name), what, remedy));
    }

    /// Records a mistake at a place that the caller knows better.
    pub fn fault_at(&self, place: &Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.borrow_mut().push(Fault::new(place.clone(), what, remedy));
    }

    /// Whether the table has a value of that name.
    pub fn has(&self, name: &str) -> bool {
        self.table.entries.contains_key(name)
    }

    pub fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::Text(text) => Some(text.clone()),
            other => self.mistyped(name, other, "a text in quotes"),
        }
    }

    /// A text that has to be there and not be empty; `example` goes into the remedy.
    pub fn required_text(&mut self, name: &'static str, example: &str) -> Option<String> {
        if !self.has(name) {
            self.fault(name, format!("`{name}` is missing"), format!("add {name} = \"{example}\""));
        }
        let text = self.text(name)?;
        if text.is_empty() {
            self.fault(name, format!("`{name}` is empty"), format!("write {name} = \"{example}\""));
            return None;
        }
        Some(text)
    }

    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        match self.take(name)? {
            Value::Integer(number) => Some(*number),
            other => self.mistyped(name, other, "a whole number"),
        }
    }

    pub fn float(&mut self, name: &'static str) -> Option<f64> {
        match self.take(name)? {
            Value::Float(number) => Some(*number),
            #[allow(clippy::cast_precision_loss, reason = "coordinates and ratios are small")]
            Value::Integer(number) => Some(*number as f64),
            other => self.mistyped(name, other, "a number"),
        }
    }

    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Boolean(flag) => Some(*flag),
            other => self.mistyped(name, other, "true or false"),
        }
    }

    /// A duration as `90s`, `5m`, `2h` or `3d`.
    pub fn duration(&mut self, name: &'static str) -> Option<Duration> {
        let text = self.text(name)?;
        let duration = parse_duration(&text);
        if duration.is_none() {
            self.fault(name, format!("`{name}` is not a duration: {text:?}"), "write 90s, 5m, 2h or 3d");
        }
        duration
    }

    /// An http or https URL.
    pub fn url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.text(name)?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            self.fault(
                name,
                format!("`{name}` is not an http or https URL: {text:?}"),
                "write https://host.example.com",
            );
        }
        url
    }

    /// A URL that a secret is sent to with each call: https, or http on this very machine.
    pub fn url_for_secrets(&mut self, name: &'static str) -> Option<Url> {
        let url = self.url(name)?;
        if url.scheme() == "http" && !is_here(&url) {
            let what = format!("`{name}` is plain http, and a secret would travel to {url} for all to read");
            self.fault(name, what, "write https://, or a loopback address");
            return None;
        }
        Some(url)
    }

    /// As [`Reader::url_for_secrets`], and plain http to a private address too: for servers that speak nothing else and
    /// stand in a network of ours.
    pub fn url_for_secrets_nearby(&mut self, name: &'static str) -> Option<Url> {
        let url = self.url(name)?;
        if url.scheme() == "http" && !is_here(&url) && !is_private(&url) {
            let what = format!("`{name}` is plain http, and a secret would travel to {url} for all to read");
            self.fault(name, what, "write https://, or a loopback or private address");
            return None;
        }
        Some(url)
    }

    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let values = match self.take(name)? {
            Value::Array(values) => values,
            other => return self.mistyped(name, other, "a list of texts"),
        };
        let mut texts = Vec::with_capacity(values.len());
        for entry in values {
            match &entry.value {
                Value::Text(text) => texts.push(text.clone()),
                other => {
                    let what = format!("`{name}` holds {}", other.sort());
                    self.faults.borrow_mut().push(Fault::new(entry.place.clone(), what, "write texts in quotes"));
                }
            }
        }
        Some(texts)
    }

    /// A table within this one.
    pub fn table(&mut self, name: &'static str) -> Option<&'a Table> {
        match self.take(name)? {
            Value::Table(table) => Some(table),
            other => self.mistyped(name, other, "a table"),
        }
    }

    /// The tables of `[[name]]`; none if there are none.
    pub fn tables(&mut self, name: &'static str) -> Vec<&'a Table> {
        let values = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.mistyped::<()>(name, other, &format!("a list of tables, [[{name}]]"));
                return Vec::new();
            }
        };
        let mut tables = Vec::new();
        for entry in values {
            match &entry.value {
                Value::Table(table) => tables.push(table),
                other => {
                    let what = format!("`{name}` holds {}", other.sort());
                    self.faults.borrow_mut().push(Fault::new(
                        entry.place.clone(),
                        what,
                        format!("write [[{name}]] tables"),
                    ));
                }
            }
        }
        tables
    }

    /// The secret `name`, given as `env_name` (`x_env`) or `file_name` (`x_file`); never in the configuration itself.
    pub fn secret(&mut self, name: &'static str, env_name: &'static str, file_name: &'static str) -> SecretSetting {
        if self.has(name) {
            self.asked.insert(name);
            let remedy = format!(
                "put it into the environment and write {env_name} = \"NAME\", or into a file and write {file_name} = \"path\""
            );
            self.fault(name, format!("`{name}` is a secret and must not stand in the configuration"), remedy);
        }
        self.secret_elsewhere(env_name, file_name)
    }

    /// The secret that `env_name` or `file_name` points to.
    pub fn secret_elsewhere(&mut self, env_name: &'static str, file_name: &'static str) -> SecretSetting {
        if self.has(env_name) && self.has(file_name) {
            self.asked.insert(file_name);
            self.fault(file_name, format!("`{env_name}` and `{file_name}` are both given"), "keep one");
        }
        if let Some(variable) = self.text(env_name) {
            return match self.environment.get(&variable) {
                Some(value) if !value.is_empty() => SecretSetting::Given(Secret::from(value.to_owned())),
                _ => SecretSetting::Missing(format!("the environment variable {variable} is not set")),
            };
        }
        if let Some(path) = self.text(file_name) {
            return match std::fs::read_to_string(&path) {
                Ok(text) if !text.trim().is_empty() => SecretSetting::Given(Secret::from(text.trim().to_owned())),
                Ok(_) => SecretSetting::Missing(format!("the file {path} is empty")),
                Err(error) => SecretSetting::Missing(format!("the file {path} cannot be read: {error}")),
            };
        }
        SecretSetting::Absent
    }

    /// Ends the reading: what is in the table and was not asked for is a fault, with the nearest known name as remedy.
    pub fn finish(&self) {
        for (name, entry) in &self.table.entries {
            if !self.asked.contains(name.as_str()) {
                let known = self.asked.iter().copied().collect::<Vec<_>>().join(", ");
                let remedy = match nearest(name, &self.asked) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "remove it; nothing is expected here".to_owned(),
                    None => format!("remove it, or use one of: {known}"),
                };
                self.faults.borrow_mut().push(Fault::new(
                    entry.place.clone(),
                    format!("`{name}` is unknown here"),
                    remedy,
                ));
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.table.entries.get(name).map(|entry| &entry.value)
    }

    fn mistyped<T>(&self, name: &str, found: &Value, wanted: &str) -> Option<T> {
        self.fault(name, format!("`{name}` is {}", found.sort()), format!("write {wanted}"));
        None
    }
}

/// Whether a URL leads to this machine and nowhere else.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether a URL leads to an address that is routed within a network only (RFC 1918, RFC 4193).
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_private(),
        Some(Host::Ipv6(address)) => address.is_unique_local(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Parses `90s`, `5m`, `2h` or `3d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// The known name within two edits of `name`.
fn nearest(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    known
        .iter()
        .copied()
        .map(|near| (edits(name, near), near))
        .filter(|(edits, _)| *edits <= 2)
        .min()
        .map(|(_, near)| near)
}

/// The Levenshtein distance of two names.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
