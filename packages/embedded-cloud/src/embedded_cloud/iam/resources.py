"""What decisions need to know of resources: ARNs of names, keys that encrypt, tags. Callers hold the cloud's lock.

What does not exist has no key and no tags: a request that names it is decided without them.
"""

import contextlib
from dataclasses import dataclass
from typing import Any, Protocol

from moto.backends import get_backend
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.s3.models import s3_backends

from embedded_cloud.config import ACCOUNT_ID, REGION
from embedded_cloud.iam import roles, tags


@dataclass(frozen=True)
class Stored:
    """A resource that keeps data."""

    arn: str
    key_arn: str = ""
    """The customer managed key that encrypts it. AWS's own keys need no permission."""
    bucket_key: bool = False
    """Whether an S3 bucket's own key encrypts its objects."""


@dataclass(frozen=True)
class TaskDefinition:
    """What starts tasks, with the roles that ECS gets for them."""

    arn: str
    task_role: str = ""
    execution_role: str = ""


class Resources(Protocol):
    """The resources of one account and region."""

    def bucket(self, name: str) -> Stored: ...
    def has_object(self, bucket: str, key: str) -> bool: ...
    def secret(self, identifier: str) -> Stored: ...
    def parameter(self, name: str) -> Stored: ...
    def queue(self, name: str) -> Stored: ...
    def topic(self, arn: str) -> Stored: ...
    def key(self, identifier: str) -> str: ...
    def policy(self, arn: str) -> str:
        """Policy of a key, or trust policy of a role; empty for what does not exist."""

    def sender(self, address: str) -> tuple[str, str]:
        """Name of the SES identity that verifies an address, and of its default configuration set."""

    def task_definition(self, name: str) -> TaskDefinition: ...
    def role(self, name: str) -> tuple[str, str]:
        """ARN of a role, and that of its permissions boundary."""

    def tags(self, arn: str) -> dict[str, str]: ...


class MotoResources:
    """The resources that moto has."""

    def __init__(self, region: str = REGION) -> None:
        self._region = region

    def bucket(self, name: str) -> Stored:
        bucket = s3_backends[ACCOUNT_ID]["aws"].buckets.get(name)
        rule = ((getattr(bucket, "encryption", None) or {}).get("Rule")) or {}
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        key = self._customer_key(default.get("KMSMasterKeyID")) if default.get("SSEAlgorithm") == "aws:kms" else ""
        shared = str(rule.get("BucketKeyEnabled", "")).lower() == "true"
        return Stored(f"arn:aws:s3:::{name}", key, shared)

    def has_object(self, bucket: str, key: str) -> bool:
        found = s3_backends[ACCOUNT_ID]["aws"].buckets.get(bucket)
        return found is None or key in found.keys

    def secret(self, identifier: str) -> Stored:
        store = self._backend("secretsmanager").secrets
        found = store.get(identifier) if identifier in store else None
        if found is None:
            named = f"arn:aws:secretsmanager:{self._region}:{ACCOUNT_ID}:secret:{identifier}"
            return Stored(identifier if identifier.startswith("arn:") else named)
        return Stored(found.arn, self._customer_key(found.kms_key_id))

    def parameter(self, name: str) -> Stored:
        bare = name.partition(":parameter")[2] if name.startswith("arn:") else name
        found = self._backend("ssm").get_parameter(bare) or self._backend("ssm").get_parameter(bare.lstrip("/"))
        arn = f"arn:aws:ssm:{self._region}:{ACCOUNT_ID}:parameter/{bare.lstrip('/')}"
        secure = found is not None and found.parameter_type == "SecureString"
        return Stored(arn, self._customer_key(found.keyid) if secure else "")

    def queue(self, name: str) -> Stored:
        found = self._backend("sqs").queues.get(name)
        key = self._customer_key(getattr(found, "kms_master_key_id", None))
        return Stored(f"arn:aws:sqs:{self._region}:{ACCOUNT_ID}:{name}", key)

    def topic(self, arn: str) -> Stored:
        found = self._backend("sns").topics.get(arn)
        return Stored(arn, self._customer_key(getattr(found, "kms_master_key_id", None)))

    def key(self, identifier: str) -> str:
        kms = self._backend("kms")
        name = identifier.rpartition(":key/")[2]
        if ":alias/" in f":{name}":
            alias = f"alias/{name.rpartition('alias/')[2]}"
            # An alias of AWS makes its key when it is first used.
            name = kms.get_key_id_from_alias(alias) or alias
        return f"arn:aws:kms:{self._region}:{ACCOUNT_ID}:key/{name}"

    def policy(self, arn: str) -> str:
        if ":role/" in arn:
            role = roles.find(get_backend("iam")[ACCOUNT_ID]["aws"], arn)
            return str(role.assume_role_policy_document) if role else ""
        found = self._backend("kms").keys.get(arn.rpartition("/")[2])
        return str(found.policy) if found else ""

    def sender(self, address: str) -> tuple[str, str]:
        identities = self._backend("ses").email_identities
        domain = address.rpartition("@")[2]
        labels = domain.split(".")
        candidates = [address, *(".".join(labels[index:]) for index in range(len(labels) - 1))]
        name = next((one for one in candidates if one in identities), domain)
        return name, str(getattr(identities.get(name), "configuration_set_name", None) or "")

    def task_definition(self, name: str) -> TaskDefinition:
        with contextlib.suppress(JsonRESTError, ServiceException):
            found = self._backend("ecs").describe_task_definition(name)
            passed = (getattr(found, one, None) or "" for one in ("task_role_arn", "execution_role_arn"))
            return TaskDefinition(found.arn, *passed)
        named = f"arn:aws:ecs:{self._region}:{ACCOUNT_ID}:task-definition/{name}"
        return TaskDefinition(name if name.startswith("arn:") else named)

    def role(self, name: str) -> tuple[str, str]:
        known = get_backend("iam")[ACCOUNT_ID]["aws"].roles.values()
        found = next((one for one in known if one.name == name), None)
        arn = found.arn if found else f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        return arn, getattr(found, "permissions_boundary_arn", None) or ""

    def tags(self, arn: str) -> dict[str, str]:
        return tags.of(arn, self._backend)

    def _backend(self, service: str) -> Any:
        return get_backend(service)[ACCOUNT_ID][self._region]

    def _customer_key(self, identifier: str | None) -> str:
        if not identifier:
            return ""
        arn = self.key(identifier)
        found = self._backend("kms").keys.get(arn.rpartition("/")[2])
        return arn if found is not None and found.key_manager == "CUSTOMER" else ""
