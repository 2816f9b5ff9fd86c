//! A hole in the chain, over a socket: the server leaves out the intermediate that signed its certificate, which a browser
//! that has met it elsewhere does not notice and a phone does.

use std::time::Duration;

use quarterdeck::net::tls::look;
use quarterdeck::roles::Role;
use quarterdeck::served::{Chain, End};

use super::estate::Estate;
use crate::support::database::on_each_database;
use crate::support::panel::Panel;
use crate::support::tls::{Authority, Behaviour, Leaf, Server};

const HOST: &str = "shop.example.com";
const BESIDE: &str = "blog.example.com";

#[tokio::test]
async fn a_server_that_leaves_out_the_intermediate_is_read_as_it_is() {
    let web = Authority::of_the_web();
    for leaf in [Leaf::of(&[HOST]), Leaf::of(&[HOST]).with_rsa()] {
        let alone = web.issue_alone(&leaf);
        for behaviour in [Behaviour::Sends(alone.clone()), Behaviour::SendsOld(alone.clone())] {
            let server = Server::at("127.0.11.1", 0, behaviour).await;
            let found = look(server.address, HOST, Duration::from_secs(5)).await.unwrap();
            assert_eq!(found.chain, alone.ders(), "nothing is fetched to fill the hole");
            let chain = Chain::read(&found.chain).unwrap();
            assert_eq!((chain.sent.len(), chain.path.as_slice()), (1, &[0][..]));
            assert_ne!(chain.end, End::WebRoot);
        }
    }
}

/// Of two servers of one host one has the hole: it is named, with what is missing, and neither the other nor another
/// host of the same authority is blamed. Once it is filled, nothing is said any more.
#[tokio::test(flavor = "multi_thread")]
async fn the_target_with_the_hole_is_told_and_the_one_beside_it_is_not() {
    on_each_database(async |db| {
        let web = Authority::of_the_web();
        let mut estate = Estate::over(db.clone()).await;
        let panel = Panel::over(db).await;
        let leaf = Leaf::of(&[HOST]);
        let whole = web.issue(&leaf);
        let mut alone = whole.clone();
        alone.chain.truncate(1);
        let beside = web.issue(&Leaf::of(&[BESIDE]));
        let (holed, full) = ("127.0.12.1", "127.0.12.2");
        let (with_hole, filled) = (Behaviour::Sends(alone), Behaviour::Sends(whole.clone()));
        let server = estate.server(holed, with_hole).await;
        let both = Behaviour::ByName(vec![(HOST, whole.clone()), (BESIDE, beside.clone())]);
        let _other = estate.server(full, both).await;
        estate.record(HOST, holed);
        estate.record(HOST, full);
        estate.record(BESIDE, full);
        for (name, served, host) in [("shop", &whole, HOST), ("blog", &beside, BESIDE)] {
            estate.certificate(name, served, &[host], &[host]);
        }
        estate.sync().await;
        estate.probe().await;
        let told = [
            format!("{HOST} {holed}: incomplete_chain"),
            format!("{BESIDE} {full}: good"),
            format!("{HOST} {full}: good"),
        ];
        assert_eq!(estate.told().await, told, "the leaf is the same on both: that they differ is not said");
        assert_eq!(estate.alerts().await, [format!("{HOST} sends an incomplete chain")]);

        panel.person("vera@example.com", Role::Viewer).await;
        let vera = panel.signed_in("vera@example.com").await;
        let list = vera.get("/served-certificates").await.text;
        assert_eq!(list.matches("R99 is not sent, which signed it").count(), 1, "{list}");
        let one = vera.get("/api/v1/served-certificates?judgement=incomplete_chain").await.json();
        let items = one["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{one}");
        assert_eq!((&items[0]["host"], &items[0]["address"]), (&HOST.into(), &holed.into()));
        let dashboard = vera.get("/").await.text;
        assert!(dashboard.contains(&format!("{HOST} sends an incomplete chain")), "{dashboard}");
        let certificates = vera.get("/certificates").await.text;
        assert_eq!(certificates.matches("served: ").count(), 1, "of the two certificates one: {certificates}");

        drop(server);
        // The listener goes with its task, a moment later.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _mended = estate.server(holed, filled).await;
        estate.probe().await;
        assert!(estate.told().await.iter().all(|line| line.ends_with(": good")), "{:?}", estate.told().await);
        assert_eq!(estate.alerts().await, Vec::<String>::new());
    })
    .await;
}
