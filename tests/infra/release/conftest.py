from collections.abc import Iterator

import boto3
import pytest

from tests.moto_account import empty, moto_account

USED_SERVICES = ("ecr", "ecs", "rds", "ssm")


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
