"""A small cluster behind a load balancer, for tests that let containers really run."""

import ssl
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import docker
import httpx
from botocore.config import Config

from local.cloud.cleanup import remove_all
from local.cloud.config import CloudConfig
from local.cloud.ecs import EcsAgent
from local.cloud.elb import ElbAgent
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import free_port
from tests.local.cloud.ecs_front import make_front
from tests.local.cloud.ecs_load import Load, requests
from tests.waiting import wait_until

CLUSTER = "cluster"


@contextmanager
def standing(folder: Path) -> Iterator["Stand"]:
    """A stand of its own, and nothing left of it afterwards."""
    stand = Stand(
        CloudConfig(
            name=f"test-{uuid.uuid4().hex[:8]}",
            state_dir=folder / "state",
            api_port=free_port(),
            http_port=free_port(),
            https_port=free_port(),
            registry_port=free_port(),
        )
    )
    try:
        stand.start()
        stand.prepare()
        yield stand
    finally:
        stand.cloud.stop()
        remove_all(stand.config.name)


class Stand:
    """The cloud's clients, and one load balancer with one target group."""

    def __init__(self, config: CloudConfig) -> None:
        self.config = config
        self.docker = docker.from_env()
        self.cloud = self._new_cloud()

    def prepare(self) -> None:
        """What every service needs."""
        self._make_network()
        front = make_front(self.elbv2, self.acm, self.vpc, self.subnets, self.group)
        self.load_balancer, self.target_group, self.listener = front
        self.logs.create_log_group(logGroupName="app")
        self.ecs.create_cluster(clusterName=CLUSTER)

    def start(self) -> None:
        """A new process would do the same: load the state, adopt the containers."""
        self.cloud = self._new_cloud()
        self.cloud.start()

    def _new_cloud(self) -> EmbeddedCloud:
        return EmbeddedCloud(self.config, agents=[EcsAgent, ElbAgent])

    def __getattr__(self, service: str) -> Any:
        client = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            # AWS checks no more often than every 5 s; the tests do not wait that long.
            config=Config(parameter_validation=False),
        )
        self.__dict__[service] = client
        return client

    def identity(self, key: str, secret: str, token: str) -> str:
        """ARN of whom these credentials belong to."""
        sts = boto3.client(
            "sts",
            endpoint_url=self.cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
        return str(sts.get_caller_identity()["Arn"])

    def _make_network(self) -> None:
        self.vpc = self.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            for n, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        self.group = self.ec2.create_security_group(GroupName="x", Description="x", VpcId=self.vpc)["GroupId"]
        self.network = {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}

    def register(self, *containers: dict[str, Any], family: str = "web", **more: Any) -> str:
        """ARN of a new task definition."""
        registered = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="512",
            containerDefinitions=list(containers),
            **more,
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def create_service(self, name: str, task_definition: str, *, count: int = 2, balanced: bool = True) -> None:
        """A service with the circuit breaker on."""
        balancer = {"targetGroupArn": self.target_group, "containerName": "web", "containerPort": 8000}
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=task_definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            loadBalancers=[balancer] if balanced else [],
            deploymentConfiguration={
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
        )

    def service(self, name: str) -> dict[str, Any]:
        """As boto3 describes it."""
        return dict(self.ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0])

    def tasks(self, desired_status: str = "RUNNING", **query: Any) -> list[dict[str, Any]]:
        """As boto3 describes them."""
        arns = self.ecs.list_tasks(cluster=CLUSTER, desiredStatus=desired_status, **query)["taskArns"]
        return list(self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]) if arns else []

    def run_task(self, task_definition: str, **more: Any) -> str:
        """ARN of a one-off task."""
        ran = self.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **more,
        )
        return str(ran["tasks"][0]["taskArn"])

    def stopped(self, arn: str, seconds: float = 90) -> dict[str, Any]:
        """The task once it has stopped."""
        task: dict[str, Any] = {}

        def has_stopped() -> bool:
            task.update(self.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])
            return bool(task["lastStatus"] == "STOPPED")

        wait_until(has_stopped, seconds, lambda: task.get("lastStatus"))
        return task

    def steady(self, name: str, seconds: float = 120) -> dict[str, Any]:
        """The service once its PRIMARY deployment has COMPLETED."""
        wait_until(
            lambda: self.service(name)["deployments"][0]["rolloutState"] == "COMPLETED",
            seconds,
            lambda: self.story(name),
        )
        return self.service(name)

    def story(self, name: str) -> str:
        """What to read when a service did not do what a test expected."""
        service = self.service(name)
        lines = [f"{d['status']} {d['rolloutState']} {d['taskDefinition']}" for d in service["deployments"]]
        lines += [event["message"] for event in service["events"][:8]]
        lines += [
            f"{t['stopCode']}: {t['stoppedReason']} {[c.get('exitCode') for c in t['containers']]}"
            for t in self.tasks("STOPPED", serviceName=name)[-4:]
        ]
        lines += [str(t["TargetHealth"]) for t in self.targets()]
        return "\n".join(lines)

    def targets(self) -> list[dict[str, Any]]:
        """Targets and their health as boto3 describes them."""
        health = self.elbv2.describe_target_health(TargetGroupArn=self.target_group)
        return list(health["TargetHealthDescriptions"])

    def delete_service(self, name: str) -> None:
        """Delete and wait until its tasks are gone."""
        self.ecs.delete_service(cluster=CLUSTER, service=name, force=True)
        wait_until(lambda: self.service(name)["status"] == "INACTIVE", 90, lambda: self.service(name)["status"])

    def containers(self, name: str = "web") -> list[Any]:
        """Docker's containers of this name, of all tasks."""
        labels = [f"preqly.cloud={self.config.name}", f"preqly.container={name}"]
        return list(self.docker.containers.list(all=True, filters={"label": labels}, ignore_removed=True))

    def client(self) -> httpx.Client:
        """Keeps connections alive and trusts the cloud's certificate authority only."""
        context = ssl.create_default_context(cafile=str(self.cloud.context.certificates.certificate_path))
        return httpx.Client(base_url=f"https://localhost:{self.config.https_port}", verify=context, timeout=10)

    def load(self, clients: int = 4) -> AbstractContextManager[Load]:
        """Requests without a pause through the load balancer."""
        return requests(self.client, clients)
