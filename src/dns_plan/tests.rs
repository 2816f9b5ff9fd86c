//! The laws of plans, over record sets that nobody would write by hand, and the rules one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::wire::dns::{RecordValue, SetComment};

/// Old addresses are 192.0.2.1 to 4, new ones 198.51.100.1 to 4, and everything else is somebody else's.
fn address() -> impl Strategy<Value = IpAddr> {
    let v4 = |net: [u8; 3], last: u8| IpAddr::V4(Ipv4Addr::new(net[0], net[1], net[2], last));
    prop_oneof![
        (1..5_u8).prop_map(move |last| v4([192, 0, 2], last)),
        (1..5_u8).prop_map(move |last| v4([198, 51, 100], last)),
        (1..5_u8).prop_map(move |last| v4([203, 0, 113], last)),
    ]
}

fn value(content: String) -> impl Strategy<Value = RecordValue> {
    (
        any::<bool>(),
        prop_oneof![Just(1_i64), Just(60), Just(300), Just(3_600)],
        "[a-z]{0,6}",
        vec("[a-z]:[a-z]", 0..3),
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(move |(proxied, ttl, comment, tags, id, disabled)| RecordValue {
            id: Some(format!("{id:016x}")),
            content: content.clone(),
            ttl,
            proxied,
            comment,
            tags,
            disabled,
            ..RecordValue::default()
        })
}

fn set(name: String) -> impl Strategy<Value = RecordSet> {
    let of = move |record_type: &str| SetName { name: name.clone(), record_type: record_type.to_owned() };
    let (a, cname, txt) = (of("A"), of("CNAME"), of("TXT"));
    let comments = vec(("[a-z]{1,8}", 0..100_i64), 0..2).prop_map(|comments| {
        let comment = |(content, modified_at)| SetComment { content, account: "someone".to_owned(), modified_at };
        comments.into_iter().map(comment).collect::<Vec<_>>()
    });
    let addresses = proptest::collection::btree_set(address(), 1..5)
        .prop_flat_map(|all| all.into_iter().map(|one| value(one.to_string())).collect::<Vec<_>>());
    let host =
        prop_oneof![Just("old.elb.example.net"), Just("dualstack.old.elb.example.net"), Just("other.example.org")];
    let host = host.prop_flat_map(|host| value(host.to_owned()).prop_map(|value| vec![value]));
    let text = value("v=spf1 -all".to_owned()).prop_map(|value| vec![value]);
    prop_oneof![
        4 => (addresses, comments.clone()).prop_map(move |(values, comments)| RecordSet { of: a.clone(), values, comments }),
        2 => (host, comments.clone()).prop_map(move |(values, comments)| RecordSet { of: cname.clone(), values, comments }),
        1 => (text, comments).prop_map(move |(values, comments)| RecordSet { of: txt.clone(), values, comments }),
    ]
}

fn zone() -> impl Strategy<Value = ZoneNow> {
    btree_map("[a-e]{1,2}", Just(()), 0..12)
        .prop_flat_map(|names| names.into_keys().map(|name| set(format!("{name}.example.com"))).collect::<Vec<_>>())
        .prop_map(of_sets)
}

pub(super) fn of_sets(sets: Vec<RecordSet>) -> ZoneNow {
    ZoneNow {
        source: "dns".to_owned(),
        at: ZoneAt { id: "z1".to_owned(), name: "example.com".to_owned() },
        records: sets.iter().map(|set| set.values.len()).sum(),
        sets,
        read_only: None,
        most_per_write: 200,
        terms: WriteTerms::CLOUDFLARE,
        marks: BTreeMap::new(),
        hidden: None,
    }
}

pub(super) fn move_over() -> Swap {
    let addresses =
        |net: [u8; 3], to: u8| (1..=to).map(|last| IpAddr::V4(Ipv4Addr::new(net[0], net[1], net[2], last))).collect();
    Swap {
        from: Side {
            title: "old".to_owned(),
            addresses: addresses([192, 0, 2], 4),
            hosts: vec!["old.elb.example.net".to_owned(), "dualstack.old.elb.example.net".to_owned()],
        },
        to: Side {
            title: "new".to_owned(),
            addresses: addresses([198, 51, 100], 3),
            hosts: vec!["new.elb.example.net".to_owned(), "dualstack.new.elb.example.net".to_owned()],
        },
        own_names: OwnNames::Move,
    }
}

/// What a provider does with changes: each set becomes what it shall be; ids of values that it does not know are made
/// up.
fn written(zone: &ZoneNow, changes: &[PlannedChange]) -> ZoneNow {
    let mut sets: BTreeMap<SetName, RecordSet> = zone.sets.iter().map(|set| (set.of.clone(), set.clone())).collect();
    for planned in changes {
        assert_eq!(sets.get(&planned.change.of), planned.change.before.as_ref(), "planned from what is there");
        sets.remove(&planned.change.of);
        if let Some(mut after) = planned.change.after.clone() {
            for value in &mut after.values {
                value.id.get_or_insert_with(|| format!("new-{}", value.content));
            }
            sets.insert(planned.change.of.clone(), after);
        }
    }
    ZoneNow { sets: sets.into_values().collect(), ..zone.clone() }
}

/// What a zone says to people and resolvers, whatever ids it has.
fn says_the_same(one: &ZoneNow, other: &ZoneNow) -> bool {
    one.sets.len() == other.sets.len()
        && one.sets.iter().all(|set| other.set(&set.of).is_some_and(|other| other.says_the_same_as(set)))
}

fn landed(plan: &Plan, zone: &ZoneNow) -> Vec<PlannedChange> {
    let landed = |planned: &PlannedChange| {
        let mut landed = planned.clone();
        landed.change.after = zone.set(&planned.change.of).cloned();
        landed
    };
    plan.changes.iter().map(landed).collect()
}

proptest! {
    #[test]
    fn plan_and_way_back_leave_what_was_there(zone in zone()) {
        let plan = swap(std::slice::from_ref(&zone), &move_over());
        let after = written(&zone, &plan.changes);
        let back = way_back(&landed(&plan, &after), std::slice::from_ref(&after), &[]);
        prop_assert!(plan.changes.is_empty() || back.refusals.is_empty(), "{:?}", back.refusals);
        let again = written(&after, &back.changes);
        prop_assert!(says_the_same(&zone, &again));
        // A record that was patched there and back is the same record to its provider.
        for (set, value) in again.sets.iter().flat_map(|set| set.values.iter().map(move |value| (set, value))) {
            let before = zone.set(&set.of).and_then(|set| set.values.iter().find(|known| known.content == value.content));
            if value.id.as_deref().is_some_and(|id| !id.starts_with("new-")) {
                prop_assert_eq!(&value.id, &before.and_then(|before| before.id.clone()));
            }
        }
    }

    #[test]
    fn a_swap_touches_what_it_states_and_nothing_else(zone in zone()) {
        let swap = move_over();
        let plan = super::swap(std::slice::from_ref(&zone), &swap);
        let after = written(&zone, &plan.changes);
        for set in &zone.sets {
            let now = after.set(&set.of);
            for value in &set.values {
                let old = value.content.parse::<IpAddr>().is_ok_and(|address| swap.from.addresses.contains(&address))
                    || (set.of.record_type == "CNAME" && swap.from.hosts.contains(&value.content));
                let stays = now.is_some_and(|now| now.values.contains(value));
                prop_assert!(old != stays, "{} {value:?}", set.of);
            }
            let told: BTreeSet<&str> = now.into_iter().flat_map(|now| &now.values).map(|value| value.content.as_str()).collect();
            prop_assert_eq!(told.len(), now.map_or(0, |now| now.values.len()), "no value twice");
        }
    }

    #[test]
    fn no_name_is_empty_on_the_way_and_none_is_done_by_half(zone in zone(), most in 1..12_usize) {
        let plan = swap(std::slice::from_ref(&zone), &move_over());
        let leads = |zone: &ZoneNow| -> BTreeSet<String> {
            let leading = zone.sets.iter().filter(|set| matches!(set.of.record_type.as_str(), "A" | "AAAA" | "CNAME"));
            leading.filter(|set| !set.values.is_empty()).map(|set| set.of.name.clone()).collect()
        };
        let (mut now, mut names) = (zone.clone(), BTreeSet::new());
        for piece in pieces(&plan, |_, _| most) {
            let of_piece: BTreeSet<String> = piece.changes.iter().map(|change| change.of.name.clone()).collect();
            prop_assert!(names.is_disjoint(&of_piece));
            let cost: usize = piece.changes.iter().flat_map(|change| [&change.before, &change.after]).flatten().map(|set| set.values.len()).sum();
            prop_assert!(cost <= most || of_piece.len() == 1);
            names.extend(of_piece);
            let planned = |change: &SetChange| plan.changes.iter().find(|planned| planned.change == *change).cloned();
            now = written(&now, &piece.changes.iter().filter_map(planned).collect::<Vec<_>>());
            prop_assert_eq!(leads(&now), leads(&zone));
        }
        prop_assert!(says_the_same(&now, &written(&zone, &plan.changes)));
    }

    #[test]
    fn times_to_live_come_back_after_the_switch(zone in zone()) {
        // One time to live for a set: providers serve the lowest of them anyhow.
        let mut zone = zone;
        for set in &mut zone.sets {
            let ttl = set.values.first().map_or(300, |value| value.ttl.max(60));
            set.values.iter_mut().for_each(|value| value.ttl = ttl);
        }
        let zones = std::slice::from_ref(&zone);
        let lowered = lower(&swap(zones, &move_over()), zones, 60);
        let low = written(&zone, &lowered.changes);
        let switched = swap(std::slice::from_ref(&low), &move_over());
        let over = written(&low, &switched.changes);
        let since = |done| Since { change: 2, title: None, is_neutral: false, done };
        let since: Vec<Since> = landed(&switched, &over).into_iter().map(since).collect();
        let raised = restore(&landed(&lowered, &low), &since, std::slice::from_ref(&over));
        let end = written(&over, &raised.changes);
        prop_assert!(says_the_same(&end, &written(&zone, &swap(zones, &move_over()).changes)));
    }
}

pub(super) fn record(name: &str, record_type: &str, contents: &[&str]) -> RecordSet {
    let of = SetName { name: name.to_owned(), record_type: record_type.to_owned() };
    let value = |content: &&str| RecordValue {
        id: Some(format!("id-{content}")),
        content: (*content).to_owned(),
        ttl: 300,
        ..RecordValue::default()
    };
    RecordSet { of, values: contents.iter().map(value).collect(), comments: Vec::new() }
}

pub(super) fn told(plan: &Plan) -> String {
    let contents = |set: &Option<RecordSet>| {
        let values = set.iter().flat_map(|set| &set.values);
        values.map(|value| value.content.as_str()).collect::<Vec<_>>().join(" ")
    };
    let changes = plan.changes.iter().map(|planned| {
        format!("{}: {} -> {}", planned.change.of, contents(&planned.change.before), contents(&planned.change.after))
    });
    let refusals = plan.refusals.iter().map(|refusal| {
        format!(
            "{}{}: {}",
            refusal.code.as_str(),
            if refusal.overridable { " (a reason helps)" } else { "" },
            refusal.text
        )
    });
    changes.chain(refusals).chain(plan.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
}

pub(super) fn plain(sets: Vec<RecordSet>) -> ZoneNow {
    ZoneNow { terms: WriteTerms::default(), ..of_sets(sets) }
}

#[test]
fn values_of_others_stay_and_ids_are_kept() {
    let zone = of_sets(vec![record("www.example.com", "A", &["192.0.2.1", "203.0.113.9", "192.0.2.2"])]);
    let plan = swap(&[zone], &move_over());
    insta::assert_snapshot!(told(&plan), @"www.example.com A: 192.0.2.1 203.0.113.9 192.0.2.2 -> 198.51.100.1 203.0.113.9 198.51.100.2 198.51.100.3");
    let ids: Vec<_> =
        plan.changes[0].change.after.iter().flat_map(|set| &set.values).map(|value| value.id.as_deref()).collect();
    assert_eq!(ids, [Some("id-192.0.2.1"), Some("id-203.0.113.9"), Some("id-192.0.2.2"), None]);
}

/// F5: a balancer that only has a name is reached by that name, and never by the addresses that its name has today.
#[test]
fn a_balancer_with_a_name_alone_is_reached_by_its_name() {
    let mut by_name = move_over();
    by_name.to.addresses.clear();
    let zone = plain(vec![
        record("example.com", "A", &["192.0.2.1"]),
        record("beside.example.com", "A", &["192.0.2.1"]),
        record("beside.example.com", "TXT", &["x"]),
        record("www.example.com", "A", &["192.0.2.1", "192.0.2.2"]),
    ]);
    insta::assert_snapshot!(told(&swap(&[zone], &by_name)), @r"
    www.example.com A: 192.0.2.1 192.0.2.2 -> 
    www.example.com CNAME:  -> new.elb.example.net
    no-counterpart: beside.example.com cannot become a CNAME of new: other records stand beside it.
    no-counterpart: example.com cannot become a CNAME of new: an alias is not possible at the apex here.
    ");
}

#[test]
fn a_name_is_never_left_empty_for_want_of_an_address_of_its_sort() {
    let mut swap_v6 = move_over();
    swap_v6.from.addresses.push("2001:db8::1".parse().unwrap());
    let zone = plain(vec![
        record("both.example.com", "A", &["192.0.2.1"]),
        record("both.example.com", "AAAA", &["2001:db8::1"]),
        record("only.example.com", "AAAA", &["2001:db8::1"]),
    ]);
    insta::assert_snapshot!(told(&swap(&[zone], &swap_v6)), @r"
    both.example.com A: 192.0.2.1 -> 198.51.100.1 198.51.100.2 198.51.100.3
    both.example.com AAAA: 2001:db8::1 -> 
    no-counterpart: only.example.com AAAA would be left empty: new has no address of that sort.
    ");
}

fn edits(json: &str) -> Vec<Edit> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn edits_are_checked_by_the_rules_of_their_type() {
    let zone = of_sets(vec![
        record("www.example.com", "A", &["192.0.2.1"]),
        record("old.example.com", "CNAME", &["a.example.org"]),
    ]);
    let plan = edit(
        &[zone],
        &edits(
            r#"[
        {"op": "create", "zone": "example.com", "name": "a", "type": "a", "contents": ["192.0.2.300"]},
        {"op": "create", "zone": "example.com", "name": "www", "type": "CNAME", "contents": ["x.example.org."]},
        {"op": "create", "zone": "example.com", "name": "www", "type": "A", "contents": ["192.0.2.1"]},
        {"op": "create", "zone": "example.com", "name": "@", "type": "MX", "contents": ["mail.example.com"]},
        {"op": "create", "zone": "example.com", "name": "@", "type": "MX", "ttl": 5, "contents": ["10 mail.example.com"]},
        {"op": "create", "zone": "example.com", "name": "_sip._tcp", "type": "SRV", "contents": ["10 5 5060 sip.example.com"]},
        {"op": "create", "zone": "example.com", "name": "@", "type": "CAA", "contents": ["0 issue \"ca.example.net\""]},
        {"op": "create", "zone": "example.com", "name": "x.example.org.", "type": "A", "contents": ["192.0.2.1"]},
        {"op": "create", "zone": "example.com", "name": "l", "type": "LOC", "contents": ["1"]},
        {"op": "update", "zone": "example.com", "name": "nobody", "type": "A", "contents": ["192.0.2.1"]},
        {"op": "update", "zone": "example.com", "name": "old", "type": "CNAME", "contents": ["b.example.org"], "comment": "moved"},
        {"op": "delete", "zone": "example.com", "name": "www", "type": "A", "contents": ["192.0.2.7"]},
        {"op": "create", "zone": "example.com", "name": "<script>", "type": "A", "contents": ["192.0.2.1"]}
    ]"#,
        ),
    );
    insta::assert_snapshot!(told(&plan), @r#"
    _sip._tcp.example.com SRV:  -> 10 5 5060 sip.example.com
    example.com CAA:  -> 0 issue "ca.example.net"
    old.example.com CNAME: a.example.org -> b.example.org
    www.example.com CNAME:  -> x.example.org
    invalid: a.example.com A: “192.0.2.300” is no IPv4 address.
    invalid: www.example.com A has the value 192.0.2.1 already.
    invalid: example.com MX: “mail.example.com” is not of the form “10 mail.example.com”.
    invalid: example.com MX: the time to live must be 60 to 86400 seconds, or 1 for automatic.
    invalid: x.example.org does not lie in example.com.
    invalid: l.example.com LOC is of a type that is only shown here, and never rewritten.
    invalid: nobody.example.com A does not exist.
    invalid: www.example.com A has no value 192.0.2.7.
    invalid: <script> is no name for a record.
    conflict: www.example.com cannot have a CNAME beside A.
    "#);
}

/// F18: much of a zone, mail and databases only with somebody's word, and never what is somebody else's.
#[test]
fn what_speaks_against_a_plan() {
    let mut sets: Vec<RecordSet> = (0..9).map(|n| record(&format!("h{n}.example.com"), "A", &["192.0.2.1"])).collect();
    sets.push(record("example.com", "MX", &["mail.example.com"]));
    let mut zone = of_sets(sets);
    let of = |name: &str| SetName { name: name.to_owned(), record_type: "A".to_owned() };
    zone.marks.insert(of("h1.example.com"), Marks { database: true, ..Marks::default() });
    zone.marks.insert(of("h2.example.com"), Marks { someone_elses: Some("the shop".to_owned()), ..Marks::default() });
    let zones = [zone];
    let moved = guard(swap(&zones, &move_over()), &zones, Some("eu-blue"));
    assert_eq!(moved.confirm(), Some("eu-blue"));
    assert!(!moved.is_blocked());
    let deleted = edits(
        r#"[
        {"op": "delete", "zone": "example.com", "name": "@", "type": "MX"},
        {"op": "delete", "zone": "example.com", "name": "h1", "type": "A"},
        {"op": "delete", "zone": "example.com", "name": "h2", "type": "A"},
        {"op": "delete", "zone": "example.com", "name": "h3", "type": "A"}
    ]"#,
    );
    let by_hand = guard(edit(&zones, &deleted), &zones, None);
    assert!(by_hand.is_blocked());
    insta::assert_snapshot!(told(&by_hand), @r"
    example.com MX: mail.example.com -> 
    h1.example.com A: 192.0.2.1 -> 
    h2.example.com A: 192.0.2.1 -> 
    h3.example.com A: 192.0.2.1 -> 
    protected-type (a reason helps): example.com MX decides where a whole domain is found.
    database-server (a reason helps): h1.example.com A leads to a database server.
    someone-elses: h2.example.com A is marked as someone else's (the shop).
    large-share (a reason helps): It changes 4 of the 10 records of example.com.
    ");
    // Three of ten are not more than thirty per cent.
    let three = guard(edit(&zones, &deleted[..1]), &zones, None);
    assert!(three.refusals.iter().all(|refusal| refusal.code != Code::LargeShare));
    let mut secondary = zones;
    secondary[0].read_only = Some("it is a secondary".to_owned());
    assert!(guard(edit(&secondary, &deleted[3..]), &secondary, None).is_blocked());
}

/// F1: a way back that would undo what somebody has done since is refused, name by name.
#[test]
fn the_way_back_refuses_what_has_been_changed_since() {
    let zone =
        of_sets(vec![record("a.example.com", "A", &["192.0.2.1"]), record("b.example.com", "A", &["192.0.2.2"])]);
    let plan = swap(std::slice::from_ref(&zone), &move_over());
    let mut after = written(&zone, &plan.changes);
    let landed = landed(&plan, &after);
    after.sets[0].values[0].comment = "by hand".to_owned();
    insta::assert_snapshot!(told(&way_back(&landed, &[after], &[])), @r"
    b.example.com A: 198.51.100.1 198.51.100.2 198.51.100.3 -> 192.0.2.2
    changed-since: a.example.com A has been changed since by somebody else; the way back would undo that too.
    ");
}
