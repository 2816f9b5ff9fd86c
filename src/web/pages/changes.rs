//! `/changes`: the tape. Everything that came, changed, returned or went, the newest first; or what differs between two
//! moments.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::diff::Change as Field;
use crate::kinds::{KINDS, Tone};
use crate::store::changes::{self, Change, Difference, Differs, What};
use crate::store::listing::facets;
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, sources};
use crate::web::changes::{Reading, fields, net_fields, read};
use crate::web::extract::written;
use crate::web::params::Params;
use crate::web::view::{Age, Chip, Diff, FilterGroup, Kept};
use crate::web::{PageError, Shell, cells, filters};

/// The tape, or a difference.
#[derive(Template, WebTemplate)]
#[template(path = "changes.html")]
pub struct ChangesPage {
    pub shell: Shell,
    pub age: Age,
    pub from: Instant,
    pub to: Instant,
    /// Whether it shows what differs instead of the steps.
    pub net: bool,
    /// Usual windows, and the two ways to look at one.
    pub windows: Vec<Chip>,
    pub ways: Vec<Chip>,
    pub filters: Vec<FilterGroup>,
    /// The window without any condition, if there is one.
    pub clear_href: Option<String>,
    /// The query without its moments, for the form that asks for others.
    pub kept: Vec<Kept>,
    pub changes: Vec<TapeLine>,
    pub newer_href: Option<String>,
    pub older_href: Option<String>,
    /// The page ends because enough was looked at.
    pub cut: bool,
}

/// A change, in a line.
#[derive(Clone, Debug)]
pub struct TapeLine {
    pub at: Instant,
    pub what: &'static str,
    pub tone: Tone,
    pub kind: &'static str,
    pub kind_title: &'static str,
    pub name: String,
    /// The resource as it was from then on; of what went, its page.
    pub href: String,
    pub place: String,
    pub source: String,
    pub diffs: Vec<Diff>,
    /// Differences that are not shown here.
    pub more: usize,
    /// Said where there is no difference to show.
    pub note: &'static str,
}

/// Windows that people ask for.
const WINDOWS: [(&str, &str); 4] = [("1h", "1 h"), ("12h", "12 h"), ("24h", "24 h"), ("7d", "7 days")];
/// Fields of one change that are shown.
const FIELDS: usize = 4;
/// Characters of a value that are shown.
const VALUE: usize = 120;

fn fetch(connection: &mut AnyConnection, scope: &Scope, reading: &Reading, shell: Shell) -> QueryResult<ChangesPage> {
    let asked = &reading.asked;
    let (changes, next, previous, cut) = if reading.net {
        let page = changes::net(connection, scope, asked)?;
        (page.rows.iter().filter_map(|one| difference(one, asked.to)).collect(), page.next, page.previous, page.cut)
    } else {
        let page = changes::tape(connection, scope, asked)?;
        (page.rows.iter().filter_map(change).collect(), page.next, page.previous, page.cut)
    };
    let rows = sources::all(connection, scope)?;
    let (confirmed_at, complete) = sources::together(&rows);
    let stale_after = shell.standing.and_then(|standing| standing.stale_after);
    let age = Age {
        stale: confirmed_at.zip(stale_after).is_some_and(|(at, after)| shell.now - at > after),
        confirmed_at,
        complete,
        reasons: Vec::new(),
    };
    let here = reading.params.without(&["cursor"]);
    let conditions = here.without(&["from", "to", "net", "limit"]);
    let fixed = reading.fixed();
    let on = |cursor: changes::Cursor| fixed.with("cursor", &cursor.to_string()).href(PATH);
    Ok(ChangesPage {
        age,
        from: asked.from,
        to: asked.to,
        net: reading.net,
        windows: windows(&here, asked.to - asked.from, shell.now == asked.to),
        ways: ways(&here, reading.net),
        filters: groups(connection, scope, &here, reading.net)?,
        clear_href: (!conditions.is_empty()).then(|| here.without(&conditions.names()).href(PATH)),
        kept: here.without(&["from", "to"]).kept(),
        changes,
        newer_href: previous.map(on),
        older_href: next.map(on),
        cut,
        shell,
    })
}

const PATH: &str = "/changes";

fn windows(here: &Params, length: TimeDelta, until_now: bool) -> Vec<Chip> {
    let chip = |(said, label): (&str, &str)| Chip {
        label: label.to_owned(),
        count: None,
        href: here.without(&["to"]).with("from", said).href(PATH),
        on: until_now && crate::web::moment::ago(said) == Some(length),
        tone: Tone::Plain,
    };
    WINDOWS.into_iter().map(chip).collect()
}

fn ways(here: &Params, net: bool) -> Vec<Chip> {
    let chip = |label: &str, on, href| Chip { label: label.to_owned(), count: None, href, on, tone: Tone::Plain };
    vec![
        chip("step by step", !net, here.without(&["net"]).href(PATH)),
        chip("net difference", net, here.without(&["what"]).with("net", "1").href(PATH)),
    ]
}

fn groups(connection: &mut AnyConnection, scope: &Scope, here: &Params, net: bool) -> QueryResult<Vec<FilterGroup>> {
    let chip = |name: &str, value: &str, label: &str| Chip {
        label: label.to_owned(),
        count: None,
        href: here.toggled(name, value).href(PATH),
        on: here.all(name).any(|chosen| chosen == value),
        tone: Tone::Plain,
    };
    let group = |name: &str, title: &str, mut chips: Vec<Chip>| {
        chips.sort_by_key(|chip| !chip.on);
        let more = chips.split_off(chips.len().min(CHIPS));
        FilterGroup { name: name.to_owned(), title: title.to_owned(), chips, more }
    };
    let mut groups = Vec::new();
    if !net {
        let chips = What::ALL.iter().map(|what| chip("what", what.as_str(), what.as_str())).collect();
        groups.push(group("what", "What", chips));
    }
    let kinds = KINDS.iter().map(|spec| chip("kind", spec.name, spec.titles)).collect();
    groups.push(group("kind", "Kind", kinds));
    let mut places =
        [("cluster", "Cluster", Vec::new()), ("region", "Region", Vec::new()), ("source", "Source", Vec::new())];
    for spec in KINDS {
        let counts = facets(connection, scope, spec, [])?;
        for (name, _, values) in &mut places {
            values.extend(counts.values.get(*name).into_iter().flatten().map(|(value, _)| value.clone()));
        }
    }
    for (name, title, mut values) in places {
        values.extend(here.all(name).map(str::to_owned));
        values.sort();
        values.dedup();
        groups.push(group(name, title, values.iter().map(|value| chip(name, value, value)).collect()));
    }
    groups.retain(|group| group.chips.len() > 1 || group.is_on());
    Ok(groups)
}

/// Chips of one filter before "more".
const CHIPS: usize = 7;

/// A change as a line; none of a kind that this program no longer has.
pub fn change(change: &Change) -> Option<TapeLine> {
    let (tone, note) = match change.what {
        What::Added => (Tone::Good, "First seen."),
        What::Changed => (Tone::Plain, "The state before is no longer kept."),
        What::Returned => (Tone::Good, "As it was before."),
        What::Gone => (Tone::Muted, "A complete listing no longer showed it."),
    };
    let at = (change.what != What::Gone).then_some(change.at);
    let compared = change.before.as_ref().map(|before| fields(before, &change.row));
    let note = match (&compared, change.what) {
        (Some(_), What::Changed) => "Only a field that is not compared.",
        _ => note,
    };
    line(&change.row, change.at, at, change.what.as_str(), tone, compared.unwrap_or_default(), note)
}

fn difference(difference: &Difference, to: Instant) -> Option<TapeLine> {
    let (tone, note) = match difference.how {
        Differs::Added => (Tone::Good, "It was not here at the earlier moment."),
        Differs::Changed => (Tone::Plain, ""),
        Differs::Gone => (Tone::Muted, "It was here at the earlier moment, and no longer at the later one."),
    };
    let at = difference.after.as_ref().map(|_| to);
    line(difference.row()?, difference.at, at, difference.how.as_str(), tone, net_fields(difference), note)
}

fn line(
    row: &ResourceRow,
    at: Instant,
    shown_at: Option<Instant>,
    what: &'static str,
    tone: Tone,
    fields: Vec<Field>,
    note: &'static str,
) -> Option<TapeLine> {
    let spec = row.spec()?;
    Some(TapeLine {
        at,
        what,
        tone,
        kind: spec.name,
        kind_title: spec.title,
        name: row.title().to_owned(),
        href: cells::href(spec, row.id, shown_at),
        place: if row.cluster.is_empty() { row.region.clone() } else { row.cluster.clone() },
        source: row.source.clone(),
        more: fields.len().saturating_sub(FIELDS),
        diffs: fields.into_iter().take(FIELDS).map(diff).collect(),
        note,
    })
}

fn diff(field: Field) -> Diff {
    Diff { field: field.label, before: shortened(&field.before), after: shortened(&field.after) }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `GET /changes`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let shell = Shell::begin(&request)?;
    let reading = read(Params::parse(request.query_string()), shell.now).map_err(PageError::Invalid)?;
    let fetch = move |connection: &mut _, shell| fetch(connection, &scope, &reading, shell).map(Some);
    written(&context, shell, fetch).await
}
