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
from infra.release.errors import ReleaseError
from infra.release.hooks import ReleaseFailed, Supervision
from infra.release.migration import Migrated, task_of_service
from infra.release.one_off_task import OneOffTask
from infra.release.record import Release
from infra.release.snapshot import SnapshotPolicy
from infra.release.verdict import Asked
from tests.infra.release.fake_aws import FAMILY, refusal
from tests.infra.release.service import DEFINITION, service_inputs
from tests.infra.release.test_completion import RELEASE
from tests.infra.stubs import CLUSTER
from tests.loops import run_apart
from tests.recorder import new_engine

URN = "urn:pulumi:test::preqly::aws:ecs/service:Service::web-service"
DONE = Migrated(heads={"core": "0001_initial"})


class Asking:
    """What the hooks ask of the release package."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.migrations: list[tuple[OneOffTask, SnapshotPolicy]] = []
        self.verdicts: list[Asked] = []
        self.completed: list[tuple[str, Release, Migrated | None]] = []
        self.refusal: Exception | None = None
        self.started_from: list[tuple[str, Release | None]] = []
        self.meanwhile: list[Exception | None] = []
        """What the next questions about the record raise."""
        self.lines = ["one line"]
        monkeypatch.setattr(hooks, "run_migration", self._migrate)
        monkeypatch.setattr(hooks, "verify_rollout", self._verify)
        monkeypatch.setattr(hooks, "complete", self._complete)
        monkeypatch.setattr(hooks, "refuse_other_release", self._refuse_other)

    def _answer(self, tell: Any) -> None:
        for line in self.lines:
            tell(line)
        if self.refusal:
            raise self.refusal

    def _migrate(self, session: Any, task: OneOffTask, policy: SnapshotPolicy, tell: Any) -> Migrated:
        self.migrations.append((task, policy))
        self._answer(tell)
        return DONE

    def _refuse_other(self, session: Any, parameter: str, latest: Release | None) -> None:
        self.started_from.append((parameter, latest))
        error = self.meanwhile.pop(0) if self.meanwhile else None
        if error:
            raise error

    def _verify(self, session: Any, asked: Asked, tell: Any) -> dict[str, Any]:
        self.verdicts.append(asked)
        self._answer(tell)
        return {}

    def _complete(
        self, session: Any, name: str, release: Release, migrated: Migrated | None, tell: Any, _on: Any
    ) -> Release:
        self.completed.append((name, release, migrated))
        self._answer(tell)
        return replace(release, number=5)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    return Asking(monkeypatch)


def supervision() -> Supervision:
    return Supervision("web", database="preqly-1a2b", snapshots=3, latest=RELEASE)


def call(engine: Any, hook: str, **inputs: dict[str, Any]) -> None:
    """Call a hook of the service as the engine would, inside a running program."""
    args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", **inputs)

    def program() -> Any:
        bound = getattr(supervision().hooks(), hook)
        return bound[0](args)

    engine.run(program)


EARLIER = service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6")


def test_the_first_release_is_migrated_before_the_service_exists(engine: Any, asking: Asking) -> None:
    call(engine, "before_create", new_inputs=service_inputs())
    assert asking.migrations == [(task_of_service(service_inputs()), SnapshotPolicy(database="preqly-1a2b", kept=3))]


def test_a_new_release_is_migrated_before_the_service_changes(engine: Any, asking: Asking) -> None:
    call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert [task.task_definition for task, _ in asking.migrations] == [DEFINITION]


def test_a_change_that_is_no_release_migrates_nothing(engine: Any, asking: Asking) -> None:
    call(engine, "before_update", new_inputs=service_inputs(), old_inputs=service_inputs())
    assert asking.migrations == []


def test_inputs_that_the_engine_marked_secret_are_read_too(engine: Any, asking: Asking) -> None:
    network = service_inputs()["networkConfiguration"]

    def program() -> Any:
        secret = {**service_inputs(), "networkConfiguration": pulumi.Output.secret(network)}
        args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", new_inputs=secret)
        return supervision().hooks().before_create[0](args)  # type: ignore[index]

    engine.run(program)
    assert [task for task, _ in asking.migrations] == [task_of_service(service_inputs())]


def test_a_failed_migration_stops_the_update(engine: Any, asking: Asking) -> None:
    asking.refusal = ReleaseError("exit code 1")
    with pytest.raises(ReleaseError, match="exit code 1"):
        call(engine, "before_create", new_inputs=service_inputs())


def test_a_rollback_since_the_program_started_stops_the_update_before_it_migrates(engine: Any, asking: Asking) -> None:
    asking.meanwhile = [ReleaseError("somebody rolled back")]
    with pytest.raises(ReleaseError, match="somebody rolled back"):
        call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert asking.started_from == [("/preqly/test/releases", RELEASE)]
    assert asking.migrations == []


def test_so_does_one_during_the_migration(engine: Any, asking: Asking) -> None:
    asking.meanwhile = [None, ReleaseError("somebody rolled back")]
    with pytest.raises(ReleaseError, match="somebody rolled back"):
        call(engine, "before_update", new_inputs=service_inputs(), old_inputs=EARLIER)
    assert len(asking.migrations) == 1


@pytest.mark.parametrize("hook", ["after_create", "after_update"])
def test_what_should_run_is_read_from_the_service_itself(engine: Any, asking: Asking, hook: str) -> None:
    inputs = {"cluster": CLUSTER, "taskDefinition": f"{FAMILY}:8"}
    call(engine, hook, new_inputs=inputs, new_outputs={**inputs, "name": "web-service"})
    assert asking.verdicts == [Asked(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")]


def test_progress_is_told_with_the_service(engine: Any, asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, resource: told.append((line, resource)))
    call(engine, "before_create", new_inputs=service_inputs())
    ((line, resource),) = told
    assert line == "one line"
    assert engine.run(lambda: resource.urn) == URN


def test_an_aws_that_does_not_answer_is_said_in_a_sentence(engine: Any, asking: Asking) -> None:
    for silence in (EndpointConnectionError(endpoint_url="https://ecs"), refusal("ExpiredTokenException")):
        asking.refusal = silence
        with pytest.raises(ReleaseError, match="AWS could not be asked about the release: "):
            call(engine, "before_create", new_inputs=service_inputs())


def released() -> Any:
    service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
    record = "/preqly/test/releases"
    return supervision().released(service, record, None, pulumi.Output.from_input(RELEASE))


def test_every_update_completes_the_release_also_when_nothing_changed(engine: Any, asking: Asking) -> None:
    assert engine.run(released).number == 5
    assert asking.completed == [("/preqly/test/releases", RELEASE, None)]


def test_a_preview_asks_nothing(asking: Asking) -> None:
    assert new_engine(preview=True).run(released) == replace(RELEASE, number=1)
    assert asking.completed == []


def test_what_was_migrated_in_this_update_goes_on_record(engine: Any, asking: Asking) -> None:
    def program() -> Any:
        watched = supervision()
        args = pulumi.ResourceHookArgs(urn=URN, id="", name="", type="", new_inputs=service_inputs())
        release = replace(RELEASE, migration_task_definition=DEFINITION)
        service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
        ready = pulumi.Output.from_input(watched.hooks().before_create[0](args))  # type: ignore[index]
        return ready.apply(lambda _: watched.released(service, "record", None, pulumi.Output.from_input(release)))

    engine.run(program)
    assert [migrated for *_, migrated in asking.completed] == [DONE]


def test_an_update_over_a_release_that_does_not_run_fails_without_a_traceback(engine: Any, asking: Asking) -> None:
    asking.refusal = ReleaseError("did not become healthy")
    with pytest.raises(ReleaseFailed, match="did not become healthy"):
        engine.run(released)


def test_the_program_asks_about_the_release_it_declares(engine: Any, asking: Asking) -> None:
    engine.run_program()
    ((parameter, release, _),) = asking.completed
    assert parameter == "/preqly/test/releases"
    assert release.task_definition.rpartition("/")[2] == "preqly-test-web:1"


def test_the_stacks_region_and_profile_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(boto3, "Session", lambda **given: asked.append(given))
    set_all_config({"aws:region": "eu-west-1", "aws:profile": "work"})
    hooks.session_of_stack()()
    assert asked == [{"region_name": "eu-west-1", "profile_name": "work"}]


@pytest.mark.parametrize(
    ("before", "looked"), [({}, True), ({"imageName": "h/web:b"}, True), ({"imageName": "h/web:a"}, False)]
)
def test_only_an_image_with_a_new_tag_is_looked_for_in_the_registry(
    engine: Any, monkeypatch: pytest.MonkeyPatch, before: dict[str, str], looked: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(unfinished_push, "clear", lambda session, name: asked.append(name))
    args = pulumi.ResourceHookArgs(
        urn=URN, id="", name="", type="", new_inputs={"imageName": "h/web:a"}, old_inputs=before
    )

    def program() -> Any:
        return hooks.unfinished_push_hook("web").before_update[0](args)  # type: ignore[index]

    engine.run(program)
    assert asked == (["h/web:a"] if looked else [])


def test_a_hook_does_not_wait_for_the_threads_in_which_pulumi_waits_for_the_hook() -> None:
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
