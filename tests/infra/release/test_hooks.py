import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import boto3
import pulumi
import pulumi_aws
import pytest
from botocore.exceptions import EndpointConnectionError
from pulumi.runtime.config import set_all_config

from infra.release import hooks, unfinished_push
from infra.release.hooks import ReleaseFailed, ReleaseHooks
from infra.release.migration.migration import MigrationResult, task_of_service
from infra.release.migration.one_off_task import OneOffTask
from infra.release.migration.snapshot import SnapshotPolicy
from infra.release.record import ReleaseRecord
from infra.release.reporting import ReleaseError
from infra.release.rollout.deployment import ExpectedDeployment
from tests.conftest import COMPLETED
from tests.event_loop import run_apart
from tests.infra.release.fake_aws import FAMILY, refusal
from tests.infra.release.records import PARAMETER, RELEASE
from tests.infra.release.service import DEFINITION, service_inputs
from tests.infra.release.stubs import CLUSTER
from tests.recorder import new_engine

URN = "urn:pulumi:test::preqly::aws:ecs/service:Service::web-service"
DONE = MigrationResult(heads={"core": "0001_initial"})


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
        self.lines = ["one line"]
        monkeypatch.setattr(hooks, "run_migration", self._migrate)
        monkeypatch.setattr(hooks, "wait_for_rollout", self._verify)
        monkeypatch.setattr(hooks, "complete", self._complete)
        monkeypatch.setattr(hooks, "refuse_if_superseded", self._refuse)

    def _answer(self, report: Any) -> None:
        for line in self.lines:
            report(line)
        if self.refusal:
            raise self.refusal

    def _migrate(self, session: Any, task: OneOffTask, policy: SnapshotPolicy, report: Any) -> MigrationResult:
        self.migrations.append((task, policy))
        self._answer(report)
        return DONE

    def _refuse(self, session: Any, parameter: str, latest: ReleaseRecord | None) -> None:
        self.started_from.append((parameter, latest))
        error = self.superseded.pop(0) if self.superseded else None
        if error:
            raise error

    def _verify(self, session: Any, expected: ExpectedDeployment, report: Any) -> dict[str, Any]:
        self.rollouts.append(expected)
        self._answer(report)
        return {}

    def _complete(
        self, session: Any, name: str, release: ReleaseRecord, migrated: MigrationResult | None, report: Any
    ) -> ReleaseRecord:
        self.completed.append((name, release, migrated))
        self._answer(report)
        return replace(release, number=5)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> ReleaseSteps:
    return ReleaseSteps(monkeypatch)


def release_hooks() -> ReleaseHooks:
    return ReleaseHooks("web", database="preqly-1a2b", snapshots=3, latest=RELEASE)


def call(engine: Any, hook: str, **inputs: dict[str, Any]) -> None:
    """Call a hook of the service as the engine would, inside a running program."""
    args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", **inputs)

    def program() -> Any:
        bound = getattr(release_hooks().binding(), hook)
        return bound[0](args)

    engine.run(program)


EARLIER = service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6")


def test_the_first_release_is_migrated_before_the_service_exists(engine: Any, steps: ReleaseSteps) -> None:
    call(engine, "before_create", new_inputs=service_inputs())
    assert steps.migrations == [(task_of_service(service_inputs()), SnapshotPolicy(database="preqly-1a2b", kept=3))]


def test_a_new_release_is_migrated_before_the_service_changes(engine: Any, steps: ReleaseSteps) -> None:
    call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert [task.task_definition for task, _ in steps.migrations] == [DEFINITION]


def test_a_change_that_is_no_release_migrates_nothing(engine: Any, steps: ReleaseSteps) -> None:
    call(engine, "before_update", new_inputs=service_inputs(), old_inputs=service_inputs())
    assert steps.migrations == []


def test_secret_inputs_are_read_too(engine: Any, steps: ReleaseSteps) -> None:
    network = service_inputs()["networkConfiguration"]

    def program() -> Any:
        secret = {**service_inputs(), "networkConfiguration": pulumi.Output.secret(network)}
        args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", new_inputs=secret)
        return release_hooks().binding().before_create[0](args)  # type: ignore[index]

    engine.run(program)
    assert [task for task, _ in steps.migrations] == [task_of_service(service_inputs())]


def test_a_failed_migration_stops_the_update(engine: Any, steps: ReleaseSteps) -> None:
    steps.refusal = ReleaseError("exit code 1")
    with pytest.raises(ReleaseError, match="exit code 1"):
        call(engine, "before_create", new_inputs=service_inputs())


def test_a_rollback_since_the_program_started_stops_the_update_before_it_migrates(
    engine: Any, steps: ReleaseSteps
) -> None:
    steps.superseded = [ReleaseError("another rollback")]
    with pytest.raises(ReleaseError, match="another rollback"):
        call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert steps.started_from == [(PARAMETER, RELEASE)]
    assert steps.migrations == []


def test_a_rollback_during_the_migration_stops_the_update_too(engine: Any, steps: ReleaseSteps) -> None:
    steps.superseded = [None, ReleaseError("another rollback")]
    with pytest.raises(ReleaseError, match="another rollback"):
        call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert len(steps.migrations) == 1


@pytest.mark.parametrize("hook", ["after_create", "after_update"])
def test_the_expected_deployment_is_read_from_the_service(engine: Any, steps: ReleaseSteps, hook: str) -> None:
    inputs = {"cluster": CLUSTER, "taskDefinition": f"{FAMILY}:8"}
    call(engine, hook, new_inputs=inputs, new_outputs={**inputs, "name": "web-service"})
    assert steps.rollouts == [ExpectedDeployment(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")]


def test_progress_is_logged_with_the_service(engine: Any, steps: ReleaseSteps, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[tuple[str, Any]] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, resource: reported.append((line, resource)))
    call(engine, "before_create", new_inputs=service_inputs())
    ((line, resource),) = reported
    assert line == "one line"
    assert engine.run(lambda: resource.urn) == URN


def test_an_error_of_aws_becomes_a_release_error(engine: Any, steps: ReleaseSteps) -> None:
    for silence in (EndpointConnectionError(endpoint_url="https://ecs"), refusal("ExpiredTokenException")):
        steps.refusal = silence
        with pytest.raises(ReleaseError, match="AWS did not answer a request of the release: "):
            call(engine, "before_create", new_inputs=service_inputs())


def released() -> Any:
    service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
    return release_hooks().recorded_release(service, PARAMETER, pulumi.Output.from_input(RELEASE))


def test_every_update_completes_the_release_also_when_nothing_changed(engine: Any, steps: ReleaseSteps) -> None:
    assert engine.run(released).number == 5
    assert steps.completed == [(PARAMETER, RELEASE, None)]


def test_a_preview_does_not_ask_ecs(steps: ReleaseSteps) -> None:
    assert new_engine(preview=True).run(released) == RELEASE
    assert steps.completed == []


def test_what_this_update_migrated_is_recorded(engine: Any, steps: ReleaseSteps) -> None:
    def program() -> Any:
        hooks_of_service = release_hooks()
        args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", new_inputs=service_inputs())
        release = replace(RELEASE, migration_task_definition=DEFINITION)
        service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
        ready = pulumi.Output.from_input(hooks_of_service.binding().before_create[0](args))  # type: ignore[index]
        return ready.apply(
            lambda _: hooks_of_service.recorded_release(service, "record", pulumi.Output.from_input(release))
        )

    engine.run(program)
    assert [migrated for *_, migrated in steps.completed] == [DONE]


def test_an_update_fails_without_a_traceback_when_the_release_does_not_run(engine: Any, steps: ReleaseSteps) -> None:
    steps.refusal = ReleaseError("did not become healthy")
    with pytest.raises(ReleaseFailed, match="did not become healthy"):
        engine.run(released)


@pytest.mark.usefixtures("declared")
def test_the_program_completes_the_release_that_it_declares() -> None:
    assert (PARAMETER, "preqly-test-web:1") in {
        (parameter, release.task_definition.rpartition("/")[2]) for parameter, release in COMPLETED
    }


def test_the_stacks_region_and_profile_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(boto3, "Session", lambda **given: asked.append(given))
    set_all_config({"aws:region": "eu-west-1", "aws:profile": "work"})
    hooks.stack_session()()
    assert asked == [{"region_name": "eu-west-1", "profile_name": "work"}]


@pytest.mark.parametrize(
    ("before", "looked"), [({}, True), ({"imageName": "h/web:b"}, True), ({"imageName": "h/web:a"}, False)]
)
def test_only_the_image_of_a_new_tag_is_deleted_before_the_push(
    engine: Any, monkeypatch: pytest.MonkeyPatch, before: dict[str, str], looked: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(unfinished_push, "delete_image", lambda session, name: asked.append(name))
    args = pulumi.ResourceHookArgs(
        urn=URN, id="", name="", type="", new_inputs={"imageName": "h/web:a"}, old_inputs=before
    )

    def program() -> Any:
        return hooks.unfinished_push_hook("web").before_update[0](args)  # type: ignore[index]

    engine.run(program)
    assert asked == (["h/web:a"] if looked else [])


def test_a_hook_does_not_use_the_threads_in_which_pulumi_waits_for_it() -> None:
    ended = threading.Event()

    async def hook() -> str:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        waiting = loop.run_in_executor(None, ended.wait, 10)
        try:
            return await asyncio.wait_for(hooks.in_thread(lambda: "done"), 5)
        finally:
            ended.set()
            await waiting

    assert run_apart(hook()) == "done"
