"""Route 53 hosted zone of the site's names."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.dns.existing_zone import COMPONENT, CREATED


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """Arguments of the zone."""

    zone: str
    existing_id: str | None
    """None creates the zone."""
    protect: bool


class Zone(pulumi.ComponentResource):
    """The public hosted zone, used as it is or created."""

    zone_id: pulumi.Output[str]

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, None, opts)
        if args.existing_id is None:
            created = aws.route53.Zone(
                CREATED,
                name=args.zone,
                comment="Made by the stack because createZone is true",
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.zone_id = created.zone_id
            created.name_servers.apply(lambda servers: pulumi.log.info(_delegation(args.zone, servers), resource=self))
        else:
            self.zone_id = pulumi.Output.from_input(args.existing_id)
        self.register_outputs({"zone_id": self.zone_id})


def _delegation(zone: str, servers: list[str]) -> str:
    return (
        f"delegate {zone} at its registrar to {', '.join(sorted(servers))}: "
        "ACM cannot issue the certificate before that"
    )
