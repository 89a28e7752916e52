import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Ops
from tests.ops.fixtures import DATABASE, TAGS, DeployedStack

UNPROTECT = "pulumi config set protect false && pulumi up"
BUCKET = "media-files-1a2b3c"
Export = Callable[..., None]


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Export:
    """Lets `pulumi stack export` answer with these resources."""

    def answer(*resources: dict[str, Any]) -> None:
        text = json.dumps({"deployment": {"resources": list(resources)}})
        done = subprocess.CompletedProcess([], 0, stdout=text)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    return answer


def resource(token: str, name: str, identifier: str = "", **rest: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:prod::preqly::{token}::{name}", "type": token, "id": identifier, **rest}


def rows(stack: DeployedStack, ops: Ops) -> dict[tuple[str, str], tuple[bool, str]]:
    answer = json.loads(ops("protection", "--json").out)
    return {(one["what"], one["why"]): (one["blocks"], one["command"]) for one in answer}


@pytest.fixture
def full(stack: DeployedStack) -> DeployedStack:
    """A protected stack with files and a snapshot."""
    stack.deploy("one", snapshot="before-one")
    stack.create_database()
    stack.client("rds").modify_db_instance(DBInstanceIdentifier=DATABASE, DeletionProtection=True)
    stack.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=stack.load_balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    s3 = stack.client("s3")
    for bucket in (BUCKET, "other-files"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="picture", Body=b"1")
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": TAGS})
    return stack


def test_every_block_is_named_with_the_command_that_removes_it(full: DeployedStack, ops: Ops, export: Export) -> None:
    export(
        resource(
            "aws:rds/instance:Instance", "database-instance", protect=True, inputs={"finalSnapshotIdentifier": "f"}
        ),
        resource("aws:s3/bucket:Bucket", "media-files", BUCKET),
        resource(
            "aws:secretsmanager/secret:Secret", "secrets-application", "arn:s", inputs={"recoveryWindowInDays": 30}
        ),
        resource("aws:kms/key:Key", "key", "1-2-3", retainOnDelete=True, inputs={"deletionWindowInDays": 30}),
        resource("aws:cloudwatch/logGroup:LogGroup", "logs-application", "logs-1", inputs={"skipDestroy": True}),
        resource("aws:cloudwatch/logGroup:LogGroup", "waf-log", "waf-1", inputs={}),
    )
    found = rows(full, ops)
    assert found == {
        ("database-instance", "`protect` in Pulumi"): (True, UNPROTECT),
        (f"database {DATABASE}", "RDS deletion protection"): (True, UNPROTECT),
        ("load balancer front", "deletion protection"): (True, UNPROTECT),
        (f"bucket {BUCKET}", "it contains files"): (True, UNPROTECT),
        ("repository registry-web", "it contains images"): (True, UNPROTECT),
        ("repository registry-proxy", "it contains images"): (True, UNPROTECT),
        (f"database {DATABASE}", "its final snapshot f remains"): (False, ""),
        ("secret secrets-application", "can be restored for 30 days"): (
            False,
            "aws secretsmanager restore-secret --secret-id arn:s",
        ),
        ("key key", "remains, for the snapshots it encrypts"): (False, ""),
        ("log group logs-application", "remains with its lines"): (
            False,
            "aws logs delete-log-group --log-group-name logs-1",
        ),
        ("snapshot before-one", "remains and costs money"): (
            False,
            "aws rds delete-db-snapshot --db-snapshot-identifier before-one",
        ),
    }


def test_without_protection_nothing_blocks_and_losses_are_named(stack: DeployedStack, ops: Ops, export: Export) -> None:
    stack.deploy("one")
    stack.create_database()
    export(
        resource("aws:rds/instance:Instance", "database-instance", inputs={"skipFinalSnapshot": True}),
        resource("aws:ecr/repository:Repository", "web", "registry-web", inputs={"forceDelete": True}),
        resource("aws:ecr/repository:Repository", "proxy", "registry-proxy", inputs={"forceDelete": True}),
        resource("aws:secretsmanager/secret:Secret", "secrets", "arn:s", inputs={"recoveryWindowInDays": 0}),
        resource("aws:kms/key:Key", "key", "1-2-3", inputs={"deletionWindowInDays": 30}),
        resource("aws:elasticache/replicationGroup:ReplicationGroup", "cache-valkey", "cache-1"),
    )
    found = rows(stack, ops)
    assert not any(blocks for blocks, _ in found.values())
    assert (f"database {DATABASE}", "its data is deleted without a final snapshot") in found
    assert ("repository registry-web", "its images are deleted with it") in found
    assert ("secret secrets", "is deleted at once") in found
    assert (
        "cache cache-1",
        "its keys are deleted with its automatic snapshots, also jobs and sessions",
    ) in found
    assert (
        found["key key", "is deleted 30 days later, and its snapshots become unreadable"][1]
        == "aws kms cancel-key-deletion --key-id 1-2-3"
    )
    assert "Nothing blocks `pulumi destroy`." in ops("protection").out


def test_without_pulumi_its_protection_is_reported_as_unknown(
    full: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise FileNotFoundError("pulumi")

    monkeypatch.setattr(subprocess, "run", missing)
    found = rows(full, ops)
    assert ("Pulumi's state", "cannot be read, so protected resources are not listed") in found
    assert found[f"bucket {BUCKET}", "it contains files"] == (True, UNPROTECT)


def test_what_blocks_is_printed_before_the_rest(full: DeployedStack, ops: Ops, export: Export) -> None:
    export()
    out = ops("protection").out
    assert out.index("These block `pulumi destroy`") < out.index("What it deletes, and what remains")
    assert UNPROTECT in out
