use super::*;

fn web_1() -> Instance {
    let address = |text: &str, sort| Address { address: text.parse().unwrap(), sort };
    Instance {
        account: "123456789012".to_owned(),
        provider_region: "eu-west-1".to_owned(),
        instance_id: "i-0aaaabbbbccccdd01".to_owned(),
        name: "Web-1".to_owned(),
        state: "running".to_owned(),
        network: "vpc-1".to_owned(),
        addresses: vec![
            address("198.51.100.10", AddressSort::Elastic),
            address("2001:db8::10", AddressSort::Ipv6),
            address("10.0.0.7", AddressSort::Private),
        ],
        public_host: "ec2-198-51-100-10.eu-west-1.compute.amazonaws.com".to_owned(),
        system_status: "ok".to_owned(),
        instance_status: "impaired".to_owned(),
        tags: vec![("Role".to_owned(), "Postgres".to_owned()), ("empty".to_owned(), String::new())],
        ..Instance::default()
    }
}

fn origin() -> Origin {
    Origin { source: "aws-eu".to_owned(), network: "office".to_owned() }
}

fn keys(instance: &Instance) -> Vec<String> {
    instance.facts(&origin()).keys.iter().map(|mention| mention.key.to_string()).collect()
}

#[test]
fn an_instance_is_found_by_each_of_its_addresses_and_private_ones_stay_in_their_vpc() {
    assert_eq!(
        keys(&web_1()),
        [
            "instance:123456789012/eu-west-1/i-0aaaabbbbccccdd01",
            "ip:198.51.100.10",
            "ip:2001:db8::10",
            "ip:vpc-1/10.0.0.7",
            "host:ec2-198-51-100-10.eu-west-1.compute.amazonaws.com",
        ]
    );
    let without_vpc = Instance { network: String::new(), ..web_1() };
    assert!(keys(&without_vpc).contains(&"ip:office/10.0.0.7".to_owned()), "the source's network stands in");
    assert!(web_1().facts(&origin()).keys.iter().all(|mention| mention.role == Role::Is));
}

#[test]
fn a_terminated_instance_has_given_its_addresses_back() {
    let terminated = Instance { state: "terminated".to_owned(), ..web_1() };
    assert_eq!(keys(&terminated), ["instance:123456789012/eu-west-1/i-0aaaabbbbccccdd01"]);
    let terms = terminated.facts(&origin()).terms;
    assert!(!terms.iter().any(|term| term.contains("198")), "{terms:?}");
    assert!(terms.contains(&"i-0aaaabbbbccccdd01".to_owned()), "but it is still found by its id");
}

#[test]
fn search_terms_are_lower_case_and_distinct() {
    let terms = web_1().facts(&origin()).terms;
    assert!(terms.contains(&"role:postgres".to_owned()) && terms.contains(&"empty".to_owned()), "{terms:?}");
    let mut distinct = terms.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), terms.len());
    assert!(terms.iter().all(|term| !term.is_empty() && *term == term.to_lowercase()));
}

#[test]
fn the_worse_of_two_checks_is_the_one_shown() {
    assert_eq!(web_1().cell("checks"), Cell::badge("impaired", Tone::Bad));
    let unknown = Instance { system_status: String::new(), instance_status: String::new(), ..web_1() };
    assert_eq!(unknown.cell("checks"), Cell::Empty, "not known is not ok");
}

#[test]
fn a_private_instance_shows_its_private_address_in_the_list() {
    let mut internal = web_1();
    internal.addresses.retain(|address| address.sort == AddressSort::Private);
    assert_eq!(internal.cell("addresses"), Cell::codes(vec!["10.0.0.7".to_owned()]));
    assert_eq!(web_1().cell("addresses"), Cell::codes(vec!["198.51.100.10".to_owned(), "2001:db8::10".to_owned()]));
}

#[test]
fn a_nameless_instance_goes_by_its_id_and_leaves_out_what_it_has_not() {
    let bare = Instance { instance_id: "i-1".to_owned(), ..Instance::default() };
    assert_eq!(bare.facts(&origin()).name, "i-1");
    assert_eq!(bare.sections().iter().map(|section| section.title).collect::<Vec<_>>(), ["Place"]);
    let titles: Vec<_> = web_1().sections().iter().map(|section| section.title).collect();
    assert_eq!(titles, ["State", "Addresses", "Place", "Tags"]);
}

#[test]
fn what_the_list_shows_comes_first_in_the_json() {
    let json = serde_json::to_string(&web_1()).unwrap();
    let own = |column: &&Column| column.shown && !["name", "status", "cluster", "role"].contains(&column.id);
    let shown: Vec<&str> = SPEC.columns.iter().filter(own).flat_map(Column::reads).copied().collect();
    let first = |field: &str| json.find(&format!("\"{field}\":")).unwrap();
    let behind = first("account");
    assert!(shown.len() >= 6 && shown.iter().all(|field| first(field) < behind), "{shown:?} in {json}");
}
