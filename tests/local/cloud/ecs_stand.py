"""A small cluster behind a load balancer, for tests that let containers really run."""

import dataclasses
import itertools
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import docker
import httpx
from botocore.config import Config

from local.cloud.config import CloudConfig
from local.cloud.ecs import EcsAgent
from local.cloud.elb import ElbAgent
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import free_port

IMAGE = "preqly-standin/python:trixie"
CLUSTER = "cluster"
SERVER = """
import http.server, os, signal, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(1)
        code = int(os.environ.get("HEALTH", 200)) if self.path == "/healthz" else 200
        body = (os.environ["RELEASE"] + "".join(f"\\n{k.lower()}: {v}" for k, v in self.headers.items())).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "backend")
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("", 8000), Handler)
server.daemon_threads = False
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("serving", os.environ["RELEASE"], flush=True)
server.serve_forever()
print("served", os.environ["RELEASE"], flush=True)
"""
CHECK = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/alive')"


def new_config(folder: Path) -> CloudConfig:
    """A cloud of its own."""
    return CloudConfig(
        name=f"test-{uuid.uuid4().hex[:8]}",
        state_dir=folder / "state",
        api_port=free_port(),
        http_port=free_port(),
        https_port=free_port(),
        registry_port=free_port(),
    )


class Stand:
    """The cloud's clients, and one load balancer with one target group."""

    def __init__(self, config: CloudConfig) -> None:
        self.config = config
        self.docker = docker.from_env()
        self.cloud = self.start()
        self._families = itertools.count(1)
        self._make_network()
        self._make_load_balancer()
        self.logs.create_log_group(logGroupName="app")
        self.ecs.create_cluster(clusterName=CLUSTER)

    def start(self) -> EmbeddedCloud:
        """A new process would do the same: load the state, adopt the containers."""
        self.cloud = EmbeddedCloud(self.config, agents=[EcsAgent, ElbAgent])
        self.cloud.start()
        return self.cloud

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

    def _make_load_balancer(self) -> None:
        certificate = self.acm.request_certificate(DomainName="app.preqly.com", ValidationMethod="DNS")
        made = self.elbv2.create_load_balancer(Name="front", Subnets=self.subnets, SecurityGroups=[self.group])
        self.load_balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.target_group = self.elbv2.create_target_group(
            Name="tasks",
            Protocol="HTTP",
            Port=8000,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/healthz",
            HealthCheckIntervalSeconds=2,
            HealthCheckTimeoutSeconds=1,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(
            TargetGroupArn=self.target_group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}],
        )
        redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
        )
        self.listener = self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}],
        )["Listeners"][0]["ListenerArn"]

    def container(self, release: str = "one", **more: Any) -> dict[str, Any]:
        """Definition of a container that serves its release's name."""
        return {
            "name": "web",
            "image": IMAGE,
            "user": "10001:10001",
            "readonlyRootFilesystem": True,
            "command": ["python3", "-c", SERVER],
            "linuxParameters": {
                "capabilities": {"drop": ["ALL"]},
                "tmpfs": [{"containerPath": "/tmp", "size": 16, "mountOptions": ["mode=1777"]}],  # noqa: S108
            },
            "stopTimeout": 5,
            "portMappings": [{"containerPort": 8000}],
            "healthCheck": {
                "command": ["CMD", "python3", "-c", CHECK],
                "interval": 5,
                "timeout": 4,
                "retries": 2,
                "startPeriod": 1,
            },
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "app",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "web",
                },
            },
            **more,
            "environment": [{"name": "RELEASE", "value": release}, *more.get("environment", ())],
        }

    def register(self, *containers: dict[str, Any], family: str = "web", **more: Any) -> str:
        """ARN of a new task definition."""
        registered = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="512",
            memory="256",
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

    def stopped(self, arn: str, seconds: float = 40) -> dict[str, Any]:
        """The task once it has stopped."""
        task: dict[str, Any] = {}

        def has_stopped() -> bool:
            task.update(self.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])
            return bool(task["lastStatus"] == "STOPPED")

        wait_until(has_stopped, seconds, lambda: task.get("lastStatus"))
        return task

    def steady(self, name: str, seconds: float = 60) -> dict[str, Any]:
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
        wait_until(lambda: self.service(name)["status"] == "INACTIVE", 40, lambda: self.service(name)["status"])

    def containers(self, name: str = "web") -> list[Any]:
        """Docker's containers of this name, of all tasks."""
        labels = [f"preqly.cloud={self.config.name}", f"preqly.container={name}"]
        return list(self.docker.containers.list(all=True, filters={"label": labels}))

    def client(self) -> httpx.Client:
        """Keeps connections alive and trusts the cloud's certificate authority only."""
        context = ssl.create_default_context(cafile=str(self.cloud.context.certificates.certificate_path))
        return httpx.Client(base_url=f"https://localhost:{self.config.https_port}", verify=context, timeout=10)

    @contextmanager
    def load(self, clients: int = 4) -> Iterator["Load"]:
        """Requests without a pause, from several clients that keep their connections."""
        load = Load()
        threads = [threading.Thread(target=load.run, args=(self.client(), n)) for n in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.stopping.set()
            for thread in threads:
                thread.join()


@dataclasses.dataclass
class Load:
    """What came of the requests."""

    releases: set[str] = dataclasses.field(default_factory=set)
    failures: list[str] = dataclasses.field(default_factory=list)
    requests: int = 0
    stopping: threading.Event = dataclasses.field(default_factory=threading.Event)

    def run(self, client: httpx.Client, number: int) -> None:
        # One client in four holds requests open for a second.
        path = "/slow" if number % 4 == 3 else "/"
        with client:
            while not self.stopping.wait(0.01):
                self._request(client, path)

    def _request(self, client: httpx.Client, path: str) -> None:
        self.requests += 1
        try:
            answer = client.get(path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        if answer.status_code == 200:
            self.releases.add(answer.text.splitlines()[0])
        else:
            self.failures.append(f"{answer.status_code} {answer.text}")


def wait_until(is_true: Callable[[], bool], seconds: float, told: Callable[[], Any] = lambda: "") -> None:
    """Return when it is true; fail with what is told when it takes longer."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {told()}"
        time.sleep(0.2)
