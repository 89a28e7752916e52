"""Change batches that Route 53 refuses, in its words, and hosted zones of one name."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

HOST = "app.example.com"
Change = dict[str, Any]


def record(kind: str, *values: str, name: str = HOST, ttl: int | None = 60, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"Name": name, "Type": kind, **more}
    if values:
        found["ResourceRecords"] = [{"Value": value} for value in values]
    return found if ttl is None else {**found, "TTL": ttl}


def change(action: str, *arguments: Any, **named: Any) -> Change:
    return {"Action": action, "ResourceRecordSet": record(*arguments, **named)}


def zone_id(cloud: EmbeddedCloud) -> str:
    (zone,) = client(cloud, "route53").list_hosted_zones()["HostedZones"]
    return str(zone["Id"])


def send(cloud: EmbeddedCloud, *changes: Change) -> None:
    client(cloud, "route53").change_resource_record_sets(
        HostedZoneId=zone_id(cloud), ChangeBatch={"Changes": list(changes)}
    )


def refused(cloud: EmbeddedCloud, *changes: Change) -> str:
    with pytest.raises(ClientError) as error:
        send(cloud, *changes)
    return str(error.value)


def records(cloud: EmbeddedCloud, name: str = HOST) -> dict[str, list[str]]:
    found = client(cloud, "route53").list_resource_record_sets(HostedZoneId=zone_id(cloud))["ResourceRecordSets"]
    return {
        one["Type"]: [value["Value"] for value in one.get("ResourceRecords", [])]
        for one in found
        if one["Name"] == f"{name}."
    }


OLD = change("CREATE", "CNAME", "old.example.net")
TARGET = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "front-1.us-east-1.elb.amazonaws.com"}
ALIAS = {"AliasTarget": {**TARGET, "EvaluateTargetHealth": True}}

A_BESIDE_CNAME = (
    "[RRSet of type A with DNS name app.example.com. is not permitted because a conflicting RRSet of type CNAME with "
    "the same DNS name already exists in zone example.com.]"
)
CNAME_BESIDE_A = (
    "[RRSet of type CNAME with DNS name app.example.com. is not permitted as it conflicts with other records with the "
    "same DNS name in zone example.com.]"
)


@pytest.mark.parametrize(
    ("before", "changes", "words"),
    [
        (
            change("CREATE", "A", "192.0.2.1"),
            [change("CREATE", "A", "192.0.2.2")],
            "[Tried to create resource record set [name='app.example.com.', type='A'] but it already exists]",
        ),
        (
            OLD,
            [change("CREATE", "A", "192.0.2.2")],
            A_BESIDE_CNAME,
        ),
        (OLD, [change("UPSERT", "A", "192.0.2.2")], "a conflicting RRSet of type CNAME with the same DNS name"),
        (
            change("CREATE", "A", "192.0.2.1"),
            [OLD],
            CNAME_BESIDE_A,
        ),
        (
            OLD,
            [change("CREATE", "CNAME", "old.example.net", name="example.com")],
            "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]",
        ),
        (
            OLD,
            [change("CREATE", "A", "192.0.2.1", name="app.example.org")],
            "[RRSet with DNS name app.example.org. is not permitted in zone example.com.]",
        ),
        (OLD, [change("CREATE", "A", "192.0.2.1", name="badexample.com")], "is not permitted in zone example.com."),
        (OLD, [change("DELETE", "A", "192.0.2.1")], "type='A'] but it was not found]"),
        (
            OLD,
            [change("DELETE", "CNAME", "other.example.net")],
            "but the values provided do not match the current values]",
        ),
        (OLD, [change("DELETE", "CNAME", "old.example.net", ttl=61)], "do not match the current values"),
        (
            OLD,
            [change("UPSERT", "A", ttl=60, **ALIAS)],
            "but found more than one in Change with [Action=UPSERT, Name=app.example.com., Type=A, SetIdentifier=null]",
        ),
        (OLD, [change("CREATE", "A", "192.0.2.1", ttl=None, name="b.example.com")], "but found none in Change with"),
        (
            change("CREATE", "A", "192.0.2.1", SetIdentifier="blue", Weight=10),
            [change("UPSERT", "A", ttl=None, **ALIAS)],
            "type A cannot be created as other RRSets exist with the same name and type.]",
        ),
        (OLD, [change("CREATE", "A", "old.example.net", name="b.example.com")], "(Value is not a valid IPv4 address)"),
        (OLD, [change("CREATE", "TXT", "v=spf1 -all", name="b.example.com")], "should be enclosed in quotation marks"),
        (OLD, [change("CREATE", "A", "192.0.2.1", name="b.example.com", Weight=1)], "SetIdentifier"),
    ],
)
def test_a_change_is_refused_in_the_words_of_aws(
    cloud: EmbeddedCloud, before: Change, changes: list[Change], words: str
) -> None:
    send(cloud, before)
    message = refused(cloud, *changes)
    assert words in message
    assert "(InvalidChangeBatch)" in message


def test_one_batch_replaces_a_cname_by_two_aliases(cloud: EmbeddedCloud) -> None:
    send(cloud, OLD)
    away = {**OLD, "Action": "DELETE"}
    send(cloud, away, change("CREATE", "A", ttl=None, **ALIAS), change("CREATE", "AAAA", ttl=None, **ALIAS))
    assert set(records(cloud)) == {"A", "AAAA"}


def test_a_batch_changes_all_or_nothing(cloud: EmbeddedCloud) -> None:
    send(cloud, OLD)
    refused(
        cloud,
        {**OLD, "Action": "DELETE"},
        change("CREATE", "A", ttl=None, **ALIAS),
        change("DELETE", "AAAA", "2001:db8::1"),
    )
    assert records(cloud) == {"CNAME": ["old.example.net"]}


def test_records_of_a_routing_policy_stand_beside_each_other(cloud: EmbeddedCloud) -> None:
    send(
        cloud,
        change("CREATE", "A", "192.0.2.1", SetIdentifier="blue", Weight=10),
        change("CREATE", "A", "192.0.2.2", SetIdentifier="green", Weight=0),
    )
    send(cloud, change("DELETE", "A", "192.0.2.2", SetIdentifier="green", Weight=0))
    assert records(cloud) == {"A": ["192.0.2.1"]}


def test_the_name_servers_of_a_zone_stay(cloud: EmbeddedCloud) -> None:
    found = client(cloud, "route53").list_resource_record_sets(HostedZoneId=zone_id(cloud))["ResourceRecordSets"]
    (servers,) = [one for one in found if one["Type"] == "NS"]
    message = refused(cloud, {"Action": "DELETE", "ResourceRecordSet": servers})
    assert "must contain at least one NS record" in message


def test_a_second_zone_of_one_name_needs_another_caller_reference(cloud: EmbeddedCloud) -> None:
    route53 = client(cloud, "route53")
    route53.create_hosted_zone(Name="example.com", CallerReference="second")
    with pytest.raises(ClientError, match="HostedZoneAlreadyExists"):
        route53.create_hosted_zone(Name="example.com", CallerReference="second")
    found = route53.list_hosted_zones_by_name(DNSName="example.com")["HostedZones"]
    assert [zone["Name"] for zone in found] == ["example.com."] * 2


def test_zones_are_listed_by_name_from_a_name_on(cloud: EmbeddedCloud) -> None:
    route53 = client(cloud, "route53")
    for name in ("b.example.com", "example.net", "example.aero"):
        route53.create_hosted_zone(Name=name, CallerReference=name)
    found = route53.list_hosted_zones_by_name(DNSName="example.com")["HostedZones"]
    assert [zone["Name"] for zone in found] == ["example.com.", "b.example.com.", "example.net."]
