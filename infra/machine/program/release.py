"""A release as the machine reads it: a document without secrets, named by its content."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import MachineError
from .machine import Machine


@dataclass(frozen=True, kw_only=True)
class Release:
    """Everything that one release asks of the machine."""

    version: str
    images: Sequence[str]
    """References by digest."""
    registry: str
    """Where the images are, for the login."""
    compose: Mapping[str, Any]
    """A slot as a compose document; the variables SLOT_... are filled in per slot."""
    secrets: Mapping[str, Mapping[str, str]]
    """Per container: variable to key of the secret document."""
    secret_arn: str
    secret_version: str
    prepare: Sequence[str]
    """Command of the container `migrate` that makes ready for the release and prints what there is to migrate."""
    migrate: Sequence[str]
    state: Sequence[str]
    """Command that prints what there is to migrate and changes nothing."""
    retire: Sequence[str]
    """Command that takes the login from the database's roles of before."""
    hosts: Sequence[str]
    """Every name of the site; the first is the main one."""
    application_role: str
    """ARN of the role that what serves gets credentials of."""
    preparation_role: str
    """ARN of that of the containers around a release, which may publish its static files."""
    certificate_secret: str
    """ARN of the secret with `cert.pem` and `key.pem`."""
    zone_id: str
    """Of the zone that proves the names to the ACME server."""
    acme_server: str
    """URL of its directory; empty when the team itself renews what is in the secret."""
    address: str
    """Allocation id of the Elastic IP."""
    program: str
    """Key of the archive with the program of the machines that it is made for."""
    architecture: str
    """Of its images: arm64 or x86_64."""

    @property
    def host(self) -> str:
        """The site's main name."""
        return self.hosts[0]

    @classmethod
    def from_json(cls, text: str) -> "Release":
        """Raises MachineError when it is not a whole release."""
        try:
            document = json.loads(text)
            return cls(**{field.name: document[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError) as error:
            raise MachineError(f"the document is not a release this program knows: {error!r}") from error


def current_key(session: Any, machine: Machine) -> str:
    """Key of the release that serves, by the SSM parameter."""
    answer = session.client("ssm").get_parameter(Name=machine.parameter)
    return str(answer["Parameter"]["Value"])


def fetch(session: Any, machine: Machine, key: str) -> Release:
    """The release under this key (`releases/<sha256>.json`). Raises MachineError when the content is another one."""
    return Release.from_json(fetch_verified(session, machine, key).decode())


def fetch_verified(session: Any, machine: Machine, key: str) -> bytes:
    """An object of the machine's bucket whose name is its SHA-256. Raises MachineError when it is not."""
    try:
        content: bytes = session.client("s3").get_object(Bucket=machine.bucket, Key=key)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        raise MachineError(f"ResourceInitializationError: s3://{machine.bucket}/{key}: {error}") from None
    expected = key.rpartition("/")[2].partition(".")[0]
    if hashlib.sha256(content).hexdigest() != expected:
        raise MachineError(f"s3://{machine.bucket}/{key}: its content has another SHA-256 than its name says")
    return content
