//! What every page says of alerts is kept beside them and read off an index, however many there are.

use quarterdeck::placement::Within;
use quarterdeck::store::alerts::{self, Condition, OpenCounts, Severity};
use quarterdeck::store::{Db, Scope, standing};

use crate::relations::{one, sown};
use crate::support::database::on_each_database;
use crate::support::plans::explained;
use crate::support::seed::minute;

fn condition(number: usize) -> Condition {
    Condition {
        fingerprint: format!("f-{number:03}"),
        severity: Severity::ALL[number % 3],
        title: format!("alert {number:03}"),
        body: String::new(),
        link: if number == 7 { "/sources/dns".to_owned() } else { format!("/instances/{number}") },
        resource_id: None,
        source: String::new(),
        due_at: number.is_multiple_of(2).then(|| minute(1_000 + i64::try_from(number).unwrap() * 7 % 50)),
    }
}

/// Settles a rule by those conditions.
async fn settle(db: &Db, numbers: std::ops::Range<usize>, at: i64) {
    let conditions: Vec<Condition> = numbers.map(condition).collect();
    db.write(move |connection| alerts::settle(connection, "rule", &conditions, minute(at))).await.unwrap();
}

/// The counts as they are kept, which must be what counting gives.
async fn counted(db: &Db) -> (OpenCounts, i64) {
    db.read(|connection| {
        let scope = Scope::unrestricted();
        let open = alerts::open(connection, &scope)?;
        let of = |severity: &str| open.iter().filter(|alert| alert.severity == severity).count();
        let counts = alerts::open_counts(connection, &scope)?;
        assert_eq!(counts, OpenCounts { critical: of("critical"), warnings: of("warning") });
        let in_frame = standing::read(connection, &scope, minute(500))?.alerts;
        assert_eq!(usize::try_from(in_frame).unwrap(), open.len());
        assert_eq!(alerts::open_count(connection, &scope)?, in_frame);
        Ok((counts, in_frame))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn counts_follow_whatever_becomes_of_alerts() {
    on_each_database(async |db| {
        assert_eq!(counted(&db).await, (OpenCounts::default(), 0));
        settle(&db, 0..90, 10).await;
        assert_eq!(counted(&db).await, (OpenCounts { critical: 30, warnings: 30 }, 90));
        settle(&db, 60..99, 20).await;
        assert_eq!(counted(&db).await.1, 39);
        settle(&db, 0..60, 30).await;
        assert_eq!(counted(&db).await.1, 60);
        let forgotten = db.write(|connection| alerts::prune(connection, minute(25), 1_000)).await.unwrap();
        assert!(forgotten > 0);
        assert_eq!(counted(&db).await.1, 60);
        settle(&db, 0..0, 40).await;
        assert_eq!(counted(&db).await, (OpenCounts::default(), 0));
    })
    .await;
}

/// The host that it names may be another's by now: whoever had it must not read on.
#[tokio::test]
async fn an_open_alert_follows_whom_it_is_about() {
    on_each_database(async |db| {
        let placed = |id: i64, app: &str| one(id, &format!("i-{id}")).placed(["", "", app]);
        sown(&db, vec![placed(101, "alfa"), placed(102, "zulu")]).await;
        let seen = async |app: &str| {
            let scope = Scope::within(vec![Within { app: app.to_owned(), ..Within::default() }]);
            db.read(move |connection| alerts::open(connection, &scope)).await.unwrap().len()
        };
        for (about, alfa, zulu) in [(Some(101), 1, 0), (Some(102), 0, 1), (None, 0, 0)] {
            let conditions = [Condition { resource_id: about, ..condition(1) }];
            db.write(move |connection| alerts::settle(connection, "rule", &conditions, minute(10))).await.unwrap();
            assert_eq!((seen("alfa").await, seen("zulu").await), (alfa, zulu), "it is about {about:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_worst_few_are_the_head_of_all_and_of_an_index() {
    on_each_database(async |db| {
        settle(&db, 0..300, 10).await;
        let backend = db.backend();
        let titles = |rows: &[alerts::AlertRow]| rows.iter().map(|row| row.title.clone()).collect::<Vec<_>>();
        let (worst, open, told) = db
            .read(|connection| {
                let scope = Scope::unrestricted();
                let links = ["/sources/dns".to_owned(), "/sources/cloud".to_owned()];
                Ok((
                    alerts::worst(connection, &scope, 8)?,
                    alerts::open(connection, &scope)?,
                    alerts::leading_to(connection, &scope, &links)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(titles(&worst), titles(&open[..8]));
        assert_eq!(told, ["/sources/dns"]);
        let plan = db
            .write(move |connection| {
                Ok(explained(connection, backend, alerts::worst_statement(&Scope::unrestricted(), 8)))
            })
            .await
            .unwrap();
        assert!(plan.iter().any(|step| step.contains("alerts_by_urgency")), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("Sort") || step.contains("TEMP B-TREE")), "{plan:#?}");
    })
    .await;
}
