"""Roles and resources as the recorded program plans them, for IAM's decisions."""

import json
from dataclasses import dataclass
from typing import Any

from embedded_cloud.iam.decisions import Session, refusal
from embedded_cloud.iam.evaluation import Policies
from embedded_cloud.iam.operations.call import Call
from embedded_cloud.iam.operations.table import requests
from embedded_cloud.iam.resources import Stored, TaskDefinition
from tests.aws_answers import ACCOUNT, OUTPUTS, REGION
from tests.program.shapes import EXISTING_SECRETS
from tests.recorder import Recorder, plain

ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
TEAM_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/team"
"""Of the existing secrets (tests/conftest.py)."""
Grant = tuple[str, str, str]
"""Role, action, and a text that only the statement with the grant has."""


@dataclass(frozen=True)
class Planned:
    """The planned resources; implements `embedded_cloud.iam.resources.Resources`."""

    program: Recorder

    def bucket(self, name: str) -> Stored:
        found = next((one for one in self._inputs(ENCRYPTION) if one["bucket"] == name), None)
        if found is None:
            return Stored(f"arn:aws:s3:::{name}")
        (rule,) = found["rules"]
        key = rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
        return Stored(f"arn:aws:s3:::{name}", key, rule.get("bucketKeyEnabled", False))

    def has_object(self, bucket: str, key: str) -> bool:
        return key != "missing"

    def secret(self, identifier: str) -> Stored:
        if identifier in "".join(EXISTING_SECRETS.values()):
            return Stored(identifier, TEAM_KEY)
        return Stored(identifier, self._key_of("secretsmanager/secret:Secret", identifier, "kmsKeyId"))

    def parameter(self, name: str) -> Stored:
        return Stored(name, TEAM_KEY)

    def queue(self, name: str) -> Stored:
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        return Stored(arn, self._key_of("sqs/queue:Queue", arn, "kmsMasterKeyId"))

    def topic(self, arn: str) -> Stored:
        return Stored(arn, self._key_of("sns/topic:Topic", arn, "kmsMasterKeyId"))

    def key(self, identifier: str) -> str:
        return identifier

    def policy(self, arn: str) -> str:
        return "" if arn == TEAM_KEY else str(self.program.one("kms/key:Key")["policy"])

    def sender(self, address: str) -> tuple[str, str]:
        identity = self.program.one("sesv2/emailIdentity:EmailIdentity")
        return identity["emailIdentity"], identity["configurationSetName"]

    def task_definition(self, name: str) -> TaskDefinition:
        (found,) = (one for one in self._inputs("ecs/taskDefinition:TaskDefinition") if one["family"] == name)
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:1"
        return TaskDefinition(arn, found["taskRoleArn"], found["executionRoleArn"])

    def role(self, name: str) -> tuple[str, str]:
        return self.program.one("iam/role:Role", name)["name"], ""

    def tags(self, arn: str) -> dict[str, str]:
        # Each resource of the stack has them (infra/tags.py); the team's secrets have none.
        return {} if "team" in arn else {"Project": "preqly", "Stack": "test"}

    def refused(self, role: str, call: Call, without: Grant | None = None, boundary: str = "") -> str:
        """Why the role may not make the call; empty when it may. `without` takes a grant away."""
        session = Session(
            name="task",
            role_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            policies=Policies(
                identity=({"Statement": self._statements(role, without)},), boundary=(boundary,) if boundary else None
            ),
        )
        reasons = (refusal(session, one, self) for one in requests(call, self))
        return next((one for one in reasons if one), "")

    def _statements(self, role: str, without: Grant | None) -> list[dict[str, Any]]:
        policies = [one for one in self._inputs("iam/rolePolicy:RolePolicy") if one["role"].startswith(f"{role}-")]
        found = [one for policy in policies for one in json.loads(policy["policy"])["Statement"]]
        if without is None:
            return found
        _, action, text = without
        allowed = [one for one in found if one["Effect"] == "Allow" and action in _listed(one["Action"])]
        (grant,) = (one for one in allowed if text in json.dumps(one))
        rest = [one for one in _listed(grant["Action"]) if one != action]
        return [one for one in found if one is not grant] + ([{**grant, "Action": rest}] if rest else [])

    def _key_of(self, token: str, arn: str, key: str) -> str:
        (found,) = (one for one in self.program.all(token) if OUTPUTS[f"aws:{token}"](one)["arn"] == arn)
        return str(plain(found.inputs)[key])

    def _inputs(self, token: str) -> list[dict[str, Any]]:
        return [plain(one.inputs) for one in self.program.all(token)]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
