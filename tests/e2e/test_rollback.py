"""Back to an earlier release and forward again, under load. The tests run in this order."""

import pytest

from embedded_cloud.testing.polling import wait_until
from tests.e2e.checkout import Checkout
from tests.e2e.rollouts import CHANGED, MIGRATED, deploys, fails_under_load, returns_to, rotation_fails
from tests.e2e.running import headlines, running_process, serving
from tests.e2e.schedules import FAILING, states
from tests.e2e.sources import ADDED_MIGRATION, Sources
from tests.e2e.stack_outputs import correct_outputs

pytestmark = pytest.mark.containers


@pytest.fixture(scope="module", autouse=True)
def history(deployed: Checkout) -> None:
    """A first release, one with a migration, and a newest one without; test_releases.py leaves them behind."""
    if len(deployed.releases()) == 1:
        sources = Sources(deployed.folder)
        sources.add_migration()
        for headline, text in ((MIGRATED, ""), (CHANGED, FAILING)):
            sources.headline(headline)
            sources.append("app/hosting.toml", text)
            assert deployed.up().returncode == 0


def test_a_release_that_does_not_know_the_databases_migrations_is_refused(deployed: Checkout) -> None:
    before = serving(deployed)
    result = deployed.ops("rollback", "1", "--yes")
    assert result.returncode == 3, result.stdout + result.stderr
    assert f"core.{ADDED_MIGRATION}" in result.stderr
    assert "--allow-unknown-migrations" in result.stderr
    assert serving(deployed) == before


def test_a_rollback_returns_to_the_earlier_release_and_answers_every_visit(deployed: Checkout) -> None:
    returns_to(deployed, MIGRATED, "rollback")
    assert deployed.releases()[0]["kind"] == "rollback"
    assert states(deployed) == {"clearsessions": "ENABLED", "report": "DISABLED"}


def test_the_next_up_does_not_deploy_what_was_rolled_back(deployed: Checkout) -> None:
    result = deployed.up()
    assert result.returncode == 0, result.stderr
    # The driver wraps long warnings.
    assert "which was rolled back" in " ".join(result.stderr.split()), result.stderr
    assert headlines(deployed) == {MIGRATED}
    assert states(deployed) == {"clearsessions": "ENABLED", "report": "DISABLED"}


def test_forward_returns_to_the_newest_release_and_answers_every_visit(deployed: Checkout) -> None:
    returns_to(deployed, CHANGED, "forward")
    assert states(deployed) == {"clearsessions": "ENABLED", "report": "ENABLED"}


def test_rollback_and_forward_work_after_a_failed_rotation(deployed: Checkout, sources: Sources) -> None:
    rotation_fails(deployed, sources, after=ADDED_MIGRATION)
    returns_to(deployed, MIGRATED, "rollback")
    returns_to(deployed, CHANGED, "forward")


def test_the_next_up_corrects_the_outputs_and_starts_a_new_worker(deployed: Checkout, sources: Sources) -> None:
    """`rollback` and `forward` do not change the stack's outputs."""
    sources.add_worker()
    sources.keep()
    deploys(deployed, CHANGED)
    assert list(correct_outputs(deployed)["process_services"]) == ["worker"]
    release = deployed.releases()[0]
    assert running_process(deployed, "worker") == (release["process_task_definitions"]["worker"], 1)
    assert f"works for {release['tag']}" in deployed.ops("logs", "--process", "worker", "--no-follow").stdout


def test_a_worker_that_crashes_fails_the_release_with_its_reason_and_returns(
    deployed: Checkout, sources: Sources
) -> None:
    before = running_process(deployed, "worker")
    sources.headline("Never served.")
    sources.add_worker("raise SystemExit('no broker on purpose')")
    fails_under_load(
        deployed,
        "Process worker: ",
        "cause: it crashes",
        "container worker ended with exit code 1",
        "no broker on purpose",
        "The web service was not touched.",
    )
    assert wait_until(lambda: running_process(deployed, "worker") == before)
