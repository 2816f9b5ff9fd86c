//! The look itself, against every sort of server: what it brings back, and what it says when there is nothing.

use std::time::{Duration, Instant};

use quarterdeck::net::tls::{Look, Unseen, look};
use quarterdeck::served::{Chain, End};

use crate::support::tls::{Authority, Behaviour, Leaf, Server, free_port};

const HOST: &str = "shop.example.com";
const PATIENCE: Duration = Duration::from_secs(5);

async fn seen(address: &str, behaviour: Behaviour) -> Result<Look, Unseen> {
    let server = Server::at(address, 0, behaviour).await;
    look(server.address, HOST, PATIENCE).await
}

#[tokio::test]
async fn the_whole_chain_comes_back_of_every_key_and_version_and_nothing_is_sent_after_it() {
    let authority = Authority::of_the_web();
    for (address, leaf, key) in
        [("127.0.1.1", Leaf::of(&[HOST]), "EC P-256"), ("127.0.1.2", Leaf::of(&[HOST]).with_rsa(), "RSA 2048")]
    {
        let served = authority.issue(&leaf);
        for behaviour in [Behaviour::Sends(served.clone()), Behaviour::SendsOld(served.clone())] {
            let server = Server::at(address, 0, behaviour).await;
            let found = look(server.address, HOST, PATIENCE).await.unwrap();
            assert_eq!(found, Look { chain: served.ders(), broke_off: None });
            let chain = Chain::read(&found.chain).unwrap();
            let own = chain.own().unwrap();
            assert_eq!((own.key.as_str(), own.dns_names.as_slice()), (key, &[HOST.to_owned()][..]));
            assert_eq!((chain.end, chain.path.as_slice()), (End::WebRoot, &[0, 1][..]));
            assert!(!own.is_ca && chain.top().unwrap().is_ca && own.issuer_title() == "R99");
            assert_eq!(server.after(), b"", "nothing is asked of the server");
        }
    }
}

/// F10: a client that verifies learns that something is wrong, and not what; so nothing was told before it had
/// happened.
#[tokio::test]
async fn f10_an_expired_certificate_is_read_although_it_is_expired() {
    let served = Authority::of_the_web().issue(&Leaf::of(&[HOST]).ends_in(-3));
    let found = seen("127.0.1.3", Behaviour::Sends(served.clone())).await.unwrap();
    let own = Chain::read(&found.chain).unwrap().sent.remove(0);
    assert_eq!(
        (own.fingerprint.clone(), own.not_after.unwrap().to_rfc3339()),
        (served.fingerprint(), "2026-11-15T12:00:00+00:00".to_owned())
    );

    let server = Server::at("127.0.1.3", 0, Behaviour::Sends(served)).await;
    let verifying = quarterdeck::net::http::Http::new();
    let url = format!("https://{}/", server.address);
    let refused = verifying.client().get(url).send().await.unwrap_err();
    assert!(refused.is_connect(), "this is what a client that verifies gets: {refused}");
}

#[tokio::test]
async fn each_name_gets_its_own_and_an_unknown_one_is_refused() {
    let authority = Authority::of_the_web();
    let [shop, blog] = ["shop.example.com", "blog.example.com"].map(|name| authority.issue(&Leaf::of(&[name])));
    let both = vec![("shop.example.com", shop.clone()), ("blog.example.com", blog.clone())];
    let server = Server::at("127.0.1.4", 0, Behaviour::ByName(both)).await;
    for (host, served) in [("shop.example.com", &shop), ("blog.example.com", &blog)] {
        assert_eq!(look(server.address, host, PATIENCE).await.unwrap().chain, served.ders(), "{host}");
    }
    let refused = look(server.address, "other.example.com", PATIENCE).await.unwrap_err();
    assert!(matches!(refused, Unseen::Alert(_)), "{refused:?}");
    assert_eq!(look(server.address, "not a name", PATIENCE).await, Err(Unseen::NotAName));
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_has_shown_its_own() {
    let served = Authority::of_the_web().issue(&Leaf::of(&[HOST]));
    let found = seen("127.0.1.5", Behaviour::WantsOne(served.clone())).await.unwrap();
    assert_eq!(found.chain, served.ders());
}

#[tokio::test]
async fn who_answers_badly_is_told_from_who_does_not_answer() {
    let garbage: &[u8] = b"220 mail.example.com ESMTP ready\r\n";
    assert!(matches!(seen("127.0.1.6", Behaviour::Says(garbage)).await, Err(Unseen::NotTls(_))));
    assert!(matches!(seen("127.0.1.7", Behaviour::Says(&[0; 100_000])).await, Err(Unseen::NotTls(_))));
    assert!(matches!(seen("127.0.1.8", Behaviour::Says(b"")).await, Err(Unseen::Broken(_))));
    assert!(matches!(seen("127.0.1.9", Behaviour::Resets).await, Err(Unseen::Broken(_))));
    let nobody = look(format!("127.0.1.10:{}", free_port()).parse().unwrap(), HOST, PATIENCE).await.unwrap_err();
    assert!(matches!(nobody, Unseen::Refused(_)) && nobody.is_no_connection(), "{nobody:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_takes_no_longer_than_our_patience() {
    let server = Server::at("127.0.1.11", 0, Behaviour::Hangs).await;
    let began = Instant::now();
    assert_eq!(look(server.address, HOST, Duration::from_secs(1)).await, Err(Unseen::Silent(1)));
    assert!(began.elapsed() < Duration::from_secs(4));
}

/// A chain of a megabyte is nobody's chain; it must cost neither memory nor time.
#[tokio::test]
async fn a_megabyte_of_certificates_is_not_taken() {
    let authority = Authority::of_the_web();
    let mut served = authority.issue(&Leaf::of(&[HOST]));
    let one = served.chain[1].clone();
    served.chain.extend(std::iter::repeat_n(one.clone(), 1_000_000 / one.len()));
    let refused = seen("127.0.1.12", Behaviour::Sends(served)).await.unwrap_err();
    assert!(matches!(refused, Unseen::NotTls(_) | Unseen::Broken(_)), "{refused:?}");
}
