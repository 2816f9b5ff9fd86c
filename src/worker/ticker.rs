//! The tick: once a second, in UTC. The only use of tokio-cron-scheduler, whose zoned jobs freeze their offset (its
//! issues 87 and 107): what is due is computed elsewhere, from stored instants.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

/// Wakes the worker once a second.
pub struct Ticker {
    // Dropping it stops the jobs.
    _scheduler: Option<JobScheduler>,
}

impl Ticker {
    /// Starts ringing `ticks`; rings that nobody waited for are one. A scheduler that will not start is logged and
    /// replaced by a plain timer: the worker must not stand still.
    pub async fn start(ticks: Arc<Notify>, stop: CancellationToken) -> Self {
        let scheduler = match schedule(Arc::clone(&ticks)).await {
            Ok(scheduler) => Some(scheduler),
            Err(error) => {
                tracing::error!(%error, "the scheduler did not start; ticking by a timer");
                tokio::spawn(async move {
                    while !stop.is_cancelled() {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        ticks.notify_one();
                    }
                });
                None
            }
        };
        Self { _scheduler: scheduler }
    }
}

async fn schedule(ticks: Arc<Notify>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let job = Job::new("* * * * * *", move |_, _| ticks.notify_one())?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}
