"""The site while its data is replaced, and what a restore in place does around that."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends

from embedded_cloud.api.moto_patches import ecs_services
from infra.ecs.containers import MIGRATION_COMMAND
from infra.release.migration import one_off_task, release_state
from infra.release.migration.migration import PREPARE_COMMAND
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.release_state import ReleaseState
from infra.release.record import COMMAND
from infra.release.reporting import ReleaseError
from ops.backup import restore, snapshots, stopped_site
from ops.backup.postgres_client import PostgresClient
from ops.database import DatabaseLogin
from ops.errors import OpsError
from ops.stack import find
from tests.moto_account import empty
from tests.ops.conftest import Ops
from tests.ops.fixtures import CLUSTER, REGION, SERVICE, DeployedStack
from tests.ops.scheduled import GROUP, create_schedules, states

STATES = {"digest": "ENABLED", "off": "DISABLED"}
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/{SERVICE}",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture
def scaled(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> DeployedStack:
    """A deployed stack whose service scales between two and four tasks, with a worker and schedules."""
    empty("application-autoscaling")
    monkeypatch.setattr(stopped_site, "POLL_SECONDS", 0)
    create_schedules(stack.session, **STATES)
    stack.deploy("one", processes=["worker"], schedule_group=GROUP)
    stack.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=4)
    return stack


def state(stack: DeployedStack) -> tuple[int, bool]:
    """Number of tasks that the web service is to have, and whether its scaling is suspended."""
    (service,) = stack.ecs.describe_services(cluster=stack.cluster, services=[SERVICE])["services"]
    scaling = stack.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    suspended = target.get("SuspendedState", {})
    return service["desiredCount"], all(suspended.get(one) for one in stopped_site.ACTIVITIES)


def run_unhealthy(service: Any) -> None:
    """What ECS says once the tasks of the newest deployment run, in place of `_settle`."""
    service.deployments = service.deployments[:1]
    service.deployments[0]["runningCount"] = service.running_count = service.desired_count


@contextmanager
def stopped(stack: DeployedStack) -> Iterator[None]:
    """`stopped_site` of the stack."""
    found = find("prod", "preqly", None)
    with stopped_site.stopped_site(found, found.history()[-1], lambda _: None):
        assert (state(stack), stack.process("worker")[1]) == ((0, True), 0)
        assert set(states(stack.session).values()) == {"DISABLED"}
        yield


@pytest.mark.parametrize("error", [OpsError, KeyboardInterrupt])
def test_the_site_starts_again_whatever_happened(error: type[BaseException], scaled: DeployedStack) -> None:
    with pytest.raises(error), stopped(scaled):
        raise error
    assert (state(scaled), scaled.process("worker")[1]) == ((2, False), 1)
    assert states(scaled.session) == STATES


def test_a_site_that_a_killed_command_left_stopped_starts_with_its_minimum(scaled: DeployedStack) -> None:
    scaled.ecs.update_service(cluster=scaled.cluster, service=SERVICE, desiredCount=0)
    with stopped(scaled):
        pass
    assert state(scaled) == (2, False)


def test_it_ends_when_the_tasks_are_healthy_not_when_they_run(
    scaled: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    polls: list[tuple[int, bool]] = []
    services = ecs_backends[DEFAULT_ACCOUNT_ID][REGION].services.values()

    def get_healthy(_: float) -> None:
        polls.append(state(scaled))
        unhealthy = next(one for one in services if one.deployments[0]["rolloutState"] != "COMPLETED")
        unhealthy.deployments[0]["rolloutState"] = "COMPLETED"

    monkeypatch.setattr(ecs_services, "_settle", run_unhealthy)
    monkeypatch.setattr(time, "sleep", get_healthy)
    with stopped(scaled):
        pass
    assert polls == [(2, False)] * len(services)


def test_tasks_that_do_not_get_healthy_are_told_and_the_schedules_resume(
    scaled: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecs_services, "_settle", run_unhealthy)
    monkeypatch.setattr(time, "sleep", lambda _: scaled.rollout("FAILED"))
    with pytest.raises(ReleaseError, match="did not become healthy"), stopped(scaled):
        pass
    assert states(scaled.session) == STATES


def test_a_process_that_a_rollback_stopped_stays_stopped(scaled: DeployedStack) -> None:
    with stopped(scaled):
        web_only = {COMMAND: scaled.latest.process_task_definitions[COMMAND]}
        scaled.record.append(replace(scaled.latest, kind="rollback", process_task_definitions=web_only))
    assert (state(scaled), scaled.process("worker")) == ((2, False), ("one", 0))


class FakeData:
    """The live data; notes what happens to it."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self.replaced: list[str] = []
        self.refusal: OpsError | None = None

    def replace(self, script: Path) -> None:
        assert set(states(self._stack.session).values()) == {"DISABLED"}
        if self.refusal:
            raise self.refusal
        self.replaced.append(str(script))


@pytest.fixture
def live(scaled: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> FakeData:
    """Restored and live data without a server."""
    data = FakeData(scaled)
    owner = DatabaseLogin(host="db", port=5432, role="preqly", database="preqly", password="x")
    source = restore._Source(release=find("prod", "preqly", None).history()[-1], instance={}, owner=owner)

    @contextmanager
    def yields(value: Any) -> Iterator[Any]:
        yield value

    monkeypatch.setattr(restore, "_read", lambda *_: source)
    monkeypatch.setattr(restore._Source, "server", property(lambda _: type("Server", (), {"version": 17})()))
    monkeypatch.setattr(PostgresClient, "find", lambda _: None)
    monkeypatch.setattr(restore, "_restored_script", lambda *_: yields(Path("restored.sql")))
    monkeypatch.setattr(restore, "_data", lambda *_: yields(data))
    monkeypatch.setattr(snapshots, "take", lambda *_: "before")
    return data


@pytest.fixture
def restores(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    return lambda *words: ops("restore", "--at", "2026-11-21T12:00:30Z", "--into", "site", "--yes", *words)


def test_the_data_is_migrated_to_the_release_that_serves_before_the_site_starts(
    live: FakeData, scaled: DeployedStack, restores: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[Sequence[str]] = []

    def prepared(_: Any, task: OneOffTask) -> ReleaseState:
        commands.append(task.command)
        return ReleaseState(unapplied=["core.0002"], unknown=[], heads={})

    monkeypatch.setattr(release_state, "run_and_read", prepared)
    monkeypatch.setattr(one_off_task, "run", lambda _, task: commands.append((*task.command, str(state(scaled)))))
    ended = restores()
    assert ended.code == 0, ended.err
    assert commands == [PREPARE_COMMAND, (*MIGRATION_COMMAND, "(0, True)")]
    assert (live.replaced, state(scaled)) == (["restored.sql"], (2, False))
    assert "python -m ops restore --snapshot before" in ended.out


def test_data_that_cannot_be_replaced_leaves_the_site_serving(
    live: FakeData, scaled: DeployedStack, restores: Callable[..., Any]
) -> None:
    live.refusal = OpsError("The database stays as it was")
    ended = restores()
    assert (ended.code, ended.err.splitlines()[-1]) == (1, "The database stays as it was")
    assert (state(scaled), states(scaled.session)) == ((2, False), STATES)
