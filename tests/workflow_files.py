"""The GitHub workflows as tests read them."""

from typing import Any

import yaml

from local.runtime import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
FORK_GUARD = "github.event.pull_request.head.repo.full_name == github.repository"

Job = dict[str, Any]


def load(name: str) -> dict[str, Any]:
    """One workflow. YAML 1.1 reads its key `on` as true, see `triggers`."""
    content = yaml.safe_load((FOLDER / name).read_text())
    assert isinstance(content, dict)
    return content


def triggers(name: str) -> dict[str, Any]:
    """Events that start a workflow, with their filters."""
    content: dict[Any, Any] = load(name)
    return dict(content[True])


def jobs() -> list[tuple[str, str, Job]]:
    """File, name and content of every job."""
    return [(path.name, name, job) for path in FILES for name, job in load(path.name)["jobs"].items()]


def jobs_of(name: str) -> dict[str, Job]:
    """The jobs of one workflow."""
    return dict(load(name)["jobs"])


def steps(job: Job) -> list[dict[str, Any]]:
    """Steps of a job; none of one that calls another workflow."""
    return list(job.get("steps", []))


def with_role(job: Job) -> bool:
    """Whether a job may ask GitHub for a token that AWS accepts."""
    return bool(job.get("permissions", {}).get("id-token") == "write")


def of_pull_requests() -> list[tuple[str, str, Job]]:
    """The jobs that run a pull request's code."""
    return [one for one in jobs() if "pull_request" in triggers(one[0])]
