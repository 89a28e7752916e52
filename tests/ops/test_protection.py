import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.ops.conftest import Ops
from tests.ops.stand import DATABASE, TAGS, Stand

LIFT = "pulumi config set protect false && pulumi up"
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


def rows(stand: Stand, ops: Ops) -> dict[tuple[str, str], tuple[bool, str]]:
    answer = json.loads(ops("protection", "--json").out)
    return {(one["what"], one["why"]): (one["blocks"], one["command"]) for one in answer}


@pytest.fixture
def full(stand: Stand) -> Stand:
    """A protected stack with files and a snapshot."""
    stand.deploy("one", snapshot="before-one")
    stand.client("rds").modify_db_instance(DBInstanceIdentifier=DATABASE, DeletionProtection=True)
    stand.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=stand.balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    s3 = stand.client("s3")
    for bucket in (BUCKET, "other-files"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="picture", Body=b"1")
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": TAGS})
    return stand


def test_everything_in_the_way_is_named_with_what_lifts_it(full: Stand, ops: Ops, export: Export) -> None:
    export(
        resource(
            "aws:rds/instance:Instance", "database-instance", protect=True, inputs={"finalSnapshotIdentifier": "f"}
        ),
        resource("aws:s3/bucket:Bucket", "media-files", BUCKET),
        resource(
            "aws:secretsmanager/secret:Secret", "secrets-application", "arn:s", inputs={"recoveryWindowInDays": 30}
        ),
        resource("aws:kms/key:Key", "key", "1-2-3", retainOnDelete=True, inputs={"deletionWindowInDays": 30}),
    )
    found = rows(full, ops)
    assert found == {
        ("database-instance", "`protect` in Pulumi"): (True, LIFT),
        (f"database {DATABASE}", "RDS deletion protection"): (True, LIFT),
        ("load balancer front", "deletion protection"): (True, LIFT),
        (f"bucket {BUCKET}", "it holds files"): (True, LIFT),
        ("repository registry-web", "it holds images"): (True, LIFT),
        ("repository registry-proxy", "it holds images"): (True, LIFT),
        (f"database {DATABASE}", "leaves the snapshot f"): (False, ""),
        ("secret secrets-application", "can be restored for 30 days"): (
            False,
            "aws secretsmanager restore-secret --secret-id arn:s",
        ),
        ("key key", "stays, for the snapshots it encrypts"): (False, ""),
        ("snapshot before-one", "stays, and costs"): (
            False,
            "aws rds delete-db-snapshot --db-snapshot-identifier before-one",
        ),
    }


def test_without_protection_nothing_blocks_and_what_is_lost_is_said(stand: Stand, ops: Ops, export: Export) -> None:
    stand.deploy("one")
    export(
        resource("aws:rds/instance:Instance", "database-instance", inputs={"skipFinalSnapshot": True}),
        resource("aws:ecr/repository:Repository", "web", "registry-web", inputs={"forceDelete": True}),
        resource("aws:ecr/repository:Repository", "proxy", "registry-proxy", inputs={"forceDelete": True}),
        resource("aws:secretsmanager/secret:Secret", "secrets", "arn:s", inputs={"recoveryWindowInDays": 0}),
        resource("aws:kms/key:Key", "key", "1-2-3", inputs={"deletionWindowInDays": 30}),
    )
    found = rows(stand, ops)
    assert not any(blocks for blocks, _ in found.values())
    assert (f"database {DATABASE}", "its data goes with it, with no last snapshot") in found
    assert ("repository registry-web", "its images are deleted with it") in found
    assert ("secret secrets", "is gone at once") in found
    assert found["key key", "dies 30 days later, snapshots with it"][1] == "aws kms cancel-key-deletion --key-id 1-2-3"
    assert "Nothing is in the way of `pulumi destroy`." in ops("protection").out


def test_what_pulumi_protects_is_said_to_be_unknown_when_it_cannot_be_asked(
    full: Stand, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise FileNotFoundError("pulumi")

    monkeypatch.setattr(subprocess, "run", missing)
    found = rows(full, ops)
    assert ("Pulumi's state", "it cannot be read here, so what it protects is not listed") in found
    assert found[f"bucket {BUCKET}", "it holds files"] == (True, LIFT)


def test_a_person_reads_what_blocks_before_what_follows(full: Stand, ops: Ops, export: Export) -> None:
    export()
    out = ops("protection").out
    assert out.index("In the way of `pulumi destroy`") < out.index("What then goes, and what stays")
    assert LIFT in out
