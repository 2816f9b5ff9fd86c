//! Which database: SQLite or PostgreSQL, told apart by the URL's scheme and by nothing else.
//!
//! SQLite takes any text for a file name, so a mistyped URL would silently begin an empty database; here it is a fault.
//! A URL may hold a password, therefore no fault repeats more of it than its scheme.

use super::reader::{Reader, SecretSetting};
use crate::error::Place;
use crate::secret::Secret;

/// Used when nothing else is said.
pub const DEFAULT_URL: &str = "sqlite://quarterdeck.sqlite3";

const REMEDY: &str = "write sqlite://quarterdeck.sqlite3 or postgres://user:password@host/database";

/// The database's URL, where it was said, and whether several machines may share it: `DATABASE_URL`, then
/// `database_url` or where it is said to be.
pub fn read(root: &mut Reader<'_>) -> (Secret, Place, bool) {
    let configured = configured(root);
    let (url, place) = match root.environment().get("DATABASE_URL").filter(|url| !url.is_empty()) {
        Some(url) => (url.to_owned(), Place::outside("DATABASE_URL")),
        None => configured.unwrap_or_else(|| (DEFAULT_URL.to_owned(), root.place("database_url"))),
    };
    let shared = match check(&url) {
        Ok(()) => !url.starts_with("sqlite:"),
        Err(what) => {
            root.fault_at(&place, what, REMEDY);
            false
        }
    };
    (Secret::from(url), place, shared)
}

fn configured(root: &mut Reader<'_>) -> Option<(String, Place)> {
    use secrecy::ExposeSecret;
    let plain = root.text("database_url").map(|url| (url, root.place("database_url")));
    let name = if root.has("database_url_env") { "database_url_env" } else { "database_url_file" };
    match root.secret_elsewhere("database_url_env", "database_url_file") {
        SecretSetting::Given(url) => Some((url.expose_secret().to_owned(), root.place(name))),
        SecretSetting::Absent => plain,
        SecretSetting::Missing(what) => {
            root.fault(name, what, "put the database's URL there, or write database_url");
            plain
        }
    }
}

/// Says what is wrong with a database's URL.
fn check(url: &str) -> Result<(), String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("the database's URL has no scheme, and is not taken for the name of a SQLite file".to_owned());
    };
    match scheme {
        "sqlite" if rest.is_empty() => Err("the database's URL names no file".to_owned()),
        "sqlite" if rest == ":memory:" => {
            Err("a SQLite database in memory would be another one for each connection".to_owned())
        }
        "sqlite" if rest.contains(['?', '#']) => {
            Err("the database's URL has parameters, which would become a part of the SQLite file's name".to_owned())
        }
        "postgres" | "postgresql" if rest.is_empty() => Err("the database's URL names no database".to_owned()),
        "sqlite" | "postgres" | "postgresql" => Ok(()),
        other if other.bytes().all(|byte| byte.is_ascii_alphanumeric()) && other.len() <= 20 => Err(format!(
            "the database's URL has the unknown scheme `{other}`, and is not taken for the name of a SQLite file"
        )),
        _ => Err("the database's URL has an unknown scheme, and is not taken for the name of a SQLite file".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_a_whole_url_of_a_known_scheme_is_a_database() {
        for url in [
            "sqlite://quarterdeck.sqlite3",
            "sqlite:///var/lib/quarterdeck/panel.sqlite3",
            "postgres://panel:secret@db1:5432,db2:5432/panel?target_session_attrs=read-write",
            "postgresql:///panel",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in ["", "panel.sqlite3", "sqlite:panel", "sqlite://", "sqlite://:memory:", "sqlite://a?mode=ro"] {
            assert!(check(url).is_err(), "{url}");
        }
        for url in ["postgre://u:pw@h/d", "postgres:/u:pw@h/d", "mysql://u:pw@h/d", "postgres ://u:pw@h/d"] {
            let what = check(url).expect_err(url);
            assert!(what.contains("not taken for the name of a SQLite file"), "{what}");
            assert!(!what.contains("pw"), "{what}");
        }
    }
}
