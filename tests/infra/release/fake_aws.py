"""The parts of AWS that a release uses, in memory, and records of releases that run there.

Requests with parameters that AWS does not have fail.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from infra.release.record import ReleaseRecord

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web-cluster"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/web-cluster/1"
"""The task that `run_task` starts."""
FAMILY = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-web"
MIGRATION = "arn:aws:ecs:us-east-1:123456789012:task-definition/preqly-test-migration:7"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
_LOG = {"awslogs-group": "app", "awslogs-stream-prefix": "web"}

PARAMETER = "/preqly/test/releases"
RELEASE = ReleaseRecord(
    kind="release",
    at="",
    tag="aaaa-1",
    revision="0a1b2c3d4e",
    sources="f0",
    architecture="arm64",
    web_image="registry/web@sha256:aa",
    proxy_image="registry/proxy@sha256:bb",
    task_definition=f"{FAMILY}:8",
    migration_task_definition=MIGRATION,
    region="us-east-1",
    cluster="web-cluster",
    service="web-service",
    secret_arn=SECRET,
    log_group="app",
    database="preqly-1a2b",
    secret_version="v-1",
)
EARLIER = replace(
    RELEASE,
    number=4,
    tag="0000-1",
    web_image="registry/web@sha256:00",
    task_definition=f"{FAMILY}:7",
    migration_task_definition=MIGRATION.replace(":7", ":6"),
)


def service_inputs(definition: str = MIGRATION) -> dict[str, Any]:
    """Pulumi's inputs of a service whose release is migrated with this task definition."""
    return {
        "cluster": CLUSTER,
        "tags": {"preqly:migration": definition, "Project": "preqly"},
        "networkConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-t"], "assignPublicIp": False},
    }


def task(name: str, definition: str = f"{FAMILY}:8", **changes: Any) -> dict[str, Any]:
    """A stopped task of the service: its container web ended with exit code 3. `changes` replace its fields."""
    return {
        "taskArn": f"{CLUSTER.replace('cluster/', 'task/')}/{name}",
        "taskDefinitionArn": definition,
        "group": "service:web-service",
        "lastStatus": "STOPPED",
        "stoppedAt": name,
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "proxy", "exitCode": 143}, {"name": "web", "exitCode": 3}],
        **changes,
    }


def running_task(name: str, definition: str = f"{FAMILY}:8", **changes: Any) -> dict[str, Any]:
    """A running task."""
    values = {"lastStatus": "RUNNING", "stoppedAt": None, "stoppedReason": None, "containers": [], **changes}
    return task(name, definition, **values)


class FakeAws:
    """Set its attributes to what AWS should answer."""

    def __init__(self) -> None:
        self.deployments: list[dict[str, Any]] = []
        """Deployments of the service; the first is PRIMARY."""
        self.later: list[list[dict[str, Any]]] = []
        """Deployments for the next requests."""
        self.events: list[str] = []
        """Newest first, a minute apart."""
        self.registered = NOW - timedelta(days=1)
        """When every task definition was registered."""
        self.tasks: list[dict[str, Any]] = []
        self.starts: list[dict[str, Any] | ClientError] = []
        """Answers to the next requests to run a task; then each succeeds."""
        self.unknown = 0
        """How many more times ECS does not know any task."""
        self.gone: list[str] = []
        """Names of tasks that stop after their first description."""
        self.logged: dict[str, list[str]] = {}
        """Lines by `container/task`."""
        self.refuses_logs = ""
        """Error code for requests for log lines."""
        self.targets: dict[str, dict[str, str]] = {}
        self.secret_versions: dict[str, str] = {}
        """By task definition; `v-1` when not here."""
        self.environment_versions: dict[str, str] = {}
        """Of the secret of `secretEnvironment`, by task definition; without one it reads no such secret."""
        self.images: dict[tuple[str, str], list[str]] = {}
        """Tags by repository and digest."""
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def session(self) -> boto3.Session:
        """Itself, typed as the session that the code expects."""
        return cast(boto3.Session, self)

    def client(self, name: str) -> Any:
        return _Client(name, self)

    def runs(self, revision: int, state: str = "COMPLETED") -> None:
        """Make this revision the primary deployment."""
        self.deployments = [deployment(revision, state)]

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The parameters of every call of this operation."""
        return [parameters for called, parameters in self.calls if called == name]

    # ECS

    def describe_services(self, **_: Any) -> dict[str, Any]:
        found, self.deployments = self.deployments, self.later.pop(0) if self.later else self.deployments
        service = {
            "clusterArn": CLUSTER,
            "serviceName": "web-service",
            "status": "ACTIVE",
            "deployments": found,
            "events": [
                {"message": message, "createdAt": NOW - timedelta(minutes=minutes)}
                for minutes, message in enumerate(self.events)
            ],
            "loadBalancers": [{"targetGroupArn": "target-group"}],
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-t"]}},
        }
        return {"services": [service] if found else []}

    def list_tasks(self, *, desiredStatus: str = "RUNNING", serviceName: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        wanted = [one for one in self.tasks if (one["lastStatus"] == "RUNNING") == (desiredStatus == "RUNNING")]
        mine = [one for one in wanted if not serviceName or one["group"] == f"service:{serviceName}"]
        return {"taskArns": [one["taskArn"] for one in mine]}

    def run_task(self, **_: Any) -> dict[str, Any]:
        answer = self.starts.pop(0) if self.starts else {"tasks": [{"taskArn": TASK}], "failures": []}
        if isinstance(answer, ClientError):
            raise answer
        return answer

    def stop_task(self, **_: Any) -> dict[str, Any]:
        return {}

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        if self.unknown:
            self.unknown -= 1
            return {"tasks": []}
        found = [dict(one) for one in self.tasks if one["taskArn"] in tasks]
        for one in self.tasks:
            if one["taskArn"] in tasks and one["taskArn"].rpartition("/")[2] in self.gone:
                one["lastStatus"] = "STOPPED"
        return {"tasks": found}

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:  # noqa: N803
        version = self.secret_versions.get(taskDefinition, "v-1")
        named = {"SECRET_KEY": version, **({"OWNER_DATABASE_URL": ""} if "migration" in taskDefinition else {})}
        secrets = [{"name": key, "valueFrom": f"{SECRET}:{key}::{one}"} for key, one in named.items()]
        if own := self.environment_versions.get(taskDefinition):
            secrets.append({"name": "STRIPE_KEY", "valueFrom": f"{SECRET}-environment:STRIPE_KEY::{own}"})
        log = {"logConfiguration": {"options": _LOG}}
        if "migration" in taskDefinition:
            containers = [{"name": "migrate", **log, "secrets": secrets}]
            return {"taskDefinition": {"containerDefinitions": containers, "registeredAt": self.registered}}
        containers = [
            {"name": "proxy", **log, "secrets": [], "dependsOn": [{"containerName": "web", "condition": "START"}]},
            {"name": "web", **log, "secrets": secrets},
        ]
        return {"taskDefinition": {"containerDefinitions": containers, "registeredAt": self.registered}}

    # Other services

    def get_log_events(self, *, logStreamName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.refuses_logs:
            raise refusal(self.refuses_logs, "GetLogEvents")
        lines = self.logged.get(logStreamName.removeprefix("web/"), [])
        return {"events": [{"message": line} for line in lines]}

    def describe_target_health(self, **_: Any) -> dict[str, Any]:
        targets = [{"Target": {"Id": address}, "TargetHealth": health} for address, health in self.targets.items()]
        return {"TargetHealthDescriptions": targets}

    def batch_get_image(self, *, repositoryName: str, imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803
        (wanted,) = imageIds
        found = [
            {"imageManifest": f"manifest of {digest}", "imageManifestMediaType": "application/json"}
            for (repository, digest), tags in self.images.items()
            if repository == repositoryName and (wanted.get("imageDigest") == digest or wanted.get("imageTag") in tags)
        ]
        return {"images": found}

    def put_image(self, *, repositoryName: str, imageDigest: str, imageTag: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.images[repositoryName, imageDigest].append(imageTag)
        return {}


def deployment(revision: int, state: str = "COMPLETED", **counts: int) -> dict[str, Any]:
    """A PRIMARY deployment of this revision."""
    named = {"taskDefinition": f"{FAMILY}:{revision}", "rolloutState": state, "createdAt": NOW - timedelta(hours=1)}
    return {"status": "PRIMARY", **named, **counts}


def refusal(code: str, operation: str = "Operation", message: str = "no") -> ClientError:
    """The error that boto3 raises when AWS refuses a request."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def refuse(*_: Any, **__: Any) -> Any:
    """In place of an operation that AWS refuses."""
    raise refusal("AccessDeniedException")


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class _Client:
    def __init__(self, service: str, aws: FakeAws) -> None:
        self._aws = aws
        self._model = _model(service)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        (operation,) = (name for name in self._model.operation_names if xform_name(name) == method)

        def call(**parameters: Any) -> Any:
            shape = self._model.operation_model(operation).input_shape
            report = ParamValidator().validate(parameters, shape)
            assert not report.has_errors(), f"{method}: {report.generate_report()}"
            self._aws.calls.append((method, parameters))
            return getattr(self._aws, method)(**parameters)

        return call

    def get_paginator(self, method: str) -> Any:
        return _Pages(getattr(self, method))


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **parameters: Any) -> list[Any]:
        return [self._call(**parameters)]
