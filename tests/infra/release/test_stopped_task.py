from typing import Any

import pytest

from infra.release import stopped_task
from tests.infra.release.fake_aws import FAMILY, FakeAws


def ended(*containers: tuple[str, int | None], **task: Any) -> dict[str, Any]:
    made = [{"name": name, **({} if code is None else {"exitCode": code})} for name, code in containers]
    return {"taskArn": "task/1", "containers": made, **task}


def test_a_task_that_ended_well_has_no_problem() -> None:
    assert stopped_task.problem(ended(("migrate", 0), stoppedReason="Essential container in task exited")) is None


def test_the_container_that_failed_is_blamed_not_those_that_ecs_stopped_along_with_it() -> None:
    task = ended(("proxy", 143), ("agent", None), ("web", 3), stoppedReason="Essential container in task exited")
    assert stopped_task.problem(task) == "container web ended with exit code 3: Essential container in task exited"


def test_one_that_never_ran_is_blamed_before_those_that_were_stopped() -> None:
    task = ended(("proxy", 137), ("web", None), stoppedReason="CannotPullContainerError: no route")
    assert stopped_task.problem(task) == "container web never ran: CannotPullContainerError: no route"


def test_a_task_without_containers_tells_ecs_reason() -> None:
    assert stopped_task.problem({"stoppedReason": "ResourceInitializationError"}) == (
        "no container ran: ResourceInitializationError"
    )
    assert stopped_task.problem({}) == "no container ran: ECS gives no reason"


def test_where_every_container_was_stopped_the_log_is_that_of_what_others_wait_for() -> None:
    aws = FakeAws()
    aws.logged = {"proxy/1": ["connection refused"], "web/1": ["cannot reach the database"]}
    task = ended(("proxy", 137), ("web", 137), stoppedReason="Task failed container health checks")
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", task) == ["cannot reach the database"]


def test_the_container_that_failed_by_itself_is_the_one_to_read() -> None:
    aws = FakeAws()
    aws.logged = {"proxy/1": ["no such file: nginx.conf"], "web/1": ["ready"]}
    task = ended(("proxy", 1), ("web", 143))
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", task) == ["no such file: nginx.conf"]


def test_a_log_that_may_not_be_read_is_told_as_such() -> None:
    aws = FakeAws()
    aws.refuses_logs = "AccessDeniedException"
    (line,) = stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(("web", 3)))
    assert "AccessDeniedException" in line
    assert "GetLogEvents" in line


def test_a_container_that_wrote_nothing_has_no_stream_and_so_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    aws = FakeAws()
    aws.refuses_logs = "ResourceNotFoundException"
    assert stopped_task.last_log_lines(aws.session, f"{FAMILY}:8", ended(("web", 3))) == []
    assert stopped_task.container_log_lines(aws.session, f"{FAMILY}:8", "task/1", "web") == []
