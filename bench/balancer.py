"""The load balancer of the bench's cloud: one listener, and a target group for each way to configure a rollout."""

from collections.abc import Callable
from typing import Any

from bench.peers import Rollout
from infra import workload
from local.cloud.config import REGION

Client = Callable[[str], Any]
"""Makes a boto3 client of a service."""


class Balancer:
    """A network, a load balancer in it, and the services' names as its rules."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._elbv2 = client("elbv2")
        self._vpc, self.network = self._make_network()
        self._listener = self._make_listener()
        self._groups: dict[str, str] = {}

    def forward(self, name: str, settings: Rollout) -> str:
        """ARN of a target group that gets what is asked of the host of this name."""
        group = self._make_group(name, settings)
        self._elbv2.create_rule(
            ListenerArn=self._listener,
            Priority=len(self._groups) + 1,
            Conditions=[{"Field": "host-header", "Values": [host(name)]}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        self._groups[name] = group
        return group

    def states(self, name: str) -> list[str]:
        """The health of each target behind this name."""
        health = self._elbv2.describe_target_health(TargetGroupArn=self._groups[name])["TargetHealthDescriptions"]
        return [target["TargetHealth"]["State"] for target in health]

    def _make_network(self) -> tuple[str, dict[str, list[str]]]:
        ec2 = self._client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for number, zone in enumerate((f"{REGION}a", f"{REGION}b"))
        ]
        group = ec2.create_security_group(GroupName="bench", Description="bench", VpcId=vpc)["GroupId"]
        return vpc, {"subnets": subnets, "securityGroups": [group]}

    def _make_listener(self) -> str:
        acm = self._client("acm")
        certificate = acm.request_certificate(DomainName="*.bench.test", ValidationMethod="DNS")["CertificateArn"]
        balancer = self._elbv2.create_load_balancer(
            Name="bench", Subnets=self.network["subnets"], SecurityGroups=self.network["securityGroups"]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        answer = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "no such host"}
        listener = self._elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
        )
        return str(listener["Listeners"][0]["ListenerArn"])

    def _make_group(self, name: str, settings: Rollout) -> str:
        group = self._elbv2.create_target_group(
            Name=name.replace("_", "-"),
            Protocol="HTTPS",
            Port=workload.PROXY_PORT,
            VpcId=self._vpc,
            TargetType="ip",
            HealthCheckProtocol="HTTPS",
            HealthCheckPath="/healthz",
            HealthCheckIntervalSeconds=settings.interval_seconds,
            HealthCheckTimeoutSeconds=settings.timeout_seconds,
            HealthyThresholdCount=settings.healthy_threshold,
            UnhealthyThresholdCount=settings.unhealthy_threshold,
        )["TargetGroups"][0]["TargetGroupArn"]
        delay = {"Key": "deregistration_delay.timeout_seconds", "Value": str(settings.drain_seconds)}
        self._elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
        return str(group)


def host(name: str) -> str:
    """The name a service answers under."""
    return f"{name.replace('_', '-')}.bench.test"
