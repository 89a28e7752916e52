import pytest

from infra.release.reporting import ReleaseError
from infra.release.rollout import outdated_tasks
from tests.infra.release.fake_aws import FAMILY, MIGRATION, FakeAws, running_task
from tests.infra.release.stubs import CLUSTER

SERVICE = {"clusterArn": CLUSTER, "serviceName": "web-service"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(outdated_tasks, "POLL_SECONDS", 0)
    return FakeAws()


def test_the_secret_versions_of_a_task_definition_are_read_from_its_references(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2"}
    assert outdated_tasks.secret_versions(aws.session, f"{FAMILY}:8") == {"v-2"}


def test_a_reference_without_a_version_counts_for_none(aws: FakeAws) -> None:
    aws.secret_versions = {MIGRATION: "v-1"}
    assert outdated_tasks.secret_versions(aws.session, MIGRATION) == {"v-1"}


def test_tasks_of_the_release_itself_are_not_waited_for(aws: FakeAws) -> None:
    aws.tasks = [running_task("1")]
    outdated_tasks.wait_until_stopped(aws.session, SERVICE, f"{FAMILY}:8")


def test_tasks_of_an_earlier_release_are_waited_for_while_they_drain(aws: FakeAws) -> None:
    aws.tasks = [running_task("1"), running_task("2", f"{FAMILY}:7", lastStatus="DEACTIVATING")]
    aws.gone = ["2"]
    outdated_tasks.wait_until_stopped(aws.session, SERVICE, f"{FAMILY}:8")
    assert len(aws.asked("list_tasks")) == 4


def test_tasks_that_do_not_stop_are_named(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outdated_tasks, "DRAIN_SECONDS", 0)
    aws.tasks = [running_task("1"), running_task("2", f"{FAMILY}:7")]
    with pytest.raises(ReleaseError, match=r"still run after 0 s: 2 \(preqly-test-web:7\)"):
        outdated_tasks.wait_until_stopped(aws.session, SERVICE, f"{FAMILY}:8")


def test_a_task_outside_the_service_with_a_previous_secret_is_named(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2", MIGRATION: "v-1", "other": "v-2"}
    aws.tasks = [
        running_task("1"),
        running_task("2", MIGRATION, group="family:preqly-test-migration", startedBy="ann"),
        running_task("3", "other", group="family:other"),
    ]
    assert outdated_tasks.beside_the_service(aws.session, SERVICE, f"{FAMILY}:8") == [
        "Task 2 (preqly-test-migration:7, started by ann) holds a previous version of the secret"
    ]
