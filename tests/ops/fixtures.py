"""A deployed stack in moto, as `pulumi up` leaves it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends

from infra.naming import parameter_name
from infra.release.history import INITIAL_VALUE, ReleaseHistory
from infra.release.record import COMMAND, ReleaseRecord, RolledBack
from infra.secrets.reference import VERSION_LABEL

REGION = "us-east-1"
REGISTRY = f"{DEFAULT_ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com"
CLUSTER, SERVICE, DATABASE, LOG_GROUP = "web-cluster", "web-service", "preqly-0a1b2c3d", "web-logs"
EXECUTION_ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/execution"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ROLLBACK = ("rollback", "--yes")
TAGS = [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "prod"}]


class DeployedStack:
    """Stack `prod` of project `preqly`, with a service of two tasks."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self._clients: dict[str, Any] = {}
        self.record = ReleaseHistory(session, parameter_name("preqly", "prod"))
        self.client("ssm").put_parameter(Name=parameter_name("preqly", "prod"), Value=INITIAL_VALUE, Type="String")
        self.cluster: str = self.ecs.create_cluster(clusterName=CLUSTER)["cluster"]["clusterArn"]
        secret = self.client("secretsmanager").create_secret(Name="application", SecretString="{}")
        self.secret, self.secret_version = secret["ARN"], secret["VersionId"]
        for repository in ("registry-web", "registry-proxy"):
            self.client("ecr").create_repository(repositoryName=repository)
        self.client("logs").create_log_group(logGroupName=LOG_GROUP)
        self.target_groups: list[str] = []
        self.existing: dict[str, tuple[str, str]] = {}
        """Variables from secrets that exist: reference, and version at the last update."""

    def client(self, name: str) -> Any:
        if name not in self._clients:
            self._clients[name] = self.session.client(name)  # type: ignore[call-overload]
        return self._clients[name]

    @property
    def ecs(self) -> Any:
        return self.client("ecs")

    @cached_property
    def network(self) -> dict[str, Any]:
        """The default network of the account, as `awsvpcConfiguration`."""
        ec2 = self.client("ec2")
        subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
        return {"subnets": subnets, "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]]}

    @cached_property
    def load_balancer(self) -> str:
        """ARN of a load balancer with a target group for the service."""
        elb, subnets = self.client("elbv2"), self.network["subnets"]
        balancer = elb.create_load_balancer(Name="front", Subnets=subnets, Tags=TAGS)["LoadBalancers"][0]
        group = elb.create_target_group(
            Name="web", Protocol="HTTPS", Port=8443, VpcId=balancer["VpcId"], TargetType="ip"
        )
        self.target_groups = [group["TargetGroups"][0]["TargetGroupArn"]]
        action = {"Type": "forward", "TargetGroupArn": self.target_groups[0]}
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[action]
        )
        return str(balancer["LoadBalancerArn"])

    def create_database(self) -> None:
        """Create the RDS instance that records name."""
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20
        )

    def push(self, repository: str, tag: str) -> str:
        """Push an image and return its name by digest."""
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": tag}, "layers": []})
        image = self.client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)["image"]
        return f"{REGISTRY}/{repository}@{image['imageId']['imageDigest']}"

    def register(self, kind: str, tag: str, web: str, proxy: str, setting: str = "a", platform: str = "ARM64") -> str:
        """A task definition with the parts of infra/ecs/container_definitions.py that a rollback reads."""
        web_container = {
            "name": {"migration": "migrate"}.get(kind, kind),
            "image": web,
            "environment": [{"name": "RELEASE", "value": tag}, {"name": "SETTING", "value": setting}],
            "secrets": [
                {"name": "SECRET_KEY", "valueFrom": f"{self.secret}:SECRET_KEY::{self.secret_version}"},
                *({"name": name, "valueFrom": reference} for name, (reference, _) in self.existing.items()),
            ],
            "dockerLabels": {f"{VERSION_LABEL}{name}": version for name, (_, version) in self.existing.items()},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": LOG_GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": kind},
            },
        }
        proxy_container = {"name": "proxy", "image": proxy, "environment": []}
        answer = self.ecs.register_task_definition(
            family=f"preqly-prod-{kind}",
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn=EXECUTION_ROLE,
            runtimePlatform={"operatingSystemFamily": "LINUX", "cpuArchitecture": platform},
            containerDefinitions=[proxy_container, web_container] if kind == "web" else [web_container],
            tags=[{"key": one["Key"], "value": one["Value"]} for one in TAGS],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def deploy(
        self,
        tag: str,
        *,
        setting: str = "a",
        platform: str = "ARM64",
        recorded: bool = True,
        processes: Sequence[str] = (),
        **fields: Any,
    ) -> ReleaseRecord:
        """What a successful `pulumi up` does; with `recorded` False it was interrupted before the record."""
        web, proxy = self.push("registry-web", tag), self.push("registry-proxy", tag)
        release = ReleaseRecord(
            kind="release",
            at="2026-11-21T12:00:00+00:00",
            tag=tag,
            revision=f"rev-{tag}",
            sources="f0",
            architecture=platform.lower(),
            web_image=web,
            proxy_image=proxy,
            task_definition=self.register("web", tag, web, proxy, setting, platform),
            migration_task_definition=self.register("migration", tag, web, proxy, setting, platform),
            process_services={name: f"{name}-service" for name in processes},
            process_task_definitions={
                name: self.register(name, tag, web, proxy, setting, platform) for name in (*processes, COMMAND)
            },
            region=REGION,
            cluster=self.cluster,
            service=SERVICE,
            secret_arn=self.secret,
            log_group=LOG_GROUP,
            database=DATABASE,
            secret_version=self.secret_version,
        )
        for name in processes:
            self._serve(release.process_task_definitions[name], release.process_services[name], desired=1)
        self._serve(release.task_definition)
        return self.record.append(replace(release, **fields)) if recorded else replace(release, **fields)

    def _serve(self, task_definition: str, service: str = SERVICE, desired: int = 2) -> None:
        if self.ecs.describe_services(cluster=CLUSTER, services=[service])["services"]:
            self.ecs.update_service(cluster=CLUSTER, service=service, taskDefinition=task_definition)
            return
        balancers = [
            {"targetGroupArn": arn, "containerName": "proxy", "containerPort": 8443} for arn in self.target_groups
        ]
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=service,
            taskDefinition=task_definition,
            desiredCount=desired,
            launchType="FARGATE",
            loadBalancers=balancers if service == SERVICE else [],
            networkConfiguration={"awsvpcConfiguration": self.network},
        )

    def process(self, name: str) -> tuple[str, int]:
        """Release tag and desired count of the service of a process."""
        (found,) = self.ecs.describe_services(cluster=CLUSTER, services=[f"{name}-service"])["services"]
        definition = self.ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        return next(one["value"] for one in container["environment"] if one["name"] == "RELEASE"), found["desiredCount"]

    def roll_back(self, release: ReleaseRecord, rolled_back: RolledBack) -> ReleaseRecord:
        """A recorded rollback to this release."""
        self._serve(release.task_definition)
        return self.record.append(replace(release, kind="rollback", rolled_back=rolled_back))

    @property
    def latest(self) -> ReleaseRecord:
        """The last release on record."""
        return self.record.records()[-1]

    @property
    def revisions(self) -> int:
        """The number of task definitions."""
        return len(self.ecs.list_task_definitions()["taskDefinitionArns"])

    @property
    def service(self) -> Any:
        """The service in moto, with writable attributes."""
        return ecs_backends[DEFAULT_ACCOUNT_ID][REGION].services[f"{CLUSTER}:{SERVICE}"]

    def rollout(self, state: str, reason: str = "") -> None:
        """Set the state of the primary deployment."""
        self.service.deployments[0].update(rolloutState=state, rolloutStateReason=reason)

    @property
    def runs(self) -> str:
        """The service's task definition."""
        return str(self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]["taskDefinition"])

    def task(
        self, task_definition: str, *, group: str = f"service:{SERVICE}", started_by: str = "", age_seconds: float = 0
    ) -> str:
        """Start a task, as if so long ago, and return its identifier."""
        arn = self.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": self.network},
            startedBy=started_by,
        )["tasks"][0]["taskArn"]
        task = ecs_backends[DEFAULT_ACCOUNT_ID][REGION].tasks[CLUSTER][arn]
        task.last_status = task.desired_status = "RUNNING"
        task.health_status, task.group = "HEALTHY", group
        task.started_at -= timedelta(seconds=age_seconds)
        return str(arn.rpartition("/")[2])
