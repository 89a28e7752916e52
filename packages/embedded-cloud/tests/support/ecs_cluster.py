"""An ECS cluster behind a load balancer, for tests that run real containers."""

import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import docker
import httpx

from embedded_cloud.agents.autoscaling.agent import AutoScalingAgent
from embedded_cloud.agents.ecs.agent import EcsAgent
from embedded_cloud.agents.elb.agent import ElbAgent
from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import Clocks, CloudConfig
from embedded_cloud.containers.cleanup import remove_all
from embedded_cloud.testing.polling import wait_until
from support.clouds import FAST, client, two_subnets, unique_config
from support.web_service import Load, constant_load, create_load_balancer

CLUSTER = "cluster"
GRACE_SECONDS = 120
"""Health check grace period of services. On a busy machine a task needs seconds to start its server."""


@contextmanager
def running_cluster(folder: Path, clocks: Clocks = FAST) -> Iterator["EcsCluster"]:
    """Run a cluster in a cloud of its own, and remove the cloud's objects from Docker afterwards."""
    cluster = EcsCluster(unique_config(folder, clocks))
    try:
        cluster.start()
        cluster.prepare()
        yield cluster
    finally:
        cluster.cloud.stop()
        remove_all(cluster.config.name)


class EcsCluster:
    """A cluster with one load balancer and one target group. boto3 clients are attributes: `cluster.ecs`."""

    def __init__(self, config: CloudConfig) -> None:
        self.config = config
        self.docker = docker.from_env()
        self.cloud = self._new_cloud()

    def prepare(self) -> None:
        self._create_network()
        self.load_balancer, self.target_group, self.listener = create_load_balancer(
            self.elbv2, self.acm, self.vpc, self.subnets, self.group
        )
        self.logs.create_log_group(logGroupName="app")
        self.ecs.create_cluster(clusterName=CLUSTER)

    def start(self) -> None:
        """Start the cloud as a new process would: with the saved state and the containers that exist."""
        self.cloud = self._new_cloud()
        self.cloud.start()

    def _new_cloud(self) -> EmbeddedCloud:
        return EmbeddedCloud(self.config, agents=[EcsAgent, ElbAgent, AutoScalingAgent])

    def __getattr__(self, service: str) -> Any:
        names = {"autoscaling": "application-autoscaling"}
        self.__dict__[service] = client(self.cloud, names.get(service, service))
        return self.__dict__[service]

    def identity(self, key: str, secret: str, token: str) -> str:
        """Return the ARN of the identity that the credentials belong to."""
        sts = boto3.client(
            "sts",
            endpoint_url=self.cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
        return str(sts.get_caller_identity()["Arn"])

    def _create_network(self) -> None:
        self.vpc, self.subnets = two_subnets(self.ec2, "10.20")
        self.group = self.ec2.create_security_group(GroupName="x", Description="x", VpcId=self.vpc)["GroupId"]
        self.network = {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}

    def register(self, *containers: dict[str, Any], family: str = "web", **more: Any) -> str:
        registered = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="2048",
            containerDefinitions=list(containers),
            **more,
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def create_service(self, name: str, task_definition: str, *, count: int = 2) -> None:
        balancer = {"targetGroupArn": self.target_group, "containerName": "web", "containerPort": 8000}
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=task_definition,
            desiredCount=count,
            launchType="FARGATE",
            healthCheckGracePeriodSeconds=GRACE_SECONDS,
            networkConfiguration=self.network,
            loadBalancers=[balancer],
            deploymentConfiguration={
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
        )

    def update_service(self, name: str, **changes: Any) -> None:
        self.ecs.update_service(cluster=CLUSTER, service=name, **changes)

    def service(self, name: str) -> dict[str, Any]:
        return dict(self.ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0])

    def tasks(self, desired_status: str = "RUNNING", **query: Any) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=CLUSTER, desiredStatus=desired_status, **query)["taskArns"]
        return list(self.ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"]) if arns else []

    def run_task(self, task_definition: str, **more: Any) -> str:
        ran = self.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **more,
        )
        return str(ran["tasks"][0]["taskArn"])

    def wait_until_stopped(self, arn: str, seconds: float = 90) -> dict[str, Any]:
        task: dict[str, Any] = {}

        def has_stopped() -> bool:
            task.update(self.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])
            return bool(task["lastStatus"] == "STOPPED")

        wait_until(has_stopped, seconds, lambda: task.get("lastStatus"))
        return task

    def wait_until_completed(self, name: str, seconds: float = 120) -> dict[str, Any]:
        wait_until(
            lambda: self.service(name)["deployments"][0]["rolloutState"] == "COMPLETED",
            seconds,
            lambda: self.history(name),
        )
        return self.service(name)

    def history(self, name: str) -> str:
        """Return deployments, events, stopped tasks and targets, for the message of a failed assertion."""
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
        health = self.elbv2.describe_target_health(TargetGroupArn=self.target_group)
        return list(health["TargetHealthDescriptions"])

    def delete_service(self, name: str) -> None:
        """Delete a service and wait until its tasks have stopped."""
        self.ecs.delete_service(cluster=CLUSTER, service=name, force=True)
        wait_until(lambda: self.service(name)["status"] == "INACTIVE", 90, lambda: self.service(name)["status"])

    def containers(self, name: str = "web") -> list[Any]:
        labels = [f"embedded-cloud.name={self.config.name}", f"embedded-cloud.container={name}"]
        return list(self.docker.containers.list(all=True, filters={"label": labels}, ignore_removed=True))

    def http_client(self) -> httpx.Client:
        """Return a client that keeps connections open and trusts only the cloud's certificate authority."""
        context = ssl.create_default_context(cafile=str(self.cloud.context.certificates.certificate_path))
        return httpx.Client(base_url=f"https://localhost:{self.config.https_port}", verify=context, timeout=10)

    def load(self, clients: int = 2) -> AbstractContextManager[Load]:
        return constant_load(self.http_client, clients)
