"""Releases that must not serve, under load: `up` says why and fails, the old one serves, and nobody notices.

The tests run in this order."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.load import constant_load
from tests.e2e.sources import BAD_MIGRATION, Sources
from tests.e2e.test_releases import assert_nobody_noticed

Completed = subprocess.CompletedProcess[str]

pytestmark = pytest.mark.containers


def refused_under_load(checkout: Checkout, *words: str, up: Callable[[], Completed] | None = None) -> None:
    """`up` fails and says these words, nobody notices, and the release before serves on."""
    number, definition = checkout.releases()[0]["number"], checkout.service()["taskDefinition"]
    with constant_load(checkout.runtime) as load:
        result = up() if up else checkout.run("up")
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    missing = [word for word in words if word not in result.stderr]
    assert missing == [], result.stderr
    assert_nobody_noticed(load)
    (primary,) = (one for one in checkout.service()["deployments"] if one["status"] == "PRIMARY")
    assert primary["taskDefinition"] == definition, "the release before serves"
    assert checkout.releases()[0]["number"] == number, "what failed is not on record"


def tasks_started(checkout: Checkout) -> set[str]:
    """Every task of the service that ECS knows."""
    ecs, service = checkout.aws("ecs"), checkout.service()
    return {
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(
            cluster=service["clusterArn"], serviceName=service["serviceName"], desiredStatus=status
        )["taskArns"]
    }


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
    result = deployed.run("up")
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
        up=lambda: deployed.run_until("Nothing to migrate", lambda: delete_newest_proxy_image(deployed)),
    )


def delete_newest_proxy_image(checkout: Checkout) -> None:
    """The migration does without it. Images of releases on record have a further tag."""
    ecr = checkout.aws("ecr")
    names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
    (proxy,) = (name for name in names if "proxy" in name)
    images = ecr.describe_images(repositoryName=proxy)["imageDetails"]
    newest = max((one for one in images if len(one["imageTags"]) == 1), key=lambda one: one["imagePushedAt"])
    ecr.batch_delete_image(repositoryName=proxy, imageIds=[{"imageDigest": newest["imageDigest"]}])


def test_without_capacity_nothing_is_touched(deployed: Checkout, sources: Sources) -> None:
    sources.headline("There is no room for this.")
    capacity = deployed.runtime.folder / "cloud" / "fargate-capacity"
    with written(capacity, "2"):
        refused_under_load(deployed, "Capacity is unavailable at this time", "the service was not touched")


def test_a_release_that_cannot_read_its_secret_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.headline("This knows no secret.")
    arn, secrets = deployed.outputs()["secret_arn"], deployed.aws("secretsmanager")
    try:
        refused_under_load(
            deployed,
            "cause: a secret, log group or permission is out of reach",
            "ResourceInitializationError",
            up=lambda: deployed.run_until(
                "Nothing to migrate", lambda: secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
            ),
        )
    finally:
        secrets.restore_secret(SecretId=arn)


def test_the_sources_before_are_deployed_again_without_a_change_of_the_site(deployed: Checkout) -> None:
    number = deployed.releases()[0]["number"]
    with constant_load(deployed.runtime) as load:
        result = deployed.run("up")
    assert result.returncode == 0, result.stderr
    assert_nobody_noticed(load)
    assert deployed.releases()[0]["number"] >= number


class written:  # noqa: N801 - reads as a word where it is used
    """A file that is there for as long as the block."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._text = path, text

    def __enter__(self) -> None:
        self._path.write_text(self._text)

    def __exit__(self, *_: object) -> None:
        self._path.unlink()
