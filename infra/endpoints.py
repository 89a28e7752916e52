"""AWS's services inside the network, for tasks that have no other way out."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

SERVICES = ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages")
"""Images, logs, secrets and ECS Exec: what a task needs to start and to be looked into. S3 has its gateway endpoint."""


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Where the endpoints stand."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    security_group_id: pulumi.Input[str]
    region: str


class Endpoints(pulumi.ComponentResource):
    """One interface endpoint per service in every subnet; AWS's own names of the services lead there."""

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
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
