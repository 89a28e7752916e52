"""DNS records of the site: aliases of the load balancer, which may replace records that lead to an old server."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.dns.take_over import NameHook


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
    hooks: NameHook | None = None
    """Looks at what answers for a name before a record of it is written; None in a zone that the stack creates."""
    retained: frozenset[str] = frozenset()
    """Names that were taken over: the records that they have when the stack is destroyed stay."""


class DnsRecords(pulumi.ComponentResource):
    """An A and an AAAA alias per host; Route 53 answers queries for an alias free of charge."""

    def __init__(self, name: str, args: DnsRecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:SiteNames", name, None, opts)
        self._name, self._args = name, args
        self._alias = pulumi.Output.all(name=args.load_balancer_dns, zone_id=args.load_balancer_zone_id).apply(
            lambda target: {**target, "evaluate_target_health": True}
        )
        for host in args.hosts:
            # The hook of the A record replaces both, so the AAAA record comes after it.
            hooks = args.hooks.binding(f"{name}-{host}", host) if args.hooks else None
            first = self._record(host, "A", args.ready, hooks)
            self._record(host, "AAAA", [*args.ready, first], hooks)
        self.register_outputs({"hosts": list(args.hosts)})

    def _record(
        self, host: str, kind: str, after: Sequence[pulumi.Resource], hooks: pulumi.ResourceHookBinding | None
    ) -> aws.route53.Record:
        return aws.route53.Record(
            f"{self._name}-{host}-{kind.lower()}",
            zone_id=self._args.zone_id,
            name=host,
            type=kind,
            aliases=[self._alias],
            # Only the hook lets another record be replaced.
            allow_overwrite=hooks is not None,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(after), hooks=hooks, retain_on_delete=host in self._args.retained
            ),
        )
