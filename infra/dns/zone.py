"""Route 53 hosted zone of the site's names: found in the account, refused, or created."""

from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
from botocore.exceptions import ClientError

from infra.dns.record_sets import plain
from infra.dns.wanted import Wanted
from infra.problem import Problem, set_command

COMPONENT = "preqly:infra:Zone"
CREATED = "zone-public"
"""Type of the component and logical name of the zone that a stack makes."""


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """Arguments of the zone."""

    zone: str
    existing_id: str | None
    """None creates the zone; empty when no record needs one."""
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


def find(session: boto3.Session, wanted: Wanted) -> tuple[str | None, list[Problem]]:
    """Id of the zone to use, None when the stack creates it or needs none; and the problems with it."""
    route53: Any = session.client("route53")
    if wanted.zone_id:
        return _by_id(route53, wanted)
    public = [zone for zone in _of_name(route53, wanted.zone) if not zone["Config"]["PrivateZone"]]
    ids = [zone["Id"].rpartition("/")[2] for zone in public]
    own = [one for one in ids if _is_own(route53, wanted, one)]
    if wanted.create_zone:
        return (own[0], []) if own else (None, _exist_already(wanted, ids))
    if len(ids) != 1 and not own and not wanted.needs_zones and not wanted.sender_domain:
        return None, []
    if len(ids) != 1:
        return None, [_not_one(route53, wanted, ids)]
    return ids[0], [_would_be_deleted(wanted, one) for one in own]


def _by_id(route53: Any, wanted: Wanted) -> tuple[str | None, list[Problem]]:
    listing = f"aws route53 list-hosted-zones-by-name --dns-name {wanted.zone}"
    try:
        zone = route53.get_hosted_zone(Id=wanted.zone_id)["HostedZone"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchHostedZone", "InvalidInput", "ValidationException"):
            raise
        return None, [wanted.problem("zone_id", "the account has no hosted zone with this id", listing)]
    if zone["Config"]["PrivateZone"]:
        rule = f"is a private zone ({plain(zone['Name'])}); the site's names must resolve everywhere"
        return None, [wanted.problem("zone_id", rule, listing)]
    if plain(zone["Name"]) != wanted.zone:
        rule = f"is the zone of {plain(zone['Name'])}, and the setting zone names {wanted.zone}"
        return None, [wanted.problem("zone_id", rule, f"{set_command('zone', plain(zone['Name']))}, or {listing}")]
    own = _is_own(route53, wanted, wanted.zone_id)
    return wanted.zone_id, [_would_be_deleted(wanted, wanted.zone_id)] if own else []


def _of_name(route53: Any, name: str) -> list[dict[str, Any]]:
    found = route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    return [zone for zone in found if plain(zone["Name"]) == name]


def _is_own(route53: Any, wanted: Wanted, zone_id: str) -> bool:
    answer = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id)
    return wanted.owns(answer["ResourceTagSet"]["Tags"])


def _exist_already(wanted: Wanted, ids: list[str]) -> list[Problem]:
    if not ids:
        return []
    rule = (
        f"the account has a public hosted zone {wanted.zone} already ({', '.join(ids)}); resolvers ask "
        "a second one only after the registrar delegates to it"
    )
    by_id = f" && {set_command('zone_id', ids[0])}" if len(ids) > 1 else ""
    return [wanted.problem("create_zone", rule, f"{set_command('create_zone', 'false')}{by_id}")]


def _not_one(route53: Any, wanted: Wanted, ids: list[str]) -> Problem:
    if not ids:
        fix = (
            f"{set_command('create_zone', 'true')}, or {set_command('zone', '<a zone of the account>')}. With DNS "
            f"elsewhere: {set_command('dns_records', 'none')}, and certificateArn (docs/names.md)"
        )
        return wanted.problem("zone", "the account has no public hosted zone of this name", fix)
    answers = [route53.get_hosted_zone(Id=one) for one in ids]
    described = "; ".join(
        f"{zone_id} ({answer['HostedZone']['ResourceRecordSetCount']} records, served by "
        f"{answer['DelegationSet']['NameServers'][0]})"
        for zone_id, answer in zip(ids, answers, strict=True)
    )
    rule = f"{len(ids)} public hosted zones have this name: {described}"
    fix = f"`dig NS {wanted.zone}` shows which one the registrar delegates to; then {set_command('zone_id', ids[0])}"
    return wanted.problem("zone", rule, fix)


def _would_be_deleted(wanted: Wanted, zone_id: str) -> Problem:
    urn = f"urn:pulumi:{wanted.stack}::{wanted.project}::{COMPONENT}$aws:route53/zone:Zone::{CREATED}"
    rule = f"this stack made the hosted zone {zone_id}, so without createZone it would delete the zone and its records"
    fix = (
        f"{set_command('create_zone', 'true')}. To keep the zone without the stack: pulumi state delete --force '{urn}'"
        f" && aws route53 change-tags-for-resource --resource-type hostedzone --resource-id {zone_id} "
        "--remove-tag-keys Project Stack"
    )
    return wanted.problem("create_zone", rule, fix)
