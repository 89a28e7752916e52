from collections.abc import Iterator

import boto3
import pytest

from infra.release.migration import one_off_task, release_state
from infra.release.rollout import deployment, diagnosis, outdated_tasks, stopped_task
from tests.infra.release.fake_aws import FakeAws
from tests.moto_account import empty, moto_account

USED_SERVICES = ("ecs", "rds", "ssm")


@pytest.fixture(scope="module")
def _session() -> Iterator[boto3.Session]:
    """One session for a module: botocore builds clients slowly."""
    with moto_account():
        yield boto3.Session("test", "test", region_name="us-east-1")
    empty(*USED_SERVICES)


@pytest.fixture
def session(_session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session of an empty account in moto."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    empty(*USED_SERVICES)
    return _session


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """AWS in memory; polling does not sleep."""
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    for module in (deployment, diagnosis, one_off_task, outdated_tasks, release_state):
        monkeypatch.setattr(module, "POLL_SECONDS", 0)
    return FakeAws()
