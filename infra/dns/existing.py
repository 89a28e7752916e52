"""Look up the hosted zone, records, SES identity and certificate that the account has already.

Previews and updates read all of it before the first resource: AWS refuses an existing one only when it is created, and
the site's records are created last.
"""

from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from infra.dns import certificate, existing_identity, existing_records, zone
from infra.dns.existing_identity import AdoptedIdentity
from infra.dns.record_sets import RecordSet
from infra.dns.replaced_records import all_kept
from infra.dns.wanted import Wanted
from infra.problem import SettingsError


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Existing resources that the stack uses."""

    zone_id: str | None = None
    """None when the stack is going to create the zone."""
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
        zone_id, problems = zone.find(session, wanted)
        records = zone.records(session, zone_id) if zone_id else []
        problems += existing_records.problems(session, wanted, zone_id or "", records)
        if wanted.certificate_arn:
            problems += certificate.existing_problems(session, wanted)
        identity = existing_identity.find(session, wanted) if wanted.sender_domain else None
        problems += existing_identity.problems(session, wanted, identity, records) if wanted.sender_domain else []
        if problems:
            raise SettingsError(problems)
        return _existing(session, wanted, zone_id, records, identity)
    except (BotoCoreError, ClientError) as error:
        raise LookupFailedError(error) from None


def _existing(
    session: boto3.Session,
    wanted: Wanted,
    zone_id: str | None,
    records: list[RecordSet],
    identity: dict[str, Any] | None,
) -> Existing:
    moved = all_kept(session, wanted.replaced_records_path) if wanted.dns_records != "none" else {}
    changed_dmarc = existing_identity.changed_dmarc(wanted, identity, records)
    return Existing(
        zone_id=zone_id,
        moved_hosts=frozenset(name.host for name in moved),
        identity=existing_identity.adopted(identity) if wanted.adopt_email_identity and identity else None,
        has_dmarc_policy=bool(existing_identity.other_dmarc(wanted, records)) and not changed_dmarc,
        dmarc_values=changed_dmarc,
        notes=tuple(existing_records.notes(wanted, records)),
    )
