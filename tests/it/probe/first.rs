//! The first start: nothing is known when the first look is due, and nobody waits six hours for the next.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::estate::Estate;
use crate::support::database::{Database, a_quiet_noon};
use crate::support::tls::{Authority, Behaviour, Leaf};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_listing_of_a_source_is_followed_by_a_look() {
    let database = Database::any().await;
    let mut estate = Estate::over(database.open(a_quiet_noon())).await;
    assert!(estate.probe().await.report.starts_with("0 hosts"));
    let web = Authority::of_the_web();
    let shop = web.issue(&Leaf::of(&["shop.example.com"]));
    let _server = estate.server("127.0.2.91", Behaviour::Sends(shop.clone())).await;
    estate.record("shop.example.com", "127.0.2.91");
    estate.certificate("shop", &shop, &["shop.example.com"], &["shop.example.com"]);
    estate.list();

    let (worker, stop) = (estate.worker(), CancellationToken::new());
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    // The clock stands still: only what is asked for can run again.
    let looked = async {
        while estate.told().await != ["shop.example.com 127.0.2.91: good"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looked).await.expect("nobody has looked");
    let by = "SELECT COUNT(*) AS n FROM tasks WHERE name = 'served-certificates' AND requested_by LIKE 'the first listing of %'";
    assert_eq!(estate.house.count(by).await, 1);
    stop.cancel();
    working.await.unwrap().unwrap();
}
