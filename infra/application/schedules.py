"""`[schedules]` of hosting.toml: commands of the application that run at a time."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from infra.application.command import Command
from infra.application.cron import FIELDS, aws_cron, check_zone, next_times
from infra.ecs import fargate_size
from infra.table import Table

MOST = 20
"""Schedules of a release, so that its record fits into one parameter (infra/release/history.py)."""
LONGEST_SECONDS = 86400
_NAME = r"^[a-z][a-z0-9-]{0,30}$"


def _cron(value: str) -> str:
    aws_cron(value)
    return value


class Schedule(Table):
    """A command of the release that runs at a time, at most once at a time."""

    command: Command = Field(
        description="Program and arguments, run in the folder of manage.py without a shell.",
        examples=["python manage.py clearsessions"],
    )
    cron: Annotated[str, AfterValidator(_cron)] = Field(
        description=f"When it runs, as in a crontab: {FIELDS}.", examples=["30 3 * * *"]
    )
    timezone: Annotated[str, AfterValidator(check_zone)] = Field(
        default="UTC", description="Time zone of `cron`, by its name in the IANA database.", examples=["Europe/Berlin"]
    )
    seconds: int = Field(
        default=3600,
        ge=1,
        le=LONGEST_SECONDS,
        description="Longest time of a run; then it is stopped, and counts as failed.",
    )
    cpu: int | None = Field(
        default=None, description="CPU units of its task on Fargate, with memory; as taskCpu without it."
    )
    memory: int | None = Field(default=None, description="Memory of its task in MiB, with cpu; as taskMemory without.")

    @model_validator(mode="after")
    def _size_that_fargate_sells(self) -> Self:
        if (self.cpu is None) != (self.memory is None):
            raise ValueError("cpu and memory belong together; write both or none")
        if (
            self.cpu is not None
            and self.memory is not None
            and (problem := fargate_size.problem(self.cpu, self.memory))
        ):
            raise ValueError(problem)
        return self

    @property
    def times(self) -> str:
        """Expression and time zone as the release's record has them."""
        return f"{aws_cron(self.cron)} {self.timezone}"


def _check(schedules: dict[str, Schedule]) -> dict[str, Schedule]:
    if len(schedules) > MOST:
        raise ValueError(f"has {len(schedules)} schedules, and a release has at most {MOST}; join some")
    for name in schedules:
        if not re.fullmatch(_NAME, name):
            raise ValueError(f"{name} must be small letters, digits and -, at most 31, such as digest; rename it")
    return schedules


Schedules = Annotated[dict[str, Schedule], AfterValidator(_check)]
"""Schedules by name."""


def described(schedules: dict[str, Schedule]) -> list[str]:
    """A line for each schedule, with its next three times."""
    return [f"{name}: {' '.join(one.command)}, next at {_next(one)} {one.timezone}" for name, one in schedules.items()]


def _next(schedule: Schedule) -> str:
    return ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in next_times(schedule.cron, schedule.timezone))
