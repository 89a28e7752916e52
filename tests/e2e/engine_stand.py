"""The whole stack with the real engine on AWS's API alone: no containers, and faults where the engine meets AWS."""

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

from infra.release.release_state import EVENT
from local.cloud.config import ACCOUNT_ID, REGION, CloudConfig
from local.cloud.moto_patches import ecs_tasks
from local.cloud.server import EmbeddedCloud
from local.embedded import PACKAGES
from local.endpoints import Endpoints
from local.provider import lifecycle, serve
from local.provider.docker import image
from local.stack import STACK
from local.state import state_file
from tests.e2e.warm_program import Ended, Task, engines_of, start

SECONDS = 600
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"


@dataclass
class EngineStand:
    """One stack, the account it is in, and what is to go wrong."""

    folder: Path
    cloud: EmbeddedCloud
    endpoints: Endpoints
    done: set[str] = field(default_factory=set)
    """Operations that have ended in AWS, as `<verb> <urn>`; nothing says that an engine knows."""
    _kill_after: int = 0
    _kill_at: str = ""
    _engine: Callable[[], list[int]] = list
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, command: str, *, kill_after: int = 0, kill_at: str = "", **more: Any) -> Ended:
        """A command to its end. With `kill_after`, its engine is killed as soon as that many operations that were
        never done before have ended, before it hears of the last one; with `kill_at`, when the first has ended whose
        name holds that."""
        self._kill_after, self._kill_at = kill_after, kill_at
        process, answer = start(Task(command=command, folder=self.folder, endpoints=self.endpoints, **more))
        self._engine = lambda: engines_of(process.pid)
        try:
            assert answer.poll(SECONDS), f"{command} has not ended after {SECONDS} s"
            ended: Ended = answer.recv()
        finally:
            process.kill()
            process.join()
        return ended

    def ended(self, operation: str) -> None:
        """Called by the providers after each operation, before the engine is answered."""
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
        found: dict[str, Any] = json.loads(state_file(self.folder, STACK).read_text())["checkpoint"]["latest"] or {}
        return found

    def aws(self, service: str) -> Any:
        """boto3 against this account."""
        values = self.endpoints.aws_environment()
        session: Any = boto3.session.Session(
            values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"], region_name=values["AWS_REGION"]
        )
        return session.client(service, endpoint_url=self.endpoints.api)


@contextmanager
def engine_stand(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[EngineStand]:
    """An account with nothing in it. Images are digests only."""
    with ExitStack() as stack:
        cloud = EmbeddedCloud(CloudConfig(name="preqly-engine", state_dir=folder / "cloud", api_port=0), agents=False)
        cloud.start()
        stack.callback(cloud.stop)
        stand = EngineStand(folder, cloud, Endpoints(api=cloud.endpoint, providers={}))
        _replace_builds(patch)
        _answer_for_tasks(patch)
        for name, verb in (("create", "made"), ("update", "changed"), ("remove", "removed")):
            patch.setattr(lifecycle, name, _telling(stand, verb, getattr(lifecycle, name)))
        servers = {
            package: serve(package, cloud.endpoint, journal=folder / "cloud" / f"{package}.journal")
            for package in PACKAGES
        }
        for server in servers.values():
            stack.callback(server.stop)
        stand.endpoints = replace(stand.endpoints, providers={name: one.port for name, one in servers.items()})
        yield stand


def _telling(stand: EngineStand, verb: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    def told(entry: Any, call: Any, *rest: Any) -> Any:
        result = operation(entry, call, *rest)
        stand.ended(f"{verb} {call.urn}")
        return result

    return told


def _replace_builds(patch: pytest.MonkeyPatch) -> None:
    """An image is a manifest in ECR and nothing else."""

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
    """Tasks end well at once; what the release asks of them is in their log."""
    succeed = ecs_tasks._succeed

    def succeed_and_say(task: Any) -> None:
        succeed(task)
        (container, *_) = task._backend.describe_task_definition(task.task_definition_arn).container_definitions
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.id}"
        logs = logs_backends[ACCOUNT_ID][REGION]
        logs.create_log_stream(options["awslogs-group"], stream)
        line = json.dumps({"event": EVENT, "unapplied": [], "unknown": [], "heads": {"core": "0001_initial"}})
        logs.put_log_events(options["awslogs-group"], stream, [{"timestamp": int(time.time() * 1000), "message": line}])

    patch.setattr(ecs_tasks, "_succeed", succeed_and_say)
