//! What the process says about itself: the log on standard error, and the numbers for Prometheus.
//!
//! Both carry no secret: nothing here is handed a value that could hold one, and `net` redacts what providers say.

pub mod log;
pub mod metrics;

pub use log::new_id;
pub use metrics::Metrics;
