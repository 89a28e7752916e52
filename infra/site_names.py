"""The site's names in DNS, and where they lead."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

TTL_SECONDS = 60
"""What resolvers keep of an address of ours; aliases of load balancers have the same (Route 53 developer guide)."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What names lead to: a load balancer, or one IPv4 address."""

    alias: Mapping[str, Any] | None = None
    """`name` and `zone_id` of a load balancer that answers over IPv4 and IPv6."""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class SiteNamesArgs:
    """Which names, in which zone."""

    hosts: tuple[str, ...]
    """Every name of the site."""
    zone_id: pulumi.Input[str]
    leads_to: pulumi.Output[Target]
    """Known once the site serves there."""
    is_alias: bool
    """Which of the two kinds of target it is."""


class SiteNames(pulumi.ComponentResource):
    """Records that change in place when the site moves; nobody is sent to what does not serve yet.

    After a move the update goes on when resolvers have forgotten the former target, so that the engine, which deletes
    last, takes nothing away that visitors still come to.
    """

    hosts: list[str]

    def __init__(self, name: str, args: SiteNamesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:SiteNames", name, None, opts)
        self._forgotten = pulumi.ResourceHook(f"{name}-forgotten", _wait_until_forgotten)
        for host in args.hosts:
            # IPv6 is the load balancer's; a machine has one address.
            for kind in ("A", "AAAA") if args.is_alias else ("A",):
                self._record(f"{name}-{host}-{kind.lower()}", host, kind, args)
        self.hosts = list(args.hosts)
        self.register_outputs({"hosts": self.hosts})

    def _record(self, name: str, host: str, kind: str, args: SiteNamesArgs) -> None:
        """An alias, which costs nothing per query and follows the load balancer's addresses, or the address itself."""
        where: dict[str, Any] = (
            {"aliases": [args.leads_to.apply(_alias)]}
            if args.is_alias
            else {"records": [args.leads_to.apply(lambda target: target.address)], "ttl": TTL_SECONDS}
        )
        aws.route53.Record(
            name,
            zone_id=args.zone_id,
            name=host,
            type=kind,
            **where,
            opts=pulumi.ResourceOptions(parent=self, hooks=pulumi.ResourceHookBinding(after_update=[self._forgotten])),
        )


def moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a record's inputs lead to another kind of target than before."""
    return bool(old.get("aliases")) != bool(new.get("aliases"))


def _alias(target: Target) -> dict[str, Any]:
    return {**(target.alias or {}), "evaluate_target_health": True}


async def _wait_until_forgotten(args: pulumi.ResourceHookArgs) -> None:
    if moved(args.old_inputs or {}, args.new_inputs or {}):
        name = (args.new_inputs or {})["name"]
        pulumi.log.info(
            f"{name} leads to the new home of the site; the former one goes when resolvers have forgotten it, "
            f"in {TTL_SECONDS} s"
        )
        await asyncio.sleep(TTL_SECONDS)
