"""Interface endpoints of AWS services, for tasks without a route to the internet."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
"""Services a task needs to start and to run ECS Exec; S3 has a gateway endpoint in network.py."""


@dataclass(frozen=True, kw_only=True)
class VpcEndpointsArgs:
    """Arguments of the interface endpoints."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    security_group_id: pulumi.Input[str]
    region: str


class VpcEndpoints(pulumi.ComponentResource):
    """One interface endpoint per service in every subnet, reached under the service's public name."""

    def __init__(self, name: str, args: VpcEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Endpoints", name, None, opts)
        for service in SERVICES:
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=args.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{args.region}.{service}",
                subnet_ids=args.subnet_ids,
                security_group_ids=[args.security_group_id],
                private_dns_enabled=True,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"services": list(SERVICES)})
