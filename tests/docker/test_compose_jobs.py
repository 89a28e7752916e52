"""A Celery worker with compose's own Valkey: an update of the project replaces it, and each job is done once."""

from pathlib import Path

import httpx
import pytest

from infra.application.discovery import find_application
from local.compose import CONTEXT, prepare
from tests.docker.compose import composed, free_ports
from tests.docker.site import client, eventually
from tests.e2e.projects import commit
from tests.e2e.queue_project import TASKS, project_with_a_queue

# Two builds of another project, of what test_compose.py and tests/e2e/test_jobs.py try one by one.
pytestmark = [pytest.mark.containers, pytest.mark.long]

PORTS = free_ports()
CACHE = {
    "COMPOSE_PROFILES": "cache",
    "CACHE_URL_FILE": "/run/secrets/cache_url",
    "REDIS_URL_FILE": "/run/secrets/redis_url",
}
JOBS = list(range(1, 61))
"""Two at a time take a minute."""


def done(visitor: httpx.Client) -> list[int]:
    """Numbers of the jobs that were done."""
    return sorted(number for number, _ in visitor.get("/runs/").json()["runs"])


def test_an_update_replaces_the_worker_and_each_job_is_done_once(base_images: dict[str, str], tmp_path: Path) -> None:
    project = project_with_a_queue(tmp_path / "project")
    folder = tmp_path / "copy"
    with composed(folder, find_application(project), base_images | CACHE, PORTS) as compose:
        compose("up", "--build", "--detach", "--wait")
        worker = compose("ps", "--quiet", "worker")
        (project / "jobs/tasks.py").write_text(TASKS.replace("sleep(2)", "sleep(1.9)"))
        commit(project, "Quicker jobs")
        prepare(find_application(project), str(folder / CONTEXT))
        compose("build")
        with client(int(PORTS["HTTPS_PORT"])) as visitor:
            for number in JOBS:
                visitor.get(f"/send/{number}/").raise_for_status()
            assert eventually(lambda: len(done(visitor)) > 1), compose("logs", "worker")
            compose("up", "--detach", "--wait")
            assert len(done(visitor)) < len(JOBS), "jobs were left for the new worker"
            assert compose("ps", "--quiet", "worker") != worker
            assert eventually(lambda: len(done(visitor)) >= len(JOBS), 90)
            assert done(visitor) == JOBS
