"""A running site moves into a stack, with the real engine: an account with a zone, records that lead to the old server,
an SES identity and a certificate. The tests are the steps of docs/move.md, so their order matters."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.composition import dns
from infra.composition.service import Service
from infra.dns import existing
from infra.dns.record_sets import RecordSet, at, change
from infra.tags import tag_everything
from local.runtime import ROOT
from ops.run import run
from tests.infra.settings_helpers import settings

pytestmark = needs_engine

HOST, WWW = "app.preqly.com", "www.preqly.com"
OLD: list[RecordSet] = [
    {"Name": f"{HOST}.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "old.example.net"}]},
    {"Name": f"{WWW}.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
]


@dataclass
class Move:
    """The stack, and the account that it moves into."""

    stack: EngineStack
    zone_id: str = ""
    certificate: str = ""

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    def all_records(self) -> list[RecordSet]:
        pages = self.client("route53").get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.zone_id)
        return [one for page in pages for one in page["ResourceRecordSets"]]

    def kinds(self, host: str) -> set[tuple[str, bool]]:
        """Types of the records that answer for a host, and whether each is an alias."""
        return {(one["Type"], "AliasTarget" in one) for one in at(self.all_records(), host)}

    def write(self, *records: RecordSet) -> None:
        batch = {"Changes": [change("CREATE", one) for one in records]}
        self.client("route53").change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=batch)

    def prepare(self) -> None:
        """The account before: what another team or an earlier server left."""
        zone = self.client("route53").create_hosted_zone(Name="preqly.com", CallerReference="theirs")
        self.zone_id = zone["HostedZone"]["Id"].rpartition("/")[2]
        self.write({**OLD[0], "TTL": 3600}, OLD[1])
        tokens = self.client("sesv2").create_email_identity(EmailIdentity=HOST)["DkimAttributes"]["Tokens"]
        for token in tokens:
            self.write(cname(f"{token}._domainkey.{HOST}", f"{token}.dkim.amazonses.com"))
        acm = self.client("acm")
        request = {"DomainName": HOST, "SubjectAlternativeNames": [HOST, WWW], "ValidationMethod": "DNS"}
        self.certificate = acm.request_certificate(**request)["CertificateArn"]
        described = acm.describe_certificate(CertificateArn=self.certificate)["Certificate"]
        for option in described["DomainValidationOptions"]:
            self.write(cname(option["ResourceRecord"]["Name"], option["ResourceRecord"]["Value"]))

    def program(self, dns_records: str = "takeOver", **changes: Any) -> Callable[[], None]:
        """The DNS part of the system, with a load balancer in place of the service."""
        taken = {"certificate_arn": self.certificate, "adopt_email_identity": True, "email_url": "ses://"}
        values = settings(aliases=(WWW,), dns_records=dns_records, **{**taken, **changes})

        def run_program() -> None:
            tag_everything(pulumi.get_project(), pulumi.get_stack())
            found = dns.look_up_existing(values)
            zone = dns.declare_zone(values, found)
            dns.declare_certificate(values, zone, found)
            dns.declare_email(values, zone, found)
            dns.declare_records(values, zone, found, service())

        return run_program

    def ops(self, *words: str) -> None:
        assert run(["dns", *words, "--project", "preqly", "--region", "us-east-1"]) == 0


def cname(name: str, value: str) -> RecordSet:
    return {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}


def service() -> Service:
    vpc = aws.ec2.Vpc("network", cidr_block="10.20.0.0/16")
    subnets = [
        aws.ec2.Subnet(f"subnet-{zone}", vpc_id=vpc.id, cidr_block=f"10.20.{index}.0/24", availability_zone=zone)
        for index, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    front = aws.lb.LoadBalancer("front", subnets=[subnet.id for subnet in subnets])
    balancer: Any = SimpleNamespace(load_balancer_dns=front.dns_name, load_balancer_zone_id=front.zone_id)
    web: Any = front
    return Service(balancer, web)


@pytest.fixture(scope="module")
def move(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Move]:
    with engine_stack(tmp_path_factory.mktemp("state"), "preqly") as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dns, "look_up", existing.look_up)
        for name, value in {
            "AWS_ENDPOINT_URL": stack.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }.items():
            patch.setenv(name, value)
        made = Move(stack)
        made.prepare()
        yield made


def test_the_ttl_is_lowered_the_day_before_as_the_page_says(move: Move) -> None:
    page = (ROOT / "docs" / "move.md").read_text()
    (batch,) = re.findall(r"--change-batch '(\{.*?\})'\n", page, re.DOTALL)
    move.client("route53").change_resource_record_sets(HostedZoneId=move.zone_id, ChangeBatch=json.loads(batch))
    assert at(move.all_records(), HOST) == [OLD[0]]


def test_up_is_refused_before_any_resource_though_no_preview_ran(move: Move) -> None:
    output = move.stack.refused("up", move.program("create", adopt_email_identity=False))
    assert "app.preqly.com has a record that is not this stack's: CNAME app.preqly.com -> old.example.net" in output
    assert "www.preqly.com has a record that is not this stack's: A www.preqly.com -> 192.0.2.1" in output
    assert "pulumi config set dnsRecords takeOver" in output
    assert "pulumi config set adoptEmailIdentity true" in output
    assert "Traceback" not in output
    assert [one["type"] for one in move.stack.resources()] in ([], ["pulumi:pulumi:Stack"])


def test_a_preview_announces_what_is_replaced_and_changes_nothing(move: Move) -> None:
    before = move.all_records()
    move.stack.stack.workspace.program = move.program()
    output = move.stack.stack.preview().stdout
    assert "one change replaces CNAME app.preqly.com -> old.example.net (TTL 60 s)" in output
    assert "one change replaces A www.preqly.com -> 192.0.2.1 (TTL 60 s)" in output
    assert move.all_records() == before


def test_up_replaces_the_records_at_the_end_and_each_name_answers_all_the_time(move: Move) -> None:
    ended = threading.Event()
    gaps: list[str] = []

    def ask() -> None:
        while not ended.wait(0.02):
            known = move.all_records()
            gaps.extend(host for host in (HOST, WWW) if not at(known, host, ("A", "CNAME")))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        steps, _ = move.stack.up(move.program())
    finally:
        ended.set()
        asking.join()
    assert gaps == []
    for host in (HOST, WWW):
        assert move.kinds(host) == {("A", True), ("AAAA", True)}
        assert steps.index("create front") < steps.index(f"create names-{host}-a")
    assert "create certificate-site" not in steps
    assert "create email-domain" not in steps


def test_the_next_up_changes_nothing(move: Move) -> None:
    _, changes = move.stack.up(move.program())
    assert changes.keys() == {"same"}


def test_the_way_back_leads_to_the_old_server_and_up_leaves_it_so(move: Move) -> None:
    move.ops("back", "--yes")
    _, changes = move.stack.up(move.program())
    assert changes.keys() == {"same"}
    assert [one for host in (HOST, WWW) for one in at(move.all_records(), host)] == OLD


def test_the_stack_lets_go_of_the_names_and_moves_them_again(move: Move) -> None:
    move.stack.up(move.program("none"))
    assert [one for host in (HOST, WWW) for one in at(move.all_records(), host)] == OLD
    move.stack.up(move.program())
    assert move.kinds(HOST) == {("A", True), ("AAAA", True)}


def test_destroy_leaves_everything_that_was_there_before(move: Move) -> None:
    move.stack.stack.destroy()
    assert move.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert move.client("sesv2").get_email_identity(EmailIdentity=HOST)["VerifiedForSendingStatus"] is True
    certificate = move.client("acm").describe_certificate(CertificateArn=move.certificate)["Certificate"]
    assert certificate["Status"] == "ISSUED"
    assert len([one for one in move.all_records() if "_domainkey" in one["Name"]]) == 3
    assert move.kinds(HOST) == {("A", True), ("AAAA", True)}


def test_the_way_back_works_without_the_stack_and_without_this_project(move: Move) -> None:
    page = (ROOT / "docs" / "move.md").read_text()
    (name,) = re.findall(r"^name=(\S+)$", page, re.MULTILINE)
    name = name.replace("/prod/", "/test/").replace("${zone#/hostedzone/}", move.zone_id)
    batch = json.loads(move.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    move.client("route53").change_resource_record_sets(HostedZoneId=move.zone_id, ChangeBatch=batch)
    assert at(move.all_records(), HOST) == [OLD[0]]
    move.ops("back", "--yes")
    assert [one for host in (HOST, WWW) for one in at(move.all_records(), host)] == OLD
