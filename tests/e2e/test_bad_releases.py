"""Releases that must not serve, under load: `up` says why and fails, the old one serves, and nobody notices.

The tests run in this order."""

import re
from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.containers import running
from tests.e2e.load import assert_nobody_noticed, constant_load
from tests.e2e.postgres import can_log_in
from tests.e2e.refusals import delete_newest_proxy_image, refused_under_load, secret_gone_at
from tests.e2e.serving import service
from tests.e2e.sources import BAD_MIGRATION, Sources
from tests.waiting import wait_until

pytestmark = pytest.mark.containers

PUSHED = "TaskDefinition"
"""What `up` says when images and tasks are known, seconds before the release is prepared and then rolled out."""


def tasks_started(checkout: Checkout) -> set[str]:
    """Every task of the service that ECS knows."""
    ecs, found = checkout.aws("ecs"), service(checkout)
    return {
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=found["clusterArn"], serviceName=found["serviceName"], desiredStatus=status)[
            "taskArns"
        ]
    }


def test_a_rotation_whose_tasks_do_not_start_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.rotate()
    with secret_gone_at(deployed, PUSHED, first=lambda: wait_until(lambda: running(deployed, "name=-migrate"))) as up:
        refused_under_load(
            deployed, "cause: a secret, log group or permission is out of reach", "ResourceInitializationError", up=up
        )
    # A database role of before cannot be made again: what was rotated stays so.
    sources.keep()


def test_the_next_up_does_not_take_the_same_images_for_it(deployed: Checkout) -> None:
    number = deployed.releases()[0]["number"]
    result = deployed.up()
    assert result.returncode == 1, result.stderr
    assert "does not run" in result.stderr
    assert deployed.releases()[0]["number"] == number


def test_tried_again_as_the_message_says_the_rotation_comes_to_its_end(deployed: Checkout) -> None:
    before = deployed.releases()[0]
    found = re.search(r"--task-definition (\S+) --force", deployed.up().stderr)
    assert found
    where = {"cluster": before["cluster"], "service": before["service"]}
    deployed.aws("ecs").update_service(**where, taskDefinition=found[1], forceNewDeployment=True)
    result = deployed.up()
    assert result.returncode == 0, result.stderr
    after = deployed.releases()[0]
    assert (after["tag"], after["number"]) == (before["tag"], before["number"] + 1)
    assert after["secret_version"] != before["secret_version"]
    assert can_log_in(deployed, deployed.secret()["DATABASE_URL"])


def test_a_failing_migration_never_reaches_the_service(deployed: Checkout, sources: Sources) -> None:
    before = tasks_started(deployed)
    sources.migration("0004_fails", BAD_MIGRATION)
    refused_under_load(
        deployed, "the service was not touched", "exit code 1", 'relation "a_table_that_is_not_there" does not exist'
    )
    assert tasks_started(deployed) == before


def test_a_release_that_crashes_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.crash()
    refused_under_load(deployed, "cause: it crashes", "container web ended with exit code 1", "broken on purpose")


def test_the_next_up_after_it_does_not_say_success(deployed: Checkout, sources: Sources) -> None:
    sources.crash()
    result = deployed.up()
    assert result.returncode == 1
    assert "cause: it crashes" in result.stderr


def test_a_release_that_never_gets_healthy_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.never_get_healthy()
    refused_under_load(deployed, "cause: it starts, but never gets healthy")


def test_a_release_whose_image_is_gone_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.headline("Nobody can pull this.")
    # Without it the proxy's image would be the one before, by its digest.
    sources.append("app/core/static/core/site.css", "\n.nobody-can-pull-this { color: inherit; }\n")
    refused_under_load(
        deployed,
        "cause: the image cannot be pulled",
        "CannotPullContainerError",
        up=lambda: deployed.run_until(PUSHED, lambda: delete_newest_proxy_image(deployed)),
    )


def test_without_capacity_nothing_is_touched(deployed: Checkout, sources: Sources) -> None:
    sources.headline("There is no room for this.")
    capacity = deployed.runtime.folder / "cloud" / "fargate-capacity"
    with written(capacity, "2"):
        refused_under_load(deployed, "Capacity is unavailable at this time", "the service was not touched")


def test_the_sources_before_are_deployed_again_without_a_change_of_the_site(deployed: Checkout) -> None:
    number = deployed.releases()[0]["number"]
    with constant_load(deployed.runtime) as load:
        result = deployed.up()
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load, connections_stay=True)
    assert deployed.releases()[0]["number"] >= number


class written:  # noqa: N801 - reads as a word where it is used
    """A file that is there for as long as the block."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text

    def __enter__(self) -> None:
        self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.unlink()
