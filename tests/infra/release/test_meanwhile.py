from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from infra.release.errors import ReleaseError
from infra.release.meanwhile import refuse_other_release
from infra.release.record import FIRST_VALUE, Release, ReleaseRecord
from tests.infra.release.test_completion import RELEASE

NAME = "/preqly/test/releases"


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        made = boto3.Session("a", "b", region_name="us-east-1")
        made.client("ssm").put_parameter(Name=NAME, Value=FIRST_VALUE, Type="String")
        yield made


def released(session: boto3.Session, release: Release) -> Release:
    return ReleaseRecord(session, NAME).append(release)


def test_the_release_that_the_program_started_from_is_let_pass(session: boto3.Session) -> None:
    refuse_other_release(session, NAME, released(session, RELEASE))


def test_a_rollback_since_then_is_refused_and_named(session: boto3.Session) -> None:
    latest = released(session, RELEASE)
    released(session, replace(RELEASE, kind="rollback", tag="0000-1"))
    with pytest.raises(ReleaseError, match=r"Release 2 \(rollback, 0000-1\) .* started from release 1: .* again"):
        refuse_other_release(session, NAME, latest)


def test_before_the_first_release_nobody_is_asked() -> None:
    """There may be no parameter yet."""
    with mock_aws():
        refuse_other_release(boto3.Session("a", "b", region_name="us-east-1"), NAME, None)


def test_a_parameter_that_was_made_anew_says_what_was_before(session: boto3.Session) -> None:
    latest = released(session, RELEASE)
    session.client("ssm").put_parameter(Name=NAME, Value=FIRST_VALUE, Overwrite=True)
    refuse_other_release(session, NAME, latest)
