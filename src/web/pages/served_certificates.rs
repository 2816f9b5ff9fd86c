//! `/served-certificates`: what hosts really send, the worst first. And the same as a panel on the pages of
//! certificates and apps.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, web};
use chrono::TimeDelta;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::config::ProbeConfig;
use crate::context::Context;
use crate::kinds::{Key, KindSpec, Tone, app, certificate};
use crate::served::{Finding, Grade, Judgement};
use crate::store::served_certificates::{self as store, Outcome, ServedRow, Wanted};
use crate::store::{AnyConnection, Scope};
use crate::web::params::Params;
use crate::web::view::{Chip, FilterGroup, Pager};
use crate::web::{PageError, Shell, filters};

/// Targets with what they send.
#[derive(Template, WebTemplate)]
#[template(path = "served_certificates.html")]
pub struct ServedPage {
    pub shell: Shell,
    pub filters: Vec<FilterGroup>,
    /// The host that is asked for, or empty.
    pub host: String,
    /// The list without any condition, if there is one.
    pub clear_href: Option<String>,
    pub lines: Vec<ServedLine>,
    pub pager: Pager,
    pub enabled: bool,
    /// Seconds between two looks.
    pub every: i64,
}

/// The panel of one resource.
#[derive(Clone, Debug)]
pub struct ServedPanel {
    pub lines: Vec<ServedLine>,
    /// There are more, none of them worse.
    pub cut: bool,
    pub enabled: bool,
    pub every: i64,
}

/// What a target sends for a host, and every other one of which there is the same to say.
#[derive(Clone, Debug)]
pub struct ServedLine {
    pub host: String,
    pub targets: Vec<TargetLine>,
    pub findings: Vec<FindingLine>,
    pub issuer: String,
    pub key: String,
    pub ends_at: Option<Instant>,
    pub fingerprint: String,
    pub checked_at: Option<Instant>,
    /// The last look saw nothing; what is shown was read then.
    pub read_at: Option<Instant>,
    pub stale: bool,
    pub since: Instant,
    pub good_at: Option<Instant>,
    /// Why the handshake broke off after the certificates came.
    pub broke_off: String,
}

/// Where it was looked at.
#[derive(Clone, Debug)]
pub struct TargetLine {
    /// `203.0.113.7`, with the port where it is not the usual one; empty where there is none.
    pub address: String,
    /// How the address is known.
    pub via: String,
    pub proxied: bool,
}

/// Something to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    pub name: &'static str,
    pub tone: Tone,
    pub words: String,
    pub advice: &'static str,
}

/// Targets of a panel.
const IN_PANEL: usize = 12;
/// A fingerprint is told from others by so many of its letters.
const SHORT: usize = 11;

/// What a query asks for: `judgement`, `host`, `cursor`.
///
/// # Errors
/// [`PageError::Invalid`] for what is none.
pub fn wanted(params: &Params, limit: usize) -> Result<Wanted, PageError> {
    let judgement = params.get("judgement").map(|name| {
        let known = || Judgement::ALL.map(Judgement::as_str).join(", ");
        let unknown = || PageError::Invalid(format!("there is no judgement “{name}”; there are {}", known()));
        Judgement::parse(name).ok_or_else(unknown)
    });
    let host = params.get("host").map(|name| {
        let no_host = || PageError::Invalid(format!("“{name}” is not the name of a host; write it as www.example.com"));
        Key::host(name.trim()).ok_or_else(no_host)
    });
    let after = params.id_cursor().map_err(PageError::Invalid)?;
    Ok(Wanted { judgement: judgement.transpose()?, host: host.transpose()?, after, limit })
}

/// A page of targets.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    params: &Params,
    probe: &ProbeConfig,
    shell: Shell,
) -> QueryResult<ServedPage> {
    let page = store::page(connection, scope, wanted)?;
    let counts = store::counts(connection, scope)?;
    let here = params.without(&["cursor"]);
    Ok(ServedPage {
        filters: judgements(&here, wanted.judgement, &counts),
        host: params.get("host").unwrap_or_default().to_owned(),
        clear_href: (!here.is_empty()).then(|| PATH.to_owned()),
        lines: lines(&page.rows, probe, shell.now),
        pager: Pager {
            shown: page.rows.len(),
            first_href: params.get("cursor").map(|_| here.href(PATH)),
            next_href: page.next.map(|cursor| here.with("cursor", &cursor.to_string()).href(PATH)),
        },
        enabled: probe.enabled,
        every: seconds(probe),
        shell,
    })
}

const PATH: &str = "/served-certificates";

/// The panel of a resource of those kinds that have one.
pub fn panel(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    id: i64,
    probe: &ProbeConfig,
    now: Instant,
) -> QueryResult<Option<ServedPanel>> {
    if ![app::SPEC.name, certificate::SPEC.name].contains(&spec.name) {
        return Ok(None);
    }
    let mut rows = store::of_resource(connection, scope, id, IN_PANEL)?;
    let cut = rows.len() > IN_PANEL;
    rows.truncate(IN_PANEL);
    Ok(Some(ServedPanel { lines: lines(&rows, probe, now), cut, enabled: probe.enabled, every: seconds(probe) }))
}

/// A chip for each judgement that there is, the worst first.
fn judgements(here: &Params, chosen: Option<Judgement>, counts: &[(Judgement, i64)]) -> Vec<FilterGroup> {
    let there = counts.iter().filter(|(judgement, count)| *count > 0 || chosen == Some(*judgement));
    let chips: Vec<Chip> = there
        .map(|(judgement, count)| {
            let (name, on) = (judgement.as_str(), chosen == Some(*judgement));
            let href = if on { here.without(&["judgement"]) } else { here.with("judgement", name) }.href(PATH);
            let tone = tone(&Finding::new(*judgement, ""));
            Chip { label: name.to_owned(), count: Some(*count), href, on, tone }
        })
        .collect();
    if chips.is_empty() {
        return Vec::new();
    }
    vec![FilterGroup { name: "judgement".to_owned(), title: "Judgement".to_owned(), chips, more: Vec::new() }]
}

/// A line for each host and for each thing that there is to say of it.
fn lines(rows: &[ServedRow], probe: &ProbeConfig, now: Instant) -> Vec<ServedLine> {
    let mut lines: Vec<ServedLine> = Vec::new();
    for line in rows.iter().map(|row| line(row, probe, now)) {
        match lines.last_mut().filter(|last| last.says_the_same_as(&line)) {
            // Both were looked at no longer ago than this, and both are so since then.
            Some(last) => {
                last.checked_at = last.checked_at.min(line.checked_at);
                last.since = last.since.max(line.since);
                last.targets.extend(line.targets);
            }
            None => lines.push(line),
        }
    }
    lines
}

/// Targets of one round are looked at one after another.
const SAME_TIME: TimeDelta = TimeDelta::minutes(1);

impl ServedLine {
    fn says_the_same_as(&self, other: &Self) -> bool {
        let of = |line: &Self| (line.host.clone(), line.fingerprint.clone(), line.broke_off.clone(), line.stale);
        let together = |one: Option<Instant>, other: Option<Instant>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() < SAME_TIME,
            (one, other) => one == other,
        };
        of(self) == of(other)
            && self.findings == other.findings
            && together(Some(self.since), Some(other.since))
            && together(self.good_at, other.good_at)
            && together(self.read_at, other.read_at)
            && together(self.checked_at, other.checked_at)
    }
}

fn line(row: &ServedRow, probe: &ProbeConfig, now: Instant) -> ServedLine {
    let chain = row.chain();
    let own = chain.as_ref().and_then(|chain| chain.own());
    let was_read = row.outcome == Outcome::Read.as_str();
    ServedLine {
        host: row.host(),
        targets: vec![TargetLine { address: address(row), via: row.via.clone(), proxied: row.proxied }],
        findings: row.findings().iter().map(finding).collect(),
        issuer: own.map(|own| own.issuer_title().to_owned()).unwrap_or_default(),
        key: own.map(|own| own.key.clone()).unwrap_or_default(),
        ends_at: row.not_after(),
        fingerprint: row.fingerprint.chars().take(SHORT).collect(),
        checked_at: row.checked_at(),
        read_at: row.read_at().filter(|_| !was_read),
        stale: is_stale(row, probe, now),
        since: row.since(),
        good_at: row.good_at(),
        broke_off: if was_read { row.error.clone() } else { String::new() },
    }
}

/// `203.0.113.7`, `[2001:db8::7]:8443`.
pub fn address(row: &ServedRow) -> String {
    match (row.port, row.address.contains(':')) {
        (443, _) => row.address.clone(),
        (_, _) if row.address.is_empty() => String::new(),
        (port, true) => format!("[{}]:{port}", row.address),
        (port, false) => format!("{}:{port}", row.address),
    }
}

/// Whether it should have been looked at since.
pub fn is_stale(row: &ServedRow, probe: &ProbeConfig, now: Instant) -> bool {
    let after = TimeDelta::from_std(probe.stale_after()).unwrap_or(TimeDelta::MAX);
    row.checked_at().is_none_or(|at| now - at > after)
}

fn finding(finding: &Finding) -> FindingLine {
    FindingLine {
        name: finding.judgement.as_str(),
        tone: tone(finding),
        words: finding.words.clone(),
        advice: finding.judgement.advice(),
    }
}

/// How bad it looks.
fn tone(finding: &Finding) -> Tone {
    match finding.grade() {
        Grade::Critical => Tone::Bad,
        Grade::Warning | Grade::Unknown => Tone::Warn,
        Grade::Info | Grade::Remark => Tone::Plain,
        Grade::NotProbed => Tone::Muted,
        Grade::Good => Tone::Good,
    }
}

fn seconds(probe: &ProbeConfig) -> i64 {
    i64::try_from(probe.every.as_secs()).unwrap_or(i64::MAX)
}

/// `GET /served-certificates`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<ServedPage, PageError> {
    let params = Params::parse(request.query_string());
    params.only(&["judgement", "host", "cursor"]).map_err(PageError::Invalid)?;
    let (wanted, config) = (wanted(&params, crate::web::listing::ROWS)?, Arc::clone(&context.config));
    let read = move |connection: &mut _| fetch(connection, &scope, &wanted, &params, &config.probe, shell);
    Ok(context.db.read(read).await?)
}
