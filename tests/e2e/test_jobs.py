"""A Celery worker on Valkey: every job is done once through a release, one that fails, and a rollback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.projects import commit
from tests.e2e.queue_project import CELERY, MANIFEST, TASKS, project_with_a_queue
from tests.e2e.running import capacity_providers, running_process

# Six deployments, of what test_rollback.py tries with a worker that has no queue.
pytestmark = [pytest.mark.containers, pytest.mark.long]

CRASH = """
import sys

if sys.argv[0].endswith("celery"):
    raise SystemExit("broken on purpose")
"""
PAUSE = 1.5
"""Seconds between two jobs: two children do one a second."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a queue."""
    return project_with_a_queue(tmp_path_factory.mktemp("queue"))


@contextmanager
def jobs_all_the_time(browser: httpx.Client) -> Iterator[list[int]]:
    """Send jobs for as long as the block runs; their numbers, counted on from what was sent before."""
    sent: list[int] = []
    over = threading.Event()
    first = max((number for number, _ in runs(browser)), default=0) + 1

    def send() -> None:
        while not over.wait(PAUSE):
            number = first + len(sent)
            browser.get(f"/send/{number}/").raise_for_status()
            sent.append(number)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        over.set()
        sender.join()


def runs(browser: httpx.Client) -> list[tuple[int, str]]:
    """Number and release of each job that was done."""
    return [(number, release) for number, release in browser.get("/runs/").json()["runs"]]


def assert_all_done_once(browser: httpx.Client, sent: list[int]) -> None:
    """Wait until the queue is empty."""
    assert len(sent) > 10
    wait_until(lambda: not _missing(browser, sent), 120, told=lambda: _missing(browser, sent))
    done = [number for number, _ in runs(browser) if number in sent]
    assert sorted(done) == sent


def _missing(browser: httpx.Client, sent: list[int]) -> set[int]:
    return set(sent) - {number for number, _ in runs(browser)}


@pytest.fixture(scope="module")
def browser(checkout: Checkout, project: Path) -> Iterator[httpx.Client]:
    """A visitor of the first release."""
    (checkout.folder / "Pulumi.local.yaml").write_text("config:\n  preqly:cache: valkey\n")
    result = checkout.run("up", str(project))
    assert result.returncode == 0, result.stderr
    with checkout.browser() as found:
        yield found


def test_a_release_replaces_the_worker_and_each_job_is_done_once(
    checkout: Checkout, project: Path, browser: httpx.Client
) -> None:
    before = checkout.releases()[0]["tag"]
    (project / "jobs/tasks.py").write_text(TASKS.replace("sleep(2)", "sleep(1.9)"))
    commit(project, "Quicker jobs")
    with jobs_all_the_time(browser) as sent:
        result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert_all_done_once(browser, sent)
    workers = {release for number, release in runs(browser) if number in sent}
    assert workers == {before, checkout.releases()[0]["tag"]}


def test_a_worker_that_crashes_loses_no_job(checkout: Checkout, project: Path, browser: httpx.Client) -> None:
    before = running_process(checkout, "worker")
    celery = project / "mysite/celery.py"
    celery.write_text(CELERY + CRASH)
    commit(project, "A worker that crashes")
    with jobs_all_the_time(browser) as sent:
        result = checkout.up()
    assert result.returncode == 1, result.stderr
    assert "Process worker: " in result.stderr
    assert_all_done_once(browser, sent)
    assert running_process(checkout, "worker") == before
    celery.write_text(CELERY)
    commit(project, "A worker that works")


def test_a_rollback_replaces_the_worker_and_each_job_is_done_once(checkout: Checkout, browser: httpx.Client) -> None:
    after = checkout.releases()[1]["tag"]
    with jobs_all_the_time(browser) as sent:
        result = checkout.ops("rollback", "--yes")
    assert result.returncode == 0, result.stderr
    assert_all_done_once(browser, sent)
    assert {release for number, release in runs(browser) if number in sent} >= {after}


def test_a_rotation_moves_the_worker_too_and_each_job_is_done_once(
    checkout: Checkout, project: Path, browser: httpx.Client
) -> None:
    (project / "hosting.toml").write_text(MANIFEST + "spot = true\n")
    commit(project, "A cheaper worker")
    checkout.configure("secretsGeneration", "2")
    with jobs_all_the_time(browser) as sent:
        result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert_all_done_once(browser, sent)
    assert capacity_providers(checkout, "worker") == {"FARGATE_SPOT"}


def test_a_process_that_left_the_manifest_is_stopped_and_deleted(
    checkout: Checkout, project: Path, browser: httpx.Client
) -> None:
    before = checkout.releases()[0]
    (project / "hosting.toml").write_text("")
    commit(project, "Without a worker")
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert checkout.releases()[0]["process_services"] == {}
    ecs, service = checkout.aws("ecs"), before["process_services"]["worker"]
    (found,) = ecs.describe_services(cluster=before["cluster"], services=[service])["services"]
    assert (found["status"], found["runningCount"]) == ("INACTIVE", 0)
    assert browser.get("/runs/").status_code == 200
