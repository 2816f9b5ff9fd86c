//! Who had this address, last night or a year ago.

use quarterdeck::kinds::Held;
use quarterdeck::kinds::Role::{Is, PointsAt, Serves};
use quarterdeck::store::holders::{self, Holder};
use quarterdeck::store::{Db, Scope, resources};

use crate::relations::{one, record, sown};
use crate::support::database::on_each_database;
use crate::support::plans::{explained, whole};
use crate::support::seed::minute;

async fn of(db: &Db, text: &'static str, most: usize) -> Option<(Vec<Holder>, bool)> {
    db.read(move |connection| holders::of(connection, &Scope::unrestricted(), text, most, None, [])).await.unwrap()
}

/// `id since-until`, in minutes.
async fn told(db: &Db, text: &'static str) -> Vec<String> {
    let minutes = |at: quarterdeck::clock::Instant| (at - minute(0)).num_minutes();
    let line = |holder: &Holder| {
        let until = holder.until.map_or_else(|| "now".to_owned(), |until| minutes(until).to_string());
        format!("{} {}-{until}", holder.row.id, minutes(holder.since))
    };
    of(db, text, 50).await.map(|(holders, _)| holders.iter().map(line).collect()).unwrap_or_default()
}

#[tokio::test]
async fn the_holder_of_now_comes_first_then_the_others_the_last_one_first() {
    on_each_database(async |db| {
        let seeds = vec![
            one(101, "first").link(Held::Key, Is, "ip:192.0.2.1", minute(10), None).gone(minute(100)),
            one(102, "second").link(Held::Key, Is, "ip:192.0.2.1", minute(110), Some(minute(200))),
            one(103, "third").link(Held::Key, Is, "ip:192.0.2.1", minute(210), None),
            one(104, "second again").link(Held::Key, Is, "ip:192.0.2.1", minute(201), Some(minute(209))),
            record(501, "www.example.com", "ip:192.0.2.1"),
            record(502, "old.example.com", "ip:192.0.2.1").gone(minute(50)),
        ];
        sown(&db, seeds).await;
        assert_eq!(told(&db, " 192.0.2.1 ").await, ["103 210-now", "104 201-209", "102 110-200", "101 10-100"]);
        assert_eq!(told(&db, "WWW.Example.com.").await, ["501 10-now"]);
        assert_eq!(told(&db, "old.example.com").await, ["502 10-50"]);
        let (few, more) = of(&db, "192.0.2.1", 2).await.unwrap();
        assert_eq!((few.len(), more), (2, true));
    })
    .await;
}

#[tokio::test]
async fn what_has_been_read_already_is_not_read_again() {
    on_each_database(async |db| {
        let key = |id, name| one(id, name).key(Is, "ip:192.0.2.1");
        sown(&db, vec![key(101, "first"), key(102, "second"), one(103, "no holder")]).await;
        let names = db.read(|connection| {
            let scope = Scope::unrestricted();
            let mut read = resources::of_ids(connection, &scope, &[102, 103], None)?;
            read.iter_mut().for_each(|row| row.name = "as it was read".to_owned());
            let found = holders::of(connection, &scope, "192.0.2.1", 50, None, &read)?;
            Ok(found.unwrap_or_default().0.into_iter().map(|holder| holder.row.name).collect::<Vec<_>>())
        });
        assert_eq!(names.await.unwrap(), ["first", "as it was read"]);
    })
    .await;
}

#[tokio::test]
async fn a_private_address_is_looked_for_in_each_network_and_other_words_are_none() {
    on_each_database(async |db| {
        let seeds = vec![
            one(101, "here").key(Is, "ip:vpc-1/10.0.0.7").term("10.0.0.7"),
            one(102, "there").link(Held::Key, Is, "ip:vpc-2/10.0.0.7", minute(10), Some(minute(90))).term("10.0.0.7"),
            one(301, "points only").refers(PointsAt, "ip:vpc-1/10.0.0.7").term("10.0.0.7"),
            one(103, "longer").key(Is, "ip:vpc-1/10.0.0.71").term("10.0.0.71"),
            one(501, "x").key(Serves, "host:web"),
        ];
        sown(&db, seeds).await;
        assert_eq!(told(&db, "10.0.0.7").await, ["101 10-now", "102 10-90"]);
        let networks: Vec<_> =
            of(&db, "10.0.0.7", 50).await.unwrap().0.iter().map(|one| one.key.network().map(str::to_owned)).collect();
        assert_eq!(networks, [Some("vpc-1".to_owned()), Some("vpc-2".to_owned())]);
        for nothing in ["web", "", "10.0.0", "10.0.0.8", "two words", "<script>", "'; DROP TABLE resources; --"] {
            assert_eq!(told(&db, nothing).await, [""; 0], "{nothing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn it_is_a_look_at_an_index() {
    on_each_database(async |db| {
        let backend = db.backend();
        let plan = db
            .write(move |connection| {
                Ok(explained(
                    connection,
                    backend,
                    holders::statement(&Scope::unrestricted(), &["ip:192.0.2.1".to_owned()], 50, None),
                ))
            })
            .await
            .unwrap();
        assert!(plan.iter().any(|step| step.contains("resource_keys_by_key")), "{plan:#?}");
        assert!(whole(&plan, &["l", "resource_keys"]).is_empty(), "{plan:#?}");
    })
    .await;
}
