"""A site with names in two hosted zones, with the real engine: certificate, records, takeover and the way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
import pytest

from embedded_cloud.testing.engine_stack import EngineStack, engine_stack, needs_engine
from infra.composition import dns
from infra.dns import existing
from infra.dns.record_sets import RecordSet, at, change
from infra.tags import tag_everything
from ops.run import run
from tests.infra.settings_helpers import settings
from tests.program.test_move import service

pytestmark = needs_engine

HOST, WWW, IO = "app.preqly.com", "www.preqly.com", "www.preqly.io"
OLD: RecordSet = {"Name": f"{IO}.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "old.example.net"}]}
ALIASES = {("A", True), ("AAAA", True)}


@dataclass
class Site:
    """The stack, and the account with both zones."""

    stack: EngineStack
    zones: dict[str, str]
    """Id by name."""

    def records(self, zone: str) -> list[RecordSet]:
        pages = self.stack.client("route53").get_paginator("list_resource_record_sets")
        answers = pages.paginate(HostedZoneId=self.zones[zone])
        return [one for page in answers for one in page["ResourceRecordSets"]]

    def kinds(self, zone: str, host: str) -> set[tuple[str, bool]]:
        """Types of the records that answer for a host, and whether each is an alias."""
        return {(one["Type"], "AliasTarget" in one) for one in at(self.records(zone), host)}

    def program(self, **changes: Any) -> Any:
        values = settings(**{"aliases": (WWW, IO), "dns_records": "takeOver", **changes})

        def run_program() -> None:
            tag_everything(pulumi.get_project(), pulumi.get_stack())
            found = dns.look_up_existing(values)
            zone = dns.declare_zone(values, found)
            dns.declare_certificate(values, zone, found)
            dns.declare_records(values, zone, found, service())

        return run_program


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with engine_stack(tmp_path_factory.mktemp("state"), "preqly") as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dns, "look_up", existing.look_up)
        for name, value in {
            "AWS_ENDPOINT_URL": stack.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }.items():
            patch.setenv(name, value)
        route53 = stack.client("route53")
        answers = {
            one: route53.create_hosted_zone(Name=one, CallerReference=one) for one in ("preqly.com", "preqly.io")
        }
        made = Site(stack, {name: one["HostedZone"]["Id"].rpartition("/")[2] for name, one in answers.items()})
        batch = {"Changes": [change("CREATE", OLD)]}
        route53.change_resource_record_sets(HostedZoneId=made.zones["preqly.io"], ChangeBatch=batch)
        yield made


def test_a_name_without_a_zone_stops_up_before_any_resource(site: Site) -> None:
    output = site.stack.refused("up", site.program(aliases=(WWW, "www.example.org")))
    assert "the account has no public hosted zone that holds www.example.org" in output
    assert "Traceback" not in output
    assert [one["type"] for one in site.stack.resources()] in ([], ["pulumi:pulumi:Stack"])


def test_a_preview_says_which_zone_a_name_is_in_and_what_is_replaced_there(site: Site) -> None:
    site.stack.stack.workspace.program = site.program()
    output = site.stack.stack.preview().stdout
    assert f"www.preqly.io: its records are in the hosted zone preqly.io ({site.zones['preqly.io']})" in output
    assert "one change replaces CNAME www.preqly.io -> old.example.net" in output
    assert at(site.records("preqly.io"), IO) == [OLD]


def test_up_issues_one_certificate_and_writes_each_record_into_the_zone_of_its_name(site: Site) -> None:
    site.stack.up(site.program())
    acm = site.stack.client("acm")
    (arn,) = [one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]]
    certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["Status"], certificate["SubjectAlternativeNames"]) == ("ISSUED", [HOST, WWW, IO])
    for zone, hosts in {"preqly.com": {HOST, WWW}, "preqly.io": {IO}}.items():
        assert all(site.kinds(zone, host) == ALIASES for host in hosts)
        proofs = {one["Name"].rstrip(".") for one in site.records(zone) if one["Type"] == "CNAME"}
        assert {name.partition(".")[2] for name in proofs} == hosts
        written = {one["Name"].rstrip(".") for one in site.records(zone)}
        assert written == {zone, *hosts, *proofs}


def test_the_next_up_changes_nothing(site: Site) -> None:
    _, changes = site.stack.up(site.program())
    assert changes.keys() == {"same"}


def test_the_way_back_restores_the_record_in_its_zone(site: Site) -> None:
    assert run(["dns", "back", IO, "--yes", "--project", "preqly", "--region", "us-east-1"]) == 0
    assert at(site.records("preqly.io"), IO) == [OLD]
    site.stack.up(site.program(dns_records="none"))
    assert at(site.records("preqly.io"), IO) == [OLD]
    assert site.kinds("preqly.com", HOST) == ALIASES


def test_a_name_that_leaves_the_site_leaves_no_record_but_the_proof_that_others_may_share(site: Site) -> None:
    site.stack.up(site.program())
    assert site.kinds("preqly.io", IO) == ALIASES
    site.stack.up(site.program(aliases=(WWW,)))
    assert site.kinds("preqly.com", WWW) == ALIASES
    left = {one["Type"] for one in site.records("preqly.io")} - {"NS", "SOA"}
    assert left == {"A", "AAAA", "CNAME"}


def test_destroy_leaves_both_zones(site: Site) -> None:
    site.stack.stack.destroy()
    zones = site.stack.client("route53").list_hosted_zones()["HostedZones"]
    assert {one["Name"] for one in zones} == {"preqly.com.", "preqly.io."}
