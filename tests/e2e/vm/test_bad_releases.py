"""Releases that must not serve, on the machine: `up` says why and fails, the old one serves, and nobody notices."""

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.good_releases import CHANGED
from tests.e2e.refusals import delete_newest_proxy_image, refused_under_load, secret_gone_at
from tests.e2e.serving import headlines
from tests.e2e.sources import BAD_MIGRATION, Sources

pytestmark = pytest.mark.containers


def test_a_failing_migration_never_reaches_the_visitors(deployed: Checkout, sources: Sources) -> None:
    sources.migration("0004_fails", BAD_MIGRATION)
    refused_under_load(
        deployed, "the migration failed, so the release was not rolled out", 'relation "a_table_that_is_not_there"'
    )


def test_a_release_that_crashes_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.crash()
    refused_under_load(deployed, "container web ended with exit code 1", "broken on purpose")


def test_the_next_up_after_it_does_not_say_success(deployed: Checkout, sources: Sources) -> None:
    sources.crash()
    result = deployed.up()
    assert result.returncode == 1
    assert "broken on purpose" in result.stderr


def test_a_release_that_never_gets_healthy_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.never_get_healthy()
    refused_under_load(deployed, "Task failed container health checks: container web")


def test_a_release_whose_image_is_gone_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.headline("Nobody can pull this.")
    # Without it the proxy's image would be the one before, by its digest.
    sources.append("app/core/static/core/site.css", "\n.nobody-can-pull-this { color: inherit; }\n")
    refused_under_load(
        deployed,
        "CannotPullContainerError",
        up=lambda: deployed.run_until("machine-store-release", lambda: delete_newest_proxy_image(deployed)),
    )


def test_a_release_that_cannot_read_its_secret_is_taken_back(deployed: Checkout, sources: Sources) -> None:
    sources.headline("This knows no secret.")
    with secret_gone_at(deployed, "Nothing to migrate") as up:
        refused_under_load(deployed, "ResourceInitializationError", up=up)


def test_the_sources_before_change_nothing_of_the_site(deployed: Checkout) -> None:
    result = deployed.up()
    assert result.returncode == 0, result.stderr
    assert headlines(deployed) == {CHANGED}
