from typing import Any

import pulumi
import pulumi_aws
import pytest

from infra.release import hooks
from infra.release.errors import ReleaseError
from infra.release.hooks import ReleaseFailed
from infra.release.migration import task_of_service
from infra.release.one_off_task import OneOffTask
from infra.release.verdict import Asked
from tests.conftest import new_engine
from tests.infra.release.service import service_inputs
from tests.infra.stubs import CLUSTER

FAMILY = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-web"
ASKED = Asked(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[OneOffTask]:
    """The migrations that the hook asks for."""
    asked: list[OneOffTask] = []
    monkeypatch.setattr(hooks, "run_migration", lambda session, request: asked.append(request))
    return asked


def call(engine: Any, **inputs: dict[str, Any]) -> None:
    """Call the hook as the engine would, inside a running program."""
    args = pulumi.ResourceHookArgs(urn="", id="", name="", type="", **inputs)
    engine.run(lambda: hooks.migrate_before_release("migrate")(args))


def test_the_first_release_is_migrated_before_the_service_exists(engine: Any, requests: list[OneOffTask]) -> None:
    call(engine, new_inputs=service_inputs())
    assert requests == [task_of_service(service_inputs())]


def test_a_new_release_is_migrated_before_the_service_changes(engine: Any, requests: list[OneOffTask]) -> None:
    earlier = service_inputs("arn:aws:ecs:us-east-1:1:task-definition/m:6")
    call(engine, new_inputs=service_inputs(), old_inputs=earlier)
    assert requests == [task_of_service(service_inputs())]


def test_a_change_that_is_no_release_migrates_nothing(engine: Any, requests: list[OneOffTask]) -> None:
    call(engine, new_inputs=service_inputs(), old_inputs=service_inputs())
    assert requests == []


def test_inputs_that_the_engine_marked_secret_are_read_too(engine: Any, requests: list[OneOffTask]) -> None:
    network = service_inputs()["networkConfiguration"]

    def program() -> Any:
        secret = {**service_inputs(), "networkConfiguration": pulumi.Output.secret(network)}
        args = pulumi.ResourceHookArgs(urn="", id="", name="", type="", new_inputs=secret)
        return hooks.migrate_before_release("migrate")(args)

    engine.run(program)
    assert requests == [task_of_service(service_inputs())]


def test_what_should_run_is_read_from_the_service_itself(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Asked] = []
    monkeypatch.setattr(hooks, "verify_rollout", lambda session, request: asked.append(request))
    inputs = {"cluster": CLUSTER, "taskDefinition": f"{FAMILY}:8"}
    args = pulumi.ResourceHookArgs(
        urn="", id="", name="", type="", new_inputs=inputs, new_outputs={**inputs, "name": "web-service"}
    )
    engine.run(lambda: hooks.verify_after_release("rollout")(args))
    assert asked == [ASKED]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What ECS is asked about."""
    requests: list[Asked] = []
    monkeypatch.setattr(hooks, "verify_rollout", lambda session, request: requests.append(request))
    return requests


def named() -> Any:
    service = pulumi_aws.ecs.Service("web", cluster=CLUSTER, task_definition=f"{FAMILY}:8")
    return hooks.verified_name(service)


def test_every_update_asks_whether_the_release_runs_also_when_nothing_changed(engine: Any, asked: Any) -> None:
    assert engine.run(named) == "web-1a2b3c4"
    assert asked == [Asked(cluster=CLUSTER, service="web-1a2b3c4", task_definition=f"{FAMILY}:8")]


def test_a_preview_asks_nothing(asked: Any) -> None:
    assert new_engine(preview=True).run(named) == "web-1a2b3c4"
    assert asked == []


def test_an_update_over_a_release_that_does_not_run_fails(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(session: Any, request: Any) -> None:
        raise ReleaseError("did not become healthy")

    monkeypatch.setattr(hooks, "verify_rollout", refuse)
    with pytest.raises(ReleaseFailed, match="did not become healthy"):
        engine.run(named)


def test_the_program_asks_about_the_release_it_declares(engine: Any, asked: Any) -> None:
    engine.run_program()
    assert [request.task_definition.rpartition("/")[2] for request in asked] == ["preqly-test-web:1"]
