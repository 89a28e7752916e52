"""Killed runs: the next run adopts their resources instead of creating them twice."""

from typing import Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from embedded_cloud.providers.values import decode, encode
from embedded_cloud.testing.broken_api import broken_api, token_expired

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
REQUESTS = 3
"""Each of these creations needs at least as many."""


def vpcs(emulation: Any, block: str) -> list[str]:
    filters = [{"Name": "cidr", "Values": [block]}]
    return [vpc["VpcId"] for vpc in emulation.client("ec2").describe_vpcs(Filters=filters)["Vpcs"]]


def test_a_creation_whose_answer_was_never_saved_is_adopted(emulation: Any) -> None:
    lost = emulation.resource(VPC, "lost", cidrBlock="10.1.0.0/16")
    again = emulation.resource(VPC, "lost", cidrBlock="10.1.0.0/16")
    assert again.id == lost.id
    assert vpcs(emulation, "10.1.0.0/16") == [lost.id]


def test_an_adopted_resource_keeps_its_automatic_name(emulation: Any) -> None:
    vpc = emulation.resource(VPC, "around", cidrBlock="10.2.0.0/16")
    lost = emulation.resource(GROUP, "group", vpcId=vpc.id)
    other_seed = emulation.resource(GROUP, "group")
    checked = other_seed.stub.Check(
        pb.CheckRequest(urn=lost.urn, name="group", news=encode({"vpcId": vpc.id}), randomSeed=b"other")
    )
    assert decode(checked.inputs).values["name"] == lost.state["name"]


def test_a_lost_resource_with_other_inputs_is_deleted_and_created_again(emulation: Any) -> None:
    emulation.resource(VPC, "changed", cidrBlock="10.3.0.0/16")
    again = emulation.resource(VPC, "changed", cidrBlock="10.4.0.0/16")
    assert vpcs(emulation, "10.3.0.0/16") == []
    assert vpcs(emulation, "10.4.0.0/16") == [again.id]


def test_a_replacement_beside_a_known_resource_is_no_adoption(emulation: Any) -> None:
    old = emulation.resource(VPC, "replaced", cidrBlock="10.5.0.0/16")
    assert old.diff(cidrBlock="10.6.0.0/16") == ({"cidrBlock"}, {"cidrBlock"})
    new = emulation.resource(VPC, "replaced", cidrBlock="10.5.0.0/16")
    assert new.id != old.id
    assert set(vpcs(emulation, "10.5.0.0/16")) == {old.id, new.id}


def test_a_lost_resource_that_was_deleted_is_created_again(emulation: Any) -> None:
    lost = emulation.resource(VPC, "deleted", cidrBlock="10.7.0.0/16")
    emulation.client("ec2").delete_vpc(VpcId=lost.id)
    again = emulation.resource(VPC, "deleted", cidrBlock="10.7.0.0/16")
    assert vpcs(emulation, "10.7.0.0/16") == [again.id]


def test_a_resource_that_never_becomes_usable_is_reported_with_its_id(emulation: Any) -> None:
    # Its validation records do not exist, so the wait ends at its timeout.
    certificate = emulation.resource(CERTIFICATE, "unproven", domainName="unproven.example.org", validationMethod="DNS")
    waiting = emulation.resource(VALIDATION, "waiting")
    inputs = encode({"certificateArn": certificate.id}, secrets={"certificateArn"})
    request = pb.CreateRequest(urn=waiting.urn, properties=inputs, timeout=0.1)
    with pytest.raises(grpc.RpcError) as failure:
        waiting.stub.Create(request)
    error: Any = failure.value
    assert "to be issued" in error.details()
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    detail = pb.ErrorResourceInitFailed()
    packed: any_pb2.Any = status.details[0]
    assert packed.Unpack(detail)
    assert detail.id == certificate.id
    assert decode(detail.properties).secrets == {"certificateArn"}


@pytest.fixture(scope="module")
def in_several_requests(emulation: Any) -> dict[str, dict[str, Any]]:
    """Resources that take more than one request to create: token to inputs."""
    vpc = emulation.resource(VPC, "several", cidrBlock="10.8.0.0/16")
    forced = {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}
    return {
        LOG_GROUP: {"name": "partial", "retentionInDays": 7},
        GROUP: {"name": "partial", "vpcId": vpc.id},
        PARAMETERS: {"name": "partial", "family": "postgres17", "parameters": [forced]},
    }


@pytest.mark.parametrize("requests", range(REQUESTS))
@pytest.mark.parametrize("token", [LOG_GROUP, GROUP, PARAMETERS])
def test_a_creation_interrupted_between_two_requests_is_repeated(
    emulation: Any,
    in_several_requests: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    requests: int,
) -> None:
    api = broken_api(monkeypatch)
    api.fault, api.good = token_expired, requests
    with pytest.raises(grpc.RpcError, match="expired"):
        emulation.resource(token, "partial", **in_several_requests[token])
    api.mend()
    made = emulation.resource(token, "partial", **in_several_requests[token])
    assert made.drift() == {}
    made.delete()
