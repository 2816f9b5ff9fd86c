//! THE table of tasks. **One more**: its file in `tasks/`, and one line here.

use std::time::Duration;

use super::task::Task;
use super::tasks as run;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Every periodic task.
pub const TASKS: &[Task] = &[
    Task {
        name: "sync",
        about: "Requests a sync of every source whose interval has passed.",
        every: seconds(5),
        run: |worker| Box::pin(run::sync::run(worker)),
    },
    Task {
        name: "alerts",
        about: "Opens and resolves alerts according to the present state.",
        every: seconds(30),
        run: |worker| Box::pin(run::alerts::run(worker)),
    },
    Task {
        name: "findings",
        about: "Looks for findings after every change, and once an hour.",
        every: seconds(10),
        run: |worker| Box::pin(run::findings::run(worker)),
    },
    Task {
        name: "restore-ttls",
        about: "Restores the TTLs that were lowered for a switch, once it has soaked.",
        every: seconds(30),
        run: |worker| Box::pin(run::dns_changes::run(worker)),
    },
    Task {
        name: "zone-files",
        about: "Writes the zone files of zones that were listed completely since the last time, if a folder is configured.",
        every: seconds(10),
        run: |worker| Box::pin(run::zone_files::run(worker)),
    },
    Task {
        name: "recovery",
        about: "Ends syncs whose worker is dead and finishes or discards what they left.",
        every: seconds(60),
        run: |worker| Box::pin(run::recovery::run(worker)),
    },
    Task {
        name: "expiry",
        about: "Removes sessions, links and attempts that have expired, and closes audit entries that nobody completed.",
        every: seconds(600),
        run: |worker| Box::pin(run::expiry::run(worker)),
    },
    Task {
        name: "prune",
        about: "Deletes states, links, alerts and acts that are older than the history kept.",
        every: seconds(86_400),
        run: |worker| Box::pin(run::prune::run(worker)),
    },
    Task {
        name: "search-index",
        about: "Merges the parts of the search index that writing leaves behind (SQLite).",
        every: seconds(3_600),
        run: |worker| Box::pin(run::search_index::run(worker)),
    },
    Task {
        name: SERVED_CERTIFICATES,
        about: "Checks the certificates that hosts really send, at each address behind them.",
        // As long as the configuration has no other interval: `Worker::every`.
        every: seconds(21_600),
        run: |worker| Box::pin(run::served::look(worker)),
    },
    Task {
        name: "judge-served-certificates",
        about: "Judges again what expires, or nears its end, between two checks.",
        every: seconds(60),
        run: |worker| Box::pin(run::served::judge(worker)),
    },
];

/// The task whose interval is the configuration's.
pub const SERVED_CERTIFICATES: &str = "served-certificates";

/// The task of that name.
pub fn by_name(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name)
}
