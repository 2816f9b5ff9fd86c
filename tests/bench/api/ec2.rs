//! Instances of one account as EC2 lists them, region by region, a thousand a page; no balancers, and the one identity
//! of STS.

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use chrono::SecondsFormat;
use quarterdeck::kinds::instance::{AddressSort, Instance};
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;

use super::Answers;
use crate::estate::{Estate, REGIONS, State, account};

const A_PAGE: usize = 1_000;

/// Action, region and token; the region is in the signature's scope
/// (`Credential=KEY/DATE/REGION/SERVICE/aws4_request`).
pub fn key(request: &HttpRequest, body: &[u8]) -> String {
    let form = String::from_utf8_lossy(body);
    let asked = |name: &str| {
        let pair = form.split('&').find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name));
        pair.map_or("", |(_, value)| value).to_owned()
    };
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let region = header.split("Credential=").nth(1).and_then(|scope| scope.split('/').nth(2)).unwrap_or_default();
    match asked("Action").as_str() {
        action @ ("DescribeInstances" | "DescribeInstanceStatus") => {
            format!("{action} {region} {}", asked("NextToken"))
        }
        "DescribeLoadBalancers" => format!("DescribeLoadBalancers {}", asked("Version")),
        action => action.to_owned(),
    }
}

pub fn answers(estate: &Estate) -> Answers {
    let mut answers = Answers::new();
    let identity =
        format!("<Arn>arn:aws:iam::{0}:user/panel-reader</Arn><UserId>A</UserId><Account>{0}</Account>", account(0));
    answers.insert("GetCallerIdentity".to_owned(), wrapped("GetCallerIdentity", &identity));
    for version in ["2015-12-01", "2012-06-01"] {
        answers.insert(format!("DescribeLoadBalancers {version}"), wrapped("DescribeLoadBalancers", ""));
    }
    for (position, region) in REGIONS.iter().enumerate() {
        let numbers: Vec<usize> = (position..estate.instances).step_by(REGIONS.len()).collect();
        let pages: Vec<&[usize]> = numbers.chunks(A_PAGE).collect();
        for (index, page) in pages.iter().enumerate() {
            let token = if index == 0 { String::new() } else { format!("page{index}") };
            let next = match index + 1 {
                next if next < pages.len() => format!("<nextToken>page{next}</nextToken>"),
                _ => String::new(),
            };
            let instances: Vec<Instance> =
                page.iter().map(|number| estate.instance(*number, State::default())).collect();
            let described: String = instances.iter().map(reservation).collect();
            let statuses: String = page.iter().zip(&instances).map(|(n, i)| status(i, estate.event(*n))).collect();
            answers.insert(
                format!("DescribeInstances {region} {token}"),
                plain("DescribeInstances", &format!("<reservationSet>{described}</reservationSet>{next}")),
            );
            answers.insert(
                format!("DescribeInstanceStatus {region} {token}"),
                plain("DescribeInstanceStatus", &format!("<instanceStatusSet>{statuses}</instanceStatusSet>{next}")),
            );
        }
    }
    answers
}

/// EC2's own form.
fn plain(action: &str, within: &str) -> Bytes {
    Bytes::from(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>3c1f0000-0000-4000-8000-000000000002</requestId>{within}</{action}Response>"
    ))
}

/// The query services' form.
fn wrapped(action: &str, within: &str) -> Bytes {
    Bytes::from(format!(
        "<{action}Response xmlns=\"https://aws.example/doc/\"><{action}Result>{within}</{action}Result>\
         <ResponseMetadata><RequestId>3c1f0000-0000-4000-8000-000000000001</RequestId></ResponseMetadata></{action}Response>"
    ))
}

fn reservation(instance: &Instance) -> String {
    let address = |wanted: fn(AddressSort) -> bool| {
        let found = instance.addresses.iter().find(|address| wanted(address.sort));
        found.map(|found| (found.address.to_string(), found.sort))
    };
    let (private, _) =
        address(|sort| sort == AddressSort::Private).unwrap_or_else(|| (String::new(), AddressSort::Private));
    let (public, association) = match address(|sort| matches!(sort, AddressSort::Public | AddressSort::Elastic)) {
        Some((public, sort)) => {
            let owner = if sort == AddressSort::Elastic { instance.account.as_str() } else { "amazon" };
            let association =
                format!("<association><publicIp>{public}</publicIp><ipOwnerId>{owner}</ipOwnerId></association>");
            (format!("<ipAddress>{public}</ipAddress>"), association)
        }
        None => (String::new(), String::new()),
    };
    let v6 = address(|sort| sort == AddressSort::Ipv6)
        .map_or_else(String::new, |(v6, _)| format!("<item><ipv6Address>{v6}</ipv6Address></item>"));
    let tags: String = instance
        .tags
        .iter()
        .map(|(name, value)| format!("<item><key>{name}</key><value>{value}</value></item>"))
        .collect();
    let reason = match instance.state_reason.as_str() {
        "" => String::new(),
        words => format!("<stateReason><code>{words}</code><message>{words}</message></stateReason>"),
    };
    let lifecycle = match instance.lifecycle.as_str() {
        "spot" => "<instanceLifecycle>spot</instanceLifecycle>",
        _ => "",
    };
    let Instance { instance_id, account, image, state, private_host, public_host, instance_type, zone, .. } = instance;
    let (subnet, network, group) = (&instance.subnet, &instance.network, &instance.security_groups[0]);
    let code = if state == "running" { 16 } else { 80 };
    let launched = instance.launched_at.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true);
    format!(
        "<item><reservationId>r-{number}</reservationId><ownerId>{account}</ownerId><groupSet/><instancesSet><item>\
         <instanceId>{instance_id}</instanceId><imageId>{image}</imageId>\
         <instanceState><code>{code}</code><name>{state}</name></instanceState>\
         <privateDnsName>{private_host}</privateDnsName><dnsName>{public_host}</dnsName>{reason}<keyName>ops</keyName>\
         <amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>{instance_type}</instanceType>\
         <launchTime>{launched}</launchTime><placement><availabilityZone>{zone}</availabilityZone><groupName/>\
         <tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring><subnetId>{subnet}</subnetId>\
         <vpcId>{network}</vpcId><privateIpAddress>{private}</privateIpAddress>{public}<sourceDestCheck>true</sourceDestCheck>\
         <groupSet><item><groupId>{group}</groupId><groupName>web</groupName></item></groupSet>\
         <architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType>{lifecycle}\
         <platformDetails>Linux/UNIX</platformDetails><networkInterfaceSet><item>\
         <networkInterfaceId>eni-{number}</networkInterfaceId><privateIpAddress>{private}</privateIpAddress>\
         <ipv6AddressesSet>{v6}</ipv6AddressesSet><privateIpAddressesSet><item><privateIpAddress>{private}</privateIpAddress>\
         <primary>true</primary>{association}</item></privateIpAddressesSet></item></networkInterfaceSet>\
         <tagSet>{tags}</tagSet></item></instancesSet></item>",
        number = &instance_id[2..],
    )
}

fn status(instance: &Instance, event: Option<MaintenanceEvent>) -> String {
    let time =
        |at: Option<chrono::DateTime<chrono::Utc>>| at.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true);
    let events = event.map_or_else(
        || "<eventsSet/>".to_owned(),
        |event| {
            format!(
                "<eventsSet><item><instanceEventId>{}</instanceEventId><code>{}</code><description>{}</description>\
                 <notBefore>{}</notBefore><notAfter>{}</notAfter><notBeforeDeadline>{}</notBeforeDeadline></item></eventsSet>",
                event.event_id,
                event.code,
                event.description,
                time(event.not_before),
                time(event.not_after),
                time(event.not_before_deadline)
            )
        },
    );
    format!(
        "<item><instanceId>{}</instanceId><availabilityZone>{}</availabilityZone>{events}\
         <instanceState><code>16</code><name>{}</name></instanceState>\
         <systemStatus><status>{}</status></systemStatus><instanceStatus><status>{}</status></instanceStatus></item>",
        instance.instance_id, instance.zone, instance.state, instance.system_status, instance.instance_status
    )
}
