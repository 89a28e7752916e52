"""The deploy role of `bootstrap/` in a stack's account, and what it asks for there."""

import json
from dataclasses import dataclass
from typing import Any

from moto.sts.models import sts_backends

from bootstrap.boundary import boundary
from bootstrap.deploy_policies import deploy_policies
from bootstrap.scope import Scope
from embedded_cloud.config import ACCOUNT_ID, REGION
from embedded_cloud.endpoints import Endpoints
from embedded_cloud.iam import record
from local import project
from local.project import LOCAL_STACK
from tests.recovery.killable_stack import KillableStack

_PATH = "/bootstrap/"
_TRUST = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}}


@dataclass(frozen=True)
class DeployRole:
    """Whoever signs with the keys of the driver and the providers acts with this role."""

    arn: str
    boundary_arn: str
    stack: KillableStack

    def asked(self) -> dict[str, set[str]]:
        """Actions that the role has asked for, with why some were refused."""
        found: dict[str, set[str]] = {}
        for role, action, resource, refusal in record.read(self.stack.folder / "cloud" / "iam-decisions.jsonl"):
            if role == self.arn:
                found.setdefault(action, set()).update({f"{resource}: {refusal}"} if refusal else ())
        return found


def deploy_with_it(stack: KillableStack) -> DeployRole:
    """Make the role and its policies, and let the driver and the providers act with it."""
    scope = _scope()
    iam = stack.aws("iam")
    documents = {"boundary": boundary(scope), **deploy_policies(scope)}
    arns = {
        topic: str(iam.create_policy(Path=_PATH, PolicyName=topic, PolicyDocument=text)["Policy"]["Arn"])
        for topic, text in documents.items()
    }
    name = scope.deploy_role_arn.rpartition("/")[2]
    iam.create_role(Path=_PATH, RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
    for topic in deploy_policies(scope):
        iam.attach_role_policy(RoleName=name, PolicyArn=arns[topic])
    session = stack.aws("sts").assume_role(RoleArn=scope.deploy_role_arn, RoleSessionName="deploy")
    assumed: Any = next(
        one
        for one in sts_backends[ACCOUNT_ID]["aws"].assumed_roles
        if one.access_key_id == session["Credentials"]["AccessKeyId"]
    )
    assumed.access_key_id = Endpoints(api="", providers={}).aws_environment()["AWS_ACCESS_KEY_ID"]
    return DeployRole(scope.deploy_role_arn, arns["boundary"], stack)


def _scope() -> Scope:
    name = project.name()
    return Scope(
        account=ACCOUNT_ID,
        region=REGION,
        project=name,
        stack=LOCAL_STACK,
        zone=project.default_setting("zone"),
        boundary_arn=f"arn:aws:iam::{ACCOUNT_ID}:policy{_PATH}boundary",
        deploy_role_arn=f"arn:aws:iam::{ACCOUNT_ID}:role{_PATH}{name}-{LOCAL_STACK}-deploy",
    )
