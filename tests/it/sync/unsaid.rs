//! What a provider may not be asked any more stays as it was last known: unknown is not empty (F17).

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;
use quarterdeck::store::sql::Sql;
use quarterdeck::sync::{SyncState, dry_run};
use serde::de::DeserializeOwned;

use crate::support::database::on_each_database;
use crate::support::fake_aws::{Asked, EC2, ELB_CLASSIC, ELB_V2, FakeAws, asked};
use crate::support::house::House;

const ALB: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1";

/// An account with a balancer of each generation, and a maintenance of the instance behind them.
async fn account() -> FakeAws {
    let aws = FakeAws::start().await;
    let balancers = format!(
        "<LoadBalancers><member><LoadBalancerArn>{ALB}</LoadBalancerArn><LoadBalancerName>web</LoadBalancerName>\
         <Type>application</Type><State><Code>active</Code></State></member></LoadBalancers>"
    );
    aws.answer(asked(ELB_V2, "DescribeLoadBalancers"), &balancers).await;
    let groups = format!(
        "<TargetGroups><member><TargetGroupArn>tg</TargetGroupArn><TargetGroupName>tg</TargetGroupName><TargetType>instance\
         </TargetType><LoadBalancerArns><member>{ALB}</member></LoadBalancerArns></member></TargetGroups>"
    );
    aws.answer(asked(ELB_V2, "DescribeTargetGroups"), &groups).await;
    let health = "<TargetHealthDescriptions><member><Target><Id>i-1</Id><Port>80</Port></Target><TargetHealth><State>healthy\
                  </State></TargetHealth></member></TargetHealthDescriptions>";
    aws.answer(asked(ELB_V2, "DescribeTargetHealth"), health).await;
    let listeners = "<Listeners><member><Protocol>HTTPS</Protocol><Port>443</Port></member></Listeners>";
    aws.answer(asked(ELB_V2, "DescribeListeners"), listeners).await;
    aws.answer(asked(ELB_V2, "DescribeTags"), &tags("ResourceArn", ALB)).await;
    let classic = "<LoadBalancerDescriptions><member><LoadBalancerName>old</LoadBalancerName><Instances><member>\
                   <InstanceId>i-1</InstanceId></member></Instances></member></LoadBalancerDescriptions>";
    aws.answer(asked(ELB_CLASSIC, "DescribeLoadBalancers"), classic).await;
    aws.answer(asked(ELB_CLASSIC, "DescribeTags"), &tags("LoadBalancerName", "old")).await;
    let instances = "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><tagSet><item><key>Name</key>\
                     <value>web-1</value></item></tagSet></item></instancesSet></item></reservationSet>";
    aws.answer(asked(EC2, "DescribeInstances"), instances).await;
    let statuses = "<instanceStatusSet><item><instanceId>i-1</instanceId><eventsSet><item><instanceEventId>e-1</instanceEventId>\
                    <code>instance-reboot</code></item></eventsSet></item></instanceStatusSet>";
    aws.answer(asked(EC2, "DescribeInstanceStatus"), statuses).await;
    aws
}

fn tags(called: &str, name: &str) -> String {
    format!(
        "<TagDescriptions><member><{called}>{name}</{called}><Tags><member><Key>team</Key><Value>web</Value></member></Tags>\
         </member></TagDescriptions>"
    )
}

/// What is denied at once; without the groups nobody asks for the health of their targets, so that comes by itself.
fn denials() -> [Vec<Asked>; 2] {
    let others = vec![
        asked(ELB_V2, "DescribeTargetGroups"),
        asked(ELB_V2, "DescribeListeners"),
        asked(ELB_V2, "DescribeTags"),
        asked(ELB_CLASSIC, "DescribeTags"),
        asked(EC2, "DescribeInstances"),
    ];
    [vec![asked(ELB_V2, "DescribeTargetHealth")], others]
}

#[tokio::test]
async fn f17_a_permission_that_is_withdrawn_takes_no_known_fact_away() {
    for denied in denials() {
        on_each_database(async |db| {
            let aws = account().await;
            let mut house = House::over(db);
            house.join("cloud", Arc::from(aws.source(&["eu-west-1"]))).await;
            house.sync("cloud").await;
            let before = known(&house).await;
            assert_eq!(before, ["i-1 443 team:web", " team:web", "web-1"].map(str::to_owned), "{denied:?}");
            let links = "SELECT COUNT(*) AS n FROM resource_refs WHERE until IS NULL";
            let joined = house.count(links).await;

            for part in &denied {
                aws.refuse(part.clone(), 403, "UnauthorizedOperation", None).await;
            }
            let mut differences = Vec::new();
            let mut tell = |difference| {
                differences.push(difference);
                Ok(())
            };
            dry_run::dry_run(&house.db, house.get("cloud"), &mut tell).await.unwrap();
            assert_eq!(differences, [], "{denied:?}");
            for _ in 0..2 {
                assert_eq!(house.sync("cloud").await.state, SyncState::Partial, "{denied:?}");
                assert_eq!(known(&house).await, before, "{denied:?}");
                assert_eq!(house.count(links).await, joined, "{denied:?}");
                assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0, "{denied:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_empty_is_not_what_is_unknown() {
    on_each_database(async |db| {
        let aws = account().await;
        let mut house = House::over(db);
        house.join("cloud", Arc::from(aws.source(&["eu-west-1"]))).await;
        house.sync("cloud").await;
        aws.answer(asked(ELB_V2, "DescribeListeners"), "<Listeners/>").await;
        aws.answer(asked(ELB_V2, "DescribeTags"), "<TagDescriptions/>").await;
        aws.answer(asked(EC2, "DescribeInstances"), "<reservationSet/>").await;
        house.sync("cloud").await;
        assert_eq!(known(&house).await, ["i-1  ", " team:web", ""].map(str::to_owned));
    })
    .await;
}

/// Of the new balancer its targets, ports and tags, of the old one its tags, of the event the name of its instance.
async fn known(house: &House) -> [String; 3] {
    let new: LoadBalancer = stored(house, "web").await;
    let old: LoadBalancer = stored(house, "old").await;
    let event: MaintenanceEvent = stored(house, "e-1").await;
    let targets: Vec<&str> = new.targets.iter().map(|target| target.id.as_str()).collect();
    assert_eq!(new.members.len(), targets.len());
    let ports: Vec<String> = new.listeners.iter().map(|listener| listener.port.to_string()).collect();
    let tags = |balancer: &LoadBalancer| {
        balancer.tags.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(" ")
    };
    [
        format!("{} {} {}", targets.join(" "), ports.join(" "), tags(&new)),
        format!(" {}", tags(&old)),
        event.instance_name,
    ]
}

async fn stored<K: DeserializeOwned + Send + 'static>(house: &House, id: &'static str) -> K {
    #[derive(QueryableByName)]
    struct Attrs {
        #[diesel(sql_type = Text)]
        attrs: String,
    }
    let row = house
        .read(move |connection| {
            let mut sql = Sql::new("SELECT attrs FROM resources WHERE external_id LIKE '%' || ");
            sql.bind(id).push(" || '%'");
            sql.first::<Attrs>(connection)
        })
        .await;
    serde_json::from_str(&row.expect("it is stored").attrs).unwrap()
}
