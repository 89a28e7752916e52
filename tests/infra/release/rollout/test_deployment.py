from typing import Any

import pytest

from infra.release.reporting import ReleaseError
from infra.release.rollout import deployment as rollout_deployment
from infra.release.rollout import stopped_task
from infra.release.rollout.deployment import ExpectedDeployment, wait_for_rollout
from tests.infra.release.fake_aws import FAMILY, FakeAws, deployment, refusal, task
from tests.infra.release.stubs import CLUSTER

EXPECTED = ExpectedDeployment(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    monkeypatch.setattr(rollout_deployment, "POLL_SECONDS", 0)
    return FakeAws()


def said(aws: FakeAws, expected: ExpectedDeployment = EXPECTED) -> list[str]:
    """What the operator reads when it fails."""
    with pytest.raises(ReleaseError) as failure:
        wait_for_rollout(aws.session, expected, lambda _: None)
    return str(failure.value).splitlines()


def test_a_running_release_is_a_success(aws: FakeAws) -> None:
    aws.runs(8)
    assert wait_for_rollout(aws.session, EXPECTED, lambda _: None)["serviceName"] == "web-service"


def test_a_rollout_in_progress_is_waited_for_and_reported(aws: FakeAws) -> None:
    reported: list[str] = []
    aws.deployments = [deployment(8, "IN_PROGRESS", runningCount=0, desiredCount=2)]
    one = deployment(8, "IN_PROGRESS", runningCount=1, desiredCount=2)
    aws.later = [[one], [one], [deployment(8)]]
    wait_for_rollout(aws.session, EXPECTED, reported.append)
    assert reported == ["0 of 2 new tasks run", "1 of 2 new tasks run"]


def test_a_rollout_that_does_not_end_fails(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_deployment, "ROLLOUT_SECONDS", 0)
    aws.runs(8, "IN_PROGRESS")
    assert said(aws)[0] == "The release preqly-test-web:8 is not complete after 0 s, in service web-service."


def test_a_release_that_ecs_rolled_back_fails_with_cause_exit_code_log_events_and_fix(aws: FakeAws) -> None:
    aws.runs(7)
    aws.tasks = [task("1", f"{FAMILY}:7"), task("2")]
    aws.logged = {"web/2": ["ModuleNotFoundError: No module named 'core'"], "proxy/2": ["bye"]}
    aws.events = ["event 1", "event 2", "event 3", "event 4"]
    again = (
        f"aws ecs update-service --region us-east-1 --cluster web-cluster --service web-service "
        f"--task-definition {FAMILY}:8 --force-new-deployment"
    )
    assert said(aws) == [
        "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service.",
        "cause: it crashes",
        "task 2: container web ended with exit code 3: Essential container in task exited",
        "  last log lines:",
        "    ModuleNotFoundError: No module named 'core'",
        "event: event 1",
        "event: event 2",
        "event: event 3",
        "fix: the log lines say where; fix it and run `pulumi up` again",
        "Fix the release and run `pulumi up` again.",
        f"If the cause was outside the release, let ECS try again first: {again}",
    ]


def test_a_failed_rollout_is_reported_without_a_cause_when_aws_does_not_answer(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise refusal("AccessDeniedException", "ListTasks")

    monkeypatch.setattr(aws, "list_tasks", refuse)
    aws.runs(7)
    first, why, *more = said(aws)
    assert first == "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service."
    assert why.startswith("cause: unknown, AWS did not answer: An error occurred (AccessDeniedException)")
    assert more[0] == "Fix the release and run `pulumi up` again."


def test_a_failed_first_release_fails_although_it_stays_primary(aws: FakeAws) -> None:
    aws.runs(8, "FAILED")
    assert said(aws)[0] == "The release preqly-test-web:8 did not become healthy, in service web-service."


def test_an_equivalent_task_definition_is_a_success(aws: FakeAws) -> None:
    aws.runs(9)
    expected = ExpectedDeployment(
        cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8", equivalents=(f"{FAMILY}:9",)
    )
    wait_for_rollout(aws.session, expected, lambda _: None)


def test_a_deleted_service_is_named(aws: FakeAws) -> None:
    (line,) = said(aws)
    assert line.startswith(f"Service web-service is not in cluster {CLUSTER}: it was deleted outside Pulumi.")
