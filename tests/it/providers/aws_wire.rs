//! The AWS provider against its wire: what a real account does on a bad day.

use std::time::{Duration, Instant};

use quarterdeck::kinds::instance::Instance;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;
use quarterdeck::wire::{ErrorKind, Outcome};
use wiremock::ResponseTemplate;

use crate::support::collected::{Collected, collect};
use crate::support::fake_aws::{EC2, ELB_CLASSIC, ELB_V2, FakeAws, SECRET, STS, asked, refusal};

const EU: &str = "123456789012/eu-west-1";
const US: &str = "123456789012/us-east-1";

fn reservation(id: &str, rest: &str) -> String {
    format!(
        "<item><reservationId>r</reservationId><instancesSet><item><instanceId>{id}</instanceId><instanceState><code>16</code>\
         <name>running</name></instanceState>{rest}</item></instancesSet></item>"
    )
}

fn page(ids: &[&str], token: &str) -> String {
    let items: String = ids.iter().map(|id| reservation(id, "")).collect();
    format!("<reservationSet>{items}</reservationSet><nextToken>{token}</nextToken>")
}

fn ids(collected: &Collected) -> Vec<String> {
    collected.all::<Instance>(EU).into_iter().map(|instance| instance.instance_id).collect()
}

#[tokio::test]
async fn an_empty_account_is_complete_and_empty() {
    let aws = FakeAws::start().await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert_eq!(*collected.outcome::<MaintenanceEvent>(EU), Outcome::Complete);
    assert_eq!(*collected.outcome::<LoadBalancer>(EU), Outcome::Complete);
    assert!(ids(&collected).is_empty());
}

#[tokio::test]
async fn a_listing_goes_on_through_an_empty_page_and_keeps_an_instance_that_came_twice_once() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstances");
    aws.answer(list(), &page(&["i-1", "i-2"], "t1")).await;
    aws.answer(list().with("NextToken=t1"), "<reservationSet/><nextToken>t2</nextToken>").await;
    aws.answer(list().with("NextToken=t2"), &page(&["i-2", "i-3"], "")).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert_eq!(ids(&collected), ["i-1", "i-2", "i-3"]);
    assert_eq!(aws.count(list().with("MaxResults=1000")).await, 3, "every page is asked for with a size");
    assert_eq!(aws.count(asked(EC2, "DescribeInstanceStatus").with("IncludeAllInstances=true")).await, 1);
}

#[tokio::test]
async fn throttling_is_waited_out_as_long_as_it_asks() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstances");
    let throttled = refusal(EC2, 503, "RequestLimitExceeded").insert_header("retry-after", "1");
    aws.respond(list(), throttled, Some(1)).await;
    aws.refuse(asked(ELB_V2, "DescribeLoadBalancers"), 400, "Throttling", Some(1)).await;
    aws.answer(list(), &page(&["i-1"], "")).await;
    let start = Instant::now();
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert_eq!(*collected.outcome::<LoadBalancer>(EU), Outcome::Complete);
    assert_eq!(aws.count(list()).await, 2);
}

#[tokio::test]
async fn a_token_that_repeats_ends_the_listing_as_partial() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstances");
    aws.answer(list(), &page(&["i-1"], "t1")).await;
    aws.answer(list().with("NextToken=t1"), &page(&["i-2"], "t1")).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<Instance>(EU).kind, ErrorKind::Malformed);
    assert_eq!(aws.count(list()).await, 2);
}

#[tokio::test]
async fn a_token_that_goes_bad_restarts_the_listing_once() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstances");
    aws.answer(list(), &page(&["i-1"], "t1")).await;
    aws.refuse(list().with("NextToken=t1"), 400, "InvalidNextToken", Some(1)).await;
    aws.answer(list().with("NextToken=t1"), &page(&["i-2"], "")).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert_eq!((ids(&collected), collected.restarts), (vec!["i-1".to_owned(), "i-2".to_owned()], 1));

    let stubborn = FakeAws::start().await;
    stubborn.answer(list(), &page(&["i-1"], "t1")).await;
    stubborn.refuse(list().with("NextToken=t1"), 400, "InvalidNextToken", None).await;
    let collected = collect(stubborn.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<Instance>(EU).kind, ErrorKind::Rejected);
    assert_eq!(stubborn.count(list()).await, 4);
}

#[tokio::test]
async fn a_later_page_that_fails_makes_the_listing_partial_and_leaves_the_others_alone() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstances");
    aws.answer(list(), &page(&["i-1"], "t1")).await;
    aws.refuse(list().with("NextToken=t1"), 403, "UnauthorizedOperation", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<Instance>(EU).kind, ErrorKind::Auth);
    assert_eq!(*collected.outcome::<MaintenanceEvent>(EU), Outcome::Complete);
}

#[tokio::test]
async fn f16_an_event_on_a_page_that_was_read_is_told_although_the_next_page_failed() {
    let aws = FakeAws::start().await;
    let list = || asked(EC2, "DescribeInstanceStatus");
    let status = "<instanceStatusSet><item><instanceId>i-1</instanceId><eventsSet><item><instanceEventId>e-1</instanceEventId>\
                  <code>instance-stop</code></item></eventsSet></item></instanceStatusSet><nextToken>t1</nextToken>";
    aws.answer(list(), status).await;
    aws.refuse(list().with("NextToken=t1"), 400, "NeverHeardOf", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<MaintenanceEvent>(EU).kind, ErrorKind::Rejected);
    assert_eq!(collected.one::<MaintenanceEvent>(EU, "e-1").state, "scheduled");
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
}

#[tokio::test]
async fn a_permission_that_is_missing_marks_its_own_listing_alone() {
    let aws = FakeAws::start().await;
    aws.answer(asked(EC2, "DescribeInstances"), &page(&["i-1"], "")).await;
    aws.refuse(asked(ELB_V2, "DescribeLoadBalancers"), 403, "AccessDenied", None).await;
    aws.refuse(asked(ELB_CLASSIC, "DescribeLoadBalancers"), 403, "AccessDenied", None).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.ended, Ok(()));
    let error = collected.partial::<LoadBalancer>(EU);
    assert_eq!((error.kind, error.operation.as_str()), (ErrorKind::Auth, "DescribeLoadBalancers"));
    assert_eq!(error.request_id.as_deref(), Some("request-of-AccessDenied"));
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert_eq!(*collected.outcome::<MaintenanceEvent>(EU), Outcome::Complete);
    assert_eq!(aws.count(asked(ELB_V2, "DescribeLoadBalancers")).await, 1, "a refusal is not repeated");
}

#[tokio::test]
async fn f02_what_is_no_answer_is_never_an_empty_listing() {
    for nonsense in
        ["<html><body>Sign in to the network</body></html>", "", "<DescribeInstancesResponse><reservationSet>"]
    {
        let aws = FakeAws::start().await;
        let answer = ResponseTemplate::new(200).set_body_string(nonsense);
        aws.respond(asked(EC2, "DescribeInstances"), answer, None).await;
        let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
        assert_eq!(collected.partial::<Instance>(EU).kind, ErrorKind::Malformed, "{nonsense:?}");
    }
}

#[tokio::test]
async fn what_is_new_at_aws_is_kept_as_it_comes_and_noted() {
    let aws = FakeAws::start().await;
    let instance = "<instanceId>i-1</instanceId><brandNew><deep>1</deep></brandNew><instanceState><code>99</code>\
                    <name>hibernating</name></instanceState>";
    let listed =
        format!("<reservationSet><item><instancesSet><item>{instance}</item></instancesSet></item></reservationSet>");
    aws.answer(asked(EC2, "DescribeInstances"), &listed).await;
    let status = "<instanceStatusSet><item><instanceId>i-9</instanceId><eventsSet><item><instanceEventId>e-1</instanceEventId>\
                  <code>instance-teleport</code></item></eventsSet></item></instanceStatusSet>";
    aws.answer(asked(EC2, "DescribeInstanceStatus"), status).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.one::<Instance>(EU, "i-1").state, "hibernating");
    let event: MaintenanceEvent = collected.one(EU, "e-1");
    assert_eq!((event.code.as_str(), event.instance_id.as_str()), ("instance-teleport", "i-9"));
    assert_eq!(
        collected.notes,
        [
            "123456789012/eu-west-1: unknown event code \"instance-teleport\", kept as it came",
            "123456789012/eu-west-1: unknown instance state \"hibernating\", kept as it came",
        ]
    );
}

#[tokio::test]
async fn a_region_that_is_off_is_skipped_and_the_others_go_on() {
    // One service says so in words, another refuses credentials that are good elsewhere.
    let aws = FakeAws::start().await;
    for action in ["DescribeInstances", "DescribeInstanceStatus"] {
        aws.refuse(asked(EC2, action).in_region("us-east-1"), 401, "AuthFailure", None).await;
    }
    for version in [ELB_V2, ELB_CLASSIC] {
        aws.refuse(asked(version, "DescribeLoadBalancers").in_region("us-east-1"), 403, "OptInRequired", None).await;
    }
    let collected = collect(aws.source(&["eu-west-1", "us-east-1"]).as_ref()).await;
    assert_eq!(collected.ended, Ok(()));
    assert_eq!(*collected.outcome::<Instance>(EU), Outcome::Complete);
    assert!(matches!(collected.outcome::<Instance>(US), Outcome::Skipped { .. }));
    assert!(matches!(collected.outcome::<MaintenanceEvent>(US), Outcome::Skipped { .. }));
    assert!(matches!(collected.outcome::<LoadBalancer>(US), Outcome::Skipped { .. }));
}

#[tokio::test]
async fn credentials_that_are_refused_everywhere_end_the_collection() {
    let aws = FakeAws::start().await;
    let words = format!(
        "<Response><Errors><Error><Code>InvalidClientTokenId</Code><Message>{SECRET}</Message></Error></Errors></Response>"
    );
    let refusal = ResponseTemplate::new(403).set_body_string(words);
    aws.respond(asked(STS, "GetCallerIdentity"), refusal, None).await;
    let collected = collect(aws.source(&["eu-west-1", "us-east-1"]).as_ref()).await;
    let error = collected.ended.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.to_string().contains(SECRET), "{error}");
    assert!(collected.scopes.is_empty());
}
