"""Rules for the texts of a permission. Pure.

Each function raises ValueError with the broken rule and, after `; `, the fix (infra/application/manifest_file.py).
"""

import difflib
import re
from collections.abc import Mapping, Sequence

from infra.permissions import services

PLACEHOLDERS = ("account", "region", "project", "stack")
"""Names of the stack's own values, written `${account}`."""
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
WILDCARD = re.compile(r"[*?]")
Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]

_ACTION = re.compile(r"([a-z][a-z0-9-]*):([A-Za-z][A-Za-z0-9]*)")
_ARN = re.compile(r"arn:aws:([a-z0-9-]+):([^:\s]*):([^:\s]*):([\x21-\x7e]+)")
_KEY = re.compile(r"[A-Za-z0-9-]+:[\w+=,.@:/-]+")
_NAMED = {
    "iam": "write the whole ARN of the role",
    "kms": "write the ARN of the key; an alias names no key in a policy",
    "s3": "write the bucket's whole name, and /* or /<prefix>/* after it for its objects",
}
_NAMED_IN_GENERAL = "a wildcard stands at the end, after the beginning of a name: secret:stripe-*, table/films/*"


def action(text: str) -> str:
    """One action by its full name, of a service that an application may call."""
    if WILDCARD.search(text):
        raise ValueError(f'"{text}" has a wildcard; name each action, such as s3:GetObject')
    found = _ACTION.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not an action; write <service>:<Action>, such as sqs:SendMessage')
    service, name = found.groups()
    if service in services.REFUSED:
        raise ValueError(f"{text} is not for applications, because {service} {services.REFUSED[service]}; remove it")
    if name not in services.ONLY.get(service, (name,)):
        raise ValueError(f"{text} is not for applications; legal of {service}: {', '.join(services.ONLY[service])}")
    return text


def resource(text: str) -> str:
    """`*`, or an ARN that names a resource, with a wildcard only for what is inside of it or begins with its name."""
    if text == "*":
        return text
    _check_placeholders(text)
    found = _ARN.fullmatch(text)
    if text.startswith("+"):
        raise ValueError(f'"{text}" is a phone number, which has no ARN; write "*" for {services.SMS} alone')
    if not found:
        raise ValueError(f'"{text}" is not an ARN; write arn:aws:<service>:<region>:<account>:<resource>')
    service, region, account, name = found.groups()
    if WILDCARD.search(region + account):
        raise ValueError(f'"{text}" has a wildcard as region or account; write ${{region}} and ${{account}}')
    if not _is_named(service, name):
        raise ValueError(f'"{text}" stands for more than it names; {_NAMED.get(service, _NAMED_IN_GENERAL)}')
    return text


def conditions(found: Conditions) -> Conditions:
    """Operators that IAM knows, with keys and values."""
    for operator, keys in found.items():
        if operator not in services.OPERATORS:
            near = difflib.get_close_matches(operator, services.OPERATORS, n=1)
            fix = f"did you mean {near[0]}?" if near else "write one such as StringEquals"
            raise ValueError(f"IAM has no operator {operator}; {fix}")
        for key, value in keys.items():
            if not _KEY.fullmatch(key):
                raise ValueError(f'"{key}" is not a condition key; write <service>:<key>, such as aws:SourceVpc')
            for one in [value] if isinstance(value, str) else value:
                _check_placeholders(one)
    return found


def _is_named(service: str, name: str) -> bool:
    beginning, *rest = WILDCARD.split(name, maxsplit=1)
    if service in ("iam", "kms"):
        return not rest and name.startswith({"iam": "role/", "kms": "key/"}[service])
    if not rest:
        return True
    if service == "s3":
        # What follows the bucket's name is a pattern of its objects.
        return re.match(r"[^/]+/", beginning) is not None
    if not re.fullmatch(r"[*?]+", name[len(beginning) :]):
        return False
    return bool(beginning) if service in services.UNTYPED else re.match(r"/?[^/:]+[/:].*\w", beginning) is not None


def _check_placeholders(text: str) -> None:
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"${{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f'"${{{name}}}" is unknown; write one of {known}')
