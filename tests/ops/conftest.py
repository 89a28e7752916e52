import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest

from embedded_cloud.api import moto_patches
from infra.release.migration import one_off_task, release_state
from infra.release.migration.migration import PREPARE_COMMAND
from infra.release.migration.release_state import ReleaseState
from infra.release.reporting import ReleaseError
from infra.release.rollout import deployment
from ops.run import run
from tests.moto_account import empty, moto_account
from tests.ops.fake_pulumi import FakePulumi, install
from tests.ops.fixtures import REGISTRY, DeployedStack

USED_SERVICES = ("cloudwatch", "ecr", "ecs", "elbv2", "iam", "logs", "rds", "s3", "scheduler", "secretsmanager", "ssm")
"""Except EC2, which is slow to build: tests delete what they create there."""
NOTHING_TO_MIGRATE = ReleaseState(unapplied=[], unknown=[], heads={})


_CLIENTS: dict[tuple[str | None, ...], Any] = {}


@pytest.fixture(scope="module", autouse=True)
def _shared_clients() -> Iterator[None]:
    """Build each client once: every command opens a session of its own, and botocore builds clients slowly."""
    create = botocore.session.Session.create_client

    def create_client(
        self: botocore.session.Session, service_name: str, region_name: str | None = None, **options: Any
    ) -> Any:
        if options.get("aws_access_key_id") or options.get("endpoint_url"):
            return create(self, service_name, region_name=region_name, **options)
        used = self.get_credentials()
        region = region_name or self.get_config_variable("region")
        key = (service_name, region, used.access_key if used else None, os.environ.get("AWS_ENDPOINT_URL"))
        if key not in _CLIENTS:
            _CLIENTS[key] = create(self, service_name, region_name=region)
        return _CLIENTS[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session.Session, "create_client", create_client)
        yield


@pytest.fixture(scope="module", autouse=True)
def _moto() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # moto would create hundreds of machine images.
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        moto_patches.apply(agents=False, registry=REGISTRY)
        empty("ec2")
        with moto_account():
            yield
        empty(*USED_SERVICES, "ec2")


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty account, and credentials for no other."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "PULUMI_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("COLUMNS", "200")
    empty(*USED_SERVICES)


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(region_name="us-east-1")


@pytest.fixture
def stack(session: boto3.Session) -> DeployedStack:
    return DeployedStack(session)


class Database:
    """What one-off tasks find in the database, and the task definitions that ran them."""

    def __init__(self) -> None:
        self.state = NOTHING_TO_MIGRATE
        self.read: list[str] = []
        self.prepared: list[str] = []
        self.refusal: ReleaseError | None = None
        """The error of the next preparation."""

    def __call__(self, session: boto3.Session, task: Any) -> ReleaseState:
        self.read.append(task.task_definition)
        return self.state

    def run(self, session: boto3.Session, task: Any) -> str:
        assert task.command == PREPARE_COMMAND
        self.prepared.append(task.task_definition)
        if self.refusal:
            raise self.refusal
        return "task"

    def is_in(self, **state: Any) -> None:
        self.state = replace(NOTHING_TO_MIGRATE, **state)


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    """moto runs no tasks, so the test sets the answer of `migration_state`."""
    found = Database()
    monkeypatch.setattr(release_state, "read", found)
    monkeypatch.setattr(one_off_task, "run", found.run)
    monkeypatch.setattr(deployment, "POLL_SECONDS", 0)
    monkeypatch.setattr(one_off_task, "POLL_SECONDS", 0)
    return found


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Ops:
    """`python -m ops`, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Ended:
        code = run(words)
        captured = self._capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    def refused(self, words: Sequence[str], code: int) -> str:
        """The message of a command that ends with this exit code and no traceback."""
        ended = self(*words)
        assert (ended.code, "Traceback" in ended.err) == (code, False), ended
        return ended.err


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    return install(tmp_path, monkeypatch)


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Ops:
    return Ops(capsys)
