"""AWS's services as a test dictates them."""

from typing import Any, cast

import boto3
import botocore.session
from botocore.stub import Stubber

from infra.release import stopped_task

CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web-cluster"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/web-cluster/0123abcd"


class StubbedAws:
    """Services that answer in the order a test says; unexpected or malformed requests fail."""

    def __init__(self, *services: str) -> None:
        session = botocore.session.Session()
        self._clients = {
            name: session.create_client(
                name, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
            )
            for name in services
        }
        self.stubs = {name: Stubber(client) for name, client in self._clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, name: str) -> Any:
        return self._clients[name]

    @property
    def session(self) -> boto3.Session:
        """What the code under test takes for a session."""
        return cast(boto3.Session, self)


class Aws(StubbedAws):
    """ECS and CloudWatch Logs."""

    def __init__(self) -> None:
        super().__init__("ecs", "logs")
        self.ecs, self.logs = self.stubs["ecs"], self.stubs["logs"]

    def logged(
        self, task_definition: str, *messages: str, container: str = "migrate", after: tuple[str, ...] = ()
    ) -> None:
        """The task definition is read for its log group, and the stream of TASK holds these messages.

        `after` names containers that the task definition lists first, and whose logs nobody should ask for.
        """
        options = {"awslogs-group": "app", "awslogs-stream-prefix": "prefix", "awslogs-region": "us-east-1"}
        log = {"logDriver": "awslogs", "options": options}
        definitions = [{"name": name, "logConfiguration": log} for name in (*after, container)]
        self.ecs.add_response(
            "describe_task_definition",
            {"taskDefinition": {"containerDefinitions": definitions}},
            {"taskDefinition": task_definition},
        )
        self.logs.add_response(
            "get_log_events",
            {"events": [{"message": message} for message in messages]},
            {
                "logGroupName": "app",
                "logStreamName": f"prefix/{container}/0123abcd",
                "limit": stopped_task.LOG_LINES,
                "startFromHead": False,
            },
        )
