//! What is said of what was sent. Real certificates, made for the occasion, and no server.

use chrono::TimeDelta;
use quarterdeck::served::{Chain, End, Judgement, Sent, Served, Stored, changes_at, judge};

use crate::support::database::a_quiet_noon;
use crate::support::tls::{self, Authority, Leaf};

const HOST: &str = "shop.example.com";

/// The judgements and their words, of a certificate that is stored here and attached to the host.
fn of(sent: &tls::Served) -> Vec<(Judgement, String)> {
    of_host(HOST, &Chain::read(&sent.ders()).unwrap())
}

fn of_host(host: &str, chain: &Chain) -> Vec<(Judgement, String)> {
    let own = chain.own().unwrap().fingerprint.clone();
    let stored = [Stored { name: "shop-2026".to_owned(), fingerprint: own, attached: true }];
    let served = Served { host, chain, proxied: false, stored: &stored, others: &[] };
    judge(&served, a_quiet_noon().now()).into_iter().map(|finding| (finding.judgement, finding.words)).collect()
}

fn names(found: &[(Judgement, String)]) -> Vec<Judgement> {
    found.iter().map(|(judgement, _)| *judgement).collect()
}

#[test]
fn validity_is_judged_by_the_clock_and_by_every_part_of_the_chain() {
    let web = Authority::of_the_web();
    assert_eq!(of(&web.issue(&Leaf::of(&[HOST]))), []);
    let expired = of(&web.issue(&Leaf::of(&[HOST]).ends_in(0)));
    assert_eq!(expired, [(Judgement::Expired, "It expired on 18 Nov 2026, 12:00 UTC.".to_owned())]);
    let early = of(&web.issue(&Leaf::of(&[HOST]).valid(TimeDelta::hours(1), TimeDelta::days(80))));
    assert_eq!(early, [(Judgement::NotYetValid, "It is not valid before 18 Nov 2026, 13:00 UTC.".to_owned())]);

    // The intermediate ends in a year; half a year before that, with a leaf that outlives it, it is the one that
    // counts.
    let chain = Chain::read(&web.issue(&Leaf::of(&[HOST]).ends_in(800)).ders()).unwrap();
    let served = Served { host: HOST, chain: &chain, proxied: true, stored: &[], others: &[] };
    let later = a_quiet_noon().now() + TimeDelta::days(364);
    let found = judge(&served, later);
    assert_eq!((found[0].judgement, found[0].days), (Judgement::EndsSoon, Some(1)));
    assert!(found[0].words.starts_with("R99, which signed it"), "{}", found[0].words);
    let found = judge(&served, later + TimeDelta::days(2));
    assert_eq!(found[0].judgement, Judgement::Expired);
}

#[test]
fn an_end_is_told_at_its_thresholds_and_only_in_the_last_third_of_a_life() {
    let web = Authority::of_the_web();
    let days = |leaf: &Leaf| {
        let chain = Chain::read(&web.issue(leaf).ders()).unwrap();
        let served = Served { host: HOST, chain: &chain, proxied: true, stored: &[], others: &[] };
        judge(&served, a_quiet_noon().now()).first().and_then(|finding| finding.days)
    };
    let year = |ends: i64| Leaf::of(&[HOST]).valid(TimeDelta::days(ends - 365), TimeDelta::days(ends));
    let told: Vec<_> = [31, 30, 15, 14, 8, 7, 4, 3, 2, 1].map(|ends| days(&year(ends))).to_vec();
    let some = Some;
    assert_eq!(told, [None, some(30), some(30), some(14), some(14), some(7), some(7), some(3), some(3), some(1)]);
    let of_six_days = |ends: i64| Leaf::of(&[HOST]).valid(TimeDelta::days(ends - 6), TimeDelta::days(ends));
    assert_eq!([5, 3, 2, 1].map(|ends| days(&of_six_days(ends))), [None, None, None, some(1)]);
}

#[test]
fn the_next_moment_to_judge_is_the_next_at_which_something_else_is_said() {
    let web = Authority::of_the_web();
    let chain =
        Chain::read(&web.issue(&Leaf::of(&[HOST]).valid(TimeDelta::days(-300), TimeDelta::days(65))).ders()).unwrap();
    let served = Served { host: HOST, chain: &chain, proxied: true, stored: &[], others: &[] };
    let (mut now, mut moments) = (a_quiet_noon().now(), Vec::new());
    for _ in 0..6 {
        let next = changes_at(&chain, now).unwrap();
        let just_before = judge(&served, next - TimeDelta::milliseconds(1));
        assert_ne!(just_before, judge(&served, next), "at {next}");
        assert_eq!(judge(&served, now), just_before, "nothing happened from {now} to {next}");
        moments.push((next - a_quiet_noon().now()).num_days());
        now = next;
    }
    assert_eq!(moments, [35, 51, 58, 62, 64, 65]);
}

#[test]
fn a_name_is_right_or_it_is_told_which_other_it_is() {
    let web = Authority::of_the_web();
    assert_eq!(of(&web.issue(&Leaf::of(&["*.example.com"]))), []);
    assert_eq!(of(&web.issue(&Leaf::of(&["other.example.com", "SHOP.example.com"]))), []);
    let wrong =
        of(&web.issue(&Leaf::of(&["a.example.com", "b.example.com", "c.example.com", "*.com", "e.example.com"])));
    let words = "It is for a.example.com, b.example.com, c.example.com and 2 more, not for shop.example.com.";
    assert_eq!(wrong, [(Judgement::WrongName, words.to_owned())]);
    let common = of(&web.issue(&Leaf::of_common_name(HOST)));
    assert_eq!(
        common[0],
        (Judgement::WrongName, "It names the host as its common name only, where clients no longer look.".to_owned())
    );
    let chain = Chain::read(&web.issue(&Leaf::of(&["xn--bcher-kva.example"])).ders()).unwrap();
    assert_eq!(of_host("xn--bcher-kva.example", &chain), []);
}

#[test]
fn a_hole_is_told_from_a_root_of_ones_own_and_from_no_signature_at_all() {
    let (web, own) = (Authority::of_the_web(), Authority::private());
    let leaf = Leaf::of(&[HOST]);
    let hole = of(&web.issue_alone(&leaf));
    assert_eq!(
        hole,
        [(
            Judgement::IncompleteChain,
            "R99 is not sent, which signed it, and is no root that clients know.".to_owned()
        )]
    );
    let private = of(&own.issue(&leaf));
    assert_eq!(
        private,
        [(
            Judgement::PrivateIssuer,
            "Its chain ends at Our own root, which browsers do not trust by themselves.".to_owned()
        )]
    );
    let mut with_root = own.issue(&leaf);
    with_root.chain.push(own.root());
    assert_eq!(names(&of(&with_root)), [Judgement::PrivateIssuer]);
    assert_eq!(names(&of(&leaf.self_signed())), [Judgement::SelfSigned]);
    // The same name and another key: an authority that was made anew.
    let mut another = web.issue_alone(&leaf);
    another.chain.push(Authority::of_the_web().intermediate());
    assert_eq!(names(&of(&another)), [Judgement::IncompleteChain]);
}

#[test]
fn a_root_that_browsers_trust_is_known_by_its_name_and_its_key() {
    let real = Sent::read(&tls::web_root()).unwrap();
    assert!(real.is_web_root && real.is_self_issued && real.is_ca && real.leads_to_web_root());
    assert_eq!((real.key.as_str(), real.signature.as_str()), ("RSA 4096", "sha256WithRSAEncryption"));
    assert!(real.fingerprint.starts_with("96:BC:EC:06:26:49:76:F3") && real.subject.contains("ISRG Root X1"));
    let namesake = Authority::of_the_web();
    assert!(!Sent::read(&namesake.root()).unwrap().leads_to_web_root());
    let mut with_namesake = namesake.issue(&Leaf::of(&[HOST]));
    with_namesake.chain.push(namesake.root());
    assert_eq!(names(&of(&with_namesake)), [Judgement::PrivateIssuer], "it shows its own root, and it is another");
}

#[test]
fn what_is_sent_out_of_order_or_beside_the_way_is_found_nevertheless() {
    let web = Authority::of_the_web();
    let mut mixed = web.issue_alone(&Leaf::of(&[HOST]));
    mixed.chain.extend([Authority::private().root(), web.intermediate()]);
    assert_eq!(names(&of(&mixed)), [Judgement::ChainOrder]);
    let mut unreadable = mixed.ders();
    unreadable[1] = vec![0x30, 0x82, 0xff];
    assert_eq!(Chain::read(&unreadable).unwrap().end, End::WebRoot);
    unreadable[0] = b"no certificate".to_vec();
    assert!(Chain::read(&unreadable).is_err() && Chain::read(&[]).is_err());
}

#[test]
fn what_is_sent_is_held_against_what_is_stored_and_against_the_other_targets() {
    let served = Authority::of_the_web().issue(&Leaf::of(&[HOST]));
    let chain = Chain::read(&served.ders()).unwrap();
    let same = served.fingerprint();
    let stored = |name: &str, fingerprint: &str, attached| Stored {
        name: name.to_owned(),
        fingerprint: fingerprint.to_owned(),
        attached,
    };
    let told = |stored: &[Stored], proxied: bool, others: &[(String, String)]| {
        let served = Served { host: HOST, chain: &chain, proxied, stored, others };
        judge(&served, a_quiet_noon().now()).into_iter().map(|finding| finding.judgement).collect::<Vec<_>>()
    };
    assert_eq!(told(&[], false, &[]), [Judgement::OwnerUnknown]);
    assert_eq!(told(&[], true, &[]), [], "a proxy's certificate is the proxy's");
    assert_eq!(told(&[stored("old", "AA:BB", true)], false, &[]), [Judgement::DiffersFromStored]);
    assert_eq!(told(&[stored("old", "AA:BB", true)], true, &[]), []);
    assert_eq!(
        told(&[stored("old", "AA:BB", true), stored("new", &same, true)], false, &[]),
        [],
        "one of them is enough"
    );
    assert_eq!(
        told(&[stored("old", "AA:BB", true), stored("new", &same, false)], false, &[]),
        [Judgement::DiffersFromStored]
    );
    assert_eq!(told(&[stored("spare", "AA:BB", false)], false, &[]), [Judgement::OtherThanStored]);
    assert_eq!(told(&[stored("spare", "AA:BB", false), stored("wild", &same, false)], false, &[]), []);
    let plain = same.replace(':', "").to_lowercase();
    assert_eq!(told(&[stored("new", &plain, true)], false, &[]), [], "controllers differ in spelling");
    assert_eq!(told(&[stored("new", "", true)], false, &[]), [], "nothing is known of it to hold against");
    let others = [(same, "192.0.2.1".to_owned()), ("CC".to_owned(), "192.0.2.2".to_owned())];
    assert_eq!(told(&[], true, &others), [Judgement::TargetsDiffer]);
}
