"""A deployed stack in moto, as `pulumi up` leaves it, and what happens to it in a test."""

import json
from dataclasses import replace
from typing import Any

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends

from infra.release.record import FIRST_VALUE, Release, ReleaseRecord, Withheld, parameter_name

REGION = "us-east-1"
REGISTRY = f"{DEFAULT_ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com"
CLUSTER, SERVICE, DATABASE, LOG_GROUP = "web-cluster", "web-service", "preqly-0a1b2c3d", "web-logs"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
TAGS = [{"Key": "Project", "Value": "preqly"}, {"Key": "Stack", "Value": "prod"}]


class Stand:
    """Stack `prod` of project `preqly`, with a service of two tasks."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self._clients: dict[str, Any] = {}
        self.record = ReleaseRecord(session, parameter_name("preqly", "prod"))
        self.client("ssm").put_parameter(Name=parameter_name("preqly", "prod"), Value=FIRST_VALUE, Type="String")
        self.cluster: str = self.ecs.create_cluster(clusterName=CLUSTER)["cluster"]["clusterArn"]
        secret = self.client("secretsmanager").create_secret(Name="application", SecretString="{}")
        self.secret, self.secret_version = secret["ARN"], secret["VersionId"]
        for repository in ("registry-web", "registry-proxy"):
            self.client("ecr").create_repository(repositoryName=repository)
        self.client("logs").create_log_group(logGroupName=LOG_GROUP)
        self._front()
        self._database()

    def client(self, name: str) -> Any:
        if name not in self._clients:
            self._clients[name] = self.session.client(name)  # type: ignore[call-overload]
        return self._clients[name]

    @property
    def ecs(self) -> Any:
        return self.client("ecs")

    def _front(self) -> None:
        ec2, elb = self.client("ec2"), self.client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")[
                "Subnet"
            ]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        self.group = ec2.create_security_group(GroupName="task", Description="task", VpcId=vpc)["GroupId"]
        balancer = elb.create_load_balancer(Name="front", Subnets=self.subnets, Tags=TAGS)["LoadBalancers"][0]
        self.balancer: str = balancer["LoadBalancerArn"]
        self.targets: str = elb.create_target_group(
            Name="web", Protocol="HTTPS", Port=8443, VpcId=vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": self.targets}
        elb.create_listener(LoadBalancerArn=self.balancer, Protocol="HTTP", Port=80, DefaultActions=[action])

    def _database(self) -> None:
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20
        )

    def push(self, repository: str, tag: str) -> str:
        """An image in the registry; returns its name by digest."""
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": tag}, "layers": []})
        image = self.client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)["image"]
        return f"{REGISTRY}/{repository}@{image['imageId']['imageDigest']}"

    def register(self, kind: str, tag: str, web: str, proxy: str, setting: str = "a", platform: str = "ARM64") -> str:
        """A task definition as infra/task_definition.py renders it, in what matters here."""
        web_container = {
            "name": "web" if kind == "web" else "migrate",
            "image": web,
            "environment": [{"name": "RELEASE", "value": tag}, {"name": "SETTING", "value": setting}],
            "secrets": [{"name": "SECRET_KEY", "valueFrom": f"{self.secret}:SECRET_KEY::{self.secret_version}"}],
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
            runtimePlatform={"operatingSystemFamily": "LINUX", "cpuArchitecture": platform},
            containerDefinitions=[web_container] if kind == "migration" else [proxy_container, web_container],
            tags=[{"key": one["Key"], "value": one["Value"]} for one in TAGS],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def deploy(
        self, tag: str, *, setting: str = "a", platform: str = "ARM64", recorded: bool = True, **fields: Any
    ) -> Release:
        """What a good `pulumi up` of these sources does; `recorded` False is one that did not get to its end."""
        web, proxy = self.push("registry-web", tag), self.push("registry-proxy", tag)
        release = Release(
            kind="release",
            at="2026-11-21T12:00:00+00:00",
            tag=tag,
            revision=f"rev-{tag}",
            web_image=web,
            proxy_image=proxy,
            task_definition=self.register("web", tag, web, proxy, setting, platform),
            migration_task_definition=self.register("migration", tag, web, proxy, setting, platform),
            region=REGION,
            cluster=self.cluster,
            service=SERVICE,
            secret_arn=self.secret,
            log_group=LOG_GROUP,
            database=DATABASE,
        )
        self._serve(release.task_definition)
        return self.record.append(replace(release, **fields)) if recorded else replace(release, **fields)

    def _serve(self, task_definition: str) -> None:
        if self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]:
            self.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=task_definition)
            return
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=SERVICE,
            taskDefinition=task_definition,
            desiredCount=2,
            launchType="FARGATE",
            loadBalancers=[{"targetGroupArn": self.targets, "containerName": "proxy", "containerPort": 8443}],
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": self.subnets,
                    "securityGroups": [self.group],
                    "assignPublicIp": "DISABLED",
                }
            },
        )

    def withhold(self, release: Release, withheld: Withheld | None) -> Release:
        """A rollback to that release, put on record."""
        self._serve(release.task_definition)
        return self.record.append(replace(release, kind="rollback", withheld=withheld))

    @property
    def service(self) -> Any:
        """The service in moto, to be written to."""
        return ecs_backends[DEFAULT_ACCOUNT_ID][REGION].services[f"{CLUSTER}:{SERVICE}"]

    def rollout(self, state: str, reason: str = "") -> None:
        """The state of the primary deployment."""
        self.service.deployments[0].update(rolloutState=state, rolloutStateReason=reason)

    @property
    def runs(self) -> str:
        """The task definition that the service was given last."""
        return str(self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]["taskDefinition"])

    def task(self, task_definition: str, *, group: str = f"service:{SERVICE}", started_by: str = "") -> str:
        """A running task; its identifier."""
        network = {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}
        arn = self.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration=network,
            startedBy=started_by,
        )["tasks"][0]["taskArn"]
        task = ecs_backends[DEFAULT_ACCOUNT_ID][REGION].tasks[CLUSTER][arn]
        task.last_status = task.desired_status = "RUNNING"
        task.health_status, task.group = "HEALTHY", group
        return str(arn.rpartition("/")[2])
