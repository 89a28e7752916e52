from typing import Any

import pytest

from infra.release.rollout import stopped_task
from tests.infra.release.fake_aws import FAMILY, FakeAws


def ended(*containers: tuple[str, int | None], **task: Any) -> dict[str, Any]:
    made = [{"name": name, **({} if code is None else {"exitCode": code})} for name, code in containers]
    return {"taskArn": "task/1", "containers": made, **task}


def test_a_successful_task_has_no_problem() -> None:
    assert stopped_task.problem(ended(("migrate", 0), stoppedReason="Essential container in task exited")) is None


def test_the_failed_container_is_named_before_those_that_ecs_stopped() -> None:
    task = ended(("proxy", 143), ("agent", None), ("web", 3), stoppedReason="Essential container in task exited")
    assert stopped_task.problem(task) == "container web ended with exit code 3: Essential container in task exited"


def test_a_container_that_never_ran_is_named_before_those_that_ecs_stopped() -> None:
    task = ended(("proxy", 137), ("web", None), stoppedReason="CannotPullContainerError: no route")
    assert stopped_task.problem(task) == "container web never ran: CannotPullContainerError: no route"


def test_a_task_without_containers_has_the_reason_of_ecs() -> None:
    assert stopped_task.problem({"stoppedReason": "ResourceInitializationError"}) == (
        "no container ran: ResourceInitializationError"
    )
    assert stopped_task.problem({}) == "no container ran: ECS gives no reason"


def test_when_ecs_stopped_every_container_the_log_is_that_of_the_container_others_depend_on() -> None:
    aws = FakeAws()
    aws.logged = {"proxy/1": ["connection refused"], "web/1": ["cannot reach the database"]}
    task = ended(("proxy", 137), ("web", 137), stoppedReason="Task failed container health checks")
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", task) == ["cannot reach the database"]


def test_the_log_is_that_of_the_container_that_failed_by_itself() -> None:
    aws = FakeAws()
    aws.logged = {"proxy/1": ["no such file: nginx.conf"], "web/1": ["ready"]}
    task = ended(("proxy", 1), ("web", 143))
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", task) == ["no such file: nginx.conf"]


def test_missing_permission_for_the_log_is_a_line_of_the_log() -> None:
    aws = FakeAws()
    aws.refuses_logs = "AccessDeniedException"
    (line,) = stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(("web", 3)))
    assert "AccessDeniedException" in line
    assert "GetLogEvents" in line


def test_a_container_without_a_log_stream_has_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    aws = FakeAws()
    aws.refuses_logs = "ResourceNotFoundException"
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(("web", 3))) == []
    assert stopped_task.container_log_lines(aws.session, f"{FAMILY}:8", "task/1", "web") == []
