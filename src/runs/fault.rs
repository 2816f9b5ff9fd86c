//! Points at which a test kills the process, to see that whoever starts it again goes on as the step declares, or stops
//! it, to see that it does no harm when it goes on itself.
//!
//! `QUARTERDECK_FAULT=after_fence:2` ends the process when the step at position 2 has passed its fence;
//! `after_fence:2:stop` stops it there, all of it, until it gets SIGCONT. Only debug builds read it.

use std::process::{Command, ExitStatus};
use std::{fmt, io};

use crate::context::Context;

/// A boundary of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    BeforeFence,
    /// Allowed to write, and nothing sent.
    AfterFence,
    /// Carried out, and nothing written down.
    AfterCall,
    /// Written down, and the next step not begun.
    AfterRecord,
}

impl Point {
    pub const ALL: [Self; 4] = [Self::BeforeFence, Self::AfterFence, Self::AfterCall, Self::AfterRecord];
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeFence => "before_fence",
            Self::AfterFence => "after_fence",
            Self::AfterCall => "after_call",
            Self::AfterRecord => "after_record",
        })
    }
}

/// Where the process is told to end.
const VARIABLE: &str = "QUARTERDECK_FAULT";

/// Ends or stops the process here if it was told to.
pub fn reach(context: &Context, point: Point, position: i32) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(told) = context.config.environment.get(VARIABLE) else { return };
    match told.strip_prefix(&format!("{point}:{position}")) {
        Some("") => {
            tracing::warn!(%point, position, "ending here, as told");
            std::process::abort();
        }
        Some(":stop") => {
            tracing::warn!(%point, position, "stopping here, as told");
            if let Err(error) = context.db.between_writes(stop) {
                tracing::error!(%error, "could not be stopped");
            }
        }
        _ => {}
    }
}

/// Stops this process, and returns once it goes on. The signal may reach another thread first, and on a busy machine
/// this one would pass the fence meanwhile: so it waits for somebody who has seen it stand still.
fn stop() -> io::Result<ExitStatus> {
    let seen = "kill -STOP $0; until grep -q '^State:.T' /proc/$0/status; do sleep 0.01; done";
    Command::new("sh").args(["-c", seen, &std::process::id().to_string()]).status()
}
