//! The numbers for Prometheus, in one registry of the process's own.
//!
//! Labels are names that the program or its configuration chose (routes, sources, operations), never what somebody
//! sent, so that no stranger can make series without end.
//!
//! **One more number**: a field, its line in [`Metrics::new`], and a method that says when it counts.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// Upper bounds in seconds: pages are fast, a bulk page of a million rows is not.
const REQUEST_BUCKETS: &[f64] = &[0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds in seconds: from one small zone to a large account.
const SYNC_BUCKETS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0];

/// The methods that are told apart: a client may send any word as one.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Counts what the process does. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    syncs: HistogramVec,
    runs: HistogramVec,
    provider_calls: IntCounterVec,
    worker_ticks: IntCounterVec,
    pool_in_use: IntGauge,
    pool_connections: IntGauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Numbers that all stand at zero.
    ///
    /// # Panics
    /// When two of the constant names below were the same, which the tests would show.
    pub fn new() -> Self {
        let registry = Registry::new();
        let new = Self {
            requests: histogram(
                "http_request_duration_seconds",
                "Requests answered.",
                REQUEST_BUCKETS,
                &["route", "method", "status"],
            ),
            syncs: histogram("sync_duration_seconds", "Syncs ended.", SYNC_BUCKETS, &["source", "outcome"]),
            runs: histogram("run_duration_seconds", "Runs ended.", SYNC_BUCKETS, &["action", "outcome"]),
            provider_calls: counter(
                "provider_calls_total",
                "Calls to providers.",
                &["provider", "operation", "outcome"],
            ),
            worker_ticks: counter("worker_ticks_total", "Rounds of the worker.", &["outcome"]),
            pool_in_use: gauge("database_connections_in_use", "Connections to the database that work right now."),
            pool_connections: gauge("database_connections", "Connections to the database that are open."),
            registry,
        };
        let collectors: [Box<dyn prometheus::core::Collector>; 7] = [
            Box::new(new.requests.clone()),
            Box::new(new.syncs.clone()),
            Box::new(new.runs.clone()),
            Box::new(new.provider_calls.clone()),
            Box::new(new.worker_ticks.clone()),
            Box::new(new.pool_in_use.clone()),
            Box::new(new.pool_connections.clone()),
        ];
        for collector in collectors {
            new.registry.register(collector).expect("the names above are constants and differ");
        }
        new
    }

    /// A request was answered; `route` is the pattern (`/instances/{id}`), not the path.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        self.requests.with_label_values(&[route, method, &status.to_string()]).observe(took.as_secs_f64());
    }

    /// A run ended.
    pub fn run(&self, action: &str, outcome: &str, took: Duration) {
        self.runs.with_label_values(&[action, outcome]).observe(took.as_secs_f64());
    }

    /// A sync has ended, as `succeeded`, `partial`, `failed` or `unknown`.
    pub fn sync(&self, source: &str, outcome: &str, took: Duration) {
        self.syncs.with_label_values(&[source, outcome]).observe(took.as_secs_f64());
    }

    /// A provider was called; `outcome` is `ok` or the name of the error's kind.
    pub fn provider_call(&self, provider: &str, operation: &str, outcome: &str) {
        self.provider_calls.with_label_values(&[provider, operation, outcome]).inc();
    }

    /// The worker went round once, as `ok` or `failed`.
    pub fn worker_tick(&self, outcome: &str) {
        self.worker_ticks.with_label_values(&[outcome]).inc();
    }

    /// How the database's pool stands; asked for right before [`Metrics::render`].
    pub fn pool(&self, in_use: u32, connections: u32) {
        self.pool_in_use.set(in_use.into());
        self.pool_connections.set(connections.into());
    }

    /// Everything, in Prometheus' text format 0.0.4.
    pub fn render(&self) -> String {
        // Writing to a string fails for broken metrics only, and those would have failed to register.
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }
}

fn histogram(name: &str, help: &str, buckets: &[f64], labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).namespace("quarterdeck").buckets(buckets.to_vec());
    HistogramVec::new(options, labels).expect("names, labels and buckets are valid constants")
}

fn counter(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help).namespace("quarterdeck"), labels)
        .expect("names and labels are valid constants")
}

fn gauge(name: &str, help: &str) -> IntGauge {
    IntGauge::with_opts(Opts::new(name, help).namespace("quarterdeck")).expect("the name is a valid constant")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_what_is_rendered() {
        let metrics = Metrics::new();
        metrics.request("/instances/{id}", "GET", 200, Duration::from_millis(3));
        metrics.clone().request("/instances/{id}", "GET", 200, Duration::from_millis(30));
        metrics.request("/healthz", "BREW", 404, Duration::from_millis(3));
        metrics.sync("aws-eu", "partial", Duration::from_secs(4));
        metrics.provider_call("aws", "DescribeInstances", "rate_limited");
        metrics.worker_tick("ok");
        metrics.pool(2, 5);
        let text = metrics.render();
        for line in [
            r#"quarterdeck_http_request_duration_seconds_bucket{method="GET",route="/instances/{id}",status="200",le="0.005"} 1"#,
            r#"quarterdeck_http_request_duration_seconds_count{method="GET",route="/instances/{id}",status="200"} 2"#,
            r#"quarterdeck_http_request_duration_seconds_count{method="other",route="/healthz",status="404"} 1"#,
            r#"quarterdeck_sync_duration_seconds_count{outcome="partial",source="aws-eu"} 1"#,
            r#"quarterdeck_provider_calls_total{operation="DescribeInstances",outcome="rate_limited",provider="aws"} 1"#,
            r#"quarterdeck_worker_ticks_total{outcome="ok"} 1"#,
            "quarterdeck_database_connections_in_use 2",
            "quarterdeck_database_connections 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
    }
}
