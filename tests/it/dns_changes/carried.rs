//! What is applied is what was shown, all of it or none, and it comes back exactly.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quarterdeck::actions::ACTIONS;
use quarterdeck::actions::dns_change::{Ask, Refused, Sort, restore_due};
use quarterdeck::runs::Executor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::a_fresh_one;
use super::ledger::Turn;
use super::{BLUE, Estate, GREEN};
use crate::support::database::on_each_database;

/// The switch of a cluster and its way back, while a client asks each name over and over.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_hundred_names_are_switched_and_come_back_exactly_and_nobody_gets_an_empty_or_mixed_answer() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com", "example.org"]).await;
    let names: Vec<String> = (0..200).map(|n| format!("app-{n}.{}", ["example.com", "example.org"][n % 2])).collect();
    for (n, name) in names.iter().enumerate() {
        let foreign = if n % 10 == 0 { vec!["203.0.113.9"] } else { Vec::new() };
        estate.ledger.put(name, "A", 300 + i64::try_from(n).unwrap(), &[&BLUE[..], &foreign].concat());
    }
    estate.ledger.put("edge.example.com", "CNAME", 60, &["blue.balancers.example.net"]);
    estate.ledger.put("example.com", "MX", 3_600, &["mail.example.com"]);
    estate.ledger.takes_at_once(50);
    estate.sync().await;
    let before = estate.ledger.told(true);

    let over = Arc::new(AtomicBool::new(false));
    let client = std::thread::spawn({
        let (ledger, over, names) = (estate.ledger.clone(), Arc::clone(&over), names.clone());
        move || {
            let (mut asked, mut answers) = (0_usize, BTreeSet::new());
            while !over.load(Ordering::Relaxed) || asked < names.len() {
                let answer = ledger.contents(&names[asked % names.len()], "A");
                let ours: Vec<String> = answer.into_iter().filter(|address| address != "203.0.113.9").collect();
                answers.insert(ours);
                asked += 1;
            }
            answers
        }
    });
    let ask = estate.switch("blue", "green").await;
    let (change, state) = estate.carry(&ask).await;
    assert_eq!(state, "succeeded");
    assert_eq!(estate.ledger.contents("app-10.example.com", "A"), ["198.51.100.1", "198.51.100.2", "203.0.113.9"]);
    assert_eq!(estate.ledger.contents("edge.example.com", "CNAME"), ["green.balancers.example.net"]);
    assert!(estate.ledger.told(false).contains("app-7.example.org A: 198.51.100.1 307 of app-7.example.org"));

    let back = estate.undo(change).await.unwrap();
    assert_eq!(estate.work(back.change).await, "succeeded");
    over.store(true, Ordering::Relaxed);
    let answers = client.join().unwrap();
    let whole: BTreeSet<Vec<String>> = [BLUE, GREEN].map(|side| side.map(str::to_owned).to_vec()).into();
    assert!(answers.is_subset(&whole), "{answers:?}");
    assert_eq!(estate.ledger.told(true), before, "every value, TTL, comment and id");
    assert_eq!(estate.state(change).await, "undone");
    let again = estate.undo(change).await.unwrap();
    assert_eq!(again.change, back.change, "a second click is the same way back");
}

/// DNS-4: a foreign write between plan and apply: the new plan is shown, and nothing is sent.
#[tokio::test]
async fn a_plan_that_is_outdated_is_made_anew_and_nothing_is_sent() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE);
        estate.sync().await;
        let ask = estate.switch("blue", "green").await;
        let change = estate.plan(&ask).await.unwrap();
        estate.ledger.put("www.example.com", "A", 600, &BLUE);
        let refused = estate.apply(change, None).await.unwrap_err();
        assert!(matches!(refused, Refused::Outdated(of) if of == change), "{refused}");
        assert_eq!((estate.ledger.writes(), estate.row(change).await.generation), (0, 2));
        estate.apply(change, None).await.unwrap();
        assert_eq!(estate.work(change).await, "succeeded");
        assert!(estate.ledger.told(false).contains("198.51.100.1 600"));
        let twice = estate.apply(change, None).await.unwrap();
        assert_eq!((twice.change, estate.ledger.writes()), (change, 1), "a double click is one change");
    })
    .await;
}

/// F1: two appliers, one of them delayed until the other has finished. It writes nothing over what came later.
#[tokio::test]
async fn a_delayed_applier_writes_nothing_over_a_newer_plan() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let ask = estate.switch("blue", "green").await;
    let delayed = estate.plan(&ask).await.unwrap();
    estate.apply(delayed, None).await.unwrap();
    // Its run is queued, and before a worker comes to it somebody else has decided otherwise.
    estate.ledger.put("www.example.com", "A", 300, &["203.0.113.77"]);
    assert_eq!(estate.work(delayed).await, "failed");
    assert_eq!(estate.ledger.writes(), 0);
    assert_eq!(estate.ledger.contents("www.example.com", "A"), ["203.0.113.77"]);
}

/// A time-out says nothing: the zone is read again, and says what became of it.
#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_and_nothing_is_done_twice() {
    for (turn, writes) in [(Turn::DoneUnheard, 1), (Turn::Lost, 1), (Turn::Later, 1)] {
        let (_place, db) = a_fresh_one().await;
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE);
        estate.sync().await;
        estate.ledger.turns(std::slice::from_ref(&turn));
        let (_, state) = estate.carry(&estate.switch("blue", "green").await).await;
        assert_eq!((state.as_str(), estate.ledger.writes()), ("succeeded", writes), "{turn:?}");
        assert_eq!(estate.ledger.contents("www.example.com", "A"), GREEN);
    }
}

/// F4: what fails half-way is taken back, and that is no success.
#[tokio::test]
async fn a_change_that_fails_half_way_is_taken_back() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        for n in 0..4 {
            estate.ledger.put(&format!("www-{n}.example.com"), "A", 300, &BLUE);
        }
        estate.ledger.takes_at_once(4);
        estate.sync().await;
        let before = estate.ledger.told(true);
        estate.ledger.turns(&[Turn::Fine, Turn::Fine, Turn::Refused]);
        let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
        assert_eq!(state, "rolled_back");
        assert_eq!(estate.ledger.told(true), before);
        assert!(estate.undo(change).await.is_err(), "there is nothing left to take back");
    })
    .await;
}

/// The way back undoes what this change did, and nobody else's work.
#[tokio::test]
async fn the_way_back_leaves_alone_what_somebody_has_changed_since() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "succeeded");
    estate.ledger.put("www.example.com", "A", 300, &["203.0.113.77"]);
    assert!(matches!(estate.undo(change).await, Err(Refused::Guard(_))));
    assert_eq!(estate.ledger.contents("www.example.com", "A"), ["203.0.113.77"]);
    estate.context.clock.advance(chrono::TimeDelta::hours(25));
    assert!(matches!(estate.undo(change).await, Err(Refused::TooLate(_))));
}

/// The inventory knows at once what was written, and a listing that began before does not put the old state back.
#[tokio::test]
async fn what_was_written_is_known_at_once_and_stays_known() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &["192.0.2.1"]);
        estate.sync().await;
        let (gate, began) = estate.ledger.dawdles();
        let switch = async {
            began.notified().await;
            let (_, state) = estate.carry(&estate.switch("blue", "green").await).await;
            assert_eq!(state, "succeeded");
            let known = "SELECT COUNT(*) AS n FROM resource_refs WHERE until IS NULL AND key LIKE 'ip:198.51.100.%'";
            assert_eq!(estate.house.count(known).await, 2);
            gate.notify_one();
        };
        let (report, ()) = tokio::join!(estate.house.sync("dns"), switch);
        assert!(report.scopes.iter().all(|scope| scope.tally.gone == 0), "{report:?}");
        let present = "SELECT COUNT(*) AS n FROM resources WHERE gone_at IS NULL AND kind = 'dns_record'";
        assert_eq!(estate.house.count(present).await, 2);
        estate.house.sync("dns").await;
        assert_eq!(estate.house.count(present).await, 2);
    })
    .await;
}

/// DNS-8: lowered, switched, and the old times to live come back by themselves.
#[tokio::test]
async fn times_to_live_are_lowered_before_and_come_back_after() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("a.example.com", "A", 3_600, &BLUE);
    estate.ledger.put("b.example.com", "A", 900, &BLUE);
    estate.sync().await;
    let ask = estate.switch("blue", "green").await;
    let prepare = Ask { prepare_ttl_seconds: Some(60), ..ask.clone() };
    assert_eq!(estate.carry(&prepare).await.1, "succeeded");
    assert_eq!(estate.ledger.told(false).matches(" 60 ").count(), 4);
    let (switched, state) = estate.carry(&ask).await;
    assert_eq!(state, "succeeded");
    assert_eq!(restore_due(&estate.context).await.unwrap(), 0, "the soak is not over");
    // Somebody has other plans for one of them.
    estate.ledger.put("b.example.com", "A", 120, &GREEN);
    estate.context.clock.advance(chrono::TimeDelta::minutes(61));
    assert_eq!(restore_due(&estate.context).await.unwrap(), 1);
    let restored = estate.row(switched).await.id + 1;
    assert_eq!(estate.work(restored).await, "succeeded");
    insta::assert_snapshot!(estate.ledger.told(false), @r"
    a.example.com A: 198.51.100.1 3600 of a.example.com, 198.51.100.2 3600 of a.example.com
    b.example.com A: 198.51.100.1 120 of b.example.com, 198.51.100.2 120 of b.example.com
    ");
}

/// A worker that was stopped in the middle of a write, whose lease ran out: the next one finds out what became of it.
#[tokio::test]
async fn who_takes_over_reads_what_became_of_it() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let gate = Arc::new(Notify::new());
    estate.ledger.turns(&[Turn::Waits(Arc::clone(&gate))]);
    let change = estate.plan(&estate.switch("blue", "green").await).await.unwrap();
    estate.apply(change, None).await.unwrap();
    let dead = Executor::new(estate.context.clone(), ACTIONS);
    dead.claim_all(&CancellationToken::new()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    estate.context.clock.advance(chrono::TimeDelta::minutes(10));
    let other = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            gate.notify_one();
        }
    });
    assert_eq!(estate.work(change).await, "succeeded");
    other.await.unwrap();
    assert_eq!(estate.ledger.contents("www.example.com", "A"), GREEN);
}

/// DNS-7: the API says yes and the zone's own server says nothing: that is no success, and says what to do. The way
/// back stays open.
#[tokio::test]
async fn what_no_server_serves_ends_as_unknown() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    // Nobody answers there.
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    estate.ledger.is_served_at(&nobody.local_addr().unwrap().to_string());
    let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "unknown");
    assert_eq!(estate.ledger.contents("www.example.com", "A"), GREEN, "what is written stays");
    let back = estate.undo(change).await.unwrap();
    assert_eq!(estate.work(back.change).await, "unknown");
    assert_eq!(estate.ledger.contents("www.example.com", "A"), BLUE);
}

/// An instance got another address; its records follow by one click.
#[tokio::test]
async fn records_follow_an_instance_to_its_new_address() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &["192.0.2.1"]);
    estate.ledger.put("other.example.com", "A", 300, &["192.0.2.2"]);
    estate.sync().await;
    let blue = estate.id("instance", "blue-0").await;
    estate.cloud.holds("machines", vec![super::machine("blue-0", "192.0.2.50"), super::machine("blue-1", "192.0.2.2")]);
    estate.sync().await;
    let ask = Ask { action: Sort::Repoint, from: Some(blue), ..Ask::default() };
    assert_eq!(estate.carry(&ask).await.1, "succeeded");
    insta::assert_snapshot!(estate.ledger.told(false), @r"
    other.example.com A: 192.0.2.2 300 of other.example.com
    www.example.com A: 192.0.2.50 300 of www.example.com
    ");
}
