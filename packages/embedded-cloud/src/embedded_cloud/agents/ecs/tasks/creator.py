"""Create the network, volumes and containers of a task on Docker."""

import contextlib
from typing import Any

from docker.errors import APIError
from moto.core.exceptions import JsonRESTError

from embedded_cloud.agents import log_shipping
from embedded_cloud.agents.agent import CloudContext
from embedded_cloud.agents.ecs.tasks import execution_role
from embedded_cloud.agents.ecs.tasks import images as task_images
from embedded_cloud.agents.ecs.tasks import secrets as task_secrets
from embedded_cloud.agents.ecs.tasks.container_definition import Placement, RenderError, render
from embedded_cloud.agents.ecs.tasks.containers import CONTAINER_LABEL, PAUSE, ROLE, TASK_LABEL, TaskContainers
from embedded_cloud.agents.ecs.tasks.records import TaskView
from embedded_cloud.agents.vpc import interfaces, service_access
from embedded_cloud.agents.vpc.interfaces import FILTER_LABEL
from embedded_cloud.agents.vpc.reading import task_key
from embedded_cloud.config import REGION

CREDENTIAL_SECONDS = 43_200
"""Lifetime of a task role's credentials: the longest that moto accepts."""


class TaskInitializationError(Exception):
    """The task cannot start with this definition. The message is its stop reason, ECS's own where there is one."""

    def __init__(self, reason: str, container: str = "") -> None:
        """`container`: name of the container that gets the same reason."""
        super().__init__(reason)
        self.container = container


class TaskCreator:
    """Creates what a task consists of. Every method is idempotent."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context

    def provide_network(self, task: TaskView) -> str:
        """Start the container that holds the task's network namespace, and return its IP address."""
        docker = self._context.docker
        suffix = _suffix(task, "pause")
        filters = self._context.config.packet_filter
        labels = {TASK_LABEL: task.id, CONTAINER_LABEL: PAUSE, FILTER_LABEL: "on" if filters else "off"}
        container = docker.container(suffix)
        if container is None and filters:
            container = interfaces.start(self._context, task_key(task.id), suffix, ROLE, labels)
        elif container is None:
            image, options = self._context.config.images["pause"], interfaces.namespace_options(filters=False)
            container = docker.create(suffix, image, ROLE, labels=labels, **options)
        if container.status != "running":
            container.start()
        container.reload()
        self._context.filter_packets()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return str(networks[self._context.config.network_name]["IPAddress"])

    def create(self, task: TaskView, containers: TaskContainers) -> None:
        """Create the missing containers without starting them. Raises TaskInitializationError."""
        if reason := self._no_way(task):
            raise TaskInitializationError(reason)
        environment = self._platform_environment(task)
        volumes = self._volumes(task)
        for definition in task.containers:
            if definition["name"] in containers.ids:
                continue
            try:
                self._create_container(task, definition, containers.pause or "", environment, volumes)
            except task_images.PullError as error:
                raise TaskInitializationError(str(error), definition["name"]) from None
            except execution_role.NotAllowedError as error:
                raise TaskInitializationError(str(error), definition["name"] if error.pull else "") from None
            except (RenderError, task_secrets.SecretError, log_shipping.LogSetupError) as error:
                raise TaskInitializationError(str(error)) from None
            except APIError as error:
                if error.status_code is not None and error.status_code < 500:
                    raise TaskInitializationError(
                        f"CannotCreateContainerError: container {definition['name']}: {error.explanation}",
                        definition["name"],
                    ) from None
                raise

    def _no_way(self, task: TaskView) -> str:
        """Return why Fargate cannot start the task in its network; empty if it can."""
        network = self._context.network() if self._context.network else None
        interface = network.interface(task_key(task.id)) if network else None
        if network is None or interface is None:
            return ""
        registry = f"localhost:{self._context.config.registry_port}"
        return service_access.stop_reason(network, interface, task.containers, registry)

    def remove_volumes(self, task: TaskView) -> None:
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
        registry = f"localhost:{self._context.config.registry_port}"
        with self._context.lock:
            execution_role.check_trust(task)
            execution_role.ExecutionRole(self._context, task).check(definition, registry)
            secrets = task_secrets.resolve(definition, self._context.backend)
            log_shipping.prepare(self._context.backend, definition, task.id)
        labels = task_images.ensure(self._context.docker, definition["image"], registry)
        bundles = [labels[name] for name in task_images.BUNDLE_LABELS if name in labels]
        placement = Placement(
            pause=pause,
            environment={
                **environment,
                "ECS_CONTAINER_METADATA_URI_V4": "/".join(
                    (self._context.container_endpoint, "v4", task.id, definition["name"])
                ),
            },
            secrets=secrets,
            override=task.override(definition["name"]),
            volumes=volumes,
            files=dict.fromkeys(bundles, str(self._context.certificates.certificate_path)),
            task_cpu=task.overrides.get("cpu") or task.definition.cpu,
            task_memory=task.overrides.get("memory") or task.definition.memory,
            clocks=self._context.config.clocks,
        )
        self._context.docker.create(
            _suffix(task, definition["name"]),
            definition["image"],
            ROLE,
            labels={**(definition.get("dockerLabels") or {}), TASK_LABEL: task.id, CONTAINER_LABEL: definition["name"]},
            **render(definition, placement),
        )

    def _volumes(self, task: TaskView) -> dict[str, str]:
        volumes = {}
        for volume in task.definition.volumes or ():
            if set(volume) - {"name", "host"} or volume.get("host"):
                raise TaskInitializationError(
                    f"volume {volume['name']}: only the task's own empty volumes are emulated"
                )
            volumes[volume["name"]] = self._context.docker.volume(_suffix(task, f"volume-{volume['name']}"), ROLE)
        return volumes

    def _platform_environment(self, task: TaskView) -> dict[str, str]:
        """Return what ECS gives every container: region, endpoint of AWS's API, credentials of the task role."""
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
