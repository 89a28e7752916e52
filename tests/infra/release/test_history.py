"""Records of releases, and their history in moto, which keeps versions of a parameter as SSM does."""

import json
from dataclasses import replace
from typing import Any, cast

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.release.history import INITIAL_VALUE, MAX_BYTES, MAX_VERSIONS, ReleaseHistory, refuse_if_superseded
from infra.release.record import ReleaseRecord, RolledBack, utc_now
from infra.release.reporting import ReleaseError
from tests.infra.release.fake_aws import PARAMETER, RELEASE

BAD = RolledBack(number=1, tag="bad", sources="f1")
TORN = RELEASE.to_json().replace('"withheld":null', '"withheld":{"tag":"bad"}')


@pytest.fixture
def history(session: boto3.Session) -> ReleaseHistory:
    """The history of a new stack."""
    put(session, INITIAL_VALUE)
    return ReleaseHistory(session, PARAMETER)


def put(session: boto3.Session, value: str) -> None:
    session.client("ssm").put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)


def test_releases_are_numbered_from_one_and_kept_in_order(history: ReleaseHistory) -> None:
    assert (history.latest(), history.records()) == (None, [])
    first = history.append(RELEASE)
    second = history.append(replace(RELEASE, kind="rollback", rolled_back=BAD))
    assert (first.number, second.number, second.rolled_back) == (1, 2, BAD)
    assert history.records() == [first, second]
    assert history.latest() == second


def test_the_newest_versions_are_read_from_several_pages(session: boto3.Session, history: ReleaseHistory) -> None:
    numbers = range(1, MAX_VERSIONS + 6)
    for number in numbers:
        put(session, replace(RELEASE, number=number).to_json())
    assert [release.number for release in history.records()] == list(numbers[5:])


def test_a_long_first_migration_is_recorded_with_its_last_steps(history: ReleaseHistory) -> None:
    migrated = [f"application.{number:04}_a_step_of_the_first_migration" for number in range(200)]
    recorded = history.append(replace(RELEASE, migrated=migrated))
    assert 0 < len(recorded.migrated) < 200
    assert recorded.migrated == migrated[-len(recorded.migrated) :]
    assert len(recorded.to_json().encode()) <= MAX_BYTES


def test_a_record_that_is_still_too_long_names_its_longest_part(history: ReleaseHistory) -> None:
    heads = {f"application_{number}": f"{number:04}_the_newest_migration" for number in range(100)}
    with pytest.raises(ReleaseError, match="an SSM parameter holds 4096: `heads` is the longest part"):
        history.append(replace(RELEASE, heads=heads))
    assert history.latest() is None


@pytest.mark.parametrize("value", ["nonsense", "[]", '{"number": 3}', TORN])
def test_a_broken_value_is_reported_with_the_commands_that_restore_it(
    session: boto3.Session, history: ReleaseHistory, value: str
) -> None:
    first = history.append(RELEASE)
    put(session, value)
    with pytest.raises(ReleaseError) as failure:
        history.latest()
    assert f"{PARAMETER} does not hold a release record" in str(failure.value)
    assert f"aws ssm get-parameter-history --name {PARAMETER}" in str(failure.value)
    assert history.records() == [first]


def test_a_missing_parameter_is_named(session: boto3.Session) -> None:
    missing = ReleaseHistory(session, "/preqly/other/releases")
    for query in (missing.latest, missing.records, lambda: missing.append(RELEASE)):
        with pytest.raises(ReleaseError, match=r"/preqly/other/releases .* does not exist. `pulumi up` creates it"):
            query()


def test_an_error_of_aws_is_passed_on(history: ReleaseHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = history._ssm.exceptions.ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "no ssm:PutParameter"}}, "PutParameter"
    )

    def deny(**_: Any) -> None:
        raise denied

    monkeypatch.setattr(history._ssm, "put_parameter", deny)
    with pytest.raises(ReleaseError, match=f"{PARAMETER} .*AccessDeniedException: no ssm:PutParameter"):
        history.append(RELEASE)


def test_releases_remain_on_record_when_pulumi_writes_the_initial_value_again(
    session: boto3.Session, history: ReleaseHistory
) -> None:
    history.append(RELEASE)
    put(session, INITIAL_VALUE)
    assert history.append(replace(RELEASE, tag="later")).number == 2


def test_an_update_may_continue_from_the_latest_release(session: boto3.Session, history: ReleaseHistory) -> None:
    latest = history.append(RELEASE)
    refuse_if_superseded(session, PARAMETER, latest)
    put(session, INITIAL_VALUE)
    refuse_if_superseded(session, PARAMETER, latest)


def test_an_update_stops_after_a_rollback_in_the_meantime(session: boto3.Session, history: ReleaseHistory) -> None:
    latest = history.append(RELEASE)
    history.append(replace(RELEASE, kind="rollback", tag="0000-1"))
    with pytest.raises(ReleaseError, match=r"Release 2 \(rollback, 0000-1\) .* started from release 1: .* again"):
        refuse_if_superseded(session, PARAMETER, latest)


def test_before_the_first_release_the_parameter_is_not_read() -> None:
    refuse_if_superseded(cast(boto3.Session, None), PARAMETER, None)


OTHER_VERSION = (
    '{"number":8,"kind":"rollback","at":"2026-11-21T15:00:00+00:00","tag":"aaaa-1","revision":"2c981ae","sources":"f0",'
    '"architecture":"arm64","withheld":{"number":7,"tag":"bbbb-1","sources":"f1","later":1},"web_image":"w@sha256:aa",'
    '"proxy_image":"p@sha256:bb","task_definition":"web:7","migration_task_definition":"migration:7",'
    '"heads":{"core":"0002_b"},"migrated":[],"snapshot":null,"region":"us-east-1","cluster":"c","service":"s",'
    '"secret_arn":"a","log_group":"l","database":"d","secret_version":"v-1","hosting":"fargate","bucket":"",'
    '"parameter":""}'
)
"""With keys that this version does not have."""


@given(
    heads=st.dictionaries(st.text(), st.text(), max_size=3),
    migrated=st.lists(st.text(), max_size=3),
    rolled_back=st.none() | st.builds(RolledBack, number=st.integers(), tag=st.text("abc-0"), sources=st.text("f01")),
)
def test_a_record_is_read_as_it_was_written(heads: Any, migrated: Any, rolled_back: Any) -> None:
    release = replace(RELEASE, heads=heads, migrated=migrated, rolled_back=rolled_back)
    assert ReleaseRecord.from_json(release.to_json()) == release


def test_a_record_of_another_version_is_read_without_the_keys_that_this_one_lacks() -> None:
    release = ReleaseRecord.from_json(OTHER_VERSION)
    assert (release.number, release.kind, release.heads) == (8, "rollback", {"core": "0002_b"})
    assert release.rolled_back == RolledBack(number=7, tag="bbbb-1", sources="f1")


def test_another_version_finds_every_key_that_it_requires() -> None:
    written, expected = json.loads(replace(RELEASE, rolled_back=BAD).to_json()), json.loads(OTHER_VERSION)
    assert set(expected) - set(written) == {"bucket", "parameter"}
    assert written["withheld"] == {"number": 1, "tag": "bad", "sources": "f1"}


@pytest.mark.parametrize("rolled_back", [None, BAD])
@pytest.mark.parametrize("heads", [{}, {"core": "0002_b"}])
def test_ssm_finds_no_reference_to_another_parameter_in_a_record(rolled_back: Any, heads: Any) -> None:
    value = replace(RELEASE, heads=heads, rolled_back=rolled_back).to_json()
    assert "{{" not in value
    assert "}}" not in value


def test_the_time_of_a_release_is_utc() -> None:
    assert utc_now().endswith("+00:00")
