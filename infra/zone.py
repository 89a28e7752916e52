"""The DNS zone that holds the site's names."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """Which zone, and whether it exists already."""

    zone: str
    create: bool
    protect: bool


class Zone(pulumi.ComponentResource):
    """The public hosted zone: looked up, or made when the settings say so."""

    zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[list[str]]
    """What the registrar must delegate the zone to."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Zone", name, None, opts)
        if args.create:
            made = aws.route53.Zone(
                f"{name}-public",
                name=args.zone,  # the zone's name is the domain itself
                comment="Made by the stack because createZone is true",
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.zone_id, self.name_servers = made.zone_id, made.name_servers
            self.name_servers.apply(lambda servers: pulumi.log.info(_delegation(args.zone, servers), resource=self))
        else:
            invoke = pulumi.InvokeOutputOptions(parent=self)
            found = aws.route53.get_zone_output(name=args.zone, private_zone=False, opts=invoke)
            self.zone_id, self.name_servers = found.zone_id, found.name_servers
        self.register_outputs({"zone_id": self.zone_id, "name_servers": self.name_servers})


def _delegation(zone: str, servers: list[str]) -> str:
    return (
        f"delegate {zone} at its registrar to {', '.join(sorted(servers))}: until then its certificate cannot be issued"
    )
