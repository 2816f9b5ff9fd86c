//! `quarterdeck sync --dry-run`: what a sync would do, one line a difference. What it would hold for a person is not
//! gone, so it is told in the log and makes the answer partial.

use std::io::{self, BufWriter, Write};

use super::Ending;
use crate::store::Db;
use crate::sync::Source;
use crate::sync::dry_run::{Difference, dry_run};

/// A first look at a large zone is a million lines: they go out by so many bytes, not one by one.
const AT_ONCE: usize = 64 * 1024;

/// Prints the differences of each source. A scope that was not listed to its end proves nothing, and is partial.
pub async fn run(db: &Db, sources: &[Source]) -> anyhow::Result<Ending> {
    let (mut failed, mut unsure) = (0, false);
    let mut out = BufWriter::with_capacity(AT_ONCE, io::stdout());
    for source in sources {
        let mut tell = |difference: Difference| {
            unsure |= matches!(difference, Difference::Held { .. });
            print(&mut out, &difference)
        };
        let found = dry_run(db, source, &mut tell).await?;
        out.flush()?;
        for (scope, reason) in &found.inconclusive {
            unsure = true;
            tracing::warn!(source = source.config.name, scope = scope.name, reason, "not listed to its end");
        }
        if let Some(error) = &found.error {
            failed += 1;
            tracing::warn!(source = source.config.name, %error, "nothing could be seen");
        }
    }
    Ok(match failed {
        0 if !unsure => Ending::Done,
        failed if failed > 0 && failed == sources.len() => Ending::Failed,
        _ => Ending::Partial,
    })
}

fn print(out: &mut impl Write, difference: &Difference) -> io::Result<()> {
    match difference {
        Difference::Added { kind, name } => writeln!(out, "+ {kind} {name}"),
        Difference::Gone { kind, name } => writeln!(out, "- {kind} {name}"),
        Difference::Held { kind, name } => {
            tracing::warn!(%kind, name, "missing, and a sync would hold it");
            Ok(())
        }
        Difference::Changed { kind, name, changes } => changes.iter().try_for_each(|change| {
            writeln!(out, "~ {kind} {name} {}: {} -> {}", change.field, change.before, change.after)
        }),
    }
}
