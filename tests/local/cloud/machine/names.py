"""The site's DNS record, and the two it can lead to."""

from typing import Any

from tests.local.cloud.machine.site import Site

NAME = "app.preqly.com"


def balancer(site: Site) -> dict[str, Any]:
    ec2 = site.aws("ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
    made: dict[str, Any] = site.aws("elbv2").create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]
    return made


def address(site: Site) -> str:
    (found,) = site.aws("ec2").describe_addresses(AllocationIds=[site.allocation])["Addresses"]
    return str(found["PublicIp"])


def record(site: Site, leads: dict[str, Any], action: str = "UPSERT", name: str = NAME) -> None:
    route53 = site.aws("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    change = {"Action": action, "ResourceRecordSet": {"Name": name, "Type": "A", **leads}}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def to_address(address: str) -> dict[str, Any]:
    return {"TTL": 60, "ResourceRecords": [{"Value": address}]}


def to_balancer(balancer: dict[str, Any]) -> dict[str, Any]:
    zone, name = balancer["CanonicalHostedZoneId"], f"dualstack.{balancer['DNSName']}"
    return {"AliasTarget": {"HostedZoneId": zone, "DNSName": name, "EvaluateTargetHealth": True}}
