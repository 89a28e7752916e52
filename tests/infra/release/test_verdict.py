from typing import Any

import pytest

from infra.release import stopped_task, verdict
from infra.release.errors import ReleaseError
from infra.release.verdict import Asked, verify_rollout
from tests.infra.release.fake_aws import FAMILY, FakeAws, deployment, refusal, task
from tests.infra.stubs import CLUSTER

ASKED = Asked(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    monkeypatch.setattr(verdict, "POLL_SECONDS", 0)
    return FakeAws()


def said(aws: FakeAws, asked: Asked = ASKED) -> list[str]:
    """What the operator reads when it fails."""
    with pytest.raises(ReleaseError) as failure:
        verify_rollout(aws.session, asked, lambda _: None)
    return str(failure.value).splitlines()


def test_a_release_that_runs_is_left_alone(aws: FakeAws) -> None:
    aws.runs(8)
    assert verify_rollout(aws.session, ASKED, lambda _: None)["serviceName"] == "web-service"


def test_a_rollout_under_way_is_waited_for_and_told_as_it_moves(aws: FakeAws) -> None:
    told: list[str] = []
    aws.deployments = [deployment(8, "IN_PROGRESS", runningCount=0, desiredCount=2)]
    one = deployment(8, "IN_PROGRESS", runningCount=1, desiredCount=2)
    aws.later = [[one], [one], [deployment(8)]]
    verify_rollout(aws.session, ASKED, told.append)
    assert told == ["0 of 2 new tasks run", "1 of 2 new tasks run"]


def test_a_rollout_that_does_not_end_is_no_success(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "ROLLOUT_SECONDS", 0)
    aws.runs(8, "IN_PROGRESS")
    assert said(aws)[0] == "The release preqly-test-web:8 is not complete after 0 s, in service web-service."


def test_a_release_that_ecs_took_back_fails_with_cause_exit_code_log_events_and_fix(aws: FakeAws) -> None:
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
        "fix: the log lines say where; mend it and run `pulumi up` again",
        "Mend the release and run `pulumi up` again.",
        f"When the cause was outside of it, let ECS try it again before that: {again}",
    ]


def test_the_verdict_stands_where_aws_does_not_say_why(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise refusal("AccessDeniedException", "ListTasks")

    monkeypatch.setattr(aws, "list_tasks", refuse)
    aws.runs(7)
    first, why, *more = said(aws)
    assert first == "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service."
    assert why.startswith("cause: AWS could not be asked for it: An error occurred (AccessDeniedException)")
    assert more[0] == "Mend the release and run `pulumi up` again."


def test_a_first_release_that_failed_is_no_success_though_it_stays_primary(aws: FakeAws) -> None:
    aws.runs(8, "FAILED")
    assert said(aws)[0] == "The release preqly-test-web:8 did not become healthy, in service web-service."


def test_another_definition_of_the_same_release_is_as_good(aws: FakeAws) -> None:
    aws.runs(9)
    asked = Asked(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8", same=(f"{FAMILY}:9",))
    verify_rollout(aws.session, asked, lambda _: None)


def test_a_service_that_somebody_deleted_is_named(aws: FakeAws) -> None:
    assert said(aws) == [
        f"Service web-service is not in cluster {CLUSTER}: somebody deleted it. `pulumi up --refresh` makes it again."
    ]
