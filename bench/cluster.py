"""An embedded cloud of the bench's own, with a service for each way to configure a rollout."""

import contextlib
import json
import logging
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import docker
import httpx

from bench.balancer import Balancer, host
from bench.peers import Rollout
from bench.stand import APPLICATION, again, until
from infra import task_definition, workload
from local.cloud.cleanup import remove_all
from local.cloud.config import REGION, CloudConfig
from local.cloud.server import EmbeddedCloud

CLUSTER = "bench"
LOG_GROUP = "bench"
CPU, MEMORY = 512, 1024


class Cluster:
    """What the rollouts need of AWS, by boto3, and the load balancer's port on this machine."""

    def __init__(self, cloud: EmbeddedCloud, web: str, proxy: str) -> None:
        self.https_port = cloud.config.https_port
        self._session = boto3.Session("bench", "bench", region_name=REGION)
        self._endpoint = cloud.endpoint
        self._images = web, proxy
        self._cidr = _range_of(cloud.config.network_name)
        self._ecs = self._client("ecs")
        self._client("logs").create_log_group(logGroupName=LOG_GROUP)
        self._ecs.create_cluster(clusterName=CLUSTER)
        self._balancer = Balancer(self._client)
        self._secret = self._make_secret()

    def create(self, name: str, settings: Rollout, task: str) -> None:
        """A service with one task under the host `<name>.bench.test`."""
        group = self._balancer.forward(name, settings)
        self._ecs.create_service(
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=task,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": self._balancer.network},
            loadBalancers=[{"targetGroupArn": group, "containerName": "proxy", "containerPort": workload.PROXY_PORT}],
            healthCheckGracePeriodSeconds=120,
            deploymentConfiguration={
                "minimumHealthyPercent": settings.minimum_percent,
                "maximumPercent": settings.maximum_percent,
            },
        )

    def answers(self, name: str, path: str) -> bool:
        """Whether the load balancer brings a request for this service to a task of it."""
        with contextlib.suppress(httpx.TransportError):
            url, headers = f"https://127.0.0.1:{self.https_port}{path}", {"Host": host(name)}
            return httpx.get(url, headers=headers, verify=False, timeout=5, trust_env=False).status_code == 200  # noqa: S501 - a certificate of this cloud's own authority, for another name
        return False

    def deploy(self, name: str, task: str) -> None:
        """Ask for another task definition; the answer does not wait."""
        self._ecs.update_service(cluster=CLUSTER, service=name, taskDefinition=task)

    def settled(self, name: str) -> bool:
        """Whether the last deployment is complete and nothing of an earlier one is left, draining included."""
        service = self._ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
        deployments = service["deployments"]
        if len(deployments) != 1 or deployments[0]["rolloutState"] != "COMPLETED":
            return False
        tasks = self._ecs.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus="RUNNING")["taskArns"]
        return len(tasks) == 1 and self._balancer.states(name) == ["healthy"]

    def wait(self, name: str, seconds: float) -> None:
        """Until it is settled. Raises OperatorError with the service's last events."""
        until(lambda: self.settled(name), seconds, lambda: self._story(name), pause=0.25)

    def register(self, release: str, hosts: tuple[str, ...]) -> str:
        """ARN of a task definition of the project's own containers, told apart by RELEASE."""
        web, proxy = self._images
        containers = workload.web_service(
            workload.Release(
                web_image=web,
                proxy_image=proxy,
                version=release,
                domains=hosts,
                sender="no-reply@bench.test",
                allowed_hosts=(),
                media_bucket="",
                vpc_cidr=self._cidr,
                cpu=CPU,
            )
        )
        target = task_definition.EcsTarget(
            secret_arn=self._secret,
            secret_version="",
            log_group=LOG_GROUP,
            region=REGION,
            stream_prefix="web",
        )
        registered = self._ecs.register_task_definition(
            family="web",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu=str(CPU),
            memory=str(MEMORY),
            volumes=[{"name": name} for name in task_definition.volume_names(containers)],
            containerDefinitions=json.loads(task_definition.render_task_definition(containers, target)),
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def _client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def _make_secret(self) -> str:
        # The page that is asked for needs no table.
        known = {**APPLICATION, "DATABASE_URL": "sqlite:////tmp/bench.sqlite3"}
        values = {key: known.get(key, "") for key in workload.WEB_SECRETS.values()}
        made = self._client("secretsmanager").create_secret(Name="bench", SecretString=json.dumps(values))
        return str(made["ARN"])

    def _story(self, name: str) -> str:
        service = self._ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
        return "\n".join(event["message"] for event in service["events"][:8])


@contextmanager
def running(images: Mapping[str, str], folder: Path, web: str, proxy: str) -> Iterator[Cluster]:
    """A cluster, and nothing left of it afterwards."""
    name = f"preqly-bench-{uuid.uuid4().hex[:6]}"
    http, https, registry = _free_ports(3)
    config = CloudConfig(
        name=name,
        state_dir=folder / "cloud",
        api_port=0,
        http_port=http,
        https_port=https,
        registry_port=registry,
        images={role: images[role] for role in ("postgres", "haproxy", "registry", "pause")},
    )
    cloud = EmbeddedCloud(config)
    log = logging.FileHandler(folder / "cloud.log")
    logger = logging.getLogger("preqly.cloud")
    logger.addHandler(log)
    logger.propagate = False
    cloud.start()
    try:
        yield Cluster(cloud, web, proxy)
    finally:
        cloud.stop()
        again(lambda: remove_all(name))
        logger.propagate = True
        logger.removeHandler(log)
        log.close()


def _range_of(network: str) -> str:
    client = docker.from_env()
    try:
        return str(client.networks.get(network).attrs["IPAM"]["Config"][0]["Subnet"])
    finally:
        client.close()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
