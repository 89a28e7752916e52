"""AWS clients with stubbed responses."""

import functools
from typing import Any, ClassVar, cast

import boto3
import botocore.session
from botocore.stub import Stubber

from infra.release.rollout import stopped_task

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web-cluster"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/web-cluster/0123abcd"


@functools.cache
def _client(service: str) -> Any:
    session = botocore.session.get_session()
    return session.create_client(
        service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


class StubbedAws:
    """A session of botocore stubs: responses in the order of the test; unexpected or malformed requests fail."""

    _active: ClassVar[list[Stubber]] = []

    def __init__(self, *services: str) -> None:
        # Clients are shared, because botocore builds them slowly.
        while self._active:
            self._active.pop().deactivate()
        self._clients = {name: _client(name) for name in services}
        self.stubs = {name: Stubber(client) for name, client in self._clients.items()}
        for stub in self.stubs.values():
            stub.activate()
            self._active.append(stub)

    def client(self, name: str) -> Any:
        return self._clients[name]

    @property
    def session(self) -> boto3.Session:
        """The stubs in place of a boto3 session."""
        return cast(boto3.Session, self)


class Aws(StubbedAws):
    """ECS and CloudWatch Logs."""

    def __init__(self) -> None:
        super().__init__("ecs", "logs")
        self.ecs, self.logs = self.stubs["ecs"], self.stubs["logs"]

    def logged(self, task_definition: str, *messages: str) -> None:
        """Expect a request for the task definition and one for the log of TASK, which holds these messages."""
        options = {"awslogs-group": "app", "awslogs-stream-prefix": "prefix", "awslogs-region": "us-east-1"}
        log = {"logDriver": "awslogs", "options": options}
        self.ecs.add_response(
            "describe_task_definition",
            {"taskDefinition": {"containerDefinitions": [{"name": "migrate", "logConfiguration": log}]}},
            {"taskDefinition": task_definition},
        )
        self.logs.add_response(
            "get_log_events",
            {"events": [{"message": message} for message in messages]},
            {
                "logGroupName": "app",
                "logStreamName": "prefix/migrate/0123abcd",
                "limit": stopped_task.LOG_LINES,
                "startFromHead": False,
            },
        )
