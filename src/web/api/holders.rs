//! Who has an address or a host, and who had it.

use actix_web::{HttpRequest, HttpResponse, web};

use super::inventory::moment_of;
use super::items::{HolderItem, HoldersAnswer};
use super::{answer, asked};
use crate::context::Context;
use crate::store::Scope;
use crate::store::holders::{self, Holder};
use crate::store::listing::MOST;
use crate::web::PageError;
use crate::web::listing::ROWS;

/// `GET /api/v1/addresses/{address}`.
pub async fn show(
    context: web::Data<Context>,
    request: HttpRequest,
    address: web::Path<String>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["limit", "at"])?;
    let at = moment_of(&context, &params)?;
    let limit = params.limit(ROWS, MOST).map_err(PageError::Invalid)?;
    let text = address.into_inner();
    let found = context.db.read(move |connection| holders::of(connection, &scope, &text, limit, at, [])).await?;
    // A private address that nobody ever had is of no network, and so is no key; that is an answer too.
    let (holders, more) = found.unwrap_or_default();
    answer(&request, &HoldersAnswer { holders: holders.into_iter().map(HolderItem::from).collect(), more })
}

impl From<Holder> for HolderItem {
    fn from(holder: Holder) -> Self {
        let Holder { row, key, role, since, until } = holder;
        Self {
            id: row.id.to_string(),
            name: row.title().to_owned(),
            kind: row.kind,
            source: row.source,
            key: key.to_string(),
            role: role.as_str().to_owned(),
            since,
            until,
        }
    }
}
