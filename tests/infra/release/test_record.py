import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from infra.release.errors import ReleaseError
from infra.release.record import (
    FIRST_VALUE,
    KEPT,
    MAX_BYTES,
    Release,
    ReleaseRecord,
    Withheld,
    parameter_name,
    utc_now,
)

NAME = "/preqly/prod/releases"
DIGEST = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:" + "a" * 64
FAMILY = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-prod"
RELEASE = Release(
    kind="release",
    at="2026-11-21T15:00:00+00:00",
    tag="0123456789ab-0a1b",
    revision="2c981ae",
    web_image=DIGEST,
    proxy_image=DIGEST.replace("web", "proxy"),
    task_definition=f"{FAMILY}-web:7",
    migration_task_definition=f"{FAMILY}-migration:7",
    heads={"account": "0001_initial", "core": "0002_movies"},
    migrated=["core.0002_movies"],
    snapshot="preqly-before-0123456789ab-0a1b",
    region="us-east-1",
    cluster="arn:aws:ecs:us-east-1:123456789012:cluster/web-cluster",
    service="web-service",
    secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:application-1a2b3c",
    log_group="web-logs",
    database="preqly-0a1b2c3d",
)
TORN = RELEASE.to_json().replace('"withheld":null', '"withheld":{"tag":"bad"}')


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """A session of an account where the stack was just made: the parameter holds its first value."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        put(session, FIRST_VALUE)
        yield session


def put(session: boto3.Session, value: str) -> None:
    ssm: Any = session.client("ssm")
    ssm.put_parameter(Name=NAME, Value=value, Type="String", Overwrite=True)


def test_a_new_stack_has_no_release_on_record(session: boto3.Session) -> None:
    record = ReleaseRecord(session, NAME)
    assert record.latest() is None
    assert record.history() == []


def test_releases_are_numbered_from_one_and_kept_in_order(session: boto3.Session) -> None:
    record = ReleaseRecord(session, parameter_name("preqly", "prod"))
    first = record.append(RELEASE)
    second = record.append(replace(RELEASE, kind="rollback", snapshot=None, withheld=Withheld(number=1, tag="bad")))
    assert (first.number, second.number) == (1, 2)
    assert record.history() == [first, second]
    assert record.latest() == second
    assert second.withheld == Withheld(number=1, tag="bad")


def test_the_hundred_newest_are_read_whatever_the_page_size(session: boto3.Session) -> None:
    record = ReleaseRecord(session, NAME)
    for _ in range(KEPT + 5):
        record.append(RELEASE)
    assert [release.number for release in record.history()] == list(range(6, KEPT + 6))


@given(
    heads=st.dictionaries(st.text(), st.text(), max_size=5),
    migrated=st.lists(st.text(), max_size=5),
    withheld=st.none() | st.builds(Withheld, number=st.integers(), tag=st.text(alphabet="abc-0")),
)
def test_what_is_written_is_what_is_read(heads: Any, migrated: Any, withheld: Any) -> None:
    release = replace(RELEASE, heads=heads, migrated=migrated, withheld=withheld)
    assert Release.from_json(release.to_json()) == release


@pytest.mark.parametrize("withheld", [None, Withheld(number=3, tag="bad")])
@pytest.mark.parametrize("heads", [{}, RELEASE.heads])
def test_no_value_looks_like_a_reference_to_another_parameter(withheld: Any, heads: Any) -> None:
    value = replace(RELEASE, heads=heads, withheld=withheld).to_json()
    assert "{{" not in value
    assert "}}" not in value


def test_a_record_of_a_later_program_is_read_all_the_same() -> None:
    value = json.dumps({**json.loads(RELEASE.to_json()), "instance": "i-0123"})
    assert Release.from_json(value) == RELEASE


def test_a_long_first_migration_is_recorded_with_its_last_steps(session: boto3.Session) -> None:
    migrated = [f"application.{number:04}_a_step_of_the_first_migration" for number in range(200)]
    recorded = ReleaseRecord(session, NAME).append(replace(RELEASE, migrated=migrated))
    assert 0 < len(recorded.migrated) < 200
    assert recorded.migrated == migrated[-len(recorded.migrated) :]
    assert len(recorded.to_json().encode()) <= MAX_BYTES


def test_a_record_that_is_still_too_long_says_which_part(session: boto3.Session) -> None:
    heads = {f"application_{number}": f"{number:04}_the_newest_migration" for number in range(100)}
    with pytest.raises(ReleaseError) as failure:
        ReleaseRecord(session, NAME).append(replace(RELEASE, heads=heads))
    assert "an SSM parameter holds 4096: `heads` is the longest part" in str(failure.value)
    assert ReleaseRecord(session, NAME).latest() is None


@pytest.mark.parametrize("value", ["nonsense", "[]", '{"number": 3}', TORN])
def test_a_value_that_somebody_broke_is_named_with_the_way_back(session: boto3.Session, value: str) -> None:
    record = ReleaseRecord(session, NAME)
    first = record.append(RELEASE)
    put(session, value)
    with pytest.raises(ReleaseError, match=f"{NAME} holds no release record(.|\n)*get-parameter-history --name {NAME}"):
        record.latest()
    assert record.history() == [first]


@pytest.mark.parametrize("method", ["latest", "history"])
def test_a_stack_that_is_not_there_is_said_so(session: boto3.Session, method: str) -> None:
    record = ReleaseRecord(session, "/preqly/other/releases")
    with pytest.raises(ReleaseError, match=r"/preqly/other/releases .* does not exist. `pulumi up` makes it"):
        getattr(record, method)()
    with pytest.raises(ReleaseError, match="does not exist"):
        record.append(RELEASE)


def test_what_aws_refuses_is_passed_on(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    record = ReleaseRecord(session, NAME)
    refused = record._ssm.exceptions.ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "no ssm:PutParameter"}}, "PutParameter"
    )

    def refuse(**_: Any) -> None:
        raise refused

    monkeypatch.setattr(record._ssm, "put_parameter", refuse)
    with pytest.raises(ReleaseError, match=f"{NAME} .*AccessDeniedException: no ssm:PutParameter"):
        record.append(RELEASE)


def test_the_time_of_a_release_is_utc() -> None:
    assert utc_now().endswith("+00:00")


def test_releases_are_still_known_after_the_parameter_got_its_first_value_again(session: boto3.Session) -> None:
    record = ReleaseRecord(session, NAME)
    record.append(RELEASE)
    put(session, FIRST_VALUE)
    assert record.append(replace(RELEASE, tag="later")).number == 2


def test_what_a_later_version_added_to_the_withheld_release_is_ignored() -> None:
    text = RELEASE.to_json().replace('"withheld":null', '"withheld":{"number":3,"tag":"bad","added":1}')
    assert Release.from_json(text).withheld == Withheld(number=3, tag="bad")


def test_a_record_of_before_sources_were_kept_is_read() -> None:
    text = RELEASE.to_json().replace('"sources":"","architecture":"",', "")
    assert text != RELEASE.to_json()
    assert Release.from_json(text) == RELEASE
