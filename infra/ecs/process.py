"""A process of the release beside the web server, as the stack runs it. Pure: no resources."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """Jobs that wait for each task."""

    per_task: int
    """With more, scaling adds tasks."""
    queue: str | None = None
    """Name of a queue of Amazon SQS, else of a list in the cache."""
    cache: str | None = None


@dataclass(frozen=True, kw_only=True)
class Process:
    """hosting.toml's process with the numbers of the stack."""

    name: str
    cpu: int
    """CPU units (1024 = one vCPU)."""
    memory: int
    """MiB."""
    min_tasks: int
    max_tasks: int
    stop_seconds: int
    """Time from the signal to stop to the kill."""
    cpu_percent: int | None = None
    """Target for the average CPU utilization of the tasks; None does not scale by it."""
    backlog: Backlog | None = None
    spot: bool = False
    """Whether tasks run on Fargate Spot."""
    overlap: bool = True
    """Whether tasks of two releases may run at once."""
    database_connections: int = 2
    """Most of one task."""
