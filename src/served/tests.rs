use proptest::prelude::*;

use super::{Finding, Judgement, covers};

/// A label of a host.
const LABEL: &str = "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?";
/// Two to four of them.
const HOST: &str = "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?){1,3}";

proptest! {
    #[test]
    fn a_name_stands_for_itself_in_any_case_and_for_no_other(host in HOST, other in LABEL) {
        let below = format!("{other}.{host}");
        prop_assert!(covers(&host, &host));
        prop_assert!(covers(&host.to_uppercase(), &host));
        prop_assert!(!covers(&below, &host));
        prop_assert!(!covers(&host, &below));
    }

    #[test]
    fn a_wildcard_stands_for_one_label_and_no_more(parent in HOST, one in LABEL, two in LABEL) {
        let wildcard = format!("*.{parent}");
        let (child, grandchild) = (format!("{one}.{parent}"), format!("{one}.{two}.{parent}"));
        let (sibling, nameless) = (format!("{one}{parent}"), format!(".{parent}"));
        prop_assert!(covers(&wildcard, &child));
        for other in [&parent, &grandchild, &sibling, &nameless] {
            prop_assert!(!covers(&wildcard, other), "{}", other);
        }
    }

    /// What comes off the wire may be anything.
    #[test]
    fn no_name_breaks_it(name in "\\PC{0,40}", host in "\\PC{0,40}") {
        let covered = covers(&name, &host);
        prop_assert!(!covered || name.contains('*') || name.eq_ignore_ascii_case(host.trim_end_matches('.')));
    }
}

#[test]
fn a_star_is_a_whole_first_label_or_nothing() {
    for (name, host) in [
        ("w*.example.com", "www.example.com"),
        ("*w.example.com", "www.example.com"),
        ("www.*.com", "www.example.com"),
        ("*.com", "example.com"),
        ("*", "com"),
        ("*.*.com", "a.example.com"),
        ("bücher.example", "bücher.example"),
        ("*.example.com", "*.example.com"),
        ("", ""),
        ("example.com.", "example.com"),
    ] {
        assert!(!covers(name, host), "{name} for {host}");
    }
    assert!(covers("*.example.com", "xn--bcher-kva.example.com"));
    assert!(covers("example.com", "example.com."));
}

#[test]
fn every_judgement_comes_back_by_its_name_and_the_order_is_theirs() {
    let ranks: Vec<i32> =
        Judgement::ALL.map(|judgement| Finding { days: Some(1), ..Finding::new(judgement, "") }.rank()).to_vec();
    assert!(ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] < pair[1]), "{ranks:?}");
    for judgement in Judgement::ALL {
        assert_eq!(Judgement::parse(judgement.as_str()), Some(judgement));
        assert_eq!(serde_json::to_value(judgement).unwrap(), judgement.as_str());
    }
    assert_eq!(Judgement::parse("fine"), None);
}
