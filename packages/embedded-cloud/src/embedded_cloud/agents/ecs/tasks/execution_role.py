"""What ECS does for a task with its execution role: pull images, read secrets, write logs.

The reasons are ECS's own: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html and
resource-initialization-error.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks import secrets as task_secrets
from embedded_cloud.agents.ecs.tasks.images import repository_and_tag
from embedded_cloud.agents.ecs.tasks.records import TaskView
from embedded_cloud.agents.log_shipping import LogSetupError, stream_of
from embedded_cloud.config import REGION
from embedded_cloud.iam import roles
from embedded_cloud.iam.conditions import UnknownPolicyError
from embedded_cloud.iam.decisions import Refused, role_of
from embedded_cloud.iam.operations.call import Call
from embedded_cloud.iam.operations.table import requests
from embedded_cloud.iam.resources import MotoResources

SERVICE = "ecs-tasks.amazonaws.com"
_AUTH = f"{task_secrets.RETRIEVAL}unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
_STREAM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: "
)


class NotAllowedError(Exception):
    """A role does not allow what the task needs. The message is ECS's stop reason."""

    def __init__(self, reason: str, *, pull: bool = False) -> None:
        """`pull`: whether it is the reason of the container too, whose image cannot be pulled."""
        super().__init__(reason)
        self.pull = pull


@dataclass(frozen=True)
class ExecutionRole:
    """The execution role of one task; a task without one is not held to it. Callers hold the cloud's lock."""

    context: CloudContext
    task: TaskView

    def check(self, definition: Mapping[str, Any], registry: str) -> None:
        """Raise NotAllowedError or LogSetupError when the role lacks what this container's start needs.

        `registry`: that of the cloud, such as localhost:5050.
        """
        if not self._arn:
            return
        repository = repository_and_tag(definition["image"])[0].removeprefix(f"{registry}/")
        own_image = definition["image"].startswith(f"{registry}/")
        if own_image and (refused := self._refused("ecr", "GetAuthorizationToken")):
            raise NotAllowedError(_AUTH + _denied(refused))
        for entry in definition.get("secrets") or ():
            self._check_secret(entry["valueFrom"])
        if own_image:
            self._check_image(definition["image"], repository)
        self._check_stream(definition)

    def may_write(self, group: str, stream: str) -> bool:
        """Whether the log driver may write to the stream."""
        parameters = {"logGroupName": group, "logStreamName": stream}
        return not self._arn or self._refused("logs", "PutLogEvents", **parameters) is None

    @property
    def _arn(self) -> str:
        given = self.task.overrides.get("executionRoleArn")
        return str(given or getattr(self.task.definition, "execution_role_arn", None) or "")

    def _check_secret(self, value_from: str) -> None:
        region = value_from.split(":")[3] if value_from.startswith("arn:") else REGION
        if ":secretsmanager:" in value_from:
            arn = task_secrets.parse(value_from).secret_arn
            if refused := self._refused("secretsmanager", "GetSecretValue", region, SecretId=arn):
                failed = f"failed to fetch secret {arn} from secrets manager: "
                raise NotAllowedError(task_secrets.ASM + failed + _denied(refused))
        elif refused := self._refused("ssm", "GetParameters", region, Names=[value_from], WithDecryption=True):
            raise NotAllowedError(task_secrets.SSM + _denied(refused))

    def _check_image(self, image: str, repository: str) -> None:
        host, _, tag = image.rpartition("@") if "@" in image else image.rpartition(":")
        for operation, what in (("BatchGetImage", "manifests"), ("GetDownloadUrlForLayer", "blobs")):
            if self._refused("ecr", operation, repositoryName=repository):
                raise NotAllowedError(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                    f"{image}: pulling from host {host.partition('/')[0]} failed with status code [{what} {tag}]: "
                    "403 Forbidden",
                    pull=True,
                )

    def _check_stream(self, definition: Mapping[str, Any]) -> None:
        if (found := stream_of(definition, self.task.id)) is None:
            return
        group, stream = found
        creates = definition["logConfiguration"]["options"].get("awslogs-create-group") == "true"
        for operation in (*(("CreateLogGroup",) if creates else ()), "CreateLogStream"):
            names = {"logGroupName": group, **({"logStreamName": stream} if operation == "CreateLogStream" else {})}
            if refused := self._refused("logs", operation, **names):
                raise LogSetupError(_STREAM + _denied(refused))

    def _refused(self, service: str, operation: str, region: str = REGION, **parameters: Any) -> Refused | None:
        decisions = self.context.decisions
        call = Call(service=service, operation=operation, parameters=parameters, region=region)
        session = decisions.session(self._arn, self.task.id)
        return decisions.refused(session, requests(call, MotoResources(region)), region=region)


def check_trust(task: TaskView) -> None:
    """Raise NotAllowedError when a role of the task does not let ECS take it.

    docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    for kind in ("executionRoleArn", "taskRoleArn"):
        attribute = "execution_role_arn" if kind == "executionRoleArn" else "task_role_arn"
        arn = task.overrides.get(kind) or getattr(task.definition, attribute, None)
        if arn and not _trusts(str(arn), task.arn):
            raise NotAllowedError(
                f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )


def _trusts(arn: str, task_arn: str) -> bool:
    role = role_of(arn)
    try:
        return role is not None and roles.trusts(role, SERVICE, task_arn)
    except UnknownPolicyError:
        return False


def _denied(refused: Refused) -> str:
    return f"AccessDeniedException: {refused.message}"
