//! What a page asks of the database: few statements, and none that is prepared anew once a page of its sort has been
//! shown.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use quarterdeck::roles::Role;
use quarterdeck::store::Backend;

use crate::support::browser::carried;
use crate::support::database::on_each_database;
use crate::support::panel::Panel;
use crate::support::seed::{self, Seed, minute};

/// Each test is a process of its own, so nobody else's statements are counted.
static ASKED: AtomicUsize = AtomicUsize::new(0);
static PREPARED: AtomicUsize = AtomicUsize::new(0);

fn counting() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| match event {
        InstrumentationEvent::StartQuery { .. } => {
            ASKED.fetch_add(1, Ordering::SeqCst);
        }
        InstrumentationEvent::CacheQuery { .. } => {
            PREPARED.fetch_add(1, Ordering::SeqCst);
        }
        _ => {}
    }))
}

/// The pages that are measured, and how many statements each may send to PostgreSQL, the session's own included.
const PAGES: [(&str, usize); 10] = [
    ("/instances", 5),
    ("/instances?status=running&provider_region=a", 6),
    ("/dns-records", 5),
    ("/instances?at=2026-11-01T00:15:00Z", 10),
    ("/instances/1", 12),
    ("/instances/1?at=2026-11-01T00:15:00Z", 7),
    ("/search?q=r-01", 5),
    // Of two kinds.
    ("/search?q=r-0", 5),
    ("/pulse", 8),
    ("/", 18),
];

#[tokio::test(flavor = "multi_thread")]
async fn hot_pages_prepare_no_statement_anew_and_ask_few() {
    set_default_instrumentation(counting).unwrap();
    on_each_database(async |db| {
        db.write(|connection| {
            seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
            seed::scope(connection, 2, "dns_record", "example", "complete", Some(minute(500)));
            let of = |id: i64| if id <= 60 { ("instance", 1) } else { ("dns_record", 2) };
            let seeds = (1..=120).map(|id| Seed::new(id, of(id).0, of(id).1, &format!("r-{id:03}.example")));
            seed::sow(connection, &seeds.collect::<Vec<_>>());
            Ok(())
        })
        .await
        .unwrap();
        let backend = db.backend();
        let panel = Panel::over(db).await;
        panel.person("ann@example.com", Role::Operator).await;
        let browser = panel.signed_in("ann@example.com").await;
        for (path, most) in PAGES {
            for _ in 0..4 {
                assert_eq!(browser.get(path).await.status, 200, "{path}");
            }
            ASKED.store(0, Ordering::SeqCst);
            PREPARED.store(0, Ordering::SeqCst);
            for _ in 0..3 {
                browser.get(path).await;
            }
            assert_eq!(PREPARED.load(Ordering::SeqCst), 0, "{path} on {backend:?}");
            let asked = ASKED.load(Ordering::SeqCst) / 3;
            println!("{path} on {backend:?}: {asked} statements");
            if backend == Backend::Postgres {
                assert!(asked <= most, "{path} sends {asked} statements, not {most}");
            }
        }
        // A window in which a page lies open asks twelve times a minute: for its session, and for the watermark.
        let revision = carried(&browser.get("/instances/1").await);
        ASKED.store(0, Ordering::SeqCst);
        assert_eq!(browser.asks_again("/instances/1/revision", &revision).await.status, 304);
        let asked = ASKED.load(Ordering::SeqCst);
        println!("an open page on {backend:?}: {asked} statements");
        if backend == Backend::Postgres {
            assert_eq!(asked, 2);
        }
    })
    .await;
}
