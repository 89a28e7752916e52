"""Status of a stack with `hosting: vm`."""

import json

from tests.ops.conftest import Ops
from tests.ops.machine_stand import MachineStand


def test_a_machine_that_is_well_needs_nobody(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert stand.instance in ended.out
    assert "prod in us-east-1: release 1 (one, revision rev-one)" in ended.out
    assert "Nothing needs you." in ended.out


def test_what_needs_a_person_is_said(stand: MachineStand, ops: Ops) -> None:
    one, two = stand.deploy("one"), stand.deploy("two")
    stand.serving = one.task_definition
    stand.says |= {"problem": "it answers 502", "stale": ["preqly-green web Up 3 minutes"]}
    stand.client("secretsmanager").put_secret_value(SecretId=stand.secret, SecretString='{"new": 1}')
    ended = ops("status")
    assert ended.code == 1
    assert "! The site does not answer on the machine: it answers 502" in ended.out
    assert f"! The machine serves release 1, and the last release on record is {two.number}" in ended.out
    assert "! The machine holds an older version of the secret" in ended.out
    assert "! Container preqly-green web Up 3 minutes is stale" in ended.out


def test_a_parameter_that_names_another_release_is_said(stand: MachineStand, ops: Ops) -> None:
    one = stand.deploy("one")
    stand.deploy("two")
    stand.starts_with(one.task_definition)
    assert f"! A new machine would start with {one.task_definition}" in ops("status").out


def test_a_machine_without_the_address_is_said(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    (address,) = stand.client("ec2").describe_addresses(AllocationIds=[stand.address])["Addresses"]
    stand.client("ec2").disassociate_address(AssociationId=address["AssociationId"])
    ended = ops("status")
    assert ended.code == 1
    assert "! No machine has the Elastic IP" in ended.out


def test_a_machine_that_cannot_be_asked_is_said(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    stand.failing["status"] = f"instance {stand.instance} takes no commands: AccessDeniedException"
    ended = ops("status")
    assert ended.code == 1
    assert f"! The machine cannot be asked: instance {stand.instance} takes no commands" in ended.out


def test_a_machine_at_work_makes_nobody_hurry(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one")
    stand.says |= {"at_work": "deploy releases/2.json, since 12:00", "stale": ["preqly-green web Up 2 seconds"]}
    ended = ops("status")
    assert ended.code == 0, ended.out
    assert "A rollout is going on." in ended.out


def test_scripts_read_the_same(stand: MachineStand, ops: Ops) -> None:
    release = stand.deploy("one")
    answer = json.loads(ops("status", "--json").out)
    assert (answer["release"]["number"], answer["attention"]) == (1, [])
    assert answer["machine"]["release"] == answer["starts_with"] == release.task_definition
    assert answer["instances"][0] | {"in_service": True} == answer["instances"][0]


def test_a_kind_of_hosting_that_is_not_known_is_an_error_with_its_way_out(stand: MachineStand, ops: Ops) -> None:
    stand.deploy("one", hosting="moon")
    assert "hosting moon, which this version of the command line does not know" in ops.refused(["status"], 1)
