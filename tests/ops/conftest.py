from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws

from infra.release import one_off_task, release_state, verdict
from infra.release.errors import ReleaseError
from infra.release.migration import PREPARE_COMMAND
from infra.release.release_state import ReleaseState
from local.cloud import moto_patches
from ops.run import run
from tests.ops.stand import REGISTRY, Stand

NOTHING_TO_MIGRATE = ReleaseState(unapplied=[], unknown=[], heads={})


@pytest.fixture(scope="session", autouse=True)
def _one_loader() -> Iterator[None]:
    """Every run makes a session of its own, and reading AWS's descriptions again would be most of the tests' time."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda *_: loader)
        yield


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account, and credentials for no other."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "PULUMI_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("COLUMNS", "200")
    # Hundreds of machine images, read anew for every test.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    moto_patches.apply(agents=False, registry=REGISTRY)
    with mock_aws():
        yield


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(region_name="us-east-1")


@pytest.fixture
def stand(session: boto3.Session) -> Stand:
    return Stand(session)


class Database:
    """What the one-off tasks find and do, and the task definitions they were run with."""

    def __init__(self) -> None:
        self.state = NOTHING_TO_MIGRATE
        self.asked: list[str] = []
        self.prepared: list[str] = []
        self.refusal: ReleaseError | None = None
        """Why a release cannot be prepared."""

    def __call__(self, session: boto3.Session, task: Any) -> ReleaseState:
        self.asked.append(task.task_definition)
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
    """No task runs in moto: the answer of `migration_state` is what a test says."""
    found = Database()
    monkeypatch.setattr(release_state, "ask", found)
    monkeypatch.setattr(one_off_task, "run", found.run)
    monkeypatch.setattr(verdict, "POLL_SECONDS", 0)
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
        """The command's message, given that it ends with this code and no traceback."""
        ended = self(*words)
        assert (ended.code, "Traceback" in ended.err) == (code, False), ended
        return ended.err


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Ops:
    return Ops(capsys)
