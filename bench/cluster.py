"""An embedded cloud with an ECS cluster, and a service for each rollout configuration."""

import contextlib
import json
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import docker
import httpx

from bench.load_balancer import LoadBalancer, host
from bench.peers import Rollout
from bench.sandbox import APPLICATION, retry, until
from embedded_cloud import REGION, CloudConfig, EmbeddedCloud
from embedded_cloud.containers.cleanup import remove_all
from infra.ecs import containers
from infra.ecs.container_definitions import SecretsAndLogs, container_definitions, volume_names
from infra.release.spec import ReleaseSpec

CLUSTER = "bench"
LOG_GROUP = "bench"
CPU, MEMORY = 512, 1024


class Cluster:
    """The AWS resources that rollouts need, created through boto3."""

    def __init__(self, cloud: EmbeddedCloud, web: str, proxy: str) -> None:
        self.https_port = cloud.config.https_port
        self._session = boto3.Session("bench", "bench", region_name=REGION)
        self._endpoint = cloud.endpoint
        self._images = web, proxy
        self._cidr = _range_of(cloud.config.network_name)
        self._ecs = self._client("ecs")
        self._client("logs").create_log_group(logGroupName=LOG_GROUP)
        self._ecs.create_cluster(clusterName=CLUSTER)
        self._balancer = LoadBalancer(self._client)
        self._secret = self._create_secret()

    def create(self, name: str, settings: Rollout, task: str) -> None:
        """Create a service with one task behind the host `<name>.bench.test`."""
        group = self._balancer.forward(name, settings)
        self._ecs.create_service(
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=task,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": self._balancer.network},
            loadBalancers=[{"targetGroupArn": group, "containerName": "proxy", "containerPort": containers.PROXY_PORT}],
            healthCheckGracePeriodSeconds=120,
            deploymentConfiguration={
                "minimumHealthyPercent": settings.minimum_percent,
                "maximumPercent": settings.maximum_percent,
            },
        )

    def answers(self, name: str, path: str) -> bool:
        """Whether the load balancer forwards a request to a task of this service."""
        with contextlib.suppress(httpx.TransportError):
            url, headers = f"https://127.0.0.1:{self.https_port}{path}", {"Host": host(name)}
            return httpx.get(url, headers=headers, verify=False, timeout=5, trust_env=False).status_code == 200  # noqa: S501 - the certificate is the embedded cloud's own
        return False

    def deploy(self, name: str, task: str) -> None:
        """Start a deployment of another task definition."""
        self._ecs.update_service(cluster=CLUSTER, service=name, taskDefinition=task)

    def wait(self, name: str, seconds: float) -> None:
        """Wait until the deployment is complete. Raises OperatorError with the service's last events."""
        until(lambda: self._is_complete(name), seconds, lambda: self._events(name), pause=0.25)

    def register(self, release: str, hosts: tuple[str, ...]) -> str:
        """Register a task definition of the project's containers and return its ARN. Only RELEASE differs."""
        web, proxy = self._images
        spec = ReleaseSpec(web_image=web, proxy_image=proxy, tag=release, revision="", sources="", architecture="")
        environment = containers.application_environment(
            domains=hosts,
            allowed_hosts=(),
            sender="no-reply@bench.test",
            media_bucket="",
            cpu=CPU,
            threads=2,
            request_timeout=30,
        )
        described = containers.web_containers(spec, environment, self._cidr)
        references = SecretsAndLogs(
            secret_arn=self._secret, secret_version="", log_group=LOG_GROUP, region=REGION, stream_prefix="web"
        )
        registered = self._ecs.register_task_definition(
            family="web",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu=str(CPU),
            memory=str(MEMORY),
            volumes=[{"name": name} for name in volume_names(described)],
            containerDefinitions=json.loads(container_definitions(described, references)),
        )
        return str(registered["taskDefinition"]["taskDefinitionArn"])

    def _client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def _create_secret(self) -> str:
        # The requested page needs no table.
        known = {**APPLICATION, "DATABASE_URL": "sqlite:////tmp/bench.sqlite3"}
        values = {key: known.get(key, "") for key in containers.WEB_SECRETS.values()}
        created = self._client("secretsmanager").create_secret(Name="bench", SecretString=json.dumps(values))
        return str(created["ARN"])

    def _is_complete(self, name: str) -> bool:
        """Whether the last deployment is complete, and the tasks of the one before are drained and stopped."""
        service = self._ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
        deployments = service["deployments"]
        if len(deployments) != 1 or deployments[0]["rolloutState"] != "COMPLETED":
            return False
        tasks = self._ecs.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus="RUNNING")["taskArns"]
        return len(tasks) == 1 and self._balancer.health(name) == ["healthy"]

    def _events(self, name: str) -> str:
        service = self._ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
        return "\n".join(event["message"] for event in service["events"][:8])


@contextmanager
def running(images: Mapping[str, str], folder: Path, web: str, proxy: str) -> Iterator[Cluster]:
    """A cluster that is removed at the end of the block."""
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
    cloud.start()
    try:
        yield Cluster(cloud, web, proxy)
    finally:
        cloud.stop()
        retry(lambda: remove_all(name))


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
