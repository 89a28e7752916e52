"""The database allows the connections of the tasks, and its class and storage exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data import database_capacity as capacity
from infra.ecs import fargate_size
from infra.ecs.containers import application_environment
from infra.ecs.server import database_connections
from infra.settings import database_rules
from tests.infra.settings_helpers import load, only_problem, settings
from tests.program.shapes import SHAPES


@pytest.mark.parametrize(
    ("values", "rule", "fix"),
    [
        (
            {"maxTasks": "20"},
            "a rollout of 20 tasks opens up to 171 database connections, 4 in each old and each new task",
            "pulumi config set maxTasks 8 (or pulumi config set databaseClass db.t4g.medium)",
        ),
        (
            {"taskCpu": "4096", "taskMemory": "8192"},
            "(taskCpu 4096, webThreads 2), and db.t4g.micro allows 75, enough for a rollout of 2",
            "pulumi config set maxTasks 2 (or pulumi config set databaseClass db.t4g.medium)",
        ),
        (
            {"webThreads": "8"},
            "16 in each old and each new task (taskCpu 256, webThreads 8)",
            "pulumi config set maxTasks 2 (or pulumi config set databaseClass db.t4g.medium)",
        ),
        # Not even minTasks fit: only a larger class helps.
        (
            {"taskCpu": "8192", "taskMemory": "16384"},
            "enough for a rollout of 1",
            "pulumi config set databaseClass db.t4g.large",
        ),
        # No class has as many.
        (
            {"taskCpu": "16384", "taskMemory": "32768", "maxTasks": "200", "databaseClass": "db.m7g.8xlarge"},
            "enough for a rollout of 38",
            "pulumi config set maxTasks 38",
        ),
    ],
)
def test_more_connections_than_the_database_allows_are_refused_with_the_tasks_that_fit(values, rule, fix):
    problem = only_problem(**values)
    assert problem.key == "preqly:maxTasks"
    assert rule in problem.rule
    assert problem.fix == fix


def test_a_database_that_not_even_one_task_fits_is_refused_with_what_to_lower():
    values = settings(task_cpu=16384, web_threads=32, min_tasks=2, max_tasks=500, database_class="db.t4g.micro")
    (finding,) = database_rules.connections(values)
    assert finding.fix == "lower minTasks, taskCpu or webThreads"


@given(cpu=st.sampled_from(sorted(fargate_size.MEMORY_BY_CPU)), threads=st.integers(1, 32))
def test_the_connections_of_a_task_are_those_of_the_processes_and_threads_that_it_gets(cpu, threads):
    variables = application_environment(
        domains=["a"], allowed_hosts=[], sender="s", media_bucket="m", cpu=cpu, threads=threads, request_timeout=30
    )
    assert int(variables["WEB_CONCURRENCY"]) * int(variables["WEB_THREADS"]) == database_connections(cpu, threads)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_defaults_and_production_fit_their_database(shape):
    values = load(**SHAPES[shape])
    per_task = database_connections(values.task_cpu, values.web_threads)
    needed = capacity.connections_in_rollout(values.max_tasks, per_task)
    assert needed <= capacity.max_connections(values.database_class)


@given(
    cpu=st.sampled_from(sorted(fargate_size.MEMORY_BY_CPU)),
    threads=st.integers(1, 32),
    tasks=st.integers(1, 300),
    instance_class=st.sampled_from(capacity.CLASSES),
)
def test_settings_pass_exactly_when_twice_the_tasks_fit(cpu, threads, tasks, instance_class):
    values = settings(task_cpu=cpu, web_threads=threads, min_tasks=1, max_tasks=tasks, database_class=instance_class)
    allowed = not list(database_rules.connections(values))
    opened = 2 * tasks * 2 * max(1, cpu // 1024) * threads
    assert allowed is (opened + 11 <= capacity.max_connections(instance_class))


@pytest.mark.parametrize("wrong", ["db.t2.micro", "db.m4.large", "db.serverless", "db.t4g.4xlarge"])
def test_a_class_that_does_not_run_the_database_is_the_only_problem(wrong):
    problem = only_problem(databaseClass=wrong)
    assert problem.key == "preqly:databaseClass"
    assert wrong in problem.rule


def test_storage_stays_below_what_rds_offers_with_room_to_grow():
    assert only_problem(databaseMaxStorageGb="65537").fix == "pulumi config set databaseMaxStorageGb 65536"
    assert only_problem(databaseStorageGb="59579").fix == "pulumi config set databaseStorageGb 59578"
    assert load(databaseStorageGb="59578", databaseMaxStorageGb="65536").database_storage_gb == 59578
