"""`backup`, `backups`, `restore`, `drill`, `dump` and `load` on AWS's API; what they do to data is tested with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.rds.models import rds_backends

from ops.backup import archive, drill, instances, snapshots, stopped_site
from ops.backup.database_check import Answer, DatabaseCheck
from tests.ops.conftest import Ops
from tests.ops.fixtures import DATABASE, REGION, TAGS, DeployedStack

OWNER_URL = "postgres://preqly:owner-Password1@db:5433/preqly?sslmode=verify-full"
HEALTHY = DatabaseCheck(tables=3, migrations=2, unapplied=(), answers=())
COMMANDS = (["backup"], ["backups"], ["restore", "--latest"], ["drill"], ["dump", "out"], ["load", "in"])


@pytest.fixture
def stack(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> DeployedStack:
    """A stack with a protected database in a network of its own."""
    ec2, rds = stack.client("ec2"), stack.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=stack.network["subnets"]
    )
    rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="postgres17", Description="tls")
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="17",
        AllocatedStorage=20,
        Port=5433,
        DBSubnetGroupName="private",
        DBParameterGroupName="tls",
        VpcSecurityGroupIds=[ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        DeletionProtection=True,
        StorageType="gp3",
        Tags=[*TAGS, {"Key": "Name", "Value": "preqly-prod-database"}, {"Key": "CostCenter", "Value": "7"}],
    )
    stack.client("secretsmanager").put_secret_value(
        SecretId=stack.secret, SecretString=json.dumps({"OWNER_DATABASE_URL": OWNER_URL})
    )
    stack.deploy("one")
    for module in (instances, snapshots, stopped_site):
        monkeypatch.setattr(module, "POLL_SECONDS", 0)
    return stack


def restored(stack: DeployedStack) -> list[dict[str, Any]]:
    found = stack.client("rds").describe_db_instances()["DBInstances"]
    return [dict(one) for one in found if one["DBInstanceIdentifier"] != DATABASE]


@pytest.fixture
def checked(stack: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what the check of a drill finds, or raises."""

    def sets(outcome: DatabaseCheck | BaseException) -> None:
        def check(*_: Any) -> DatabaseCheck:
            assert len(restored(stack)) == 1
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(drill, "check", check)

    sets(HEALTHY)
    return sets


def test_a_manual_snapshot_is_listed_with_the_moments_that_can_be_restored(stack: DeployedStack, ops: Ops) -> None:
    taken = json.loads(ops("backup", "--json").out)["snapshot"]
    listed = json.loads(ops("backups", "--json").out)
    kinds = {one["name"]: (one["kind"], one["status"]) for one in listed["snapshots"]}
    assert kinds.pop(taken) == ("manual", "available")
    assert list(kinds.values()) == [("automated", "available")]
    assert listed["window"]["earliest"] < listed["window"]["latest"]
    assert taken in ops("backups").out


def test_a_restored_instance_has_the_originals_network_and_settings_and_the_owners_present_password(
    stack: DeployedStack, ops: Ops
) -> None:
    result = ops("restore", "--latest", "--yes", "--json")
    assert result.code == 0, result.err
    (made,), original = restored(stack), instances.describe(stack.client("rds"), DATABASE)
    same = ("DBSubnetGroup", "VpcSecurityGroups", "DBParameterGroups", "DBInstanceClass", "StorageType", "Endpoint")
    wanted = {name: original[name] for name in same}
    wanted["Endpoint"] = {**original["Endpoint"], "Address": made["Endpoint"]["Address"]}
    assert {name: made[name] for name in same} == wanted
    assert not made["DeletionProtection"]
    tags = {tag["Key"]: tag["Value"] for tag in made["TagList"]}
    assert tags == {"Project": "preqly", "Stack": "prod", "CostCenter": "7", "preqly:restored-for": "restore"}
    backend = rds_backends[DEFAULT_ACCOUNT_ID][REGION]
    assert backend.databases[made["DBInstanceIdentifier"]]._master_user_password == "owner-Password1"
    assert "owner-Password1" not in result.out + result.err
    assert made["DBInstanceIdentifier"] in result.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "Give one of --at, --snapshot and --latest"),
        (["--latest", "--at", "2026-01-31"], 2, "Give one of"),
        (["--at", "yesterday"], 2, "yesterday is no time"),
        (["--at", "2020-01-31T12:00:00Z"], 3, "2020-01-31T12:00:00Z is outside of what can be restored: 20"),
        (["--snapshot", "none"], 2, "Snapshot none does not exist"),
        (["--latest", "--table", "movie"], 2, "A new instance has all tables"),
        (["--latest", "--rollback"], 2, "--rollback goes with --into site"),
        (["--latest"], 2, "Standard input is not a terminal: give --yes"),
        (["--latest", "--into", "site"], 2, "Replace ALL data of stack prod"),
    ],
)
def test_a_restore_that_is_not_clear_changes_nothing(
    words: list[str], code: int, said: str, stack: DeployedStack, ops: Ops
) -> None:
    assert said in ops.refused(["restore", *words], code)
    assert restored(stack) == []


def test_a_database_without_automated_backups_is_named(stack: DeployedStack, ops: Ops) -> None:
    stack.client("rds").modify_db_instance(DBInstanceIdentifier=DATABASE, BackupRetentionPeriod=0)
    for command in (["restore", "--latest", "--yes"], ["drill"]):
        assert "has no automated backup" in ops.refused(command, 3)


def test_a_drill_tells_lost_and_needed_time_and_deletes_its_instance(
    stack: DeployedStack, ops: Ops, checked: Callable[..., None]
) -> None:
    told = json.loads(ops("drill", "--json").out)
    assert 0 <= told["lost_seconds"] < 60
    assert told["needed_seconds"] >= 0
    assert told["problems"] == []
    assert restored(stack) == []


@pytest.mark.parametrize(
    ("words", "found", "said"),
    [
        ([], DatabaseCheck(tables=0, migrations=0, unapplied=(), answers=()), "the database has run no migration"),
        (
            ["--check", "SELECT 1/0"],
            DatabaseCheck(
                tables=3, migrations=1, unapplied=(), answers=(Answer(query="SELECT 1/0", error="division by zero"),)
            ),
            "SELECT 1/0: division by zero",
        ),
        (["--max-needed", "0s"], HEALTHY, "is longer than --max-needed allows (0 s)"),
    ],
)
def test_a_drill_that_fails_says_so_and_exits_with_1(
    words: list[str], found: DatabaseCheck, said: str, stack: DeployedStack, ops: Ops, checked: Callable[..., None]
) -> None:
    checked(found)
    ended = ops("drill", *words)
    assert (ended.code, said in ended.out) == (1, True), ended
    assert restored(stack) == []


def test_an_interrupted_drill_deletes_its_instance(
    stack: DeployedStack, ops: Ops, checked: Callable[..., None]
) -> None:
    checked(KeyboardInterrupt())
    assert "Interrupted. The drill changed nothing" in ops.refused(["drill"], 130)
    assert restored(stack) == []


def test_a_drill_that_cannot_delete_its_instance_names_it_and_the_next_one_deletes_it(
    stack: DeployedStack, ops: Ops, checked: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteDBInstance")

    with monkeypatch.context() as patch:
        patch.setattr(instances, "_delete", refuse)
        said = ops.refused(["drill"], 1)
    (left,) = restored(stack)
    assert f"aws rds delete-db-instance --db-instance-identifier {left['DBInstanceIdentifier']}" in said
    monkeypatch.setattr(drill, "check", lambda *_: HEALTHY)
    assert ops("drill").code == 0
    assert restored(stack) == []


@pytest.mark.parametrize("words", [["drill", "--at", "2026-01-01", "--snapshot", "x"], ["drill", "--max-lost", "soon"]])
def test_a_drill_with_wrong_options_is_wrong_use(words: list[str], stack: DeployedStack, ops: Ops) -> None:
    ops.refused(words, 2)


def test_what_is_no_dump_is_not_loaded_and_no_folder_is_overwritten(
    stack: DeployedStack, ops: Ops, tmp_path: Path
) -> None:
    assert "is no folder that `python -m ops dump` has written" in ops.refused(["load", str(tmp_path)], 2)
    assert "exists. Give another folder" in ops.refused(["dump", str(tmp_path)], 2)


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_restore_names_the_instance_that_aws_goes_on_restoring(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "wait_until_available", interrupt)
    said = ops.refused(["restore", "--latest", "--yes"], 130)
    (made,) = restored(stack)
    assert f"aws rds delete-db-instance --db-instance-identifier {made['DBInstanceIdentifier']}" in said


def test_an_interrupted_dump_leaves_nothing(
    stack: DeployedStack, ops: Ops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "login", interrupt)
    assert "Nothing was written" in ops.refused(["dump", str(tmp_path / "out")], 130)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_backup_says_that_aws_goes_on(
    stack: DeployedStack, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "take", interrupt)
    assert "AWS goes on with the snapshot" in ops.refused(["backup"], 130)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_without_credentials_each_command_says_how_to_log_in(
    words: list[str], ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "Unable to locate credentials" in ops.refused(words, 1)
