"""Fills a moto server, or changes what is in it, over its own HTTP interface.

    moto_fill.py URL                        reads lines, each a JSON list of what stands behind URL below; answers each with a line
    moto_fill.py URL fleet REGION COUNT     COUNT running instances, one reservation each, so that listings have pages
    moto_fill.py URL special REGION         one of each thing that a collector must tell apart; prints their ids as JSON
    moto_fill.py URL address REGION ID      gives the instance a new elastic address and prints it
    moto_fill.py URL terminate REGION ID    terminate, stop and start do what they say
    moto_fill.py URL tag REGION ID KEY VALUE
    moto_fill.py URL untag REGION ID KEY
"""

import concurrent.futures
import functools
import json
import sys

import boto3

THREADS = 6


@functools.cache
def client(url, service, region):
    return boto3.client(
        service, endpoint_url=url, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
    )


def image(ec2):
    return ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


def run(ec2, ami, name, **more):
    tags = [{"Key": "Name", "Value": name}] + [{"Key": k, "Value": v} for k, v in more.pop("tags", {}).items()]
    specification = [{"ResourceType": "instance", "Tags": tags}]
    started = ec2.run_instances(ImageId=ami, MinCount=1, MaxCount=1, TagSpecifications=specification, **more)
    return started["Instances"][0]["InstanceId"]


def fleet(url, region, count):
    ec2 = client(url, "ec2", region)
    ami = image(ec2)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda number: run(ec2, ami, f"fleet-{number:04}"), range(int(count))))


def special(url, region):
    ec2 = client(url, "ec2", region)
    ami = image(ec2)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    v6 = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].split("/")[0]
    zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc["VpcId"],
            CidrBlock=f"10.20.{number}.0/24",
            AvailabilityZone=zone,
            Ipv6CidrBlock=f"{v6.removesuffix('::')}:{number}::/64" if v6.count(":") > 4 else f"{v6}/64",
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]
    event = "system-reboot@2026-12-01T02:00:00+00:00"
    done = "instance-stop@2026-11-01T02:00:00+00:00@[Completed] The instance was stopped"
    web = run(ec2, ami, "web-1", SubnetId=subnets[0], tags={"role": "web", "note": "", "event:a": event, "event:b": done})
    ipv6 = run(ec2, ami, "six-1", SubnetId=subnets[0], Ipv6AddressCount=1)
    gone = run(ec2, ami, "gone-1", SubnetId=subnets[0])
    ec2.terminate_instances(InstanceIds=[gone])
    stopped = run(ec2, ami, "stopped-1", tags={"event:a": "instance-retirement@2026-12-24T02:00:00+00:00"})
    ec2.stop_instances(InstanceIds=[stopped])

    elb = client(url, "elb", region)
    listeners = [{"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstanceProtocol": "HTTP", "InstancePort": 80}]
    elb.create_load_balancer(LoadBalancerName="web-classic", Listeners=listeners, AvailabilityZones=zones)
    elb.register_instances_with_load_balancer(LoadBalancerName="web-classic", Instances=[{"InstanceId": web}])
    elb.add_tags(LoadBalancerNames=["web-classic"], Tags=[{"Key": "team", "Value": "old"}])

    v2 = client(url, "elbv2", region)
    made = v2.create_load_balancer(Name="web-alb", Subnets=subnets, Scheme="internet-facing", Tags=[{"Key": "team", "Value": "new"}])
    alb = made["LoadBalancers"][0]
    group = v2.create_target_group(Name="web-tg", Protocol="HTTP", Port=80, VpcId=vpc["VpcId"], TargetType="instance")
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    v2.create_target_group(Name="idle-tg", Protocol="HTTP", Port=80, VpcId=vpc["VpcId"], TargetType="instance")
    v2.register_targets(TargetGroupArn=group_arn, Targets=[{"Id": web, "Port": 8080}])
    forward = [{"Type": "forward", "TargetGroupArn": group_arn}]
    v2.create_listener(LoadBalancerArn=alb["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward)
    made = {
        "vpc": vpc["VpcId"],
        "web": web,
        "ipv6": ipv6,
        "gone": gone,
        "stopped": stopped,
        "alb": alb["LoadBalancerArn"],
        "alb_host": alb["DNSName"],
        "elastic": address(url, region, web),
    }
    return json.dumps(made)


def address(url, region, instance):
    """Gives the new address; the old elastic one is released."""
    ec2 = client(url, "ec2", region)
    for old in ec2.describe_addresses(Filters=[{"Name": "instance-id", "Values": [instance]}])["Addresses"]:
        ec2.disassociate_address(AssociationId=old["AssociationId"])
        ec2.release_address(AllocationId=old["AllocationId"])
    new = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=new["AllocationId"], InstanceId=instance)
    return new["PublicIp"]


def do(url, command, region, *rest):
    """What there is to say about it, in one line."""
    ec2 = client(url, "ec2", region)
    if command == "fleet":
        fleet(url, region, *rest)
    elif command == "special":
        return special(url, region)
    elif command == "address":
        return address(url, region, *rest)
    elif command == "tag":
        instance, key, value = rest
        ec2.create_tags(Resources=[instance], Tags=[{"Key": key, "Value": value}])
    elif command == "untag":
        instance, key = rest
        ec2.delete_tags(Resources=[instance], Tags=[{"Key": key}])
    elif command in ("terminate", "stop", "start"):
        getattr(ec2, f"{command}_instances")(InstanceIds=list(rest))
    else:
        sys.exit(__doc__)
    return ""


def main(url, *arguments):
    if arguments:
        print(do(url, *arguments))
        return
    # To load boto3 takes longer than most of what it is asked for.
    for line in sys.stdin:
        print(do(url, *json.loads(line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
