"""Visitors add tasks, a release keeps them, and the end of the visits removes them. The tests run in this order."""

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.load import assert_every_visit_answered, constant_load
from tests.e2e.running import headlines, running_tasks, service
from tests.e2e.sources import Sources

# A first deployment of its own: scaling waits for minutes of AWS's time, which other tests do not have.
pytestmark = [pytest.mark.containers, pytest.mark.long]

LEAST, MOST = 2, 3
REQUESTS_PER_VCPU = 400
"""A minute; 100 for each task of the demo's 256 CPU units. The load sends about 240 to each of two tasks."""
HEADLINE = "Released while it scales."


@pytest.fixture(scope="module", autouse=True)
def scaled_by_requests(checkout: Checkout) -> None:
    """A site that adds its third task by requests: its CPU never asks for one."""
    values = {"minTasks": LEAST, "maxTasks": MOST, "scaleAtRequestsPerVcpu": REQUESTS_PER_VCPU, "scaleAtCpuPercent": 95}
    lines = [f"  preqly:{key}: {value}\n" for key, value in values.items()]
    (checkout.folder / "Pulumi.local.yaml").write_text("".join(["config:\n", *lines]))
    assert checkout.up().returncode == 0


def test_requests_add_a_task_and_a_release_in_between_keeps_it(checkout: Checkout, sources: Sources) -> None:
    assert service(checkout)["desiredCount"] == LEAST
    sources.headline(HEADLINE)
    sources.keep()
    with constant_load(checkout.runtime) as load:
        wait_until(lambda: len(running_tasks(checkout)) == service(checkout)["desiredCount"] == MOST, 180)
        before = running_tasks(checkout)
        result = checkout.up()
        assert result.returncode == 0, result.stderr
        assert service(checkout)["desiredCount"] == len(running_tasks(checkout)) == MOST
    assert_every_visit_answered(load)
    assert headlines(checkout) == {HEADLINE}
    assert not before & running_tasks(checkout)


def test_the_end_of_the_visits_removes_the_task(checkout: Checkout) -> None:
    """Fifteen values below 90 % of the target."""
    wait_until(lambda: len(running_tasks(checkout)) == service(checkout)["desiredCount"] == LEAST, 420)
    assert headlines(checkout) == {HEADLINE}
