//! Lists as CSV (RFC 4180), streamed page by page: a million records leave without being held.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use futures_util::stream;

use super::cells;
use super::listing::Asked;
use crate::context::Context;
use crate::kinds::Cell;
use crate::store::listing::{self, MOST};
use crate::store::rows::ResourceRow;
use crate::store::{Scope, StoreError};

/// The whole list as asked for, in its columns, with the id in front.
pub fn csv(context: web::Data<Context>, scope: Scope, mut asked: Asked) -> HttpResponse {
    asked.query.limit = MOST;
    let disposition = format!("attachment; filename=\"{}.csv\"", asked.query.spec.path);
    let rows = stream::try_unfold(Some((asked, true)), move |state| {
        let (context, scope) = (context.clone(), scope.clone());
        async move {
            let Some((asked, first)) = state else { return Ok::<_, StoreError>(None) };
            let query = asked.query.clone();
            let page = context.db.read(move |connection| listing::list(connection, &scope, &query)).await?;
            let text = web::Bytes::from(lines(&asked, &page.rows, first));
            let next = page.next.and_then(|cursor| {
                let query = asked.query.clone().starting_at(&cursor.to_string()).ok()?;
                Some((Asked { query, ..asked }, false))
            });
            Ok(Some((text, next)))
        }
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .insert_header((header::VARY, "accept"))
        .streaming(rows)
}

fn lines(asked: &Asked, rows: &[ResourceRow], with_head: bool) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = ["id"].into_iter().chain(asked.columns.iter().map(|column| column.id));
    let columns = cells::Chosen::of(asked.query.spec, &asked.columns);
    // Writing into memory fails for rows of unequal length only, and these are made of the same columns.
    let mut written = if with_head { writer.write_record(head) } else { Ok(()) };
    for row in rows {
        written = written.and_then(|()| writer.write_record(record(row, &columns)));
    }
    if let Err(error) = written {
        tracing::error!(error = %error, "a list could not be written as CSV");
    }
    writer.into_inner().unwrap_or_default()
}

fn record(row: &ResourceRow, columns: &cells::Chosen<'_>) -> Vec<String> {
    let cells = columns.of_row(row);
    std::iter::once(row.id.to_string()).chain(cells.iter().map(Cell::plain).map(harmless)).collect()
}

/// Spreadsheets run what begins so as a formula; a quote in front keeps it text.
pub(super) fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
