//! The task, from the inventory to what is written down: every host, every address, gently, and without forgetting what
//! was known.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::estate::Estate;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::tls::{Authority, Behaviour, Leaf};

#[tokio::test]
async fn every_host_is_asked_at_every_address_that_our_records_give_it() {
    on_each_database(async |db| {
        let web = Authority::of_the_web();
        let mut estate = Estate::over(db).await;
        let old = web.issue(&Leaf::of(&["shop.example.com"]));
        let new = web.issue(&Leaf::of(&["shop.example.com"]));
        let wild = web.issue(&Leaf::of(&["*.wild.example.com"]).with_rsa());
        let expired = web.issue(&Leaf::of(&["late.example.com"]).ends_in(-1));
        let blog = web.issue(&Leaf::of(&["blog.example.com"]));
        let _servers = [
            estate.server("127.0.2.1", Behaviour::Sends(new.clone())).await,
            estate.server("127.0.2.2", Behaviour::Sends(old.clone())).await,
            estate
                .server(
                    "127.0.2.3",
                    Behaviour::ByName(vec![("late.example.com", expired.clone()), ("blog.example.com", blog)]),
                )
                .await,
            estate.server("127.0.2.4", Behaviour::Sends(wild.clone())).await,
        ];
        estate.record("shop.example.com", "edge.example.com");
        estate.record("edge.example.com", "127.0.2.1");
        estate.record("edge.example.com", "127.0.2.2");
        estate.record("late.example.com", "127.0.2.3");
        estate.record("blog.example.com", "127.0.2.3");
        estate.record("a.wild.example.com", "127.0.2.4");
        estate.record("deep.a.wild.example.com", "127.0.2.4");
        estate.record("_acme-challenge.wild.example.com", "elsewhere.invalid");
        estate.record("nobody-covers-this.example.com", "127.0.2.4");
        estate.record("*.any.example.com", "127.0.2.4");
        estate.app("blog", &["blog.example.com"]);
        estate.app("lost", &["lost.invalid"]);
        estate.app("one of any", &["one.any.example.com"]);
        estate.certificate("shop-2026", &new, &["shop.example.com"], &["shop.example.com"]);
        estate.certificate("late", &expired, &["late.example.com"], &["late.example.com"]);
        estate.certificate("wild", &wild, &["*.wild.example.com"], &[]);
        estate.sync().await;
        let report = estate.probe().await.report;
        assert_eq!(
            estate.told().await,
            [
                "late.example.com 127.0.2.3: expired",
                "one.any.example.com 127.0.2.4: wrong_name owner_unknown",
                "shop.example.com 127.0.2.2: differs_from_stored targets_differ",
                "shop.example.com 127.0.2.1: targets_differ",
                "lost.invalid : unknown",
                "blog.example.com 127.0.2.3: owner_unknown",
                "a.wild.example.com 127.0.2.4: good",
            ]
        );
        assert_eq!(report, "6 hosts: 6 targets read, 0 not seen, 0 left alone, 0 old ones forgotten");
        let meant: Vec<bool> = estate.rows().await.iter().map(|row| row.resource_id.is_some()).collect();
        assert_eq!(meant, [true; 7], "each is about a certificate or an app");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_could_look_at_stays_as_it_was_known_and_resolves_nothing() {
    on_each_database(async |db| {
        let web = Authority::of_the_web();
        let mut estate = Estate::over(db).await;
        let late = web.issue(&Leaf::of(&["late.example.com"]).ends_in(-1));
        estate.record("late.example.com", "127.0.3.1");
        estate.certificate("late", &late, &["late.example.com"], &["late.example.com"]);
        estate.sync().await;
        estate.probe().await;
        assert_eq!(estate.told().await, ["late.example.com 127.0.3.1: unknown"]);
        assert_eq!(estate.alerts().await, Vec::<String>::new(), "unknown is not bad");
        assert_eq!(estate.rows().await[0].good_at(), None, "and it is not good");

        let server = estate.server("127.0.3.1", Behaviour::Sends(late.clone())).await;
        estate.probe().await;
        assert_eq!(estate.alerts().await, ["late.example.com sends an expired certificate"]);
        let read_at = estate.rows().await[0].read_at();
        drop(server);
        estate.house.clock.advance(TimeDelta::hours(6));
        estate.probe().await;
        assert_eq!(estate.told().await, ["late.example.com 127.0.3.1: expired unknown"]);
        let row = estate.rows().await.remove(0);
        assert!(row.read_at() == read_at && row.checked_at() > read_at && row.error.starts_with("no connection"));
        assert_eq!(estate.alerts().await, ["late.example.com sends an expired certificate"], "unknown is not ok");

        let _server = estate.server("127.0.3.1", Behaviour::Sends(web.issue(&Leaf::of(&["late.example.com"])))).await;
        estate.probe().await;
        assert_eq!(estate.told().await, ["late.example.com 127.0.3.1: differs_from_stored"]);
        assert_eq!(estate.alerts().await, ["late.example.com sends another certificate than the attached one"]);
    })
    .await;
}

/// F10: what expires between two looks is told when it does, whether or not anybody can look.
#[tokio::test]
async fn f10_time_alone_makes_it_worse_and_each_threshold_is_told_once() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db).await;
        let year = Leaf::of(&["shop.example.com"]).valid(TimeDelta::days(-345), TimeDelta::days(20));
        let served = Authority::of_the_web().issue(&year);
        let server = estate.server("127.0.3.2", Behaviour::Sends(served.clone())).await;
        estate.record("shop.example.com", "127.0.3.2");
        estate.certificate("shop", &served, &["shop.example.com"], &["shop.example.com"]);
        estate.sync().await;
        estate.probe().await;
        assert_eq!(estate.alerts().await, ["shop.example.com sends a certificate that ends within 30 days"]);
        let since = estate.rows().await[0].since();
        drop(server);

        let mut titles = Vec::new();
        for _ in 0..21 {
            estate.house.clock.advance(TimeDelta::days(1));
            estate.run("judge-served-certificates").await;
            titles.extend(estate.alerts().await);
        }
        titles.dedup();
        assert_eq!(
            titles,
            [
                "shop.example.com sends a certificate that ends within 30 days",
                "shop.example.com sends a certificate that ends within 14 days",
                "shop.example.com sends a certificate that ends within 7 days",
                "shop.example.com sends a certificate that ends within 3 days",
                "shop.example.com sends a certificate that ends within a day",
                "shop.example.com sends an expired certificate",
            ]
        );
        let opened = estate.house.count("SELECT COUNT(*) AS n FROM alerts WHERE rule = 'served_certificate'").await;
        assert_eq!(opened, 2, "one that it ends, and one that it has ended");
        assert!(estate.rows().await[0].since() > since);
        assert_eq!(estate.run("judge-served-certificates").await.report, "0 hosts judged anew");
    })
    .await;
}

#[tokio::test]
async fn nobody_knocks_at_private_doors_unless_he_is_told_to() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db).await;
        let served = Authority::of_the_web().issue(&Leaf::of(&["shop.example.com"]));
        let server = estate.server("127.0.3.3", Behaviour::Sends(served)).await;
        // A developer put his domain before an app, and its record to the cloud's metadata service.
        estate.record("shop.example.com", "127.0.3.3");
        estate.record("evil.example.com", "169.254.169.254");
        estate.app("shop", &["shop.example.com", "evil.example.com", "localhost"]);
        estate.config.private_addresses = false;
        estate.sync().await;
        let report = estate.probe().await.report;
        assert!(
            report.starts_with("3 hosts: 0 targets read, 0 not seen, ") && !report.contains(" 0 left alone"),
            "{report}"
        );
        let told = estate.told().await;
        assert!(told.iter().all(|line| line.ends_with(": not_probed")), "{told:?}");
        assert_eq!(server.connections(), 0);
        estate.config.enabled = false;
        assert!(estate.probe().await.report.starts_with("switched off"));
    })
    .await;
}

#[tokio::test]
async fn hosts_without_a_record_here_are_asked_of_the_resolver_and_some_are_left_alone() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db).await;
        let served = Authority::of_the_web().issue(&Leaf::of(&["localhost"]));
        let _server = estate.server("127.0.0.1", Behaviour::Sends(served)).await;
        estate.record("skipped.example.com", "127.0.0.1");
        estate.record("mail.example.com", "127.0.0.1").record_type = "MX".to_owned();
        estate.app("here", &["localhost", "skipped.example.com", "mail.example.com"]);
        estate.config.except = vec!["SKIPPED.*".to_owned()];
        estate.sync().await;
        estate.probe().await;
        let told = estate.told().await;
        assert!(told.contains(&"localhost 127.0.0.1: owner_unknown".to_owned()), "{told:?}");
        assert!(told.contains(&"mail.example.com : unknown".to_owned()), "its records lead nowhere: {told:?}");
        assert!(!told.iter().any(|line| line.contains("skipped")), "{told:?}");
        let row = estate.rows().await.into_iter().find(|row| row.host() == "localhost" && row.address == "127.0.0.1");
        assert_eq!(row.unwrap().via, "resolver");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_target_holds_up_nobody_and_no_address_is_asked_twice_at_once() {
    let database = Database::any().await;
    let mut estate = Estate::over(database.open(a_quiet_noon())).await;
    let served = Authority::of_the_web().issue(&Leaf::of(&["*.example.com"]));
    let hanging = estate.server("127.0.4.1", Behaviour::Hangs).await;
    let busy = estate.server("127.0.4.2", Behaviour::Sends(served)).await;
    let hosts: Vec<String> = (0..40).map(|number| format!("host-{number:02}.example.com")).collect();
    for host in &hosts {
        estate.record(host, "127.0.4.2");
    }
    estate.record("slow.example.com", "127.0.4.1");
    // Nobody is at home here: after three vain knocks the others are not tried.
    for number in 0..10 {
        estate.record(&format!("gone-{number}.example.com"), "127.0.4.3");
    }
    let domains: Vec<&str> = hosts.iter().map(String::as_str).collect();
    estate.app("many", &domains);
    estate.app("slow", &["slow.example.com"]);
    let gone: Vec<String> = (0..10).map(|number| format!("gone-{number}.example.com")).collect();
    estate.app("gone", &gone.iter().map(String::as_str).collect::<Vec<_>>());
    estate.sync().await;
    let began = Instant::now();
    let report = estate.probe().await.report;
    assert!(report.starts_with("51 hosts: 40 targets read, 11 not seen"), "{report}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!((hanging.connections(), busy.connections(), busy.most_at_once()), (1, 40, 1));
    let not_tried = estate.rows().await.into_iter().filter(|row| row.error.starts_with("not tried")).count();
    assert_eq!(not_tried, 7);
}

#[tokio::test]
async fn connections_are_begun_at_the_pace_of_the_configuration() {
    let database = Database::any().await;
    let mut estate = Estate::over(database.open(a_quiet_noon())).await;
    for number in 1..=6 {
        estate.record(&format!("host-{number}.example.com"), &format!("127.0.5.{number}"));
        estate.app(&format!("app-{number}"), &[&format!("host-{number}.example.com")]);
    }
    estate.config.per_second = 10;
    estate.sync().await;
    let began = Instant::now();
    estate.probe().await;
    assert!(began.elapsed() >= Duration::from_millis(490), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_keeps_what_was_seen_and_makes_the_task_due_again() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db).await;
        let served = Authority::of_the_web().issue(&Leaf::of(&["shop.example.com"]));
        let _server = estate.server("127.0.6.1", Behaviour::Sends(served)).await;
        let hanging = estate.server("127.0.6.2", Behaviour::Hangs).await;
        estate.config.patience = Duration::from_secs(60);
        estate.record("shop.example.com", "127.0.6.1");
        estate.record("slow.example.com", "127.0.6.2");
        estate.app("both", &["shop.example.com", "slow.example.com"]);
        estate.sync().await;
        let worker = estate.worker();
        let running = tokio::spawn({
            let worker = worker.clone();
            async move {
                let task = quarterdeck::worker::schedule::by_name("served-certificates").unwrap();
                worker.run_task(task).await.unwrap().unwrap()
            }
        });
        estate
            .house
            .until("SELECT COUNT(*) AS n FROM served_certificates WHERE outcome = 'read'", |read| read == 1)
            .await;
        while hanging.connections() == 0 {
            tokio::task::yield_now().await;
        }
        worker.stopping().cancel();
        let row = running.await.unwrap();
        assert_eq!((row.outcome.as_str(), row.due_at.and_utc()), ("failed", estate.house.clock.now()));
        assert_eq!(estate.told().await, ["slow.example.com 127.0.6.2: ", "shop.example.com 127.0.6.1: owner_unknown"],);
        estate.config.patience = Duration::from_secs(1);
        let next = estate.run("served-certificates").await;
        assert_eq!(next.due_at.and_utc() - estate.house.clock.now(), TimeDelta::hours(6));
    })
    .await;
}

#[tokio::test]
async fn a_target_that_nothing_leads_to_any_more_is_forgotten_after_a_month() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db).await;
        let late = Authority::of_the_web().issue(&Leaf::of(&["late.example.com"]).ends_in(-1));
        let _server = estate.server("127.0.7.1", Behaviour::Sends(late.clone())).await;
        estate.record("late.example.com", "127.0.7.1");
        for host in ["stays.example.com", "stays-too.example.com", "and-this.example.com"] {
            estate.record(host, "127.0.7.2");
        }
        estate.app("late", &["late.example.com", "stays.example.com"]);
        estate.sync().await;
        estate.probe().await;
        assert_eq!(estate.alerts().await.len(), 1);
        estate.remove_record("late.example.com");
        estate.record("late.example.com", "127.0.7.2");
        estate.sync().await;
        estate.probe().await;
        assert_eq!(estate.alerts().await, Vec::<String>::new(), "nobody is sent there any more");
        let all = "SELECT COUNT(*) AS n FROM served_certificates";
        assert_eq!((estate.rows().await.len(), estate.house.count(all).await), (2, 3));
        estate.house.clock.advance(TimeDelta::days(29));
        estate.probe().await;
        assert_eq!(estate.house.count(all).await, 3);
        estate.house.clock.advance(TimeDelta::days(2));
        assert!(estate.probe().await.report.ends_with("1 old ones forgotten"));
        assert_eq!(estate.house.count(all).await, 2);
    })
    .await;
}
