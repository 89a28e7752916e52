"""The existing SES identity of the sender's domain, and records that conflict with those of its mail."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.dns.record_sets import RecordSet, at, describe, plain, values_of
from infra.dns.wanted import Wanted
from infra.problem import Problem, set_command


@dataclass(frozen=True)
class AdoptedIdentity:
    """An identity that the stack uses and never changes or deletes."""

    dkim_tokens: tuple[str, ...]
    configuration_set: str
    """Its default configuration set; empty without one."""


def find(session: boto3.Session, wanted: Wanted) -> dict[str, Any] | None:
    """The identity as SES describes it; None when there is none in this region."""
    ses: Any = session.client("sesv2")
    return _or_none(lambda: ses.get_email_identity(EmailIdentity=wanted.sender_domain))


def problems(
    session: boto3.Session, wanted: Wanted, identity: dict[str, Any] | None, records: list[RecordSet]
) -> list[Problem]:
    """Conflicts with the identity, configuration set and records that the stack needs to send mail."""
    own = _is_own(wanted, identity)
    if wanted.adopt_email_identity:
        return list(_not_adoptable(wanted, identity, own))
    # The first run compared the records; what differs now is a change of the stack's own, which the engine knows.
    others = () if own else _other_records(wanted, records)
    found = [] if own or identity is None else [_exists_already(wanted, identity)]
    return [*found, *_configuration_set(session, wanted), *others]


def adopted(identity: dict[str, Any]) -> AdoptedIdentity:
    """What the stack uses of an identity. Only Easy DKIM has tokens: BYODKIM brings its own key."""
    attributes = identity.get("DkimAttributes", {})
    easy = attributes.get("SigningAttributesOrigin") == "AWS_SES"
    return AdoptedIdentity(
        dkim_tokens=tuple(attributes.get("Tokens", [])) if easy else (),
        configuration_set=identity.get("ConfigurationSetName") or "",
    )


def other_dmarc(wanted: Wanted, records: list[RecordSet]) -> list[RecordSet]:
    """The DMARC policy of the sender's domain, when it is another than the one that the stack publishes."""
    found = at(records, f"_dmarc.{wanted.sender_domain}", ("TXT", "CNAME"))
    return [one for one in found if not _is_wanted(wanted, one)]


def changed_dmarc(wanted: Wanted, identity: dict[str, Any] | None, records: list[RecordSet]) -> tuple[str, ...]:
    """Values of such a policy when the identity is the stack's, which may have made the record that was changed."""
    if not _is_own(wanted, identity):
        return ()
    texts = (one for one in other_dmarc(wanted, records) if one["Type"] == "TXT")
    return tuple(value.strip('"') for one in texts for value in values_of(one))


def _is_own(wanted: Wanted, identity: dict[str, Any] | None) -> bool:
    return identity is not None and wanted.owns(identity.get("Tags") or [])


def _not_adoptable(wanted: Wanted, identity: dict[str, Any] | None, own: bool) -> Iterator[Problem]:
    name, fix = wanted.sender_domain, set_command("adopt_email_identity", "false")
    if identity is None:
        yield wanted.problem("adopt_email_identity", f"SES has no identity {name} in this region to adopt", fix)
    elif own:
        rule = f"this stack made the SES identity {name}, so it would delete it in order to adopt it"
        yield wanted.problem("adopt_email_identity", rule, fix)


def _exists_already(wanted: Wanted, identity: dict[str, Any]) -> Problem:
    state = "verified" if identity.get("VerifiedForSendingStatus") else "not verified"
    rule = f"SES has an identity {wanted.sender_domain} in this region already ({state}), and makes no second one"
    fix = f"{set_command('adopt_email_identity', 'true')} uses it and never deletes it"
    return wanted.problem("adopt_email_identity", rule, fix)


def _configuration_set(session: boto3.Session, wanted: Wanted) -> Iterator[Problem]:
    ses, name = session.client("sesv2"), wanted.configuration_set
    found = _or_none(lambda: ses.get_configuration_set(ConfigurationSetName=name))
    if found and not wanted.owns(found.get("Tags") or []):
        rule = "SES has a configuration set of this name already that is not this stack's"
        fix = f"aws sesv2 delete-configuration-set --configuration-set-name {name}, or another stack name"
        yield Problem("Amazon SES", name, rule, fix)


def _other_records(wanted: Wanted, records: list[RecordSet]) -> Iterator[Problem]:
    """Records in place of the MAIL FROM domain's MX and SPF; an existing DMARC policy is kept."""
    for name in sorted({name for name, _ in wanted.mail_records if not name.startswith("_dmarc.")}):
        other = [one for one in at(records, name, ("MX", "TXT", "CNAME")) if not _is_wanted(wanted, one)]
        if other:
            rule = (
                f"mail through SES needs the name {name}, which has another record: {'; '.join(map(describe, other))}"
            )
            fix = f"delete that record, or {set_command('email_from', '<an address in another domain of the zone>')}"
            yield Problem("Route 53", name, rule, fix)


def _is_wanted(wanted: Wanted, record: RecordSet) -> bool:
    value = wanted.mail_records.get((plain(record["Name"]), record["Type"]))
    return [one.strip('"') for one in values_of(record)] == [value]


def _or_none(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NotFoundException", "ConfigurationSetDoesNotExist"):
            return None
        raise
