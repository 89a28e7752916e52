"""What the account has already of what the stack is to make or use: hosted zone, records, SES identity, certificate.

Everything is read before any resource is declared, in previews and updates alike: AWS would refuse the same only when
it creates that resource, and the records of the site are the last ones.
"""

from dataclasses import dataclass
from typing import Any

import boto3
import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from infra.dns import existing_certificate, existing_identity, existing_records, existing_zone
from infra.dns.existing_identity import AdoptedIdentity
from infra.dns.record_sets import RecordSet
from infra.dns.replaced_records import all_kept
from infra.dns.wanted import Wanted
from infra.settings.problem import SettingsError


@dataclass(frozen=True, kw_only=True)
class Existing:
    """What the program builds on."""

    zone_id: str | None = None
    """None when the stack is going to create the zone."""
    moved_hosts: frozenset[str] = frozenset()
    """Names that this stack took over: `pulumi destroy` leaves their records."""
    identity: AdoptedIdentity | None = None
    """The SES identity to use instead of making one."""
    has_dmarc_policy: bool = False
    """Whether the sender's domain has a DMARC policy of its own."""
    notes: tuple[str, ...] = ()
    """For the operator, in a preview."""


class LookupFailedError(pulumi.RunError):
    """AWS did not answer; Pulumi prints the message without a traceback."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"AWS did not say what the account has already: {error}\n"
            "No resource was touched. Check network and credentials; they must be able to read Route 53, Elastic Load "
            "Balancing, Systems Manager, and SES and ACM where the settings use them."
        )


def look_up(session: boto3.Session, wanted: Wanted) -> Existing:
    """What the account has. Raises SettingsError with everything that stands in the way, and how to take it over."""
    try:
        zone_id, problems = existing_zone.find(session, wanted)
        records = existing_zone.records(session, zone_id) if zone_id else []
        problems += existing_records.problems(session, wanted, zone_id or "", records)
        if wanted.certificate_arn:
            problems += existing_certificate.problems(session, wanted)
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
    return Existing(
        zone_id=zone_id,
        moved_hosts=frozenset(name.host for name in moved),
        identity=existing_identity.adopted(identity) if wanted.adopt_email_identity and identity else None,
        has_dmarc_policy=existing_identity.has_dmarc_policy(wanted, records),
        notes=tuple(existing_records.notes(wanted, records)),
    )
