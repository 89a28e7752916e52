"""The hosted zone is used, created or refused by its name or its id; nothing is created beside it."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from infra.dns import zone
from infra.dns.existing import Existing, LookupFailedError, look_up
from tests.infra.dns.account import REGION, ZONE, Account, wanted


def test_an_empty_zone_is_used(aws_account: Account) -> None:
    assert aws_account.found() == Existing(zone_id=aws_account.zone_id)


def test_a_zone_by_id_is_used_although_another_has_its_name(aws_account: Account) -> None:
    second = aws_account.new_zone()
    assert aws_account.found(zone_id=second).zone_id == second


def test_two_public_zones_of_one_name_need_the_id(aws_account: Account) -> None:
    second = aws_account.new_zone()
    refused = aws_account.problem()
    assert refused.key == "preqly:zone"
    assert aws_account.zone_id in refused.rule
    assert second in refused.rule
    assert "pulumi config set zoneId" in refused.fix


def test_a_private_zone_of_the_same_name_does_not_count(aws_account: Account) -> None:
    aws_account.new_zone(private=True)
    assert aws_account.found().zone_id == aws_account.zone_id


@pytest.mark.parametrize(
    ("name", "private", "words"),
    [(ZONE, True, "is a private zone"), ("example.com", False, "is the zone of example.com")],
)
def test_a_wrong_zone_id_is_refused(aws_account: Account, name: str, private: bool, words: str) -> None:
    other = aws_account.new_zone(name, private=private)
    refused = aws_account.problem(zone_id=other)
    assert (refused.key, refused.value) == ("preqly:zoneId", other)
    assert words in refused.rule


def test_an_unknown_zone_id_is_refused(aws_account: Account) -> None:
    assert "no hosted zone with this id" in aws_account.problem(zone_id="Z0NOWHERE").rule


def test_a_missing_zone_may_be_created(aws_account: Account) -> None:
    refused = aws_account.problem(zone="example.org", hosts=("www.example.org",))
    assert "pulumi config set createZone true" in refused.fix
    created = aws_account.found(zone="example.org", hosts=("www.example.org",), create_zone=True)
    assert created.zone_id is None


def test_a_zone_is_not_created_beside_one_of_its_name(aws_account: Account) -> None:
    refused = aws_account.problem(create_zone=True)
    assert (refused.key, refused.value) == ("preqly:createZone", True)
    assert aws_account.zone_id in refused.rule
    assert refused.fix == "pulumi config set createZone false"


def test_the_zone_that_the_stack_created_is_no_obstacle(aws_account: Account) -> None:
    own = aws_account.new_zone("example.org", own=True)
    assert aws_account.found(zone="example.org", hosts=("example.org",), create_zone=True).zone_id == own


@pytest.mark.parametrize("by_id", [True, False])
def test_a_created_zone_is_not_given_up_by_accident(aws_account: Account, by_id: bool) -> None:
    own = aws_account.new_zone("example.org", own=True)
    refused = aws_account.problem(zone="example.org", hosts=("example.org",), zone_id=own if by_id else "")
    assert (refused.key, refused.value) == ("preqly:createZone", False)
    assert "would delete the zone and its records" in refused.rule
    urn = "urn:pulumi:prod::preqly::preqly:infra:Zone$aws:route53/zone:Zone::zone-public"
    assert f"pulumi state delete --force '{urn}'" in refused.fix
    aws_account.client("route53").change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=own, RemoveTagKeys=["Project", "Stack"]
    )
    assert aws_account.found(zone="example.org", hosts=("example.org",)).zone_id == own


def test_aws_that_does_not_answer_is_reported_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://route53.amazonaws.com")

    monkeypatch.setattr(zone, "find", no_network)
    with pytest.raises(LookupFailedError, match="No resource was touched"):
        look_up(boto3.Session(region_name=REGION), wanted())
