"""Making a task's network, volumes and containers on Docker."""

import contextlib
from typing import Any

from docker.errors import APIError
from moto.core.exceptions import JsonRESTError

from local.cloud import ecs_images, ecs_secrets, log_shipping
from local.cloud.config import REGION
from local.cloud.context import CloudContext
from local.cloud.ecs_containers import CONTAINER_LABEL, PAUSE, ROLE, TASK_LABEL, TaskContainers
from local.cloud.ecs_render import Placement, RenderError, render
from local.cloud.ecs_state import TaskView

CREDENTIAL_SECONDS = 43_200
"""How long a task role's credentials last: what moto takes at most. Nothing here ends them early."""


class TaskInitializationError(Exception):
    """The task can never start as it is defined; the message is its stop reason, in ECS's words where it has some."""

    def __init__(self, reason: str, container: str = "") -> None:
        """`container`: the one whose own reason it is as well."""
        super().__init__(reason)
        self.container = container


class TaskCreator:
    """Makes what a task consists of. Repeating a step changes nothing that is there."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def provide_network(self, task: TaskView) -> str:
        """Start the container that holds the task's network namespace; its address."""
        docker = self._context.docker
        suffix = _suffix(task, "pause")
        container = docker.container(suffix) or docker.create(
            suffix,
            self._context.config.images["pause"],
            ROLE,
            labels={TASK_LABEL: task.id, CONTAINER_LABEL: PAUSE},
            entrypoint=["sleep", "infinity"],
            command=[],
            user="65534:65534",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            mem_limit="16m",
            healthcheck={"test": ["NONE"]},
        )
        if container.status != "running":
            container.start()
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return str(networks[self._context.config.network_name]["IPAddress"])

    def create(self, task: TaskView, containers: TaskContainers) -> None:
        """Create the containers that are missing, without starting them. Raises TaskInitializationError."""
        environment = self._platform_environment(task)
        volumes = self._volumes(task)
        for definition in task.containers:
            if definition["name"] in containers.ids:
                continue
            try:
                self._create_container(task, definition, containers.pause or "", environment, volumes)
            except ecs_images.PullError as error:
                raise TaskInitializationError(str(error), definition["name"]) from None
            except (RenderError, ecs_secrets.SecretError, log_shipping.LogSetupError) as error:
                raise TaskInitializationError(str(error)) from None
            except APIError as error:
                if error.status_code is not None and error.status_code < 500:
                    raise TaskInitializationError(
                        f"CannotCreateContainerError: container {definition['name']}: {error.explanation}",
                        definition["name"],
                    ) from None
                raise

    def remove_volumes(self, task: TaskView) -> None:
        """Remove the task's own volumes with their content."""
        for volume in task.definition.volumes or ():
            self._context.docker.remove_volume(_suffix(task, f"volume-{volume['name']}"))

    def _create_container(
        self,
        task: TaskView,
        definition: dict[str, Any],
        pause: str,
        environment: dict[str, str],
        volumes: dict[str, str],
    ) -> None:
        with self._context.lock:
            secrets = ecs_secrets.resolve(definition, self._context.backend)
            log_shipping.prepare(self._context.backend, definition, task.id)
        registry = f"localhost:{self._context.config.registry_port}"
        labels = ecs_images.ensure(self._context.docker, definition["image"], registry)
        bundle = labels.get(ecs_images.BUNDLE_LABEL)
        placement = Placement(
            pause=pause,
            environment=environment,
            secrets=secrets,
            override=task.override(definition["name"]),
            volumes=volumes,
            files={str(self._context.certificates.certificate_path): bundle} if bundle else {},
            task_cpu=task.overrides.get("cpu") or task.definition.cpu,
            task_memory=task.overrides.get("memory") or task.definition.memory,
        )
        self._context.docker.create(
            _suffix(task, definition["name"]),
            definition["image"],
            ROLE,
            labels={
                **(definition.get("dockerLabels") or {}),
                TASK_LABEL: task.id,
                CONTAINER_LABEL: definition["name"],
            },
            **render(definition, placement),
        )

    def _volumes(self, task: TaskView) -> dict[str, str]:
        volumes = {}
        for volume in task.definition.volumes or ():
            if set(volume) - {"name", "host"} or volume.get("host"):
                raise TaskInitializationError(
                    f"volume {volume['name']}: only empty volumes of the task itself are emulated"
                )
            volumes[volume["name"]] = self._context.docker.volume(_suffix(task, f"volume-{volume['name']}"), ROLE)
        return volumes

    def _platform_environment(self, task: TaskView) -> dict[str, str]:
        """What ECS gives every container: where AWS is, and the task role's credentials."""
        environment = {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self._context.container_endpoint,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        }
        role = task.overrides.get("taskRoleArn") or getattr(task.definition, "task_role_arn", None)
        if role:
            environment |= self._credentials(role, task.id)
        return environment

    def _credentials(self, role: str, session: str) -> dict[str, str]:
        with self._context.lock, contextlib.suppress(JsonRESTError):
            assumed = self._context.backend("sts", "aws").assume_role(
                region_name=REGION,
                role_session_name=session,
                role_arn=role,
                policy=None,
                duration=CREDENTIAL_SECONDS,
                external_id=None,
            )
            self._context.touch()
            return {
                "AWS_ACCESS_KEY_ID": assumed.access_key_id,
                "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
                "AWS_SESSION_TOKEN": assumed.session_token,
            }
        return {}


def _suffix(task: TaskView, part: str) -> str:
    return f"task-{task.id[:13]}-{part}"
