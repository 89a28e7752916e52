"""The whole stack with the real engine on AWS's API, without containers; a test can kill the engine in the middle."""

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.logs.models import logs_backends

from embedded_cloud.api.moto_patches import ecs_tasks
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import ACCOUNT_ID, REGION, CloudConfig
from embedded_cloud.endpoints import Endpoints
from embedded_cloud.providers import lifecycle, serve
from embedded_cloud.providers.catalog import PACKAGES
from embedded_cloud.providers.docker import image
from infra.release.migration.release_state import EVENT
from local import project
from local.project import LOCAL_STACK
from local.state import pending_operations, state_file
from tests.recovery.forked_command import Command, Outcome, engines_of, start
from tests.recovery.inventory import inventory, missing_from

SECONDS = 600
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"


@dataclass
class KillableStack:
    """One stack, its account, and the operation at which its engine is to be killed."""

    folder: Path
    endpoints: Endpoints
    done: set[str] = field(default_factory=set)
    """Operations that AWS has finished, as `<verb> <urn>`. A killed engine may not know of the last one."""
    before: set[str] = field(default_factory=set)
    """Inventory of the account before the first command."""
    _kill_after: int = 0
    _kill_at: str = ""
    _engine: Callable[[], list[int]] = list
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, name: str, *, kill_after: int = 0, kill_at: str = "", **options: Any) -> Outcome:
        """Run a command of forked_command.py.

        `kill_after`: SIGKILL for the engine once that many new operations have finished in AWS, before it hears of the
        last one. `kill_at`: the same at the first finished operation with this text in its name."""
        self._kill_after, self._kill_at = kill_after, kill_at
        process, answer = start(Command(name=name, folder=self.folder, endpoints=self.endpoints, **options))
        self._engine = lambda: engines_of(process.pid)
        try:
            assert answer.poll(SECONDS), f"{name} has not ended after {SECONDS} s"
            outcome: Outcome = answer.recv()
        finally:
            process.kill()
            process.join()
        return outcome

    def finished(self, operation: str) -> None:
        """Note an operation; the providers call this before they answer the engine."""
        with self._lock:
            if operation in self.done:
                return
            self.done.add(operation)
            self._kill_after -= 1
            if self._kill_after == 0 or (self._kill_at and self._kill_at in operation):
                self._kill_at = ""
                for pid in self._engine():
                    os.kill(pid, signal.SIGKILL)

    def state(self) -> dict[str, Any]:
        """The engine's state."""
        path = state_file(self.folder, LOCAL_STACK)
        found: dict[str, Any] = json.loads(path.read_text())["checkpoint"]["latest"] or {}
        return found

    def pending(self) -> list[str]:
        """URNs of the operations that a killed engine has left in the state."""
        return pending_operations(self.folder, LOCAL_STACK)

    def created(self) -> set[str]:
        """What the account holds in addition to `before`."""
        return inventory(self.aws) - self.before

    def orphans(self) -> set[str]:
        """What the account holds in addition to `before` and to the state."""
        return missing_from(self.state(), self.created())

    def aws(self, service: str) -> Any:
        """A boto3 client of this account."""
        values = self.endpoints.aws_environment()
        session: Any = boto3.session.Session(
            values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], region_name=values["AWS_REGION"]
        )
        return session.client(service, endpoint_url=self.endpoints.api)


@contextmanager
def killable_stack(folder: Path) -> Iterator[KillableStack]:
    """An empty account. An image is a manifest in ECR; one-off tasks succeed at once."""
    with ExitStack() as running:
        patch = running.enter_context(pytest.MonkeyPatch.context())
        config = CloudConfig(
            name="preqly-engine", state_dir=folder / "cloud", api_port=0, dns_zones=(project.default_setting("zone"),)
        )
        cloud = EmbeddedCloud(config, agents=False)
        cloud.start()
        running.callback(cloud.stop)
        stack = KillableStack(folder, Endpoints(api=cloud.endpoint, providers={}))
        _replace_builds(patch)
        _answer_for_tasks(patch)
        for name, verb in (("create", "created"), ("update", "updated"), ("remove", "deleted")):
            patch.setattr(lifecycle, name, _noted(stack, verb, getattr(lifecycle, name)))
        servers = {
            package: serve(
                package, cloud.endpoint, pending_creates=folder / "cloud" / f"{package}-pending-creates.json"
            )
            for package in PACKAGES
        }
        for server in servers.values():
            running.callback(server.stop)
        stack.endpoints = replace(stack.endpoints, providers={name: one.port for name, one in servers.items()})
        stack.before = inventory(stack.aws)
        assert stack.before, "AWS's own objects, such as the default VPC"
        yield stack


def _noted(stack: KillableStack, verb: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    def noted(entry: Any, call: Any, *rest: Any) -> Any:
        result = operation(entry, call, *rest)
        stack.finished(f"{verb} {call.urn}")
        return result

    return noted


def _replace_builds(patch: pytest.MonkeyPatch) -> None:
    """Put a manifest into ECR in place of a build and a push."""

    def push(call: Any, image_id: str) -> str:
        repository, _, tag = call.inputs["imageName"].rpartition(":")
        config = {"mediaType": CONFIG, "size": 1, "digest": image_id}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
        name = repository.partition("/")[2]
        ecr = call.aws("ecr")
        with suppress(ecr.exceptions.ImageAlreadyExistsException, ecr.exceptions.ImageTagAlreadyExistsException):
            ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag=tag)
        (found,) = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"]
        return f"{repository}@{found['imageDigest']}"

    def build(inputs: dict[str, Any], *_: Any) -> str:
        return f"sha256:{hashlib.sha256(inputs['imageName'].encode()).hexdigest()}"

    patch.setattr(image, "build_image", build)
    patch.setattr(image, "_push", push)
    patch.setattr(image, "_is_there", lambda call, digest: True)


def _answer_for_tasks(patch: pytest.MonkeyPatch) -> None:
    """Let tasks succeed at once, with the release's state in their log."""
    succeed = ecs_tasks._succeed

    def succeed_and_log(task: Any) -> None:
        succeed(task)
        (container, *_) = task._backend.describe_task_definition(task.task_definition_arn).container_definitions
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.id}"
        logs = logs_backends[ACCOUNT_ID][REGION]
        logs.create_log_stream(options["awslogs-group"], stream)
        line = json.dumps({"event": EVENT, "unapplied": [], "unknown": [], "heads": {"core": "0001_initial"}})
        logs.put_log_events(options["awslogs-group"], stream, [{"timestamp": int(time.time() * 1000), "message": line}])

    patch.setattr(ecs_tasks, "_succeed", succeed_and_log)
