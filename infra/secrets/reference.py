"""References to secrets in a task definition: what ECS resolves when it starts a task. Pure: no resources.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.policies import Arn

PARAMETER_STORE = "ssm"
VERSION_LABEL = "secret-version."
"""Docker label of a container, with a variable's name after it: the version that AWS had at the last update.

ECS reads such a variable's current value at each start of a task: it takes no version of an SSM parameter
(github.com/aws/containers-roadmap/issues/859), and whoever rotates a secret ends the value before. The label makes a
new task definition, and so new tasks, of each version.
"""
_SECRET = re.compile(
    r"(?P<arn>arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,512})"
    r"(:(?P<key>[^:]*):(?P<stage>[^:]*):(?P<version>[^:]*))?"
)
_PARAMETER = re.compile(r"(?P<arn>arn:aws:ssm:[a-z0-9-]+:\d{12}:parameter/[\w./-]{1,1011})")


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """A whole secret of Secrets Manager, one key of its JSON document, or a parameter of Systems Manager."""

    arn: str
    key: str = ""
    """Empty for the whole value; a parameter has no keys."""
    stage: str = ""
    version: str = ""
    """Empty for the current one."""

    @classmethod
    def parse(cls, text: str) -> "SecretReference":
        """Read `valueFrom`. Raises ValueError for any other text."""
        found = _SECRET.fullmatch(text) or _PARAMETER.fullmatch(text)
        if found is None:
            raise ValueError("is not the ARN of a secret of Secrets Manager or of a parameter of Systems Manager")
        return cls(**{name: value or "" for name, value in found.groupdict().items()})

    @property
    def service(self) -> str:
        """`secretsmanager` or PARAMETER_STORE."""
        return Arn.parse(self.arn).service

    @property
    def region(self) -> str:
        """Its region."""
        return Arn.parse(self.arn).region

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return Arn.parse(self.arn).account

    def __str__(self) -> str:
        """The form of `valueFrom`."""
        if not (self.key or self.stage or self.version):
            return self.arn
        return f"{self.arn}:{self.key}:{self.stage}:{self.version}"


def legal_references(existing: Mapping[str, object]) -> dict[str, SecretReference]:
    """The references of the setting `existingSecrets` by variable, without those that its rules refuse."""
    parsed = {name: _parsed(str(text)) for name, text in existing.items()}
    return {name: reference for name, reference in parsed.items() if reference}


def pinned_versions(definition: Mapping[str, Any]) -> dict[str, str]:
    """Version of each secret that the containers of a described task definition read in one version, by ARN."""
    references = (_parsed(one["valueFrom"]) for one in _secrets(definition))
    return {one.arn: one.version for one in references if one and one.version}


def labelled_versions(definition: Mapping[str, Any]) -> dict[str, str]:
    """Version at the last update of each secret whose current value the containers read, by ARN."""
    found = {}
    for container in definition["containerDefinitions"]:
        labels = container.get("dockerLabels") or {}
        for one in container.get("secrets", []):
            reference, version = _parsed(one["valueFrom"]), labels.get(VERSION_LABEL + one["name"])
            if reference and version:
                found[reference.arn] = str(version)
    return found


def _secrets(definition: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    return (secret for one in definition["containerDefinitions"] for secret in one.get("secrets", []))


def _parsed(value_from: str) -> SecretReference | None:
    try:
        return SecretReference.parse(value_from)
    except ValueError:
        return None
