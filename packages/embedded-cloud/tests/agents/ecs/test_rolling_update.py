"""The rolling update: which tasks start and stop, and when a deployment has failed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_cloud.agents.ecs.services.deployments import backoff_seconds, breaker_threshold
from embedded_cloud.agents.ecs.services.rolling_update import ServiceState, TaskState, plan


def tasks(deployment: str, count: int, *, healthy: bool = True) -> list[TaskState]:
    return [TaskState(id=f"{deployment}{n}-{healthy}", deployment=deployment, healthy=healthy) for n in range(count)]


NEW, NEW_SICK = tasks("new", 2), tasks("new", 2, healthy=False)
OLD, OLD_SICK = tasks("old", 2), tasks("old", 1, healthy=False)
ILL, OLD_ILL = ([replace(task, to_replace=True) for task in tasks(name, 2, healthy=False)] for name in ("new", "old"))
"""They were healthy before."""


@pytest.mark.parametrize(
    ("service", "start", "stop"),
    [
        (ServiceState(desired=2, primary="new"), 2, []),
        (ServiceState(desired=2, primary="new", tasks=OLD + NEW_SICK), 0, []),
        (ServiceState(desired=2, primary="new", tasks=OLD + NEW[:1] + NEW_SICK[:1]), 0, OLD[:1]),
        (ServiceState(desired=1, primary="new", tasks=OLD_SICK), 1, OLD_SICK),
        (ServiceState(desired=2, primary="new", tasks=OLD, minimum_percent=50, maximum_percent=100), 0, OLD[:1]),
        (ServiceState(desired=2, primary="new", tasks=OLD, minimum_percent=0, maximum_percent=200), 2, []),
        (ServiceState(desired=2, primary="new", tasks=NEW + NEW_SICK[:1]), 0, NEW_SICK[:1]),
        (ServiceState(desired=2, primary="new", tasks=OLD + NEW, may_start=False, primary_failed=True), 0, []),
        (ServiceState(desired=2, primary="new", tasks=ILL), 2, []),
        (ServiceState(desired=2, primary="new", tasks=NEW[:1] + ILL[:1] + NEW_SICK[:1]), 0, []),
        (ServiceState(desired=2, primary="new", tasks=NEW + ILL), 0, ILL),
        (ServiceState(desired=2, primary="new", tasks=ILL, maximum_percent=100), 0, ILL[:1]),
        (ServiceState(desired=2, primary="new", tasks=OLD_ILL + NEW_SICK), 0, []),
        (ServiceState(desired=2, primary="new", tasks=OLD_ILL + NEW), 0, OLD_ILL),
    ],
    ids=[
        "a new service starts all its tasks",
        "old tasks stay until the new ones are healthy",
        "each healthy new task releases one old task",
        "an old task that is not healthy is stopped at once",
        "without room above the desired count the minimum decides how many make way",
        "room above the desired count is used before capacity is given up",
        "scaling down stops what is not healthy first",
        "a failed deployment starts nothing and replaces no task",
        "replacements of unhealthy tasks start first",
        "an unhealthy task stays until its replacement is healthy",
        "healthy replacements release the unhealthy tasks",
        "without room one unhealthy task makes way at a time",
        "unhealthy tasks of the earlier release stay while the new ones start",
        "healthy new tasks release them",
    ],
)
def test_a_step_starts_and_stops(service: ServiceState, start: int, stop: list[TaskState]) -> None:
    step = plan(service)
    assert (step.start, list(step.stop)) == (start, [task.id for task in stop])


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
