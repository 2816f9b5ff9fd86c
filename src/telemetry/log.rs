//! The log: standard error, always, so that standard output belongs to the answers of commands.
//!
//! One id leads from a click or a task to the provider's call: the outermost span of a request, a task and a sync has
//! the field `id` ([`new_id`]), and whatever is logged within it carries the span along.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::Environment;
use crate::error::{Fault, Place};
use crate::secret::{hex, random_bytes};

/// What is logged when `QUARTERDECK_LOG` does not say.
const DEFAULT_FILTER: &str = "info,actix_server=warn,tokio_cron_scheduler=warn";

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One readable line an event.
    Human,
    /// One JSON object an event.
    Json,
}

/// An id for a request, a task's run or a sync, for the span field `id`.
pub fn new_id() -> String {
    hex(&random_bytes::<6>())
}

/// Starts logging: by `QUARTERDECK_LOG` (`info`, `debug`, `quarterdeck=debug,info`) and `QUARTERDECK_LOG_FORMAT`
/// (`human`, `json`; human on a terminal and JSON otherwise, if it is not said).
///
/// # Errors
/// Says which variable makes no sense. A second call in one process changes nothing.
pub fn start(environment: &Environment) -> Result<(), Fault> {
    let format = format(environment, std::io::stderr().is_terminal())?;
    let filter = filter(environment)?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_span_events(FmtSpan::NONE);
    // A refused installation means that a subscriber stands already, in tests for example.
    let _ = match format {
        Format::Human => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
        // The list of spans has the current one in it.
        Format::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(true).try_init(),
    };
    Ok(())
}

fn format(environment: &Environment, on_a_terminal: bool) -> Result<Format, Fault> {
    match environment.get("QUARTERDECK_LOG_FORMAT") {
        Some("human") => Ok(Format::Human),
        Some("json") => Ok(Format::Json),
        None | Some("") => Ok(if on_a_terminal { Format::Human } else { Format::Json }),
        Some(other) => Err(Fault::new(
            Place::outside("QUARTERDECK_LOG_FORMAT"),
            format!("no format of the log is named {other:?}"),
            "use human or json",
        )),
    }
}

fn filter(environment: &Environment) -> Result<EnvFilter, Fault> {
    let text = environment.get("QUARTERDECK_LOG").filter(|text| !text.is_empty()).unwrap_or(DEFAULT_FILTER);
    EnvFilter::try_new(text).map_err(|error| {
        Fault::new(
            Place::outside("QUARTERDECK_LOG"),
            format!("the filter of the log cannot be read: {error}"),
            "write a level (warn, info, debug), or MODULE=LEVEL pairs with commas between",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_lines_and_everything_else_gets_json() {
        let unsaid = Environment::default();
        assert_eq!(format(&unsaid, true), Ok(Format::Human));
        assert_eq!(format(&unsaid, false), Ok(Format::Json));
        let said = unsaid.with("QUARTERDECK_LOG_FORMAT", "human");
        assert_eq!(format(&said, false), Ok(Format::Human));
        let mistyped = said.with("QUARTERDECK_LOG_FORMAT", "jsonl");
        insta::assert_snapshot!(format(&mistyped, false).unwrap_err(), @r#"QUARTERDECK_LOG_FORMAT:0:0: no format of the log is named "jsonl"; use human or json"#);
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_a_fault() {
        assert!(filter(&Environment::default()).is_ok());
        assert!(filter(&Environment::default().with("QUARTERDECK_LOG", "quarterdeck=debug,info")).is_ok());
        let fault = filter(&Environment::default().with("QUARTERDECK_LOG", "quarterdeck=loud")).unwrap_err();
        assert_eq!(fault.place.file, "QUARTERDECK_LOG");
    }
}
