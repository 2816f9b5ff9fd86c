//! Where the AWS provider finds its credentials and its region, and what it says when it finds none.

use quarterdeck::config::Environment;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::wire::{ErrorKind, Outcome};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::collected::{collect, provider};
use crate::support::fake_aws::{EC2, FakeAws, STS, asked};

#[tokio::test]
async fn without_credentials_it_says_where_it_looked() {
    let aws = FakeAws::start().await;
    let source = provider("aws", r#"aws_region = "eu-west-1""#, &aws.environment());
    let error = collect(source.as_ref()).await.ended.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    insta::assert_snapshot!(
        error.message.replace(", in ", ",\nin "),
        @r#"
    no credentials were found; looked in the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY),
    in the profile "default" of ~/.aws/config and ~/.aws/credentials (no such file),
    in a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN),
    in the container's role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI),
    in the instance's role (switched off by AWS_EC2_METADATA_DISABLED)
    "#
    );
}

#[tokio::test]
async fn a_profile_that_is_named_gives_keys_and_region_and_nothing_else_is_looked_at() {
    let aws = FakeAws::start().await;
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let files = [
        ("config", "[profile panel]\nregion = ap-south-1\n"),
        ("credentials", "[panel]\naws_access_key_id = AKIDPANEL\naws_secret_access_key = of-the-profile\n"),
    ];
    for (name, text) in files {
        std::fs::write(home.path().join(".aws").join(name), text).unwrap();
    }
    let environment = aws
        .environment()
        .with("HOME", home.path().to_str().unwrap())
        .with("AWS_ACCESS_KEY_ID", "AKIDOFSOMEBODYELSE")
        .with("AWS_SECRET_ACCESS_KEY", "of-somebody-else");
    let known_as = provider("aws", r#"profile = "panel""#, &environment).probe().await.unwrap();
    assert_eq!(known_as, "arn:aws:iam::123456789012:user/panel-reader, asked in ap-south-1");
    assert_eq!(aws.count(asked(STS, "GetCallerIdentity").in_region("ap-south-1").signed_by("AKIDPANEL")).await, 1);
}

#[tokio::test]
async fn the_machines_own_role_is_asked_last() {
    let aws = FakeAws::start().await;
    let machine = metadata_service().await;
    let environment = Environment::default()
        .with("AWS_ENDPOINT_URL", &aws.url())
        .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", &machine.uri());
    let known_as = provider("aws", "", &environment).probe().await.unwrap();
    assert!(known_as.ends_with("asked in eu-north-1"), "{known_as}");
    assert_eq!(aws.count(asked(STS, "GetCallerIdentity").signed_by("AKIDROLE")).await, 1);
}

#[tokio::test]
async fn a_machine_without_a_role_and_a_profile_that_is_not_there_are_a_persons_turn() {
    let nowhere = Environment::default().with("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9");
    let error = provider("aws", r#"aws_region = "eu-west-1""#, &nowhere).probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(error.message.ends_with("in the instance's role"), "{error}");

    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), "[other]\naws_access_key_id = A\n").unwrap();
    let environment = Environment::default().with("HOME", home.path().to_str().unwrap());
    let settings = "aws_region = \"eu-west-1\"\nprofile = \"panel\"";
    let error = provider("aws", settings, &environment).probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error}");
    assert!(error.message.contains("panel"), "{error}");
}

#[tokio::test]
async fn expired_keys_are_renewed_once() {
    let aws = FakeAws::start().await;
    aws.refuse(asked(EC2, "DescribeInstances"), 400, "ExpiredToken", Some(1)).await;
    let collected = collect(aws.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(*collected.outcome::<Instance>("123456789012/eu-west-1"), Outcome::Complete);

    let dead = FakeAws::start().await;
    dead.refuse(asked(EC2, "DescribeInstances"), 400, "ExpiredToken", None).await;
    let collected = collect(dead.source(&["eu-west-1"]).as_ref()).await;
    assert_eq!(collected.partial::<Instance>("123456789012/eu-west-1").kind, ErrorKind::Auth);
    assert_eq!(dead.count(asked(EC2, "DescribeInstances")).await, 2);
}

#[tokio::test]
async fn a_roles_keys_are_kept_until_shortly_before_they_expire() {
    for (expiration, assumed_often) in [("2099-01-01T00:00:00Z", false), ("2026-01-01T00:00:00Z", true)] {
        let aws = FakeAws::start().await;
        let keys = format!(
            "<Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>of-the-role</SecretAccessKey><SessionToken>session\
             </SessionToken><Expiration>{expiration}</Expiration></Credentials>"
        );
        let role = "arn:aws:iam::123456789012:role/panel-reader";
        let assume = || asked(STS, "AssumeRole").with(&format!("RoleArn={role}"));
        aws.answer(assume(), &keys).await;
        let environment =
            aws.environment().with("AWS_ACCESS_KEY_ID", "AKIDBASE").with("AWS_SECRET_ACCESS_KEY", "of-the-base");
        let settings = format!("aws_region = \"eu-west-1\"\nrole_arn = \"{role}\"");
        let source = provider("aws", &settings, &environment);
        assert_eq!(collect(source.as_ref()).await.ended, Ok(()));
        assert_eq!(aws.count(assume()).await > 1, assumed_often, "{expiration}");
        assert_eq!(aws.count(assume().signed_by("AKIDBASE")).await, aws.count(assume()).await);
        assert_eq!(aws.count(asked(EC2, "DescribeInstances").signed_by("AKIDROLE")).await, 1);
    }
}

/// The metadata service of an EC2 instance (version 2), with a role and a region.
async fn metadata_service() -> MockServer {
    let machine = MockServer::start().await;
    let token = ResponseTemplate::new(200)
        .set_body_string("a-token")
        .insert_header("x-aws-ec2-metadata-token-ttl-seconds", "600");
    Mock::given(method("PUT")).and(path("/latest/api/token")).respond_with(token).mount(&machine).await;
    let keys = r#"{"Code":"Success","LastUpdated":"2026-11-21T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"AKIDROLE",
        "SecretAccessKey":"of-the-role","Token":"session","Expiration":"2099-01-01T00:00:00Z"}"#;
    for root in ["/latest/meta-data/iam/security-credentials", "/latest/meta-data/iam/security-credentials-extended"] {
        let role = ResponseTemplate::new(200).set_body_string("panel-role");
        Mock::given(method("GET")).and(path(format!("{root}/"))).respond_with(role).mount(&machine).await;
        let keys = ResponseTemplate::new(200).set_body_string(keys);
        Mock::given(method("GET")).and(path(format!("{root}/panel-role"))).respond_with(keys).mount(&machine).await;
    }
    let region = ResponseTemplate::new(200).set_body_string("eu-north-1");
    Mock::given(method("GET"))
        .and(path("/latest/meta-data/placement/region"))
        .respond_with(region)
        .mount(&machine)
        .await;
    machine
}
