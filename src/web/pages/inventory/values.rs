//! `/{kind}/{id}/values`: the secrets of a resource, shown to whoever proves once more who it is.
//!
//! The page itself holds names alone. `POST` (`password`, `name`, which is empty for all of them) is audited before
//! anything is opened and completed after, and answers with the values: nothing of that answer is stored, by us or by a
//! browser.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::handlers::{id_of, kind_of};
use crate::accounts::{self, AccountError};
use crate::audit::{Act, Doer, Outcome};
use crate::context::Context;
use crate::kinds::KindSpec;
use crate::secret::Secret;
use crate::store::rows::ResourceRow;
use crate::store::{Scope, StoreError, resources, secret_values};
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{come_back, sentence};
use crate::web::session::Live;
use crate::web::{Shell, filters};

/// Names, and after the password their values.
#[derive(Template, WebTemplate)]
#[template(path = "inventory/values.html")]
pub struct ValuesPage {
    pub shell: Shell,
    pub spec: &'static KindSpec,
    /// Of the resource's own page.
    pub path: String,
    pub name: String,
    pub names: Vec<String>,
    /// Which one is asked for; empty for all.
    pub wanted: String,
    pub shown: Vec<ValueLine>,
    /// Why nothing is shown.
    pub error: Option<String>,
}

/// A value, or that there is none to show.
pub struct ValueLine {
    pub name: String,
    pub value: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct RevealForm {
    password: Secret,
    #[serde(default)]
    name: String,
}

/// `GET /{kind}/{id}/values`.
pub async fn show(
    context: web::Data<Context>,
    scope: Scope,
    shell: Shell,
    request: HttpRequest,
) -> Result<ValuesPage, PageError> {
    let secrets = Secrets::find(&context, scope, &request).await?;
    Ok(secrets.page(shell, String::new()))
}

/// `POST /{kind}/{id}/values`.
pub async fn reveal(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    scope: Scope,
    form: web::Form<RevealForm>,
) -> Result<HttpResponse, PageError> {
    let RevealForm { password, name: wanted } = form.into_inner();
    let secrets = Secrets::find(&context, scope, &request).await?;
    let asked = secrets.asked(&wanted)?;
    let user = accounts::users::by_id(&context, person.user_id).await?;
    let act = Act::new("secret.reveal", format!("{}: {}", secrets.subject(), words(&asked)));
    let begun = match accounts::users::prove(&context, &doer, &user, password, act).await {
        Ok(begun) => begun,
        Err(error @ (AccountError::CurrentPassword | AccountError::Throttled(_))) => {
            let mut page = secrets.page(Shell::of(&request).await?, wanted);
            page.error = Some(sentence(&error));
            return Ok(match error {
                AccountError::Throttled(until) => {
                    come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, &request), until, context.clock.now())
                }
                _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let shown = match secrets.open(&context, &asked).await {
        Ok(shown) => shown,
        Err(error) => {
            begun.complete(&context.db, Outcome::Failed, &error.to_string()).await?;
            return Err(error.into());
        }
    };
    let mut page = secrets.page(Shell::of(&request).await?, wanted);
    page.shown = shown;
    let told = page.shown.iter().filter(|line| line.value.is_some()).count();
    // Told before it is sent: what nobody has written down, nobody sees.
    begun.complete(&context.db, Outcome::Succeeded, &format!("{told} values shown")).await?;
    let mut response = page_with(StatusCode::OK, page, &request);
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store, private"));
    Ok(response)
}

/// A resource and the digests of its secrets by name.
struct Secrets {
    /// Of whoever asks.
    scope: Scope,
    spec: &'static KindSpec,
    row: ResourceRow,
    digests: BTreeMap<String, String>,
}

impl Secrets {
    /// What the path names; one without secrets has no such page.
    async fn find(context: &Context, scope: Scope, request: &HttpRequest) -> Result<Self, PageError> {
        let (spec, id) = (kind_of(request)?, id_of(request)?);
        let seen = scope.clone();
        let found = context.db.read(move |connection| resources::find(connection, &seen, spec, id, None)).await?;
        let row = found.ok_or(PageError::NotFound)?;
        let digests = (spec.of.secrets)(&row.attrs).unwrap_or_default();
        if digests.is_empty() { Err(PageError::NotFound) } else { Ok(Self { scope, spec, row, digests }) }
    }

    /// The one that is asked for, or all of them.
    fn asked(&self, wanted: &str) -> Result<BTreeMap<String, String>, PageError> {
        if wanted.is_empty() {
            return Ok(self.digests.clone());
        }
        let digest = self.digests.get(wanted).ok_or(PageError::NotFound)?;
        Ok(BTreeMap::from([(wanted.to_owned(), digest.clone())]))
    }

    /// As the audit names it.
    fn subject(&self) -> String {
        format!("{} {}/{}", self.spec.name, self.row.source, self.row.external_id)
    }

    async fn open(&self, context: &Context, asked: &BTreeMap<String, String>) -> Result<Vec<ValueLine>, StoreError> {
        let vault = context.db.vault().cloned().ok_or(StoreError::Locked)?;
        let (scope, row, digests) = (self.scope.clone(), self.row.clone(), asked.clone());
        let read = context.db.read(move |connection| secret_values::reveal(connection, &scope, &vault, &row, &digests));
        let mut values = read.await?;
        let lines = asked.keys().map(|name| {
            let value = values.remove(name).map(|value| value.expose_secret().to_owned());
            ValueLine { name: name.clone(), value }
        });
        Ok(lines.collect())
    }

    fn page(&self, shell: Shell, wanted: String) -> ValuesPage {
        ValuesPage {
            shell,
            spec: self.spec,
            path: format!("/{}/{}", self.spec.path, self.row.id),
            name: self.row.name.clone(),
            names: self.digests.keys().cloned().collect(),
            wanted,
            shown: Vec::new(),
            error: None,
        }
    }
}

fn words(asked: &BTreeMap<String, String>) -> String {
    asked.keys().cloned().collect::<Vec<_>>().join(", ")
}
