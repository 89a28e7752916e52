from typing import Any

from infra.release import stopped_task


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
