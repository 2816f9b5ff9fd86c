//! `/runs/{id}/events`: says that a run has moved, as server-sent events (WHATWG HTML §9.2), so that whoever looks at a
//! page of it can read it anew. It tells nothing but the state: what there is to see is on the page, which asks again
//! who may see it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use futures_util::Stream;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::context::Context;
use crate::store::runs::list;
use crate::store::{Scope, StoreError};
use crate::web::PageError;
use crate::wire::runs::RunState;

/// Streams of one process: each costs a look at the database a second.
const MOST: usize = 200;
/// Between two looks for what another process has done.
const LOOK: Duration = Duration::from_secs(1);
/// A proxy that hears nothing for a minute hangs up.
const BEAT: Duration = Duration::from_secs(15);
/// Then the browser asks anew, and so is asked anew whether it may.
const LONGEST: Duration = Duration::from_secs(600);
/// Moves that come close together are told once.
const APART: Duration = Duration::from_millis(150);

static STREAMS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MOST)));

/// `GET /runs/{id}/events`.
pub async fn show(context: web::Data<Context>, id: web::Path<i64>, scope: Scope) -> Result<HttpResponse, PageError> {
    let place = Arc::clone(&STREAMS).try_acquire_owned().map_err(|_| PageError::Overloaded)?;
    let watched = Watched {
        moves: context.bell.moves(),
        context: context.get_ref().clone(),
        scope,
        run: *id,
        told: None,
        ends_at: Instant::now() + LONGEST,
        over: false,
        _place: place,
    };
    watched.look().await?.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Whatever compresses also waits until there is enough to compress.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(told(watched)))
}

struct Watched {
    context: Context,
    scope: Scope,
    run: i64,
    moves: watch::Receiver<u64>,
    /// The revision that was told last.
    told: Option<i64>,
    ends_at: Instant,
    over: bool,
    _place: OwnedSemaphorePermit,
}

fn told(watched: Watched) -> impl Stream<Item = Result<Bytes, PageError>> {
    stream::unfold(watched, |mut watched| async move {
        if watched.over {
            return None;
        }
        let told = watched.next().await.transpose()?;
        Some((told.map(Bytes::from), watched))
    })
}

impl Watched {
    /// What is to be told next; `None` is the end of the stream.
    async fn next(&mut self) -> Result<Option<String>, PageError> {
        let beat_at = Instant::now() + BEAT;
        loop {
            let Some((state, revision)) = self.look().await? else { return Ok(None) };
            if self.told != Some(revision) {
                self.told = Some(revision);
                self.over = state.has_ended();
                let event = if self.over { "ended" } else { "moved" };
                return Ok(Some(format!("event: {event}\nid: {revision}\ndata: {state}\n\n")));
            }
            if Instant::now() >= self.ends_at {
                return Ok(None);
            }
            if Instant::now() >= beat_at {
                return Ok(Some(": still here\n\n".to_owned()));
            }
            tokio::select! {
                () = self.context.stop.cancelled() => return Ok(None),
                _ = self.moves.changed() => tokio::time::sleep(APART).await,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self) -> Result<Option<(RunState, i64)>, StoreError> {
        let (scope, run) = (self.scope.clone(), self.run);
        let row = self.context.db.glance(move |connection| list::find(connection, &scope, run)).await?;
        Ok(row.map(|row| (row.state(), row.revision)))
    }
}
