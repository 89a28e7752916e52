"""Each alarm rings for the fault that it is for, and stays silent in the stack's everyday life."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.composition.monitoring import declare_alarms
from infra.data.database import Database
from infra.data.database_capacity import RESERVED_CONNECTIONS
from infra.ecs.server import database_connections
from infra.observability.metrics import GIB
from infra.settings.settings import Settings
from tests.cloudwatch import Minutes, is_raised, rings
from tests.infra.data.arguments import database_args
from tests.infra.settings_helpers import load, settings
from tests.program.shapes import SHAPES
from tests.recorder import Recorder, new_engine

NO_DATA: list[float | None] = [None]
Metric = Callable[["Stack"], Minutes]


class Stack:
    """Database and alarms as the program declares them, and the sizes that bound their metrics."""

    def __init__(self, values: Settings) -> None:
        self.settings = values
        self._engine = new_engine()
        self._engine.run(lambda: _declare(values))
        found = self._engine.all("cloudwatch/metricAlarm:MetricAlarm")
        self.alarms: dict[str, dict[str, Any]] = {
            alarm.name.removeprefix("alarms-"): Recorder.plain(alarm.inputs) for alarm in found
        }

    @property
    def tasks(self) -> int:
        return self.settings.min_tasks

    @property
    def max_connections(self) -> int:
        parameters = self._engine.one("rds/parameterGroup:ParameterGroup")["parameters"]
        return next(int(item["value"]) for item in parameters if item["name"] == "max_connections")

    @property
    def connections_of_all_tasks(self) -> int:
        return self.settings.max_tasks * database_connections(self.settings.task_cpu, self.settings.web_threads)

    @property
    def storage(self) -> float:
        return float(self._engine.one("rds/instance:Instance")["allocatedStorage"]) * GIB


def _declare(values: Settings) -> None:
    database = Database("database", database_args(values))
    balancer = SimpleNamespace(load_balancer_arn_suffix="app/front/1", target_group_arn_suffix="targetgroup/front/2")
    web = SimpleNamespace(cluster_name="cluster", service_name="service")
    parts = (
        SimpleNamespace(key=SimpleNamespace(key_arn="key")),
        SimpleNamespace(load_balancer=balancer, web=web, processes=()),
        SimpleNamespace(database=database, cache=None),
    )
    declare_alarms(values, *cast(Any, parts))


# What AWS reports while the fault lasts. UnHealthyHostCount and RunningTaskCount follow ECS, which stops a failing task
# at once and starts another: a crash loop is a minute with a failure, then minutes without one.
FAULTS: dict[str, dict[str, Metric]] = {
    "application-errors": {
        "every request of a quiet site fails": lambda _: [1] * 10,
        "a burst of errors": lambda _: [0, 40, 0, *NO_DATA * 10],
    },
    "no-answer": {"no task answers the few visitors of a night": lambda _: [*NO_DATA * 5, 2, None, 1, 2, 1]},
    "slow": {"one request a minute, and some of them hang": lambda _: [0.1, 30, None, 0.2, 0.1] * 3},
    "unhealthy": {
        "a task hangs and cannot be replaced": lambda _: [1] * 6,
        "each new task fails its health check": lambda _: [1, 1, 0] * 5,
    },
    "too-few-tasks": {
        "one task is missing": lambda stack: [stack.tasks - 1] * 6,
        "each new task crashes": lambda stack: [stack.tasks, stack.tasks - 1, stack.tasks] * 5,
        "no task runs, so nothing is reported": lambda stack: [stack.tasks, *NO_DATA * 15],
    },
    "memory": {"a leak, with a restart each ten minutes": lambda _: [60, 66, 72, 79, 86, 91, 93, 95, 97, 99]},
    "database-storage": {"RDS has grown the storage to its limit": lambda stack: _filling(stack.storage, 10, 0)},
    "database-cpu": {"a busy database, with a minute's rest": lambda _: [97, 97, 70, 97, 97] * 3},
    "database-connections": {
        "every connection is taken": lambda stack: [stack.max_connections - RESERVED_CONNECTIONS] * 6,
    },
}
EVERYDAY: dict[str, dict[str, Metric]] = {
    "application-errors": {"no errors are not reported": lambda _: NO_DATA * 30, "one error": lambda _: [1, *NO_DATA]},
    "no-answer": {"no errors are not reported": lambda _: NO_DATA * 30},
    "slow": {"a quiet site": lambda _: [0.3, None] * 15, "one slow upload": lambda _: [0.1, 25, *[0.1] * 13]},
    "unhealthy": {
        # A new task counts as unhealthy until it answers.
        "a release": lambda _: [0, 0, 1, 1, 0, *[0] * 12],
        "traffic adds tasks three times": lambda _: [0, 1, 0, 1, 0, 1, *[0] * 10],
    },
    "too-few-tasks": {
        "a release": lambda stack: [stack.tasks] * 3 + [2 * stack.tasks] * 3 + [stack.tasks] * 9,
        "AWS replaces a task": lambda stack: [stack.tasks, stack.tasks - 1, stack.tasks - 1, *[stack.tasks] * 12],
    },
    "memory": {"a busy hour": lambda _: [85] * 60},
    "database-storage": {
        "RDS grows the storage at a tenth": lambda stack: [*_filling(stack.storage, 20, 8), *[stack.storage / 2] * 10],
    },
    "database-cpu": {"a nightly job of ten minutes": lambda _: [20] * 5 + [100] * 10 + [20] * 5},
    "database-connections": {"all tasks that scaling starts": lambda stack: [stack.connections_of_all_tasks] * 60},
}


def _filling(storage: float, first_percent: int, last_percent: int) -> Minutes:
    """Free storage that falls, two minutes at each percent, and stays at the last one."""
    falling = [storage * percent / 100 for percent in range(first_percent, last_percent - 1, -1) for _ in range(2)]
    return [*falling, *falling[-1:] * 6]


STACKS = {
    "defaults": settings,
    "production": lambda: load(**SHAPES["production"]),
    "one large task": lambda: settings(min_tasks=1, max_tasks=1, task_cpu=4096, database_class="db.m7g.4xlarge"),
    "much storage": lambda: settings(database_storage_gb=5000, database_max_storage_gb=60_000),
}


@pytest.fixture(params=STACKS, scope="module")
def stack(request: Any) -> Stack:
    """Read it only."""
    return Stack(STACKS[request.param]())


def test_every_alarm_of_every_stack_has_a_fault(stack: Stack) -> None:
    assert set(stack.alarms) == set(FAULTS) == set(EVERYDAY)


@pytest.mark.parametrize(("role", "fault"), [(role, fault) for role, faults in FAULTS.items() for fault in faults])
def test_an_alarm_rings_for_its_fault(stack: Stack, role: str, fault: str) -> None:
    assert rings(stack.alarms[role], FAULTS[role][fault](stack))


@pytest.mark.parametrize(("role", "event"), [(role, event) for role, events in EVERYDAY.items() for event in events])
def test_an_alarm_stays_silent_in_everyday_life(stack: Stack, role: str, event: str) -> None:
    assert not rings(stack.alarms[role], EVERYDAY[role][event](stack))


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        (settings(), True),
        (settings(alarm_email="ops@preqly.com"), False),
        (settings(protect=False), False),
    ],
)
def test_a_protected_stack_without_a_receiver_is_warned_with_the_command_that_sets_one(
    values: Settings, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Stack(values)
    messages = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [message for message in messages if "pulumi config set alarmEmail" in message] == messages
    assert bool(messages) is warned


def test_production_as_it_is_shipped_notifies_someone() -> None:
    assert load(**SHAPES["production"]).alarm_email


THREE_OF_THREE = {
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 0,
    "period": 60,
    "evaluationPeriods": 3,
    "datapointsToAlarm": 3,
    "statistic": "Maximum",
}


@pytest.mark.parametrize(
    ("points", "datapoints", "breaching", "not_breaching"),
    [
        # The rows of AWS's two tables: 3 out of 3, then 2 out of 3; X is 1, a missing point is -.
        ("0-X-X", 3, False, False),
        ("----0", 3, False, False),
        ("-----", 3, True, False),
        ("0XX-X", 3, True, True),
        ("--X--", 3, True, False),
        ("0-X-X", 2, True, True),
        ("00X0X", 2, True, True),
        ("0-X--", 2, True, False),
        ("----0", 2, True, False),
        ("---X-", 2, True, False),
    ],
)
def test_alarms_are_evaluated_as_aws_documents_it(
    points: str, datapoints: int, breaching: bool, not_breaching: bool
) -> None:
    values = [{"-": None, "0": 0.0, "X": 1.0}[point] for point in points]
    for missing, raised in (("breaching", breaching), ("notBreaching", not_breaching)):
        alarm = {**THREE_OF_THREE, "datapointsToAlarm": datapoints, "treatMissingData": missing}
        assert is_raised(alarm, values) is raised
