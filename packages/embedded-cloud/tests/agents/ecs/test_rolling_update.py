"""The rolling update: which tasks start and stop, and when a deployment has failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.ecs.services.deployments import backoff_seconds, breaker_threshold
from embedded_cloud.agents.ecs.services.rolling_update import ServiceState, TaskState, plan


def tasks(deployment: str, count: int, *, healthy: bool = True) -> list[TaskState]:
    return [TaskState(id=f"{deployment}{n}-{healthy}", deployment=deployment, healthy=healthy) for n in range(count)]


def test_a_new_service_starts_all_its_tasks() -> None:
    assert plan(ServiceState(desired=2, primary="new")).start == 2


def test_old_tasks_stay_until_the_new_ones_are_healthy() -> None:
    step = plan(ServiceState(desired=2, primary="new", tasks=tasks("old", 2) + tasks("new", 2, healthy=False)))
    assert (step.start, step.stop) == (0, ())


def test_each_healthy_new_task_releases_one_old_task() -> None:
    new = tasks("new", 1) + tasks("new", 1, healthy=False)
    assert len(plan(ServiceState(desired=2, primary="new", tasks=tasks("old", 2) + new)).stop) == 1


def test_an_old_task_that_is_not_healthy_is_stopped_at_once() -> None:
    old = tasks("old", 1, healthy=False)
    assert plan(ServiceState(desired=1, primary="new", tasks=old)).stop == (old[0].id,)


def test_without_room_above_the_desired_count_the_minimum_decides_how_many_make_way() -> None:
    service = ServiceState(desired=4, primary="new", tasks=tasks("old", 4), minimum_percent=50, maximum_percent=100)
    step = plan(service)
    assert (step.start, len(step.stop)) == (0, 2)


def test_room_above_the_desired_count_is_used_before_capacity_is_given_up() -> None:
    step = plan(ServiceState(desired=2, primary="new", tasks=tasks("old", 2), minimum_percent=0, maximum_percent=200))
    assert (step.start, step.stop) == (2, ())


def test_scaling_down_stops_what_is_not_healthy_first() -> None:
    sick = tasks("new", 1, healthy=False)
    assert plan(ServiceState(desired=2, primary="new", tasks=tasks("new", 2) + sick)).stop == (sick[0].id,)


def test_a_failed_deployment_starts_nothing_and_replaces_no_task() -> None:
    service = ServiceState(
        desired=2,
        primary="new",
        tasks=tasks("old", 2) + tasks("new", 2),
        may_start=False,
        primary_failed=True,
    )
    assert plan(service).stop == ()


@given(
    desired=st.integers(1, 12),
    old=st.integers(0, 12),
    old_sick=st.integers(0, 4),
    new=st.integers(0, 12),
    new_sick=st.integers(0, 4),
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 200),
)
def test_no_step_breaks_the_minimum_or_the_maximum(
    desired: int, old: int, old_sick: int, new: int, new_sick: int, minimum: int, maximum: int
) -> None:
    present = [
        *tasks("old", old),
        *tasks("old", old_sick, healthy=False),
        *tasks("new", new),
        *tasks("new", new_sick, healthy=False),
    ]
    service = ServiceState(
        desired=desired, primary="new", tasks=present, minimum_percent=minimum, maximum_percent=maximum
    )
    step = plan(service)
    healthy = sum(task.healthy for task in present)
    left = sum(task.healthy for task in present if task.id not in step.stop)
    assert left >= min(healthy, desired * minimum / 100)
    if step.start:
        assert len(present) + step.start <= max(desired * maximum / 100, 1)


@pytest.mark.parametrize(("desired", "failures"), [(1, 3), (2, 3), (10, 5), (25, 13), (1000, 200)])
def test_the_circuit_breaker_counts_as_ecs_documents(desired: int, failures: int) -> None:
    assert breaker_threshold(desired) == failures


def test_failures_in_a_row_wait_longer_and_not_for_ever() -> None:
    waits = [backoff_seconds(failures) for failures in range(20)]
    assert waits[:4] == [0, 1, 2, 4]
    assert max(waits) == 60
