//! `/apps/{id}/cache-purges`: what the caches in front of an app are to forget, the plan of it, and what was asked for
//! before.
//!
//! The form asks by GET, so that the plan is a page of its own; `POST` to the same path carries it out.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use diesel::QueryResult;

use crate::actions::purge_cache::{self, Plan, Refusal, Wish};
use crate::audit::Doer;
use crate::context::Context;
use crate::kinds::app::{self, App};
use crate::runs::{self, IdempotencyKey, NewRun, Submitted};
use crate::secret::random_token;
use crate::store::runs::list::{self, Wanted};
use crate::store::{AnyConnection, Scope, resources};
use crate::web::forms::go_on;
use crate::web::pages::runs::RunLine;
use crate::web::params::Params;
use crate::web::view::Kept;
use crate::web::{PageError, Session, Shell, filters};
use crate::wire::runs::Shown;

/// What is to be forgotten, and what that takes.
#[derive(Template, WebTemplate)]
#[template(path = "runs/cache_purges.html")]
pub struct CachePurgesPage {
    pub shell: Shell,
    pub app_id: i64,
    pub app: String,
    /// The app's hosts, and whether each is chosen.
    pub hosts: Vec<(String, bool)>,
    pub prefixes: String,
    pub files: String,
    pub everything: String,
    /// Words on the button: `3 hosts`.
    pub what: String,
    pub plan: Option<Shown>,
    /// Why there is no plan.
    pub refusal: Option<String>,
    /// What the second form sends again.
    pub kept: Vec<Kept>,
    /// So that a form that is sent twice asks once.
    pub key: String,
    pub before: Vec<RunLine>,
}

/// Earlier runs that the page names.
const SHOWN: usize = 10;

/// The wish of a query or a form: each host a `host`, prefixes and files a line each.
pub fn wish_of(params: &Params) -> Wish {
    let lines = |name| -> Vec<String> {
        let text = params.get(name).unwrap_or_default();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let (prefixes, files) = (lines("prefixes"), lines("files"));
    let everything = params.get("everything").map(|zone| zone.trim().to_owned());
    // All hosts are ticked unless somebody unticks them; whoever writes something else means that.
    let hosts = match prefixes.is_empty() && files.is_empty() && everything.is_none() {
        true => params.all("host").map(str::to_owned).collect(),
        false => Vec::new(),
    };
    Wish { hosts, prefixes, files, everything }
}

/// The page of an app's purges; `None` where there is no such app.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    context: &Context,
    app_id: i64,
    params: &Params,
    shell: Shell,
) -> QueryResult<Option<CachePurgesPage>> {
    let wish = wish_of(params);
    let Some(planned) = purge_cache::plan(connection, scope, context, app_id, &wish)? else { return Ok(None) };
    let Some(row) = resources::find(connection, scope, &app::SPEC, app_id, None)? else { return Ok(None) };
    let app: App = serde_json::from_str(&row.attrs).unwrap_or_default();
    let of_it = Wanted { subject: Some(app_id), action: Some("purge_cache".to_owned()), ..Wanted::default() };
    let before = list::page(connection, scope, &of_it, SHOWN)?;
    let chosen = |host: &String| wish.hosts.is_empty() || wish.hosts.contains(host);
    let (plan, refusal): (Option<Plan>, Option<Refusal>) = match planned {
        Ok(plan) => (Some(plan), None),
        Err(refusal) => (None, Some(refusal)),
    };
    Ok(Some(CachePurgesPage {
        app_id,
        app: row.name.clone(),
        hosts: app
            .domains
            .into_iter()
            .filter(|domain| domain.contains('.'))
            .map(|host| (host.clone(), chosen(&host)))
            .collect(),
        prefixes: wish.prefixes.join("\n"),
        files: wish.files.join("\n"),
        everything: wish.everything.clone().unwrap_or_default(),
        what: plan.as_ref().map(Plan::title).unwrap_or_default(),
        plan: plan.as_ref().map(Plan::show),
        refusal: refusal.map(|refusal| refusal.0),
        kept: params.kept(),
        key: random_token(),
        before: before.rows.iter().map(RunLine::of).collect(),
        shell,
    }))
}

/// `GET /apps/{id}/cache-purges`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    id: web::Path<i64>,
    request: HttpRequest,
    scope: Scope,
) -> Result<CachePurgesPage, PageError> {
    let params = Params::parse(request.query_string());
    params.only(&["host", "prefixes", "files", "everything"]).map_err(PageError::Invalid)?;
    let own = context.clone();
    let page = context.db.read(move |connection| fetch(connection, &scope, &own, *id, &params, shell)).await?;
    page.ok_or(PageError::NotFound)
}

/// `POST /apps/{id}/cache-purges`.
pub async fn purge(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
    body: web::Bytes,
) -> Result<HttpResponse, PageError> {
    let params = Params::parse(&String::from_utf8_lossy(&body));
    let reason = params.get("reason").unwrap_or_default().trim().to_owned();
    let wish = wish_of(&params);
    let key = params.get("key").map(|key| IdempotencyKey::new(key, &asked(*id, &wish, &reason)));
    let run = ask(&context, &doer, &scope, *id, wish, &reason, key).await?;
    session.leave_flash(true, "The purge was requested. This page shows how it goes.".to_owned());
    Ok(go_on(&format!("/runs/{run}")))
}

/// What tells two wishes apart.
pub fn asked(app: i64, wish: &Wish, reason: &str) -> Vec<u8> {
    serde_json::to_vec(&(app, wish, reason)).unwrap_or_default()
}

/// The longest reason; who reads it wants a sentence.
const LONGEST_REASON: usize = 500;

/// Plans a purge and queues it, the same for a form and for the API; gives the run.
pub async fn ask(
    context: &web::Data<Context>,
    doer: &Doer,
    scope: &Scope,
    app: i64,
    wish: Wish,
    reason: &str,
    key: Option<IdempotencyKey>,
) -> Result<i64, PageError> {
    if reason.chars().count() > LONGEST_REASON {
        return Err(PageError::Invalid(format!("A reason has at most {LONGEST_REASON} characters.")));
    }
    let (own, scope, doer, reason) = (context.clone(), scope.clone(), doer.clone(), reason.to_owned());
    let asked: Option<Result<Submitted, Refusal>> = context
        .db
        .write(move |connection| {
            let plan = match purge_cache::plan(connection, &scope, &own, app, &wish)? {
                None => return Ok(None),
                Some(Err(refusal)) => return Ok(Some(Err(refusal))),
                Some(Ok(plan)) => plan,
            };
            let new = NewRun { key, ..purge_cache::to_run(&plan, doer, &reason) };
            runs::submit(connection, &own.db, &new).map(|submitted| Some(Ok(submitted)))
        })
        .await?;
    context.bell.ring();
    match asked.ok_or(PageError::NotFound)? {
        Ok(Submitted::New(run) | Submitted::Known(run)) => Ok(run),
        Ok(Submitted::Other) => Err(PageError::Invalid("This idempotency key was used for something else.".to_owned())),
        Err(refusal) => Err(PageError::Invalid(refusal.0)),
    }
}
