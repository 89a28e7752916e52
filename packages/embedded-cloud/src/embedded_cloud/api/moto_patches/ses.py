"""SES: each sent mail is written to a file, an identity exists once, and its DKIM records verify it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ses.exceptions import NotFoundException
from moto.ses.models import EmailIdentity, RawMessage, SESBackend
from moto.sesv2.models import SESV2Backend
from moto.sesv2.responses import SESV2Response

from embedded_cloud.api.moto_patches.replace import Method, wrap_method
from embedded_cloud.api.moto_patches.route53 import published_cnames
from embedded_cloud.config import ACCOUNT_ID


class AlreadyExistsError(JsonRESTError):  # type: ignore[misc] # moto is not typed
    code = 400

    def __init__(self, identity: str) -> None:
        super().__init__("AlreadyExistsException", f"Email identity {identity} already exist.")


def apply() -> None:
    wrap_method(SESBackend, "create_email_identity_v2", _create_identity)
    wrap_method(SESV2Backend, "delete_email_identity", _delete_identity)
    wrap_method(SESV2Backend, "get_email_identity", _get_identity)
    SESV2Response.get_account = _get_account


def _get_account(_: SESV2Response) -> str:
    """A new account is in the sandbox (docs.aws.amazon.com/ses/latest/dg/request-production-access.html)."""
    return json.dumps({"ProductionAccessEnabled": False, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"})


def _create_identity(original: Method, self: SESBackend, email_identity: str, *rest: Any, **named: Any) -> Any:
    if email_identity in self.email_identities:
        raise AlreadyExistsError(email_identity)
    identity = original(self, email_identity, *rest, **named)
    if identity.identity_type == "DOMAIN":
        # Easy DKIM is on for every domain, whether the request names attributes or not.
        identity.dkim_attributes |= {"SigningEnabled": True, "Tokens": _dkim_tokens(email_identity)}
    if identity.tags:
        self.tagger.tag_resource(_arn(self, email_identity), identity.tags)
    _verify(identity)
    return identity


def _arn(backend: SESBackend, identity: str) -> str:
    return f"arn:aws:ses:{backend.region_name}:{backend.account_id}:identity/{identity}"


def _dkim_tokens(domain: str) -> list[str]:
    """The three DKIM tokens of a domain, which moto does not have."""
    return [hashlib.sha256(f"{domain} {number}".encode()).hexdigest()[:32] for number in range(3)]


def _get_identity(original: Method, self: SESV2Backend, email_identity: str) -> EmailIdentity:
    identity: EmailIdentity = original(self, email_identity)
    identity.tags = self.core_backend.tagger.list_tags_for_resource(_arn(self.core_backend, email_identity))["Tags"]
    _verify(identity)
    return identity


def _delete_identity(original: Method, self: SESV2Backend, email_identity: str) -> None:
    if email_identity not in self.core_backend.email_identities:
        raise NotFoundException(f"Email identity {email_identity} does not exist.")
    original(self, email_identity)
    self.core_backend.tagger.delete_all_tags_for_resource(_arn(self.core_backend, email_identity))


def _verify(identity: EmailIdentity) -> None:
    """A domain is verified when the records of its DKIM tokens are in a public zone."""
    tokens = identity.dkim_attributes.get("Tokens", [])
    if not tokens:
        return
    published = published_cnames(ACCOUNT_ID)
    wanted = {(f"{token}._domainkey.{identity.email_identity}", f"{token}.dkim.amazonses.com") for token in tokens}
    identity.verified_for_sending_status = wanted <= published
    identity.verification_status = "SUCCESS" if wanted <= published else "PENDING"
    identity.dkim_attributes["Status"] = identity.verification_status


def deliver_to(folder: Path) -> None:
    """Write mails into this folder, as `<message id>.eml`. Idempotent."""
    wrap_method(SESBackend, "send_raw_email", _delivered, folder)


def _delivered(
    original: Method, folder: Path, self: SESBackend, source: str, destinations: list[str], raw_data: str
) -> RawMessage:
    message: RawMessage = original(self, source, destinations, raw_data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{message.id}.eml"
    # A mail may hold a password reset link.
    file.touch(mode=0o600)
    file.write_text(raw_data)
    return message
