"""The bootstrap stack under a recording engine."""

import json
import runpy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack

from local.runtime import ROOT
from tests.aws_answers import ACCOUNT, REGION
from tests.recorder import Recorder, _Monitor

SETTINGS_GIVEN = {"repository": "octo/site", "repositoryId": "456789", "ownerId": "123456"}
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
TAGGED = "aws:resourcegroupstaggingapi/getResources:getResources"
STACK = "prod"
PROJECT = "preqly"
UNIQUE = "2026113012345600010000000a"
"""What the provider appends to the prefix of a bucket's name."""
MEDIA = f"arn:aws:s3:::preqly-prod-media-{UNIQUE}"


@dataclass(frozen=True)
class Role:
    """One of the roles, as IAM would know it."""

    name: str
    inputs: Mapping[str, Any]
    policies: list[str]
    """Documents of the managed policies attached to it."""

    @property
    def trust(self) -> str:
        return str(self.inputs["assumeRolePolicy"])


class BootstrapRecorder(Recorder):
    """Records the bootstrap stack. Roles and policies have their ARNs with the path, as in AWS."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        resource_id, outputs = super().new_resource(args)
        if args.typ in ("aws:iam/role:Role", "aws:iam/policy:Policy"):
            kind = args.typ.rpartition(":")[2].lower()
            path, name = args.inputs.get("path", "/"), args.inputs.get("name", args.name)
            outputs["arn"] = f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"
        if args.typ == "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
            outputs["arn"] = PROVIDER
        return resource_id, outputs

    def roles(self) -> dict[str, Role]:
        """The roles by the last word of their names: `preview` and `deploy`."""
        policies = [one.inputs for one in self.all("iam/policy:Policy")]
        documents = {f"{one['path']}{one['name']}": one["policy"] for one in policies}
        attached: dict[str, list[str]] = {}
        for one in self.all("iam/rolePolicyAttachment:RolePolicyAttachment"):
            name = one.inputs["policyArn"].partition(":policy")[2]
            attached.setdefault(one.inputs["role"], []).append(documents[name])
        assert not self.all("iam/rolePolicy:RolePolicy"), "inline policies are not looked at"
        found = (one.inputs for one in self.all("iam/role:Role"))
        return {one["name"].rpartition("-")[2]: Role(one["name"], one, attached[one["name"]]) for one in found}


def run_bootstrap(*, buckets: Sequence[str] = (), **config: str) -> BootstrapRecorder:
    """What the bootstrap stack declares with these settings, and these buckets with the hosted stack's tags."""
    recorder = BootstrapRecorder()
    mocks.set_mocks(recorder, project="bootstrap", stack=STACK, monitor=_Monitor(recorder))
    given = {"aws:region": REGION, **{f"bootstrap:{key}": value for key, value in {**SETTINGS_GIVEN, **config}.items()}}
    set_all_config(given)
    recorder.functions["aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"] = {
        "arn": PROVIDER,
        "clientIdLists": json.loads(config.pop("clients", '["sts.amazonaws.com"]')),
    }
    found = [{"resourceArn": f"arn:aws:s3:::{name}", "tags": {}} for name in buckets]
    recorder.functions[TAGGED] = {"resourceTagMappingLists": found}
    # All programs of a process share one stack resource.
    outputs = cast(Stack, get_root_resource()).outputs
    recorder.run(outputs.clear)
    recorder.run(lambda: runpy.run_path(str(ROOT / "bootstrap" / "__main__.py")) and None)
    recorder.exports = recorder.run(lambda: dict(outputs))
    return recorder
