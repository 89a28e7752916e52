"""The secret as the place where machines agree on who asks, and when."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.machine.program import certificate_secret
from infra.machine.program.certificate_secret import LONGEST_WAIT, ChangedMeanwhileError, Kept, Request
from infra.machine.program.errors import MachineError
from local.cloud import moto_patches
from tests.infra.machine.program.pairs import document, pair
from tests.infra.machine.program.releases import RELEASE

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Any]:
    moto_patches.apply(agents=False, registry="localhost:5000")
    with mock_aws():
        yield boto3.Session("test", "test", region_name="us-east-1")


@pytest.fixture
def secret(session: Any) -> str:
    return str(session.client("secretsmanager").create_secret(Name="certificate")["ARN"])


def kept(**changes: Any) -> Kept:
    """A good certificate of the release's ACME server."""
    hosts, days = changes.pop("hosts", RELEASE.hosts), changes.pop("days", 90)
    return Kept(document={**document(pair(*hosts, days=days)), "server": RELEASE.acme_server, **changes})


def test_a_secret_without_a_value_is_empty_and_can_be_written(session: Any, secret: str) -> None:
    before = certificate_secret.read(session, secret)
    assert before == Kept()
    written = certificate_secret.write(session, secret, before, {"a": 1})
    assert certificate_secret.read(session, secret) == written


def test_of_two_machines_that_read_the_same_version_one_writes(session: Any, secret: str) -> None:
    for _ in range(2):
        seen = certificate_secret.read(session, secret)
        certificate_secret.write(session, secret, seen, {"by": "one", "before": seen.version})
        with pytest.raises(ChangedMeanwhileError):
            certificate_secret.write(session, secret, seen, {"by": "two"})
        assert certificate_secret.read(session, secret).document["by"] == "one"


@pytest.mark.parametrize("text", ["no json", '["a"]'])
def test_what_is_no_json_object_is_told_without_what_it_is(session: Any, secret: str, text: str) -> None:
    session.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    with pytest.raises(MachineError, match=r"must be a JSON object with cert\.pem") as failure:
        certificate_secret.read(session, secret)
    assert text not in str(failure.value)


def test_a_certificate_is_due_when_there_is_none_or_it_lacks_a_host_or_the_server_changed_or_a_month_is_left() -> None:
    assert not kept().is_due(RELEASE)
    assert Kept().is_due(RELEASE)
    assert kept(hosts=("www.preqly.com",)).is_due(RELEASE)
    # A name too many does no harm until the next one: a certificate of the embedded cloud is for localhost as well.
    assert not kept(hosts=("app.preqly.com", "localhost")).is_due(RELEASE)
    assert kept(server="https://staging.test/directory").is_due(RELEASE)
    assert kept(days=29).is_due(RELEASE)
    assert not kept(days=31).is_due(RELEASE)


def test_a_certificate_that_is_due_may_still_serve() -> None:
    assert kept(days=3).problem(RELEASE) == ""
    assert kept(hosts=("app.preqly.com", "www.preqly.com")).problem(RELEASE) == ""
    assert "another ACME server" in kept(server="https://staging.test/directory").problem(RELEASE)
    assert Kept().problem(RELEASE) == "there is no certificate yet"


def test_a_request_keeps_others_away_while_it_may_bring_something() -> None:
    request = Kept().request(RELEASE).next("machine-a", NOW)
    assert request.runs(NOW + timedelta(minutes=4))
    assert not request.runs(NOW + timedelta(minutes=5))
    assert not request.failed("no").runs(NOW)


def test_requests_that_bring_nothing_become_rare_and_stay_below_what_lets_encrypt_takes() -> None:
    request, now, made = Kept().request(RELEASE), NOW, []
    while now < NOW + timedelta(days=4):
        request = request.next("machine-a", now).failed("no")
        made.append(now)
        now = datetime.fromisoformat(request.again)
        assert not request.may_be_repeated(now - timedelta(seconds=1))
    assert len([one for one in made if one < NOW + timedelta(hours=1)]) == 4
    assert now - made[-1] == LONGEST_WAIT


def test_what_failed_for_other_hosts_or_another_server_does_not_hold_this_release_back() -> None:
    asked = asdict(Kept().request(RELEASE).next("machine-a", NOW).failed("no"))
    read_back = Kept(document=json.loads(json.dumps({"asked": asked})))
    assert read_back.request(RELEASE) == Request(**asked)
    assert read_back.request(RELEASE).tries == 1
    for other in (replace(RELEASE, hosts=["b.preqly.com"]), replace(RELEASE, acme_server="https://staging.test/d")):
        assert read_back.request(other).tries == 0
        assert read_back.request(other).may_be_repeated(NOW)
