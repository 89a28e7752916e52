"""DNS records of the site: alias records of the load balancer, and the hook that replaces records of an old server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws

from infra.dns.existing_records import COMPONENT, is_of_own_balancer, taken
from infra.dns.record_sets import RecordSet, describe, site_aliases
from infra.dns.replaced_records import Name, current, kept_for, take_over
from infra.dns.wanted import Wanted
from infra.hooks import in_thread, plain_inputs, reporter_of
from infra.problem import Problem
from infra.provider.identity import stack_session


class NameTakenError(pulumi.RunError):
    """A name has other records, and `dnsRecords` is not `takeOver`; Pulumi prints the message without a traceback."""

    def __init__(self, host: str, problem: Problem) -> None:
        super().__init__(f"The records of {host} were not touched.\n\n{problem}")


class NameHook:
    """Hooks of the records of the site's names in zones that exist.

    The engine runs a hook only when it is going to write the record, which it does for none that is the stack's
    already. In a preview the hook announces what the update is going to replace.
    """

    def __init__(self, wanted: Wanted, zone_ids: Mapping[str, str]) -> None:
        """`zone_ids`: the zone of each host; hosts in a zone that the stack creates have none, and no hook."""
        self._wanted, self._zone_ids = wanted, zone_ids
        self._session = stack_session()

    def binding(self, name: str, host: str) -> pulumi.ResourceHookBinding | None:
        """The hooks of one host's records."""
        if host not in self._zone_ids:
            return None

        async def replace(args: pulumi.ResourceHookArgs) -> None:
            inputs = await plain_inputs(args.new_inputs)
            lines = await in_thread(self._replace, host, inputs.get("aliases"), pulumi.runtime.is_dry_run())
            report = reporter_of(args.urn)
            for line in lines:
                report(line)

        hook = pulumi.ResourceHook(f"{name}-take-over", replace, pulumi.ResourceHookOptions(on_dry_run=True))
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    def _replace(self, host: str, aliases: Any, preview: bool) -> list[str]:
        """Lines for the log. Raises NameTakenError for records of others when `dnsRecords` is not `takeOver`."""
        session = self._session()
        name = Name(zone_id=self._zone_ids[host], host=host, path=self._wanted.replaced_records_path)
        foreign = self._foreign(session, name)
        if foreign and self._wanted.dns_records != "takeOver":
            raise NameTakenError(host, taken(self._wanted, host, foreign))
        if not preview and (foreign or kept_for(session, name)):
            take_over(session, name, foreign, site_aliases(host, _alias_target(aliases)))
        replaced = "; ".join(map(describe, foreign))
        if foreign and preview:
            return [f"{host}: once this stack serves, one change replaces {replaced} (to restore it: docs/move.md)"]
        return [f"{host}: replaced {replaced}; `python -m ops dns back` restores it"] if foreign else []

    def _foreign(self, session: boto3.Session, name: Name) -> list[RecordSet]:
        return [one for one in current(session, name) if not is_of_own_balancer(session, self._wanted, one)]


@dataclass(frozen=True, kw_only=True)
class DnsRecordsArgs:
    """Arguments of the DNS records."""

    hosts: tuple[str, ...]
    """Every name of the site."""
    zone_ids: Mapping[str, pulumi.Input[str]]
    """Hosted zone of each host."""
    load_balancer_dns: pulumi.Input[str]
    """DNS name of the load balancer."""
    load_balancer_zone_id: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]
    """Created before the records: the service, so that the first visitors find a site that serves."""
    hooks: NameHook | None = None
    """Checks the existing records of a name before one is written."""
    retained: frozenset[str] = frozenset()
    """Names that were taken over: `pulumi destroy` leaves their records."""


class DnsRecords(pulumi.ComponentResource):
    """An A and an AAAA alias per host; Route 53 answers queries for an alias free of charge."""

    def __init__(self, name: str, args: DnsRecordsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, None, opts)
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
            zone_id=self._args.zone_ids[host],
            name=host,
            type=kind,
            aliases=[self._alias],
            # Only the hook lets another record be replaced.
            allow_overwrite=hooks is not None,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(after), hooks=hooks, retain_on_delete=host in self._args.retained
            ),
        )


def _alias_target(aliases: Any) -> dict[str, Any]:
    (alias,) = aliases
    return {
        "HostedZoneId": alias["zoneId"],
        "DNSName": alias["name"],
        "EvaluateTargetHealth": alias["evaluateTargetHealth"],
    }
