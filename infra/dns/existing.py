"""Look up the hosted zone, records, SES identity and certificate that the account has already.

Previews and updates read all of it before the first resource: AWS refuses an existing one only when it is created, and
the site's records are created last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from infra.dns import certificate, existing_identity, existing_records, host_zones, zone
from infra.dns.account import Account
from infra.dns.existing_identity import AdoptedIdentity
from infra.dns.replaced_records import all_kept
from infra.dns.wanted import Wanted
from infra.problem import SettingsError


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Existing resources that the stack uses."""

    zone_id: str | None = None
    """Of the setting `zone`; None when the stack is going to create it, or when no record needs one."""
    other_zones: Mapping[str, str] = field(default_factory=dict)
    """Zones of the names that are in another one, by name."""
    moved_hosts: frozenset[str] = frozenset()
    """Names that this stack took over: `pulumi destroy` leaves their records."""
    identity: AdoptedIdentity | None = None
    """The SES identity to use instead of making one."""
    has_dmarc_policy: bool = False
    """Whether the sender's domain has a DMARC policy that is not the stack's."""
    dmarc_values: tuple[str, ...] = ()
    """Values of the stack's DMARC record that were changed by hand; empty while they are the stack's."""
    notes: tuple[str, ...] = ()
    """Lines for the log of a preview."""


class LookupFailedError(pulumi.RunError):
    """AWS did not answer; Pulumi prints the message without a traceback."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"AWS did not say what the account has already: {error}\n"
            "No resource was touched. Check network and credentials; they must be able to read Route 53, Elastic Load "
            "Balancing, Systems Manager, and SES and ACM where the settings use them."
        )


def look_up(session: boto3.Session, wanted: Wanted) -> Existing:
    """The existing resources. Raises SettingsError with every conflict and the setting that resolves it."""
    try:
        return _look_up(session, wanted)
    except (BotoCoreError, ClientError) as error:
        raise LookupFailedError(error) from None


def _look_up(session: boto3.Session, wanted: Wanted) -> Existing:
    account = Account(session)
    zone_id, problems = zone.find(session, wanted)
    main = account.zone(zone_id, wanted.zone) if zone_id else None
    records = main.records if main else []
    zones, without_zone = host_zones.find(account, wanted, main)
    problems += [*without_zone, *existing_records.problems(session, wanted, zones)]
    named = certificate.find(session, wanted) if wanted.certificate_arn else None
    problems += certificate.problems(wanted, named) if wanted.certificate_arn else []
    identity = existing_identity.find(session, wanted) if wanted.sender_domain else None
    problems += existing_identity.problems(session, wanted, identity, records) if wanted.sender_domain else []
    if problems:
        raise SettingsError(problems)
    moved = all_kept(session, wanted.replaced_records_path) if wanted.dns_records != "none" else {}
    changed_dmarc = existing_identity.changed_dmarc(wanted, identity, records)
    return Existing(
        zone_id=zone_id,
        other_zones={host: one.zone_id for host, one in zones.items() if one is not main},
        moved_hosts=frozenset(name.host for name in moved),
        identity=existing_identity.adopted(identity) if wanted.adopt_email_identity and identity else None,
        has_dmarc_policy=bool(existing_identity.other_dmarc(wanted, records)) and not changed_dmarc,
        dmarc_values=changed_dmarc,
        notes=(
            *host_zones.notes(account, main, zones),
            *existing_records.notes(wanted, zones),
            *(certificate.notes(named) if named else ()),
        ),
    )
