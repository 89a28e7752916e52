"""Route 53 hosted zone of the site's names."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """Arguments of the zone."""

    zone: str
    create: bool
    """False looks up an existing zone."""
    protect: bool


class Zone(pulumi.ComponentResource):
    """The public hosted zone, looked up or created."""

    zone_id: pulumi.Output[str]
    name_servers: pulumi.Output[list[str]]
    """Name servers for the delegation at the registrar."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Zone", name, None, opts)
        if args.create:
            created = aws.route53.Zone(
                f"{name}-public",
                name=args.zone,
                comment="Made by the stack because createZone is true",
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.zone_id, self.name_servers = created.zone_id, created.name_servers
            self.name_servers.apply(lambda servers: pulumi.log.info(_delegation(args.zone, servers), resource=self))
        else:
            invoke = pulumi.InvokeOutputOptions(parent=self)
            found = aws.route53.get_zone_output(name=args.zone, private_zone=False, opts=invoke)
            self.zone_id, self.name_servers = found.zone_id, found.name_servers
        self.register_outputs({"zone_id": self.zone_id, "name_servers": self.name_servers})


def _delegation(zone: str, servers: list[str]) -> str:
    return (
        f"delegate {zone} at its registrar to {', '.join(sorted(servers))}: "
        "ACM cannot issue the certificate before that"
    )
