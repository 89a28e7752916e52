"""ECS Exec and Session Manager: moto knows neither. The sessions run in `embedded_cloud.sessions`."""

import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from embedded_cloud.api.moto_patches.replace import Method, wrap_method
from embedded_cloud.sessions.port_forwarding import PortForwarding
from embedded_cloud.sessions.server import SessionServer
from embedded_cloud.sessions.terminal import Terminal


class SessionError(ServiceException):  # type: ignore[misc] # moto is not typed
    """The service refuses the session."""


NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)
NOT_CONNECTED = "The execute command failed due to an internal error. Try again later."
_TARGET = re.compile(r"ecs:(?P<cluster>.+)_(?P<task>[0-9a-f-]+)_(?P<runtime>[0-9a-f-]+)")
_server: SessionServer | None = None


def apply() -> None:
    wrap_method(EC2ContainerServiceResponse, "run_task", _run_task)
    # moto has none of these operations, so there is nothing to wrap.
    EC2ContainerServiceResponse.execute_command = _execute_command
    SimpleSystemManagerResponse.start_session = _start_session
    SimpleSystemManagerResponse.resume_session = _resume_session
    SimpleSystemManagerResponse.terminate_session = _terminate_session


def serve_with(server: SessionServer | None) -> None:
    """Open new sessions on this server; None refuses them, as when no agent runs in the task."""
    global _server  # noqa: PLW0603 - moto's responses are made for each request and reach nothing else
    _server = server


def _run_task(original: Method, self: EC2ContainerServiceResponse) -> ActionResult:
    answer: Any = original(self)
    for task in answer.result["tasks"]:
        task.enable_execute_command = bool(self._get_param("enableExecuteCommand", False))
    return answer


def _execute_command(self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    cluster = backend._get_cluster(self._get_param("cluster", "default"))
    task = _task(backend, cluster.name, self._get_param("task"))
    if not self._get_param("interactive"):
        raise InvalidParameterException("Interactive is the only mode supported currently.")
    if task is None:
        raise InvalidParameterException("The referenced task was not found.")
    container = _container(task, self._get_param("container"))
    if not getattr(task, "enable_execute_command", False):
        raise InvalidParameterException(NOT_ENABLED)
    if _server is None or container.last_status != "RUNNING" or not _is_connected(_server, backend, task):
        raise SessionError("TargetNotConnectedException", NOT_CONNECTED)
    work = Terminal(container=container.name, command=self._get_param("command"))
    session = _server.open("ecs-execute-command", task.id, work)
    return ActionResult(
        {
            "clusterArn": cluster.arn,
            "taskArn": task.task_arn,
            "containerArn": container.container_arn,
            "containerName": container.name,
            "interactive": True,
            "session": {
                "sessionId": session.identifier,
                "streamUrl": session.stream_url,
                "tokenValue": session.token,
            },
        }
    )


def _container(task: Task, name: str | None) -> Any:
    if name is None and len(task.containers) == 1:
        return task.containers[0]
    found = next((one for one in task.containers if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in task.containers)
        raise InvalidParameterException(f"The container {name} is not in the task, which has: {names}.")
    return found


def _start_session(self: SimpleSystemManagerResponse) -> ActionResult:
    target = self._get_param("Target")
    document = self._get_param("DocumentName") or "SSM-SessionManagerRunShell"
    parameters = {name: values[0] for name, values in (self._get_param("Parameters") or {}).items()}
    server, task, container = _target(ecs_backends[self.current_account][self.region], target)
    session = server.open("embedded", task.id, _work(document, parameters, container))
    return ActionResult({"SessionId": session.identifier, "StreamUrl": session.stream_url, "TokenValue": session.token})


def _target(backend: EC2ContainerServiceBackend, target: str) -> tuple[SessionServer, Task, Any]:
    found = _TARGET.fullmatch(target)
    task = _task(backend, found["cluster"], found["task"]) if found else None
    if _server is not None and found and task and getattr(task, "enable_execute_command", False):
        for container in task.containers:
            runs = getattr(container, "runtime_id", None) == found["runtime"] and container.last_status == "RUNNING"
            if runs and _is_connected(_server, backend, task):
                return _server, task, container
    raise SessionError("TargetNotConnected", f"{target} is not connected.")


def _is_connected(server: SessionServer, backend: EC2ContainerServiceBackend, task: Task) -> bool:
    """Whether the agent in the task has a way to Session Manager, and may use it."""
    return server.is_connected(_task_role(backend, task)) and server.has_way(task.id)


def _work(document: str, parameters: dict[str, str], container: Any) -> Terminal | PortForwarding:
    """The documents of AWS that work with a task. Raises InvalidDocument."""
    port, local_port = parameters.get("portNumber", "80"), parameters.get("localPortNumber", "0")
    if document == "AWS-StartPortForwardingSessionToRemoteHost":
        return PortForwarding(host=parameters["host"], port=port, local_port=local_port)
    if document == "AWS-StartPortForwardingSession":
        return PortForwarding(host="127.0.0.1", port=port, local_port=local_port)
    if document in ("AWS-StartInteractiveCommand", "SSM-SessionManagerRunShell"):
        return Terminal(container=container.name, command=parameters.get("command", ""))
    raise SessionError("InvalidDocument", f"Document with name {document} does not exist.")


def _task(backend: EC2ContainerServiceBackend, cluster: str, task: str) -> Task | None:
    identifier = task.rpartition("/")[2]
    return next((one for one in backend.tasks.get(cluster, {}).values() if one.id == identifier), None)


def _task_role(backend: EC2ContainerServiceBackend, task: Task) -> str:
    """The role of the agent in the task; empty without."""
    definition = backend.describe_task_definition(task.task_definition_arn)
    return str(task.overrides.get("taskRoleArn") or getattr(definition, "task_role_arn", None) or "")


def _resume_session(self: SimpleSystemManagerResponse) -> ActionResult:
    # Without a token, the plugin ends: a data channel of this cloud breaks only when the cloud ends.
    return ActionResult({"SessionId": self._get_param("SessionId")})


def _terminate_session(self: SimpleSystemManagerResponse) -> ActionResult:
    if _server is not None:
        _server.terminate(self._get_param("SessionId"))
    return ActionResult({"SessionId": self._get_param("SessionId")})
