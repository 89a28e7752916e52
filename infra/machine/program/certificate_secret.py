"""The secret that keeps certificate, key and ACME account: read, and written by one machine at a time."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .certificate_pair import Pair
from .errors import MachineError
from .release import Release

RENEW_BEFORE = timedelta(days=30)
REQUEST = timedelta(minutes=4, seconds=30)
"""As long as a request may take."""
FIRST_WAIT = timedelta(minutes=5)
"""From a request that brought nothing to the next; doubled for each further one. That makes four in the first hour, of
the five that Let's Encrypt takes for a name (its page on rate limits)."""
LONGEST_WAIT = timedelta(hours=12)
_LONG_AGO = "1970-01-01T00:00:00+00:00"


class ChangedMeanwhileError(Exception):
    """Somebody else has written the secret since it was read."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One version of the secret."""

    version: str = ""
    """Empty before the first value."""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def pair(self) -> Pair:
        """Certificate and key; empty texts where there are none."""
        return Pair(str(self.document.get("cert.pem", "")), str(self.document.get("key.pem", "")))

    def problem(self, release: Release) -> str:
        """Why this certificate cannot serve the release; empty when it can."""
        if release.acme_server and "cert.pem" not in self.document:
            return "there is no certificate yet"
        if release.acme_server and self.document.get("server") != release.acme_server:
            return f"the certificate is of another ACME server than {release.acme_server}"
        return self.pair.problem(release.hosts)

    def is_due(self, release: Release) -> bool:
        """Whether a new one is to be asked for: none that serves every host, or less than RENEW_BEFORE left."""
        return bool(self.problem(release)) or self.pair.remaining() < RENEW_BEFORE

    def request(self, release: Release) -> "Request":
        """The last request for what this release needs."""
        asked = self.document.get("asked", {})
        return Request(**asked) if asked.get("wish") == _wish(release) else Request(wish=_wish(release))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to the ACME server, as the secret tells other machines of it. One that succeeded is gone."""

    wish: Mapping[str, Any]
    by: str = ""
    """Host name of the machine."""
    tries: int = 0
    until: str = _LONG_AGO
    """Nobody else may ask before: this one may still bring a certificate."""
    again: str = _LONG_AGO
    """When the next one may be made if this one brings nothing."""
    said: str = ""
    """Why it brought nothing."""

    def next(self, machine: str, now: datetime) -> "Request":
        """The one that this machine makes now."""
        wait = min(FIRST_WAIT * 2 ** min(self.tries, 10), LONGEST_WAIT)
        return Request(
            wish=self.wish,
            by=machine,
            tries=self.tries + 1,
            until=(now + REQUEST).isoformat(),
            again=(now + wait).isoformat(),
        )

    def runs(self, now: datetime) -> bool:
        """Whether a machine may be asking."""
        return now < datetime.fromisoformat(self.until)

    def may_be_repeated(self, now: datetime) -> bool:
        """Whether it is time for the next one."""
        return now >= datetime.fromisoformat(self.again)

    def failed(self, why: str) -> "Request":
        """This one, over."""
        return replace(self, until=_LONG_AGO, said=why)


def read(session: Any, arn: str) -> Kept:
    """What is in the secret now. Raises MachineError when it is not there, or no JSON object."""
    manager = session.client("secretsmanager")
    try:
        answer = manager.get_secret_value(SecretId=arn)
    except manager.exceptions.ResourceNotFoundException:
        # Of a secret without a value AWS says the same as of one that does not exist.
        return Kept()
    try:
        document = json.loads(answer["SecretString"])
    except (ValueError, KeyError):
        document = None
    if not isinstance(document, dict):
        raise MachineError(
            f"secret {arn}: must be a JSON object with cert.pem (the certificate and its chain) and key.pem (the "
            "private key), both in PEM"
        )
    return Kept(version=answer["VersionId"], document=document)


def write(session: Any, arn: str, before: Kept, document: Mapping[str, Any]) -> Kept:
    """A new version in place of `before`. Raises ChangedMeanwhileError when `before` is no longer the last one."""
    manager = session.client("secretsmanager")
    # Secrets Manager refuses a second content under one token: of two machines that read the same version, one writes.
    # The day is in it so that a version which an operator has made current again can be followed by another one.
    token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn} {before.version} {datetime.now(UTC):%Y-%m-%d}"))
    try:
        manager.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(dict(document)))
    except manager.exceptions.ResourceExistsException:
        raise ChangedMeanwhileError from None
    return Kept(version=token, document=document)


def _wish(release: Release) -> dict[str, Any]:
    return {"hosts": sorted(release.hosts), "server": release.acme_server}
