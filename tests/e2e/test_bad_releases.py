"""Releases that must not serve, under load: `up` fails and says why, and the earlier release answers every visit.

The tests run in this order."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout, Completed
from tests.e2e.rollouts import fails_under_load, succeeds_under_load
from tests.e2e.running import can_log_in, containers, tasks
from tests.e2e.sources import FAILED_MIGRATION, FIRST_MIGRATIONS, Sources

pytestmark = pytest.mark.containers

PUSHED = "TaskDefinition"
"""Printed by `up` when images and task definitions exist, seconds before the preparation and the rollout."""


@contextmanager
def deletable_secret(checkout: Checkout) -> Iterator[Callable[[], None]]:
    """A function that deletes the secret once the preparation task has read it. The end of the block restores it."""
    arn, secrets = checkout.outputs()["secret_arn"], checkout.aws("secretsmanager")

    def delete() -> None:
        wait_until(lambda: containers(checkout, "name=-migrate"))
        secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)

    try:
        yield delete
    finally:
        secrets.restore_secret(SecretId=arn)


def delete_newest_proxy_image(checkout: Checkout) -> None:
    """Delete the image that no release on record has tagged; the preparation task does not need it."""
    ecr = checkout.aws("ecr")
    names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
    (proxy,) = (name for name in names if "proxy" in name)
    images = ecr.describe_images(repositoryName=proxy)["imageDetails"]
    newest = max((one for one in images if len(one["imageTags"]) == 1), key=lambda one: one["imagePushedAt"])
    ecr.batch_delete_image(repositoryName=proxy, imageIds=[{"imageDigest": newest["imageDigest"]}])


def test_a_rotation_with_tasks_that_do_not_start_is_rolled_back(deployed: Checkout, sources: Sources) -> None:
    sources.rotate()
    # The generation can only be raised.
    sources.keep()
    with deletable_secret(deployed) as delete:
        fails_under_load(
            deployed,
            "cause: a secret, log group or permission is out of reach",
            "ResourceInitializationError",
            up=lambda: deployed.up_with(delete, when=PUSHED),
        )


@pytest.fixture(scope="module")
def repeated(deployed: Checkout) -> Completed:
    """`up` once more after the failed rotation, with nothing to change in Pulumi's state."""
    return deployed.up()


def test_the_next_up_does_not_take_equal_images_for_the_rotated_release(
    deployed: Checkout, repeated: Completed
) -> None:
    assert repeated.returncode == 1, repeated.stderr
    assert "does not run" in repeated.stderr
    assert deployed.releases()[0]["number"] == 1


def test_the_rotation_completes_after_the_command_that_the_message_names(
    deployed: Checkout, repeated: Completed
) -> None:
    before = deployed.releases()[0]
    found = re.search(r"--task-definition (\S+) --force", repeated.stderr)
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
    before = tasks(deployed)
    sources.add_failing_migration(after=FIRST_MIGRATIONS)
    fails_under_load(deployed, "the service was not touched", "exit code 1", FAILED_MIGRATION)
    assert tasks(deployed) == before


def test_a_release_that_crashes_is_rolled_back_and_the_next_up_fails_too(deployed: Checkout, sources: Sources) -> None:
    sources.crash()
    fails_under_load(deployed, "cause: it crashes", "container web ended with exit code 1", "broken on purpose")
    result = deployed.up()
    assert result.returncode == 1
    assert "cause: it crashes" in result.stderr


def test_a_release_that_never_gets_healthy_is_rolled_back(deployed: Checkout, sources: Sources) -> None:
    sources.never_get_healthy()
    fails_under_load(deployed, "cause: it starts, but never gets healthy")


def test_a_release_without_its_image_is_rolled_back(deployed: Checkout, sources: Sources) -> None:
    sources.headline("This image cannot be pulled.")
    # Without a change of its own the proxy's image would be the earlier one, by its digest.
    sources.style("this-image-cannot-be-pulled")
    fails_under_load(
        deployed,
        "cause: the image cannot be pulled",
        "CannotPullContainerError",
        up=lambda: deployed.up_with(lambda: delete_newest_proxy_image(deployed), when=PUSHED),
    )


def test_without_capacity_the_service_is_not_touched(deployed: Checkout, sources: Sources) -> None:
    sources.headline("There is no room for this.")
    capacity = deployed.runtime.folder / "cloud" / "fargate-capacity"
    capacity.write_text("2")
    try:
        fails_under_load(deployed, "Capacity is unavailable at this time", "the service was not touched")
    finally:
        capacity.unlink()


def test_the_sources_of_the_earlier_release_deploy_again(deployed: Checkout) -> None:
    number = deployed.releases()[0]["number"]
    succeeds_under_load(deployed)
    assert deployed.releases()[0]["number"] >= number
