//! Points at which a test kills the process, to see that whoever starts it again goes on as the step declares.
//!
//! `QUARTERDECK_FAULT=after_fence:2` ends the process when the step at position 2 has passed its fence. Only debug builds read it.

use std::fmt;

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

/// Ends the process here if it was told to.
pub fn reach(context: &Context, point: Point, position: i32) {
    let told = || context.config.environment.get(VARIABLE).is_some_and(|told| told == format!("{point}:{position}"));
    if cfg!(debug_assertions) && told() {
        tracing::warn!(%point, position, "ending here, as told");
        std::process::abort();
    }
}
