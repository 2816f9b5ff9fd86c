//! `/{kind}/{id}/revision`: whether the page of a resource says by now what it does not say in the window where it lies
//! open. Such a window asks every few seconds (`static/live.js`), so the answer has to cost next to nothing; and it may
//! tell of nothing that its reader does not see.
//!
//! Both come from what a revision is: a hash of the very page that its reader would get. It is another one when the page
//! is, whatever the page is made of, and knows no more than the page does. For whoever sees everything the watermark of
//! the inventory stands before it: while that stands still nothing is read again. Who does not see everything is told no
//! watermark, not even by how long an answer takes, and so for them the page is read each time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::Arc;

use actix_web::http::header::{ContentType, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use diesel::QueryResult;
use xxhash_rust::xxh3::Xxh3;

use super::handlers::{id_of, kind_of};
use super::show::{self, ShowPage};
use crate::clock::Instant;
use crate::config::Config;
use crate::context::Context;
use crate::kinds::KindSpec;
use crate::store::{AnyConnection, Scope, watermark};
use crate::web::{PageError, Shell, revalidation};

/// The watermark does not know of everything that a page can show, least of all of time, which makes facts stale: after
/// so long the page is read again all the same.
const BELIEVED_SECONDS: i64 = 30;

/// What a page says, as `WATERMARK.FACTS.CONFIRMED`. Whoever has facts on the screen need not be disturbed when they were
/// merely confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    watermark: Option<u64>,
    facts: u64,
    confirmed: u64,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(watermark) = self.watermark {
            write!(f, "{watermark:016x}")?;
        }
        write!(f, ".{:016x}.{:016x}", self.facts, self.confirmed)
    }
}

/// `GET /{kind}/{id}/revision`; `304` for whoever has it.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let (spec, id, shell) = (kind_of(&request)?, id_of(&request)?, Shell::begin(&request)?);
    let held = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Items(tags)) => tags,
        _ => Vec::new(),
    };
    let config = Arc::clone(&context.config);
    let read = context.db.read(move |connection| {
        if let Some(mark) = mark(connection, &scope, spec, id, shell.now)? {
            let begins = format!("{mark:016x}.");
            if let Some(tag) = held.iter().find(|tag| tag.tag().starts_with(&begins)) {
                return Ok(Some(tag.tag().to_owned()));
            }
        }
        let page = page(connection, &scope, spec, id, &config, shell)?;
        Ok(page.and_then(|page| page.revision).map(|revision| revision.to_string()))
    });
    let revision = read.await?.ok_or(PageError::NotFound)?;
    Ok(match revalidation::begin(&request, revision.clone(), "private, no-cache") {
        Ok(mut another) => another.content_type(ContentType::plaintext()).body(revision),
        Err(same) => *same,
    })
}

/// The page of a resource as it is now, with its revision.
pub fn page(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    id: i64,
    config: &Config,
    shell: Shell,
) -> QueryResult<Option<ShowPage>> {
    // Read before the facts: what is written in between is asked about once more.
    let watermark = mark(connection, scope, spec, id, shell.now)?;
    let Some(mut page) = show::fetch(connection, scope, spec, id, None, config, shell)? else { return Ok(None) };
    let looks = page.served.iter().flat_map(|panel| &panel.lines).map(|line| (line.checked_at, line.read_at));
    let looks: Vec<_> = looks.collect();
    let confirmed = hashed(&(page.age.confirmed_at, page.age.stale, page.last_seen_at, looks));
    page.revision = facts(&mut page).map(|facts| Revision { watermark, facts, confirmed });
    Ok(Some(page))
}

/// The watermark as one page knows it, for as long as it is believed.
fn mark(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    id: i64,
    now: Instant,
) -> QueryResult<Option<u64>> {
    let slot = now.timestamp().div_euclid(BELIEVED_SECONDS);
    Ok(watermark::read(connection, scope)?.map(|watermark| hashed(&(watermark, slot, spec.name, id))))
}

/// The page as it would be written at a moment that stands still, without what is of one request alone (the token of its
/// forms, the key that makes two clicks one, a message), how things stand elsewhere, and when the facts were last
/// confirmed.
fn facts(page: &mut ShowPage) -> Option<u64> {
    let still = Shell {
        now: Instant::UNIX_EPOCH,
        here: String::new(),
        csrf_token: String::new(),
        flash: None,
        standing: None,
        ..page.shell.clone()
    };
    let shell = mem::replace(&mut page.shell, still);
    let key = page.dns.as_mut().map(|panel| mem::take(&mut panel.key));
    let confirmed = (page.age.confirmed_at.take(), page.last_seen_at.take());
    let served = page.served.clone();
    for line in page.served.iter_mut().flat_map(|panel| &mut panel.lines) {
        (line.checked_at, line.read_at) = (None, None);
    }
    let mut hash = Writing(Xxh3::new());
    let written = page.render_into(&mut hash);
    page.shell = shell;
    if let (Some(panel), Some(key)) = (&mut page.dns, key) {
        panel.key = key;
    }
    (page.age.confirmed_at, page.last_seen_at) = confirmed;
    page.served = served;
    // A page that cannot be written says so itself.
    written.ok().map(|()| hash.0.digest())
}

fn hashed(what: &impl Hash) -> u64 {
    let mut hasher = Xxh3::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Hashes what is written into it, and keeps nothing of it.
struct Writing(Xxh3);

impl fmt::Write for Writing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
