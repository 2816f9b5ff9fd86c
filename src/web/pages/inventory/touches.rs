//! `/{kind}/{id}/touches`: what would be affected if this went away, worst first; and the panel of the detail page that
//! begins it.

use askama::Template;
use askama_web::WebTemplate;

use diesel::QueryResult;

use crate::clock::Instant;
use crate::kinds::{KindSpec, Tone};
use crate::relations::touches::{self, Affected, Harm, Touches};
use crate::relations::{HOPS, Look, NODES};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};
use crate::web::{Shell, cells, filters};

/// What would be affected.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/touches.html")]
pub struct TouchesPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of the resource's own page.
    pub path: String,
    pub name: String,
    pub touches: TouchesPanel,
}

/// The worst of it, and how much there is.
#[derive(Clone, Debug)]
pub struct TouchesPanel {
    pub lost: usize,
    pub degraded: usize,
    pub lines: Vec<TouchedLine>,
    /// There are more than these lines.
    pub more: bool,
    /// There is more than was walked.
    pub truncated: bool,
    /// The whole of it.
    pub href: String,
}

/// A resource that would be affected.
#[derive(Clone, Debug)]
pub struct TouchedLine {
    pub name: String,
    pub href: String,
    pub kind: &'static str,
    pub kind_title: &'static str,
    pub harm: &'static str,
    pub tone: Tone,
    pub left: String,
    pub steps: Vec<StepLine>,
}

/// A step on the way.
#[derive(Clone, Debug)]
pub struct StepLine {
    pub name: String,
    pub href: String,
    pub words: String,
}

/// Resources that are walked for the panel of a detail page; the page of its own walks them all.
const WALKED: usize = 250;
/// Lines of that panel.
const SHOWN: usize = 6;
/// Lines of the page of its own.
const ALL_SHOWN: usize = 500;

/// The panel of a detail page.
pub fn panel(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    row: &ResourceRow,
    at: Option<Instant>,
    path: &str,
) -> QueryResult<TouchesPanel> {
    let touches = look.touches(connection, row, WALKED)?;
    Ok(TouchesPanel::of(&touches, row, at, path, SHOWN))
}

/// The page; `None` where there is no such resource that the asker may see.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    id: i64,
    at: Option<Instant>,
    shell: Shell,
) -> QueryResult<Option<TouchesPage>> {
    let Some(row) = resources::find(connection, scope, spec, id, at)? else { return Ok(None) };
    let path = format!("/{}/{id}", spec.path);
    let touches = touches::touches(connection, scope, &row, at, NODES)?;
    let touches = TouchesPanel::of(&touches, &row, at, &path, ALL_SHOWN);
    Ok(Some(TouchesPage { name: row.title().to_owned(), path, touches, spec, shell }))
}

impl TouchesPanel {
    fn of(touches: &Touches, origin: &ResourceRow, at: Option<Instant>, path: &str, shown: usize) -> Self {
        let query = cells::href_query(at);
        Self {
            lost: touches.count(Harm::Lost),
            degraded: touches.count(Harm::Degraded),
            lines: touches.affected.iter().take(shown).map(|one| line(one, origin, at)).collect(),
            more: touches.affected.len() > shown,
            truncated: touches.truncated,
            href: format!("{path}/touches{query}"),
        }
    }

    /// Whether nothing depends on it.
    pub fn is_none(&self) -> bool {
        self.lines.is_empty()
    }

    /// How far the walk goes at most.
    pub fn bounds(&self) -> (u8, i64) {
        (HOPS, i64::try_from(NODES).unwrap_or(i64::MAX))
    }
}

fn line(one: &Affected, origin: &ResourceRow, at: Option<Instant>) -> TouchedLine {
    let origin_href = origin.spec().map(|spec| cells::href(spec, origin.id, at)).unwrap_or_default();
    let first = StepLine { name: origin.title().to_owned(), href: origin_href, words: String::new() };
    let steps = one.path.iter().map(|step| StepLine {
        name: step.name.clone(),
        href: cells::href(step.spec, step.id, at),
        words: step.words.clone(),
    });
    TouchedLine {
        name: one.row.title().to_owned(),
        href: cells::href(one.spec, one.row.id, at),
        kind: one.spec.name,
        kind_title: one.spec.title,
        harm: one.harm.as_str(),
        tone: match one.harm {
            Harm::Lost => Tone::Bad,
            Harm::Degraded => Tone::Warn,
        },
        left: one.left.clone(),
        steps: std::iter::once(first).chain(steps).collect(),
    }
}
