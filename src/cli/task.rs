//! `quarterdeck task [NAME]`: lists the periodic tasks, or runs one now.

use std::collections::BTreeMap;
use std::io::Write;

use super::{Ending, open};
use crate::config::{Environment, LoadFrom};
use crate::context::Context;
use crate::error::{Fault, Faults, Place};
use crate::store::tasks::{self, TaskRow};
use crate::worker::Worker;
use crate::worker::schedule::{self, TASKS};

/// What `task` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Run this one now; without it, list them
    name: Option<String>,
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let context = open::context(from, environment).await?;
    let Some(name) = arguments.name else { return list(&context).await };
    let Some(task) = schedule::by_name(&name) else {
        let known: Vec<_> = TASKS.iter().map(|task| task.name).collect();
        let remedy = format!("use one of: {}", known.join(", "));
        return Err(
            Faults(vec![Fault::new(Place::outside("task"), format!("no task is named {name:?}"), remedy)]).into()
        );
    };
    let worker = Worker::new(context.db.clone(), open::collectable(&context))
        .keeping(context.config.history)
        .owning(&context.config.networks);
    let Some(row) = worker.run_task(task).await? else {
        anyhow::bail!("the task {name} is being run by another worker at this moment");
    };
    writeln!(std::io::stdout(), "{name} {} {}", row.outcome, row.report)?;
    Ok(if row.outcome == "succeeded" { Ending::Done } else { Ending::Failed })
}

/// `NAME every SECONDSs last WHEN OUTCOME next WHEN: what it does`
async fn list(context: &Context) -> anyhow::Result<Ending> {
    let rows = context.db.read(tasks::all).await?;
    let rows: BTreeMap<&str, &TaskRow> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
    let mut out = std::io::stdout().lock();
    for task in TASKS {
        let (last, next) = match rows.get(task.name) {
            None => ("never".to_owned(), "at the worker's start".to_owned()),
            Some(row) => {
                let last = row.ended_at.map_or_else(
                    || "never".to_owned(),
                    |at| format!("{} {}", at.and_utc().format("%Y-%m-%dT%H:%M:%SZ"), row.outcome),
                );
                let due = row.due_at.and_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
                (last, if row.enabled { due } else { "off".to_owned() })
            }
        };
        let every = task.every.as_secs();
        writeln!(out, "{} every {every}s last {last} next {next}: {}", task.name, task.about)?;
    }
    Ok(Ending::Done)
}
