"""`[processes]` of hosting.toml: what the application runs besides its web server, such as workers of a queue."""

import re
import shlex
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from infra.application.command import Command
from infra.ecs import fargate_size, server
from infra.table import Table

MOST = 8
"""Processes of a release, so that its record fits into one parameter (infra/release/history.py)."""
RESERVED = frozenset({"cache", "command", "db", "migrate", "migration", "proxy", "web"})
"""Names of the platform's own containers, task definitions and services of compose."""
_NAME = r"^[a-z][a-z0-9-]{0,30}$"


class Backlog(Table):
    """Scaling by the jobs that wait for each task."""

    queue: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Name of a queue of Amazon SQS in the stack's region and account.",
        examples=["orders"],
    )
    cache: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Name of a list in the stack's cache, as Celery and RQ have them.",
        examples=["celery"],
    )
    per_task: int = Field(ge=1, le=1_000_000, description="Waiting jobs for each task; with more, tasks are added.")

    @model_validator(mode="after")
    def _one_queue(self) -> Self:
        if (self.queue is None) == (self.cache is None):
            raise ValueError("counts the jobs of one queue; write either queue or cache")
        return self


class Process(Table):
    """A process of the release beside the web server, without a port."""

    command: Command = Field(
        description="Program and arguments, run in the folder of manage.py without a shell.",
        examples=["celery --app mysite worker"],
    )
    cpu: int = Field(default=256, description="CPU units of a task; 1024 are one vCPU.")
    memory: int = Field(default=512, description="Memory of a task in MiB.")
    min_tasks: int = Field(default=1, ge=1, le=1000, description="Smallest number of tasks.")
    max_tasks: int | None = Field(
        default=None, ge=1, le=1000, description="Largest number of tasks; as min_tasks without it."
    )
    scale_at_cpu_percent: int | None = Field(
        default=None,
        ge=10,
        le=95,
        description="CPU utilization at which tasks are added; the default without backlog: 70.",
    )
    backlog: Backlog | None = Field(default=None, description="Scaling by the jobs that wait for each task.")
    stop_seconds: int = Field(
        default=30,
        ge=2,
        le=server.LONGEST_STOP,
        description="Time from the signal to stop to the kill, in which a job ends or is given back; 120 at most on "
        "Fargate.",
    )
    database_connections: int = Field(
        default=2,
        ge=0,
        le=1000,
        description="Most connections of a task to the database; Celery has one for each child.",
    )
    spot: bool = Field(
        default=False,
        description="Run on Fargate Spot: cheaper, and AWS may stop a task with a warning of stop_seconds.",
    )
    overlap: bool = Field(
        default=True,
        description="Whether tasks of two releases may run at once during a rollout. `false` stops the old one first, "
        "for what must not run twice, such as celery beat.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if problem := fargate_size.problem(self.cpu, self.memory):
            raise ValueError(problem)
        if self.most_tasks < self.min_tasks:
            raise ValueError(f"max_tasks must be at least min_tasks, which is {self.min_tasks}; raise it")
        if not self.overlap and self.most_tasks > 1:
            raise ValueError("with overlap = false it runs once; set min_tasks to 1 and remove max_tasks")
        return self

    @property
    def sentence(self) -> str:
        """What it runs."""
        tasks = f"{self.min_tasks}" + (f" to {self.most_tasks}" if self.most_tasks > self.min_tasks else "")
        return (
            f"`{shlex.join(self.command)}` in {tasks} tasks; {self.stop_seconds} s from the signal to stop to the kill"
        )

    @property
    def most_tasks(self) -> int:
        """Largest number of tasks."""
        return self.max_tasks or self.min_tasks


def _check(processes: dict[str, Process]) -> dict[str, Process]:
    if len(processes) > MOST:
        raise ValueError(f"has {len(processes)} processes, and a release has at most {MOST}; join some")
    for name in processes:
        if not re.fullmatch(_NAME, name):
            raise ValueError(f"{name} must be small letters, digits and -, at most 31, such as worker; rename it")
        if name in RESERVED or name.startswith("schedule"):
            raise ValueError(f"{name} is the platform's own name; rename the process")
    return processes


Processes = Annotated[dict[str, Process], AfterValidator(_check)]
"""Processes by name."""
