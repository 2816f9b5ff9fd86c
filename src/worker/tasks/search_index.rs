//! Joins the parts in which SQLite keeps its search index: every writing leaves one, and a search walks through all of
//! them.

use crate::store::{Priority, terms};
use crate::worker::Worker;
use crate::worker::task::Outcome;

/// Turns of one run; what is left then is the next run's.
const TURNS: usize = 10_000;

pub async fn run(worker: &Worker) -> Outcome {
    let Some(parts) = worker.db.read(terms::parts_to_merge).await? else {
        return Ok("in few parts".to_owned());
    };
    for turn in 0..TURNS {
        let more =
            worker.db.write_as(Priority::Background, move |connection| terms::merge(connection, turn == 0)).await?;
        if !more {
            break;
        }
    }
    Ok(format!("{parts} parts joined"))
}
