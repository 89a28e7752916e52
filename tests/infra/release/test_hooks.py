"""The hooks of a release: what they run, with which arguments, and how their errors end an update."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws
import pytest

from infra.release import hooks
from infra.release.hooks import ReleaseFailed, ReleaseHooks
from infra.release.migration.migration import MigrationResult, task_of_service
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout.deployment import ExpectedDeployment
from tests.conftest import COMPLETED
from tests.infra.ecs.arguments import SPEC
from tests.infra.release.fake_aws import CLUSTER, FAMILY, MIGRATION, PARAMETER, RELEASE, service_inputs
from tests.recorder import Recorder, new_engine

URN = "urn:pulumi:test::preqly::aws:ecs/service:Service::web-service"
DONE = MigrationResult(heads={"core": "0001_initial"})
EARLIER = service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6")


class ReleaseSteps:
    """Stands in for the functions that the hooks call, and keeps their arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.migrations: list[tuple[OneOffTask, SnapshotPolicy]] = []
        self.rollouts: list[ExpectedDeployment] = []
        self.completed: list[tuple[str, ReleaseRecord, MigrationResult | None]] = []
        self.refusal: Exception | None = None
        self.started_from: list[tuple[str, ReleaseRecord | None]] = []
        self.superseded: list[Exception | None] = []
        """Errors of the next checks for another release."""
        monkeypatch.setattr(hooks, "run_migration", self._migrate)
        monkeypatch.setattr(hooks, "wait_for_rollout", self._verify)
        monkeypatch.setattr(hooks, "complete", self._complete)
        monkeypatch.setattr(hooks, "refuse_if_superseded", self._refuse)
        monkeypatch.setattr(hooks, "roll_out", self._roll_out)
        monkeypatch.setattr(hooks, "return_to", lambda *_: ["Process worker returns"])
        self.rolled_out: list[list[ExpectedDeployment]] = []

    def _answer(self, report: Callable[[str], None]) -> None:
        report("one line")
        if self.refusal:
            raise self.refusal

    def _migrate(self, _session: Any, task: OneOffTask, policy: SnapshotPolicy, report: Any) -> MigrationResult:
        self.migrations.append((task, policy))
        self._answer(report)
        return DONE

    def _refuse(self, _session: Any, parameter: str, latest: ReleaseRecord | None) -> None:
        self.started_from.append((parameter, latest))
        error = self.superseded.pop(0) if self.superseded else None
        if error:
            raise error

    def _verify(self, _session: Any, expected: ExpectedDeployment, report: Any) -> dict[str, Any]:
        self.rollouts.append(expected)
        self._answer(report)
        return {}

    def _roll_out(self, _session: Any, processes: list[ExpectedDeployment], report: Any) -> dict[str, str]:
        self.rolled_out.append(processes)
        self._answer(report)
        return {}

    def _complete(
        self, _session: Any, name: str, release: ReleaseRecord, migrated: MigrationResult | None, report: Any
    ) -> ReleaseRecord:
        self.completed.append((name, release, migrated))
        self._answer(report)
        return replace(release, number=5)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> ReleaseSteps:
    return ReleaseSteps(monkeypatch)


MIGRATION_SECONDS = 1234
"""Of the application's manifest."""
MIGRATION_TASK = replace(task_of_service(service_inputs()), timeout_seconds=MIGRATION_SECONDS)


def release_hooks() -> ReleaseHooks:
    return ReleaseHooks("web", database="preqly-1a2b", snapshots=3, migration_seconds=MIGRATION_SECONDS, latest=RELEASE)


def hook_args(**inputs: dict[str, Any]) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", **inputs)


def call(engine: Recorder, hook: str, **inputs: dict[str, Any]) -> None:
    """Call a hook of the service as the engine does, inside a running program."""
    engine.run(lambda: getattr(release_hooks().binding(), hook)[0](hook_args(**inputs)))


@pytest.mark.parametrize(
    ("hook", "before", "migrated"),
    [
        ("before_create", {}, True),
        ("before_update", {"old_inputs": EARLIER}, True),
        # No new release.
        ("before_update", {"old_inputs": service_inputs()}, False),
    ],
)
def test_a_release_is_migrated_before_the_service_is_created_or_updated(
    engine: Recorder, steps: ReleaseSteps, hook: str, before: dict[str, Any], migrated: bool
) -> None:
    call(engine, hook, new_inputs=service_inputs(), **before)
    expected = (MIGRATION_TASK, SnapshotPolicy(project="preqly", database="preqly-1a2b", kept=3))
    assert steps.migrations == [expected] * migrated


def test_secret_inputs_are_read_too(engine: Recorder, steps: ReleaseSteps) -> None:
    def program() -> Any:
        network = pulumi.Output.secret(service_inputs()["networkConfiguration"])
        args = hook_args(new_inputs={**service_inputs(), "networkConfiguration": network})
        return release_hooks().binding().before_create[0](args)  # type: ignore[index]

    engine.run(program)
    assert [task for task, _ in steps.migrations] == [MIGRATION_TASK]


def test_a_failed_migration_stops_the_update(engine: Recorder, steps: ReleaseSteps) -> None:
    steps.refusal = ReleaseError("exit code 1")
    with pytest.raises(ReleaseError, match="exit code 1"):
        call(engine, "before_create", new_inputs=service_inputs())


@pytest.mark.parametrize("checks", [0, 1])
def test_a_rollback_before_or_during_the_migration_stops_the_update(
    engine: Recorder, steps: ReleaseSteps, checks: int
) -> None:
    steps.superseded = [*[None] * checks, ReleaseError("another rollback")]
    with pytest.raises(ReleaseError, match="another rollback"):
        call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert steps.started_from == [(PARAMETER, RELEASE)] * (checks + 1)
    assert len(steps.migrations) == checks


@pytest.mark.parametrize("hook", ["after_create", "after_update"])
def test_the_expected_deployment_is_read_from_the_service(engine: Recorder, steps: ReleaseSteps, hook: str) -> None:
    inputs = {"cluster": CLUSTER, "taskDefinition": f"{FAMILY}:8"}
    call(engine, hook, new_inputs=inputs, new_outputs={**inputs, "name": "web-service"})
    assert steps.rollouts == [ExpectedDeployment(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")]


WORKER = ExpectedDeployment(cluster=CLUSTER, service="worker", task_definition="worker:2", process="worker")


def with_worker(hook: str, position: int, **inputs: dict[str, Any]) -> Any:
    binding = release_hooks().binding([WORKER])
    return getattr(binding, hook)[position](hook_args(**inputs))


def test_the_web_service_is_not_touched_when_a_process_does_not_run(engine: Recorder, steps: ReleaseSteps) -> None:
    steps.refusal = ReleaseError("Process worker: exit code 3")
    with pytest.raises(ReleaseError, match=r"(?s)exit code 3.*The web service was not touched"):
        engine.run(lambda: with_worker("before_update", 1, new_inputs=service_inputs()))
    assert steps.rolled_out == [[WORKER]]


def test_when_the_web_service_fails_the_processes_return(engine: Recorder, steps: ReleaseSteps) -> None:
    steps.refusal = ReleaseError("did not become healthy")
    inputs = {"cluster": CLUSTER, "taskDefinition": f"{FAMILY}:8"}
    with pytest.raises(ReleaseError, match=r"(?s)did not become healthy.*Process worker returns"):
        engine.run(lambda: with_worker("after_update", 0, new_inputs=inputs, new_outputs={**inputs, "name": "web"}))


@pytest.mark.parametrize(("declared", "runs"), [(("worker",), "worker:2"), ((), "")])
def test_a_process_runs_in_the_releases_that_have_it(
    engine: Recorder, steps: ReleaseSteps, declared: tuple[str, ...], runs: str
) -> None:
    inputs = {"cluster": CLUSTER, "taskDefinition": "worker:2"}
    spec = replace(SPEC, processes=declared)

    def after() -> Any:
        binding = release_hooks().process_binding("worker", spec)
        return binding.after_update[0](hook_args(new_inputs=inputs, new_outputs={**inputs, "name": "worker"}))  # type: ignore[index]

    engine.run(after)
    assert steps.rolled_out == [[replace(WORKER, task_definition=runs)]]


def test_the_release_is_migrated_once_for_all_its_services(engine: Recorder, steps: ReleaseSteps) -> None:
    def services() -> Any:
        owner = release_hooks()
        migrate = owner.binding().before_update[0], owner.process_binding("worker", SPEC).before_update[0]  # type: ignore[index]
        arguments = hook_args(new_inputs=service_inputs(), old_inputs=EARLIER)
        return pulumi.Output.all(*(pulumi.Output.from_input(one(arguments)) for one in migrate))

    engine.run(services)
    assert len(steps.migrations) == 1
    steps.refusal = ReleaseError("exit code 1")
    with pytest.raises(ReleaseError, match=r"exit code 1|the migration of this release failed"):
        engine.run(services)
    assert len(steps.migrations) == 2


def test_progress_is_logged_with_the_service(
    engine: Recorder, steps: ReleaseSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[tuple[str, Any]] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, resource: reported.append((line, resource)))
    call(engine, "before_create", new_inputs=service_inputs())
    ((line, resource),) = reported
    assert line == "one line"
    assert engine.run(lambda: resource.urn) == URN


def released(owner: ReleaseHooks | None = None, release: ReleaseRecord = RELEASE) -> pulumi.Output[ReleaseRecord]:
    service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
    return (owner or release_hooks()).recorded_release(service, PARAMETER, pulumi.Output.from_input(release))


def test_every_update_completes_the_release_also_when_nothing_changed(engine: Recorder, steps: ReleaseSteps) -> None:
    assert engine.run(released).number == 5
    assert steps.completed == [(PARAMETER, RELEASE, None)]


def test_a_preview_does_not_ask_ecs(steps: ReleaseSteps) -> None:
    assert new_engine(preview=True).run(released) == RELEASE
    assert steps.completed == []


def test_what_this_update_migrated_is_recorded(engine: Recorder, steps: ReleaseSteps) -> None:
    def program() -> Any:
        owner = release_hooks()
        migrated = owner.binding().before_create[0](hook_args(new_inputs=service_inputs()))  # type: ignore[index]
        release = replace(RELEASE, migration_task_definition=MIGRATION)
        return pulumi.Output.from_input(migrated).apply(lambda _: released(owner, release))

    engine.run(program)
    assert [migrated for *_, migrated in steps.completed] == [DONE]


def test_an_update_fails_without_a_traceback_when_the_release_does_not_run(
    engine: Recorder, steps: ReleaseSteps
) -> None:
    steps.refusal = ReleaseError("did not become healthy")
    with pytest.raises(ReleaseFailed, match="did not become healthy"):
        engine.run(released)


@pytest.mark.usefixtures("declared")
def test_the_program_completes_the_release_that_it_declares() -> None:
    assert (PARAMETER, "preqly-test-web:1") in {
        (parameter, release.task_definition.rpartition("/")[2]) for parameter, release in COMPLETED
    }
