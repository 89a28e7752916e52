import pytest

from infra.release import stopped_task
from infra.release.errors import ReleaseError
from infra.release.verdict import Asked, verify_rollout
from tests.infra.stubs import CLUSTER, TASK, Aws

FAMILY = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-web"
ASKED = Asked(cluster=CLUSTER, service="web-service", task_definition=f"{FAMILY}:8")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr(stopped_task, "LOG_PAUSE_SECONDS", 0)
    return Aws()


def runs(aws: Aws, revision: int, state: str = "COMPLETED") -> None:
    """The service's primary deployment is this revision."""
    service = {
        "serviceName": "web-service",
        "deployments": [
            {"status": "ACTIVE", "taskDefinition": f"{FAMILY}:1"},
            {"status": "PRIMARY", "taskDefinition": f"{FAMILY}:{revision}", "rolloutState": state},
        ],
        "events": [{"message": f"event {number}"} for number in range(5)],
    }
    asked = {"cluster": CLUSTER, "services": ["web-service"]}
    aws.ecs.add_response("describe_services", {"services": [service]}, asked)


def stopped(aws: Aws, *revisions: int) -> None:
    """Tasks of these revisions stopped, all with the same name: only the newest is asked about."""
    aws.ecs.add_response("list_tasks", {"taskArns": [TASK] * len(revisions)})
    tasks = [
        {
            "taskArn": TASK,
            "taskDefinitionArn": f"{FAMILY}:{revision}",
            "createdAt": "2026-01-01T00:00:00Z",
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "web", "exitCode": 3}],
        }
        for revision in revisions
    ]
    if revisions:
        aws.ecs.add_response("describe_tasks", {"tasks": tasks})


def test_a_release_that_runs_is_left_alone(aws: Aws) -> None:
    runs(aws, 8)
    verify_rollout(aws.session, ASKED)


def test_a_release_that_ecs_took_back_fails_with_exit_code_log_and_events(aws: Aws) -> None:
    runs(aws, 7)
    stopped(aws, 7, 8)
    aws.logged(f"{FAMILY}:8", "ModuleNotFoundError: No module named 'core'", container="web", after=("proxy",))
    with pytest.raises(ReleaseError) as failure:
        verify_rollout(aws.session, ASKED)
    again = (
        f"aws ecs update-service --region us-east-1 --cluster {CLUSTER} --service web-service "
        f"--task-definition {FAMILY}:8 --force-new-deployment"
    )
    assert str(failure.value).splitlines() == [
        "The release preqly-test-web:8 does not run, preqly-test-web:7 does, in service web-service.",
        "task 0123abcd: container web ended with exit code 3: Essential container in task exited",
        "last log lines:",
        "  ModuleNotFoundError: No module named 'core'",
        "event: event 0",
        "event: event 1",
        "event: event 2",
        "Fix the release and run `pulumi up --refresh`, so that Pulumi sees what really runs.",
        f"When the cause was outside of it, let ECS try it again first: {again}",
    ]


def test_a_failed_rollout_is_no_success_even_while_it_is_primary(aws: Aws) -> None:
    runs(aws, 8, "FAILED")
    stopped(aws)
    with pytest.raises(ReleaseError, match="preqly-test-web:8 did not become healthy"):
        verify_rollout(aws.session, ASKED)


def test_the_stopped_tasks_of_other_releases_explain_nothing(aws: Aws) -> None:
    runs(aws, 7)
    stopped(aws, 6, 7)
    with pytest.raises(ReleaseError) as failure:
        verify_rollout(aws.session, ASKED)
    assert "task 0123abcd" not in str(failure.value)
