//! The findings of a rule as CSV, streamed page by page.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::SecondsFormat;
use futures_util::stream;

use super::list::next_cursor;
use super::{FindingLine, given};
use crate::clock::Instant;
use crate::context::Context;
use crate::relations::findings::{self, Rule};
use crate::store::doubt::Doubts;
use crate::store::findings::{self as stored, Wanted};
use crate::store::listing::MOST;
use crate::store::{Scope, StoreError};
use crate::web::export::harmless;

const HEAD: [&str; 12] = [
    "name",
    "kind",
    "subject",
    "finding",
    "other",
    "other_until",
    "source",
    "place",
    "found_at",
    "doubt",
    "ignored_until",
    "href",
];

/// The whole list as asked for.
pub fn file(context: web::Data<Context>, scope: Scope, rule: &'static Rule, wanted: Wanted) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{}.csv\"", rule.name);
    let wanted = Wanted { limit: MOST, ..wanted };
    let rows = stream::try_unfold(Some((wanted, true)), move |state| {
        let (context, scope) = (context.clone(), scope.clone());
        async move {
            let Some((wanted, first)) = state else { return Ok::<_, StoreError>(None) };
            let (asked, given) = (wanted.clone(), given(&context));
            let (lines, last, more) = context
                .db
                .read(move |connection| {
                    let page = stored::page(connection, &scope, rule.name, &asked, given.now)?;
                    let (last, more) = (page.rows.last().map(|row| (row.name.clone(), row.id)), next_cursor(&page));
                    let doubts = &mut Doubts::at(given.now, &scope);
                    let found = findings::verify(connection, &scope, rule, &given, doubts, page.rows)?;
                    let lines: Vec<FindingLine> = found.iter().filter_map(FindingLine::of).collect();
                    Ok((lines, last, more.is_some()))
                })
                .await?;
            let next = last.filter(|_| more).map(|after| (Wanted { after: Some(after), ..wanted }, false));
            Ok(Some((web::Bytes::from(text(&lines, first)), next)))
        }
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .streaming(rows)
}

fn text(lines: &[FindingLine], with_head: bool) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory fails for rows of unequal length only, and these all have the head's.
    let mut written = if with_head { writer.write_record(HEAD) } else { Ok(()) };
    for line in lines {
        written = written.and_then(|()| writer.write_record(record(line).map(harmless)));
    }
    if let Err(error) = written {
        tracing::error!(error = %error, "findings could not be written as CSV");
    }
    writer.into_inner().unwrap_or_default()
}

fn record(line: &FindingLine) -> [String; 12] {
    let moment = |at: Instant| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    [
        line.name.clone(),
        line.kind.to_owned(),
        line.subject.clone().unwrap_or_default(),
        line.words.clone(),
        line.other.as_ref().map(|other| other.name.clone()).unwrap_or_default(),
        line.other.as_ref().and_then(|other| other.until).map(moment).unwrap_or_default(),
        line.source.clone(),
        line.place.clone(),
        moment(line.found_at),
        line.doubt.clone().unwrap_or_default(),
        line.ignored.as_ref().map(|ignored| moment(ignored.until)).unwrap_or_default(),
        line.resource_href.clone(),
    ]
}
