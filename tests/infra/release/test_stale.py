import pytest

from infra.release import stale
from infra.release.errors import ReleaseError
from tests.infra.release.fake_aws import FAMILY, MIGRATION, FakeAws, living
from tests.infra.stubs import CLUSTER

SERVICE = {"clusterArn": CLUSTER, "serviceName": "web-service"}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(stale, "POLL_SECONDS", 0)
    return FakeAws()


def test_the_secret_versions_of_a_task_definition_are_read_from_its_references(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2"}
    assert stale.secret_versions(aws.session, f"{FAMILY}:8") == {"v-2"}


def test_a_value_that_is_read_as_it_is_now_counts_for_no_version(aws: FakeAws) -> None:
    aws.secret_versions = {MIGRATION: "v-1"}
    assert stale.secret_versions(aws.session, MIGRATION) == {"v-1"}


def test_tasks_of_the_release_itself_are_not_waited_for(aws: FakeAws) -> None:
    aws.tasks = [living("1")]
    stale.wait_until_gone(aws.session, SERVICE, f"{FAMILY}:8")


def test_tasks_of_an_earlier_release_are_waited_for_while_they_drain(aws: FakeAws) -> None:
    aws.tasks = [living("1"), living("2", f"{FAMILY}:7", lastStatus="DEACTIVATING")]
    aws.gone = ["2"]
    stale.wait_until_gone(aws.session, SERVICE, f"{FAMILY}:8")
    assert len(aws.asked("list_tasks")) == 4


def test_those_that_stay_are_named(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale, "DRAIN_SECONDS", 0)
    aws.tasks = [living("1"), living("2", f"{FAMILY}:7")]
    with pytest.raises(ReleaseError, match=r"have not ended in 0 s: 2 \(preqly-test-web:7\)"):
        stale.wait_until_gone(aws.session, SERVICE, f"{FAMILY}:8")


def test_a_task_beside_the_service_with_an_earlier_secret_is_named(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2", MIGRATION: "v-1", "other": "v-2"}
    aws.tasks = [
        living("1"),
        living("2", MIGRATION, group="family:preqly-test-migration", startedBy="ann"),
        living("3", "other", group="family:other"),
    ]
    assert stale.beside_the_service(aws.session, SERVICE, f"{FAMILY}:8") == [
        "task 2 (preqly-test-migration:7, started by ann) holds an earlier version of the secret"
    ]
