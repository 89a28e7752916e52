"""Memory and connections by instance class, and the tasks that fit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data import database_capacity as capacity
from infra.ecs.service import ROLLOUT

GIB = 1024**3
RDS_MEASURED = {
    "db.m5.large": 823,
    "db.m5.xlarge": 1646,
    "db.m5.2xlarge": 3429,
    "db.m6g.xlarge": 1705,
    "db.m6g.2xlarge": 3410,
    "db.m7g.xlarge": 1705,
}
"""`SHOW max_connections` with RDS's default parameters (app-sre/aws-resource-exporter, pkg/rds.go)."""

GIBIBYTES = {
    "db.t3.micro": 1,
    "db.t4g.micro": 1,
    "db.t4g.small": 2,
    "db.t4g.medium": 4,
    "db.t4g.large": 8,
    "db.t4g.2xlarge": 32,
    "db.m5d.large": 8,
    "db.m6idn.32xlarge": 512,
    "db.m7g.2xlarge": 32,
    "db.m9g.48xlarge": 768,
    "db.r5b.large": 16,
    "db.r8g.xlarge": 32,
    "db.x2g.large": 32,
    "db.x2g.16xlarge": 1024,
    "db.x2iedn.xlarge": 128,
}


@pytest.mark.parametrize(("instance_class", "gibibytes"), GIBIBYTES.items())
def test_memory_follows_family_and_size(instance_class, gibibytes):
    assert capacity.memory_gib(instance_class) == gibibytes


@pytest.mark.parametrize(
    "wrong",
    [
        *("t4g.micro", "db.micro", "db.t4g.tiny", "db.t4g.12", "db.t4g.nanoxlarge", "db.t4g.xlargexlarge", ""),
        # Classes that AWS has, for other engines, versions or sizes.
        *(
            "db.t2.micro",
            "db.m4.large",
            "db.r4.large",
            "db.m3.medium",
            "db.z1d.large",
            "db.c6gd.medium",
            "db.serverless",
        ),
        *("db.m7g.micro", "db.r6g.medium", "db.t4g.4xlarge", "db.m7g.3xlarge", "db.m7g.metal", "db.m7g.01xlarge"),
    ],
)
def test_a_class_that_does_not_run_the_database_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=re.escape(repr(wrong))):
        capacity.max_connections(wrong)


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t4g.micro", 75),
        ("db.t4g.small", 150),
        ("db.m7g.large", 600),
        ("db.r7g.large", 1200),
        ("db.m7g.4xlarge", 4800),
        ("db.x2g.16xlarge", 5000),
    ],
)
def test_max_connections_follow_the_memory(instance_class, connections):
    assert capacity.max_connections(instance_class) == connections


@pytest.mark.parametrize(("instance_class", "measured"), RDS_MEASURED.items())
def test_no_class_is_asked_for_more_connections_than_rds_gives_by_itself(instance_class, measured):
    """So the number is true before a reboot has put it into effect."""
    assert capacity.max_connections(instance_class) < measured


@given(st.sampled_from(sorted(GIBIBYTES)), st.integers(1, 128))
def test_the_tasks_that_fit_are_the_most_that_do(instance_class, per_task):
    most, allowed = capacity.tasks_that_fit(instance_class, per_task), capacity.max_connections(instance_class)
    assert most == 0 or capacity.connections_in_rollout(most, per_task) <= allowed
    assert capacity.connections_in_rollout(most + 1, per_task) > allowed


@given(st.integers(1, 1000), st.integers(1, 128))
def test_the_proposed_class_is_the_smallest_with_room(tasks, per_task):
    name = capacity.smallest_class(tasks, per_task)
    fitting = [one for one in capacity.CLASSES if capacity.tasks_that_fit(one, per_task) >= tasks]
    assert name == (fitting[0] if fitting else None)
    assert list(capacity.CLASSES) == sorted(capacity.CLASSES, key=capacity.memory_gib)


def test_a_rollout_is_counted_as_the_service_is_configured():
    assert ROLLOUT["deployment_maximum_percent"] == capacity.ROLLOUT_FACTOR * 100


@given(st.integers(20, 59_578))
def test_the_limit_of_growth_is_a_tenth_above_the_storage(storage):
    least = capacity.least_max_storage_gb(storage)
    assert (least - 1) * 10 < storage * 11 <= least * 10
