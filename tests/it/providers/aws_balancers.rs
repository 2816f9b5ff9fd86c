//! Balancers whose parts come from several calls, some of which fail.

use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::wire::{ErrorKind, Outcome};

use crate::support::collected::collect;
use crate::support::fake_aws::{ELB_CLASSIC, ELB_V2, FakeAws, asked};

const EU: &str = "123456789012/eu-west-1";

fn arn(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/{name}/1")
}

fn balancer(name: &str) -> String {
    format!(
        "<member><LoadBalancerArn>{}</LoadBalancerArn><LoadBalancerName>{name}</LoadBalancerName><Type>application</Type>\
         <State><Code>active</Code></State></member>",
        arn(name)
    )
}

fn group(name: &str, balancer: &str) -> String {
    format!(
        "<member><TargetGroupArn>{name}</TargetGroupArn><TargetGroupName>{name}</TargetGroupName><TargetType>instance\
         </TargetType><LoadBalancerArns><member>{}</member></LoadBalancerArns></member>",
        arn(balancer)
    )
}

fn health(id: &str, state: &str) -> String {
    format!(
        "<TargetHealthDescriptions><member><Target><Id>{id}</Id><Port>80</Port></Target><TargetHealth><State>{state}</State>\
         </TargetHealth></member></TargetHealthDescriptions>"
    )
}

/// Two balancers, `a` and `b`, with the groups `tg-a` and `tg-b`.
async fn two_balancers() -> FakeAws {
    let aws = FakeAws::start().await;
    let listed = format!("<LoadBalancers>{}{}</LoadBalancers>", balancer("a"), balancer("b"));
    aws.answer(asked(ELB_V2, "DescribeLoadBalancers"), &listed).await;
    let groups = format!("<TargetGroups>{}{}</TargetGroups>", group("tg-a", "a"), group("tg-b", "b"));
    aws.answer(asked(ELB_V2, "DescribeTargetGroups"), &groups).await;
    aws.answer(asked(ELB_V2, "DescribeTargetHealth"), &health("i-1", "healthy")).await;
    aws
}

#[tokio::test]
async fn target_health_that_may_not_be_asked_is_said_and_not_taken_for_none() {
    let aws = two_balancers().await;
    aws.refuse(asked(ELB_V2, "DescribeTargetHealth"), 403, "AccessDenied", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<LoadBalancer>(EU).operation, "DescribeTargetHealth");
    let balancers: Vec<LoadBalancer> = collected.all(EU);
    assert_eq!(balancers.len(), 2);
    assert!(balancers.iter().all(|balancer| balancer.targets_error.contains("AccessDenied")));
    assert!(aws.count(asked(ELB_V2, "DescribeTargetHealth")).await <= 2, "nobody goes on asking what is denied");
}

#[tokio::test]
async fn a_balancer_whose_targets_could_not_be_read_keeps_its_last_known_state() {
    let aws = two_balancers().await;
    aws.refuse(asked(ELB_V2, "DescribeTargetHealth").with("TargetGroupArn=tg-b"), 400, "NeverHeardOf", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<LoadBalancer>(EU).kind, ErrorKind::Rejected);
    let names: Vec<_> = collected.all::<LoadBalancer>(EU).into_iter().map(|balancer| balancer.name).collect();
    assert_eq!(names, ["a"], "half a truth about b is not reported");
}

#[tokio::test]
async fn f02_balancers_are_not_gone_because_their_groups_could_not_be_listed() {
    for (code, shown) in [("AccessDenied", 2), ("TargetGroupNotFound", 0), ("NeverHeardOf", 0)] {
        let aws = two_balancers().await;
        aws.refuse(asked(ELB_V2, "DescribeTargetGroups"), 400, code, None).await;
        let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
        assert_eq!(collected.partial::<LoadBalancer>(EU).operation, "DescribeTargetGroups", "{code}");
        assert_eq!(collected.all::<LoadBalancer>(EU).len(), shown, "{code}");
    }
}

#[tokio::test]
async fn what_is_deleted_between_two_calls_is_left_out_of_a_complete_listing() {
    let aws = two_balancers().await;
    aws.refuse(asked(ELB_V2, "DescribeTargetHealth").with("TargetGroupArn=tg-a"), 400, "TargetGroupNotFound", None)
        .await;
    let of_b = format!("LoadBalancerArn={}", arn("b"));
    aws.refuse(asked(ELB_V2, "DescribeListeners").with(&of_b), 400, "LoadBalancerNotFound", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<LoadBalancer>(EU), Outcome::Complete);
    let balancers: Vec<LoadBalancer> = collected.all(EU);
    assert_eq!((balancers.len(), balancers[0].name.as_str(), balancers[0].targets.len()), (1, "a", 0));
}

#[tokio::test]
async fn tags_are_asked_for_twenty_at_a_time_and_singly_when_one_is_gone() {
    let aws = FakeAws::start().await;
    let names: Vec<String> = (0..21).map(|number| format!("lb-{number:02}")).collect();
    let listed: String = names.iter().map(|name| balancer(name)).collect();
    aws.answer(asked(ELB_V2, "DescribeLoadBalancers"), &format!("<LoadBalancers>{listed}</LoadBalancers>")).await;
    let first = |name: &str| asked(ELB_V2, "DescribeTags").with(&format!("ResourceArns.member.1={}", arn(name)));
    let tagged = |name: &str| {
        format!(
            "<TagDescriptions><member><ResourceArn>{}</ResourceArn><Tags><member><Key>team</Key><Value>web</Value></member>\
             </Tags></member></TagDescriptions>",
            arn(name)
        )
    };
    aws.answer(first("lb-20"), &tagged("lb-20")).await;
    aws.refuse(first("lb-00"), 400, "LoadBalancerNotFound", Some(2)).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<LoadBalancer>(EU), Outcome::Complete);
    let balancers: Vec<LoadBalancer> = collected.all(EU);
    assert_eq!(balancers.len(), 20, "lb-00 is gone");
    let last = collected.one::<LoadBalancer>(EU, &arn("lb-20"));
    assert_eq!(last.tags, [("team".to_owned(), "web".to_owned())]);
    assert_eq!(aws.count(asked(ELB_V2, "DescribeTags")).await, 1 + 20 + 1);
}

#[tokio::test]
async fn a_classic_balancer_keeps_its_members_when_their_health_is_denied() {
    let aws = two_balancers().await;
    let classic = "<LoadBalancerDescriptions><member><LoadBalancerName>old</LoadBalancerName><VPCId>vpc-1</VPCId><Instances>\
                   <member><InstanceId>i-7</InstanceId></member></Instances></member></LoadBalancerDescriptions>";
    aws.answer(asked(ELB_CLASSIC, "DescribeLoadBalancers"), classic).await;
    aws.refuse(asked(ELB_CLASSIC, "DescribeInstanceHealth"), 403, "AccessDenied", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<LoadBalancer>(EU).operation, "DescribeInstanceHealth (classic)");
    let old: LoadBalancer = collected.one(EU, "old");
    assert_eq!((old.members, old.network.as_str()), (vec!["i-7".to_owned()], "vpc-1"));
    assert_eq!(old.targets[0].health, "unknown");
    assert_eq!(collected.all::<LoadBalancer>(EU).len(), 3, "the others are there with all they have");
}
