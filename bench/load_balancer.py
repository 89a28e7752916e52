"""The load balancer of the rollouts: one listener, and a target group for each rollout configuration."""

from collections.abc import Callable
from typing import Any

from bench.peers import Rollout
from embedded_cloud import REGION
from infra.ecs import containers


class LoadBalancer:
    """A VPC and an HTTPS listener that forwards by host name. `client` makes a boto3 client of a service."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._elbv2 = client("elbv2")
        self._vpc, self.network = self._create_network()
        self._listener = self._create_listener()
        self._groups: dict[str, str] = {}

    def forward(self, name: str, settings: Rollout) -> str:
        """Create a target group for the host of this service and return its ARN."""
        self._groups[name] = group = self._create_target_group(name, settings)
        self._elbv2.create_rule(
            ListenerArn=self._listener,
            Priority=len(self._groups),
            Conditions=[{"Field": "host-header", "Values": [host(name)]}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return group

    def health(self, name: str) -> list[str]:
        """State of each target of this service."""
        health = self._elbv2.describe_target_health(TargetGroupArn=self._groups[name])["TargetHealthDescriptions"]
        return [target["TargetHealth"]["State"] for target in health]

    def _create_network(self) -> tuple[str, dict[str, list[str]]]:
        ec2 = self._client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for number, zone in enumerate((f"{REGION}a", f"{REGION}b"))
        ]
        group = ec2.create_security_group(GroupName="bench", Description="bench", VpcId=vpc)["GroupId"]
        return vpc, {"subnets": subnets, "securityGroups": [group]}

    def _create_listener(self) -> str:
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

    def _create_target_group(self, name: str, settings: Rollout) -> str:
        group = self._elbv2.create_target_group(
            Name=name.replace("_", "-"),
            Protocol="HTTPS",
            Port=containers.PROXY_PORT,
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
    """The host name of a service."""
    return f"{name.replace('_', '-')}.bench.test"
