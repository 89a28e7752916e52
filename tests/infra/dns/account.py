"""An AWS account in moto with the zone of a site, for tests of what the account has already."""

import functools
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from embedded_cloud.api.moto_patches import acm, route53, ses
from infra.dns.existing import Existing, look_up
from infra.dns.record_sets import RecordSet, at, change
from infra.dns.replaced_records import Name
from infra.dns.wanted import Wanted
from infra.problem import Problem, SettingsError
from tests.moto_account import empty, moto_account

ZONE, HOST = "preqly.com", "app.preqly.com"
REGION = "us-east-1"
OWN_TAGS = [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "prod"}]
PATH = "/preqly/prod/replaced-dns-records"
TARGET = {
    "HostedZoneId": "Z35SXDOTRQ7X7K",
    "DNSName": "front-1.us-east-1.elb.amazonaws.com",
    "EvaluateTargetHealth": True,
}


def simple(kind: str, *values: str, name: str = HOST, ttl: int = 300, **more: Any) -> RecordSet:
    """A record set with values."""
    return {"Name": f"{name}.", "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": one} for one in values], **more}


CNAME = simple("CNAME", "old.example.net")


def wanted(**changes: Any) -> Wanted:
    """What a stack `prod` with default settings asks for."""
    defaults: dict[str, Any] = {
        "project": "preqly",
        "stack": "prod",
        "zone": ZONE,
        "zone_id": "",
        "create_zone": False,
        "hosts": (HOST,),
        "dns_records": "create",
        "certificate_arn": "",
        "sender_domain": "",
        "adopt_email_identity": False,
        "configuration_set": "preqly-prod",
        "replaced_records_path": PATH,
    }
    return Wanted(**{**defaults, **changes})


class _OneClientEach(boto3.Session):
    """A session that keeps its clients: a new one takes longer than a whole test."""

    @functools.cache  # noqa: B019 - one session for all tests
    def client(self, service: str) -> Any:
        make: Any = super().client
        return make(service)


@functools.cache
def _session() -> boto3.Session:
    return _OneClientEach("test", "test", region_name=REGION)


@dataclass(frozen=True)
class Account:
    """The account, with one public zone."""

    session: boto3.Session
    zone_id: str

    def client(self, service: str) -> Any:
        """boto3 client of the account."""
        make: Any = self.session.client
        return make(service)

    def write(self, *records: RecordSet) -> None:
        """Create record sets in one batch."""
        batch = {"Changes": [change("CREATE", one) for one in records]}
        self.client("route53").change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch=batch)

    def found(self, **changes: Any) -> Existing:
        """What `look_up` finds for a stack with these settings."""
        return look_up(self.session, wanted(**changes))

    def problem(self, **changes: Any) -> Problem:
        """The only problem of a stack with these settings."""
        with pytest.raises(SettingsError) as refused:
            self.found(**changes)
        (only,) = refused.value.problems
        return only

    def records(self, host: str = HOST) -> list[RecordSet]:
        """The records by which a browser finds a host."""
        found = self.client("route53").list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"]
        return at(found, host)

    def new_zone(self, name: str = ZONE, *, private: bool = False, own: bool = False) -> str:
        """Create one more zone; `own` gives it the stack's tags."""
        route53_client = self.client("route53")
        reference = f"zone {len(route53_client.list_hosted_zones()['HostedZones'])}"
        config = {"HostedZoneConfig": {"PrivateZone": True}} if private else {}
        zone = route53_client.create_hosted_zone(Name=name, CallerReference=reference, **config)["HostedZone"]
        zone_id = str(zone["Id"].rpartition("/")[2])
        if own:
            route53_client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id, AddTags=OWN_TAGS)
        return zone_id

    def balancer(self, *, own: bool) -> str:
        """Create a load balancer and return its DNS name."""
        ec2, elb = self.client("ec2"), self.client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")
            for index, zone in enumerate("ab")
        ]
        tags = OWN_TAGS if own else [{"Key": "Project", "Value": "theirs"}]
        ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
        made = elb.create_load_balancer(Name="front", Subnets=ids, Tags=tags)
        return str(made["LoadBalancers"][0]["DNSName"])

    def imported(self, *names: str, common_name: str = "Example", days: int = 90) -> str:
        """Import a certificate of another authority for these names. It ends in some days and an hour."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
        made = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days, hours=1))
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        pem = serialization.Encoding.PEM
        answer = self.client("acm").import_certificate(
            Certificate=made.sign(key, hashes.SHA256()).public_bytes(pem),
            PrivateKey=key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        )
        return str(answer["CertificateArn"])

    def classic_balancer(self) -> str:
        """Create a Classic Load Balancer and return its DNS name."""
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        made = self.client("elb").create_load_balancer(
            LoadBalancerName="old", Listeners=[listener], AvailabilityZones=["us-east-1a"]
        )
        return str(made["DNSName"])

    def run(self, command: str) -> None:
        """Send the change batch of an AWS CLI command in a message."""
        words = shlex.split(command)
        assert words[:3] == ["aws", "route53", "change-resource-record-sets"]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        self.client("route53").change_resource_record_sets(
            HostedZoneId=options["--hosted-zone-id"], ChangeBatch=json.loads(options["--change-batch"])
        )

    def name(self, host: str = HOST) -> Name:
        """A name of the site in the account's zone."""
        return Name(zone_id=self.zone_id, host=host, path=PATH)


@contextmanager
def moto() -> Iterator[None]:
    """AWS in moto, refusing what AWS refuses."""
    # moto would create hundreds of machine images.
    with pytest.MonkeyPatch.context() as patched, moto_account():
        patched.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        for patch in (acm, route53, ses):
            patch.apply()
        yield


def new_account() -> Account:
    """An account with one public zone. EC2, which takes seconds to build, keeps its networks."""
    empty("acm", "elb", "elbv2", "route53", "ses", "sesv2", "ssm")
    return Account(_session(), Account(_session(), "").new_zone())
