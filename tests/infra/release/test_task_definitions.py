"""Which task definitions have the same content, and which tasks run another one or hold a previous secret."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.release.reporting import ReleaseError
from infra.release.rollout import outdated_tasks
from infra.release.rollout.task_definitions import equivalent, fingerprint
from tests.infra.release.fake_aws import CLUSTER, FAMILY, MIGRATION, RELEASE, SECRET, FakeAws, refuse, running_task

CONTAINER = {
    "name": "web",
    "image": "registry/web@sha256:aa",
    "environment": [{"name": "SETTING", "value": "a"}],
    "secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:SECRET_KEY::v-1"}],
}


def registered(session: boto3.Session, memory: str = "512", **changes: Any) -> str:
    answer = session.client("ecs").register_task_definition(
        family="preqly-test-web",
        networkMode="awsvpc",
        cpu="256",
        memory=memory,
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
        containerDefinitions=[{**CONTAINER, **changes}],
        tags=[{"key": "Made", "value": memory}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def test_two_revisions_with_the_same_content_are_equivalent(session: boto3.Session) -> None:
    one, other = registered(session), registered(session)
    assert one != other
    assert equivalent(session, one, other)


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": [{"name": "SETTING", "value": "b"}]},
        {"secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:SECRET_KEY::v-2"}]},
        {"image": "registry/web@sha256:bb"},
        {"memory": "1024"},
    ],
)
def test_another_setting_secret_image_or_size_makes_them_differ(
    session: boto3.Session, changes: dict[str, Any]
) -> None:
    assert not equivalent(session, registered(session), registered(session, **changes))


def test_a_deleted_task_definition_is_equivalent_to_none(session: boto3.Session) -> None:
    there = registered(session)
    assert not equivalent(session, there.replace(":1", ":7"), there)


def test_an_error_of_ecs_is_not_a_difference(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "describe_task_definition", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        equivalent(aws.session, "one", "other")


def test_fields_of_ecs_and_tags_are_not_part_of_the_fingerprint() -> None:
    described = {"family": "a", "revision": 8, "status": "ACTIVE", "registeredBy": "ann", "tags": [], "cpu": "256"}
    assert fingerprint(described) == {"family": "a", "cpu": "256"}


def test_secret_versions_are_read_from_references_and_one_without_a_version_counts_for_none(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2", MIGRATION: "v-1"}
    assert outdated_tasks.secret_versions(aws.session, f"{FAMILY}:8") == {SECRET: "v-2"}
    assert outdated_tasks.secret_versions(aws.session, MIGRATION) == {SECRET: "v-1"}


def test_tasks_of_an_earlier_release_are_waited_for_while_they_drain(aws: FakeAws) -> None:
    aws.tasks = [running_task("1"), running_task("2", f"{FAMILY}:7", lastStatus="DEACTIVATING")]
    aws.gone = ["2"]
    outdated_tasks.wait_until_stopped(aws.session, CLUSTER, RELEASE)
    assert len(aws.asked("list_tasks")) == 4


def test_tasks_that_do_not_stop_are_named(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outdated_tasks, "DRAIN_SECONDS", 0)
    aws.tasks = [running_task("1"), running_task("2", f"{FAMILY}:7")]
    with pytest.raises(ReleaseError, match=r"still run after 0 s: 2 \(preqly-test-web:7\)"):
        outdated_tasks.wait_until_stopped(aws.session, CLUSTER, RELEASE)


def test_a_task_outside_the_service_with_a_previous_secret_is_named(aws: FakeAws) -> None:
    aws.secret_versions = {f"{FAMILY}:8": "v-2", MIGRATION: "v-1", "other": "v-2"}
    aws.tasks = [
        running_task("1"),
        running_task("2", MIGRATION, group="family:preqly-test-migration", startedBy="ann"),
        running_task("3", "other", group="family:other"),
    ]
    assert outdated_tasks.beside_the_services(aws.session, RELEASE, CLUSTER) == [
        "Task 2 (preqly-test-migration:7, started by ann) holds a previous version of a secret"
    ]


def test_a_task_outside_the_service_with_previous_variables_is_named(aws: FakeAws) -> None:
    aws.environment_versions = {f"{FAMILY}:8": "e-2", MIGRATION: "e-1", "other": "e-2"}
    aws.tasks = [
        running_task("2", MIGRATION, group="family:preqly-test-migration"),
        running_task("3", "other", group="family:other"),
    ]
    (line,) = outdated_tasks.beside_the_services(aws.session, RELEASE, CLUSTER)
    assert line.startswith("Task 2 ")
