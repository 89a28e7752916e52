"""A call of AWS's API as the tables of operations see it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_cloud.config import ACCOUNT_ID, REGION
from embedded_cloud.iam.conditions import Context
from embedded_cloud.iam.evaluation import Request
from embedded_cloud.iam.resources import Resources


class UnknownOperationError(Exception):
    """The tables do not say what an operation needs, so nothing decides about it."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation, with its parameters as boto3 takes them."""

    service: str
    """boto3's name."""
    operation: str
    """As botocore's model names it, such as `GetObject`."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str = REGION
    account: str = ACCOUNT_ID

    def text(self, *names: str) -> str:
        """The first of these parameters that is given; empty without."""
        return next((str(self.parameters[one]) for one in names if self.parameters.get(one)), "")

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource in the account and region; one that is an ARN already stays."""
        named = f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
        return resource if resource.startswith("arn:") else named


Rule = Callable[[Call, Resources], Iterable[Request]]
"""The requests that IAM decides about for a call: all must be allowed."""


def request(action: str, resource: str = "*", **context: str) -> Request:
    """One request; condition keys have `_` for the colon."""
    return Request(action=action, resource=resource, context={k.replace("_", ":", 1): v for k, v in context.items()})


def encrypted(key_arn: str, call: Call, service: str, *actions: str, context: Context | None = None) -> list[Request]:
    """What a service asks KMS for on behalf of the caller; nothing without a customer managed key.

    docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    via = {"kms:ViaService": f"{service}.{call.region}.amazonaws.com"}
    known = {**via, **{f"kms:EncryptionContext:{key}": value for key, value in (context or {}).items()}}
    return [Request(action=f"kms:{one}", resource=key_arn, context=known) for one in actions if key_arn]
