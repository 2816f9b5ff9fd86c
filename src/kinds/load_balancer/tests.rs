use super::*;

fn target(id: &str, target_type: &str, port: u16, health: &str) -> Target {
    Target {
        group: "web-tg".to_owned(),
        target_type: target_type.to_owned(),
        id: id.to_owned(),
        port: Some(port),
        health: health.to_owned(),
        reason: String::new(),
    }
}

fn balancer(targets: Vec<Target>) -> LoadBalancer {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web-alb/50dc6c495c0c9188";
    LoadBalancer {
        account: "123456789012".to_owned(),
        provider_region: "eu-west-1".to_owned(),
        arn: arn.to_owned(),
        name: "web-alb".to_owned(),
        balancer_type: "application".to_owned(),
        state: "active".to_owned(),
        dns_name: "web-alb-1.eu-west-1.elb.amazonaws.com".to_owned(),
        network: "vpc-1".to_owned(),
        ..LoadBalancer::default()
    }
    .with_targets(targets)
}

fn keys(mentions: &[Mention]) -> Vec<&str> {
    mentions.iter().map(|mention| mention.key.as_str()).collect()
}

fn facts(balancer: &LoadBalancer) -> Facts {
    balancer.facts(&Origin { source: "aws-eu".to_owned(), network: "office".to_owned() })
}

#[test]
fn a_balancer_points_at_what_stands_behind_it() {
    let chained = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/inner/1";
    let facts = facts(&balancer(vec![
        target("i-1", "instance", 80, "healthy"),
        target("i-1", "instance", 81, "healthy"),
        target("10.0.0.7", "ip", 80, "healthy"),
        target(chained, "alb", 80, "healthy"),
        target("arn:aws:lambda:eu-west-1:123456789012:function:f", "lambda", 0, "healthy"),
    ]));
    assert_eq!(
        keys(&facts.refs),
        ["instance:123456789012/eu-west-1/i-1", "ip:vpc-1/10.0.0.7", "load_balancer:123456789012/eu-west-1/inner"]
    );
    assert!(facts.refs.iter().all(|mention| mention.role == Role::PointsAt));
}

#[test]
fn a_balancer_is_its_hosts_and_static_addresses() {
    let with_address = LoadBalancer { addresses: vec![[192, 0, 2, 9].into()], ..balancer(Vec::new()) };
    assert_eq!(
        keys(&facts(&with_address).keys),
        [
            "load_balancer:123456789012/eu-west-1/web-alb",
            "host:web-alb-1.eu-west-1.elb.amazonaws.com",
            "host:dualstack.web-alb-1.eu-west-1.elb.amazonaws.com",
            "ip:192.0.2.9",
        ]
    );
}

#[test]
fn health_flickers_but_membership_makes_a_version() {
    let well = balancer(vec![target("i-2", "instance", 80, "healthy"), target("i-1", "instance", 80, "healthy")]);
    let ill = balancer(vec![target("i-1", "instance", 80, "unhealthy"), target("i-2", "instance", 80, "healthy")]);
    let fewer = balancer(vec![target("i-1", "instance", 80, "healthy")]);
    let lasting = |balancer: &LoadBalancer| {
        let mut stored = serde_json::to_value(balancer).unwrap();
        for field in SPEC.volatile {
            stored.as_object_mut().unwrap().remove(*field);
        }
        stored
    };
    assert_eq!(lasting(&well), lasting(&ill));
    assert_ne!(lasting(&well), lasting(&fewer));
    assert_eq!(well.members, ["web-tg/i-1:80", "web-tg/i-2:80"]);
}

#[test]
fn unused_and_draining_targets_are_not_ill() {
    let summary = |targets| balancer(targets).cell("health");
    let of = |health: &str, id: &str| target(id, "instance", 80, health);
    assert_eq!(
        summary(vec![of("healthy", "a"), of("unused", "b"), of("draining", "c")]),
        Cell::badge("1 of 1 healthy", Tone::Good)
    );
    assert_eq!(summary(vec![of("healthy", "a"), of("unhealthy", "b")]), Cell::badge("1 of 2 healthy", Tone::Warn));
    assert_eq!(summary(vec![of("unhealthy", "a")]), Cell::badge("0 of 1 healthy", Tone::Bad));
    assert_eq!(summary(vec![of("unused", "a")]), Cell::badge("none in use", Tone::Warn));
    assert_eq!(summary(Vec::new()), Cell::badge("no targets", Tone::Warn));
}

#[test]
fn unknown_targets_are_not_shown_as_none() {
    let denied = LoadBalancer { targets_error: "not allowed".to_owned(), ..balancer(Vec::new()) };
    assert_eq!(denied.cell("health"), Cell::badge("not known", Tone::Warn));
}

#[test]
fn the_ill_targets_stand_first() {
    let mixed = balancer(vec![target("i-1", "instance", 80, "healthy"), target("i-2", "instance", 80, "unhealthy")]);
    let sections = mixed.sections();
    assert_eq!(sections[1].title, "Targets");
    assert_eq!(sections[1].table.as_ref().unwrap().rows[0][0], Cell::code("i-2"));
}

#[test]
fn a_classic_balancer_goes_by_its_name() {
    let classic = LoadBalancer { arn: String::new(), ..balancer(Vec::new()) };
    assert_eq!(classic.external_id(), "web-alb");
    assert!(balancer(Vec::new()).external_id().starts_with("arn:"));
}

#[test]
fn a_port_is_shown_with_its_protocol() {
    let https = Listener { protocol: "HTTPS".to_owned(), port: 443, ..Listener::default() };
    let full = LoadBalancer { listeners: vec![https], ..balancer(Vec::new()) };
    assert_eq!(full.cell("ports"), Cell::codes(vec!["HTTPS:443".to_owned()]));
}
