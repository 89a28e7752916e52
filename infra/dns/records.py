"""DNS records of the site: aliases of the load balancer."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class DnsRecordsArgs:
    """Arguments of the DNS records."""

    hosts: tuple[str, ...]
    """Every name of the site."""
    zone_id: pulumi.Input[str]
    load_balancer_dns: pulumi.Input[str]
    """DNS name of the load balancer."""
    load_balancer_zone_id: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """Created before the records: the service, so that the first visitors find a site that serves."""


class DnsRecords(pulumi.ComponentResource):
    """An A and an AAAA alias per host; Route 53 answers queries for an alias free of charge."""

    def __init__(self, name: str, args: DnsRecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:SiteNames", name, None, opts)
        alias = pulumi.Output.all(name=args.load_balancer_dns, zone_id=args.load_balancer_zone_id).apply(
            lambda target: {**target, "evaluate_target_health": True}
        )
        for host in args.hosts:
            for kind in ("A", "AAAA"):
                aws.route53.Record(
                    f"{name}-{host}-{kind.lower()}",
                    zone_id=args.zone_id,
                    name=host,
                    type=kind,
                    aliases=[alias],
                    opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.ready)),
                )
        self.register_outputs({"hosts": list(args.hosts)})
